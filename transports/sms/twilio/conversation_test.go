package twilio_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
)

var _ provider.Grouper = (*twilio.Provider)(nil)

const (
	talkSID   = "CH00000000000000000000000000000001"
	spokenSID = "IM00000000000000000000000000000001"
	service   = "IS00000000000000000000000000000001"
)

var (
	carol = "+15554443333"
	dave  = "+15553334444"
)

// openGroups is open for an account that may text groups.
func openGroups(t *testing.T, cfg twiliotest.Config) *world {
	w := open(t, cfg)
	w.AddAccount(twiliotest.Account{SID: account, Token: token, GroupMMS: true})
	return w
}

func (w *world) group(c provider.Credentials, members ...string) provider.Group {
	w.t.Helper()
	g, err := w.Group(w.t.Context(), c, line, members)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// SMS-G3: some people have one group text, whoever asks and in whatever order;
// others have another one. Who is in it is made by one request.
func TestGroup(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/api/laml"} {
		w := openGroups(t, twiliotest.Config{Prefix: prefix})
		g := w.group(byToken, peer, carol)
		if g.Line != line || g.Self != line || !slices.Equal(g.Members, []string{peer, carol}) || !strings.HasPrefix(g.ID, "CH") || g.Service == "" {
			t.Fatalf("%+v", g)
		}
		if again := w.group(byKey, carol, peer); again.ID != g.ID {
			t.Errorf("another one: %+v", again)
		}
		if other := w.group(byToken, carol, peer, dave); other.ID == g.ID || len(other.Members) != 3 {
			t.Errorf("the same: %+v", other)
		}
		if n := w.Count(twiliotest.OpGroup); n != 2 {
			t.Errorf("made by %d requests", n)
		}
		ids, err := w.Groups(t.Context(), byToken, line, 10)
		if err != nil || len(ids) != 2 || !slices.Contains(ids, g.ID) {
			t.Errorf("%v, %v", ids, err)
		}
		if ids, err := w.Groups(t.Context(), byToken, line, 1); err != nil || len(ids) != 1 {
			t.Errorf("%v, %v", ids, err)
		}
		if found, err := w.Grouped(t.Context(), byKey, g.ID); err != nil || !slices.Equal(found.Members, g.Members) || found.Line != line || found.Service != g.Service {
			t.Errorf("%+v, %v", found, err)
		}
	}
}

// SMS-G3: a group text that another program made with the same people is used,
// as whom it has our line in it; one that was ended is not.
func TestGroupOfOthers(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	w.AddGroup(account, line, "x", peer, carol, dave)
	id := w.AddGroup(account, line, "desk", peer, carol)
	if g := w.group(byToken, carol, peer); g.ID != id || g.Self != "desk" {
		t.Errorf("%+v, want %s", g, id)
	}
	said, err := w.SendGroup(t.Context(), byToken, w.group(byToken, carol, peer), "hi")
	if err != nil || !strings.HasPrefix(said, "IM") {
		t.Error(said, err)
	}
	w.CloseGroup(id)
	first := w.group(byToken, carol, peer)
	if first.ID == id || first.Self != line {
		t.Errorf("%+v", first)
	}
	w.CloseGroup(first.ID)
	if g := w.group(byToken, carol, peer); g.ID == first.ID {
		t.Errorf("a closed one: %+v", g)
	}
}

// SMS-G2: where the account may not text groups, or the service has none, that
// is said, and nothing is sent.
func TestGroupDisabled(t *testing.T) {
	t.Parallel()
	bare := open(t, twiliotest.Config{NoConversations: true})
	off := open(t, twiliotest.Config{})
	restricted := off.AddKey(twiliotest.Key{Account: account, Kind: twiliotest.Restricted, Allow: []twiliotest.Op{twiliotest.OpSend}})
	for name, c := range map[string]struct {
		w     *world
		creds provider.Credentials
		code  string
	}{
		"off": {off, byToken, "50452"}, "no such service": {bare, byToken, "20404"},
		"key": {off, provider.Credentials{Account: account, Key: restricted.SID, Secret: restricted.Secret}, "70051"},
	} {
		_, err := c.w.Group(t.Context(), c.creds, line, []string{peer, carol})
		if e := wants(t, err, transports.Unsupported, false); e.Code != c.code || !strings.Contains(e.Text.String(), "Group texts are not enabled") {
			t.Errorf("%s: %+v", name, e)
		}
		if len(c.w.Messages()) != 0 {
			t.Errorf("%s: something was sent", name)
		}
	}
	for _, c := range []struct {
		w     *world
		creds provider.Credentials
	}{{bare, byToken}, {off, provider.Credentials{Account: account, Key: restricted.SID, Secret: restricted.Secret}}} {
		_, err := c.w.Groups(t.Context(), c.creds, line, 10)
		wants(t, err, transports.Unsupported, false)
	}
}

// What makes a group is never a message of unknown outcome, and what passes by
// itself is tried again by who asked.
func TestGroupFaults(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{LateJoins: true})
	for _, f := range []twiliotest.Fault{twiliotest.CutBefore(), twiliotest.Null(false), twiliotest.Broken(502), twiliotest.CutAfter()} {
		w.Fail(twiliotest.OpGroup, 1, f)
		_, err := w.Group(t.Context(), byToken, line, []string{peer, carol})
		if e := transports.AsError(err); e == nil || e.Unsure || !e.Temporary() {
			t.Errorf("%+v: %v", f, err)
		}
		w.Heal()
	}
	// Twilio lets people in later.
	_, err := w.Group(t.Context(), byToken, line, []string{peer, carol, dave})
	if e := wants(t, err, transports.Busy, false); e.After <= 0 {
		t.Errorf("%+v", e)
	}
	w.group(byToken, peer, carol, dave)
	if n := len(w.GroupTexts()); n != 2 {
		t.Errorf("%d groups", n)
	}
}

// A text goes to all by one request, is found again, and what others say is told
// apart.
func TestSendGroup(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	since := time.Now()
	g := w.group(byToken, peer, carol)
	id, err := w.SendGroup(t.Context(), byKey, g, " hello\n😀 ")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range g.Members {
		if got := w.Texted(p); len(got) != 1 || got[0].Body != " hello\n😀 " || got[0].From != line || len(got[0].Group) != 2 {
			t.Errorf("%s got %+v", p, got)
		}
	}
	heard := w.ReceiveGroup(peer, []string{line, carol}, "yes", twiliotest.Media{Type: "image/png", Data: []byte("\x89PNG")})
	items, missed, err := w.ListGroup(t.Context(), byToken, g, since, 10)
	if err != nil || missed || len(items) != 2 {
		t.Fatalf("%+v, %v, %v", items, missed, err)
	}
	if i := items[0]; i.ID != id || i.Inbound || i.Text != " hello\n😀 " || i.Peer != line || i.Time.IsZero() {
		t.Errorf("%+v", i)
	}
	if i := items[1]; i.ID != heard || !i.Inbound || i.Text != "yes" || i.Peer != peer || i.Line != line || len(i.Media) != 1 || i.Media[0].Type != "image/png" {
		t.Errorf("%+v", i)
	}
	content, err := w.Fetch(t.Context(), byKey, items[1].Media[0].Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Body.Close() }()
	if body, err := io.ReadAll(content.Body); err != nil || string(body) != "\x89PNG" {
		t.Errorf("%q, %v", body, err)
	}
	for _, f := range w.Fetches() {
		if f.Authorization {
			t.Error("credentials leaked")
		}
	}
}

// SMS-S10: where nobody knows whether a text was said, the error tells; what was
// refused for sure does not.
func TestSendGroupUnsure(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	g := w.group(byToken, peer, carol)
	for _, c := range []struct {
		fault  twiliotest.Fault
		kind   transports.ErrorKind
		unsure bool
	}{
		{twiliotest.CutAfter(), transports.Unreachable, true}, {twiliotest.CutBefore(), transports.Unreachable, true}, {twiliotest.Null(true), transports.Unreachable, true},
		{twiliotest.Broken(500), transports.Unreachable, true}, {twiliotest.TooMany("3"), transports.Busy, false},
	} {
		w.Fail(twiliotest.OpGroupSend, 1, c.fault)
		_, err := w.SendGroup(t.Context(), byToken, g, "x")
		wants(t, err, c.kind, c.unsure)
	}
	if n := w.Count(twiliotest.OpGroupSend); n != 5 {
		t.Errorf("%d requests", n)
	}
	w.RemoveGroup(g.ID)
	_, err := w.SendGroup(t.Context(), byToken, g, "x")
	wants(t, err, transports.NotFound, false)
}

func TestListGroupBounds(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	g := w.group(byToken, peer, carol)
	for i := range 250 {
		w.ReceiveGroup(peer, []string{line, carol}, strconv.Itoa(i))
	}
	for _, c := range []struct {
		most, from int
		missed     bool
	}{{300, 0, false}, {250, 0, false}, {120, 130, true}, {0, 250, true}} {
		items, missed, err := w.ListGroup(t.Context(), byToken, g, longAgo, c.most)
		if err != nil || missed != c.missed || len(items) != 250-c.from || len(items) > 0 && items[0].Text != strconv.Itoa(c.from) {
			t.Errorf("%+v: %d items, %v, %v", c, len(items), missed, err)
		}
	}
	if items, missed, err := w.ListGroup(t.Context(), byToken, g, time.Now().Add(time.Hour), 10); err != nil || missed || len(items) != 0 {
		t.Errorf("%v, %v, %v", items, missed, err)
	}
}

// A group's calls come to one URL, and to none after that.
func TestGroupHook(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	g := w.group(byToken, peer, carol)
	hooks := func() []string { return w.GroupTexts()[0].Hooks }
	for _, c := range []struct {
		before, to string
		want       []string
	}{
		{"", "https://a.example/1", []string{"https://a.example/1"}},
		{"", "https://a.example/1", []string{"https://a.example/1"}},
		{"", "https://b.example/2", []string{"https://a.example/1", "https://b.example/2"}},
		{"https://a.example/1", "https://c.example/3", []string{"https://b.example/2", "https://c.example/3"}},
		{"https://c.example/3", "", []string{"https://b.example/2"}},
		{"", "", []string{"https://b.example/2"}},
	} {
		if err := w.SetGroupHook(t.Context(), byToken, g.ID, c.before, c.to); err != nil || !slices.Equal(hooks(), c.want) {
			t.Errorf("%+v: %v, %v", c, hooks(), err)
		}
	}
	wants(t, w.SetGroupHook(t.Context(), byToken, "../x", "", "https://a.example/1"), transports.NotFound, false)
}

// spoken are the fields of a call for a group.
func spoken(pairs ...string) url.Values {
	f := url.Values{
		"AccountSid": {account}, "EventType": {"onMessageAdded"}, "ConversationSid": {talkSID}, "ChatServiceSid": {service}, "MessageSid": {spokenSID},
		"Author": {peer}, "Body": {"hello"}, "DateCreated": {"2026-03-01T12:00:00.123Z"}, "Source": {"SMS"}, "Index": {"3"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

const groupHook = hook + "/group"

func callGroup(t testing.TB, p *twilio.Provider, c provider.Credentials, f url.Values, signature string) (string, []provider.Item, transports.Reply) {
	t.Helper()
	r := request(f, signature)
	r.Path = "/group"
	return p.CallGroup(t.Context(), c, hook, r)
}

// SMS-G3, SMS-X1: what a signed call brings; what is not signed, of another
// account, or no message brings nothing.
func TestCallGroup(t *testing.T) {
	t.Parallel()
	f := spoken("Body", " a\r\nb ", "Media", `[{"Sid":"ME01","ContentType":"image/png","Filename":"x","Size":5},{"Sid":"../x"},{}]`)
	id, items, reply := callGroup(t, unconnected(), byToken, f, sign(token, groupHook, f))
	if id != talkSID || reply.Status != http.StatusOK || len(reply.Body) != 0 || len(items) != 1 {
		t.Fatalf("%s, %+v, %+v", id, items, reply)
	}
	if i := items[0]; i.ID != spokenSID || i.Peer != peer || i.Text != " a\r\nb " || !i.Time.Equal(time.Date(2026, 3, 1, 12, 0, 0, 123e6, time.UTC)) ||
		!slices.Equal(i.Media, []provider.Medium{{Ref: "http://127.0.0.1:1/v1/Services/" + service + "/Media/ME01", Type: "image/png"}}) {
		t.Errorf("%+v", i)
	}
	for name, c := range map[string]struct {
		f         url.Values
		signature string
		status    int
	}{
		"unsigned":       {f, "forged", http.StatusForbidden},
		"for a line":     {f, sign(token, hook, f), http.StatusForbidden},
		"no token":       {f, sign("", groupHook, f), http.StatusForbidden},
		"other account":  {spoken("AccountSid", "AC2"), "", http.StatusForbidden},
		"other event":    {spoken("EventType", "onConversationUpdated"), "", http.StatusOK},
		"no event":       {spoken("EventType", ""), "", http.StatusOK},
		"no message":     {spoken("MessageSid", ""), "", http.StatusBadRequest},
		"a text":         {spoken("MessageSid", sid), "", http.StatusBadRequest},
		"no group":       {spoken("ConversationSid", "../../Accounts"), "", http.StatusBadRequest},
		"another's path": {spoken("ConversationSid", talkSID+"/x"), "", http.StatusBadRequest},
	} {
		if c.signature == "" {
			c.signature = sign(token, groupHook, c.f)
		}
		_, items, reply := callGroup(t, unconnected(), byToken, c.f, c.signature)
		refused(t, name, items, reply, c.status)
	}
}

// SMS-X1: without a token, a call only says which message to look at.
func TestCallGroupFetchesBack(t *testing.T) {
	t.Parallel()
	w := openGroups(t, twiliotest.Config{})
	g := w.group(byKey, peer, carol)
	heard := w.ReceiveGroup(carol, []string{line, peer}, "what Twilio has")
	forged := spoken("ConversationSid", g.ID, "MessageSid", heard, "Body", "forged", "Author", peer, "Media", `[{"Sid":"ME01"}]`)
	id, items, reply := callGroup(t, w.Provider, byKey, forged, "forged")
	if id != g.ID || reply.Status != http.StatusOK || len(items) != 1 || items[0].Text != "what Twilio has" || items[0].Peer != carol || len(items[0].Media) != 0 {
		t.Errorf("%s, %+v, %+v", id, items, reply)
	}
	_, items, reply = callGroup(t, w.Provider, byKey, spoken("ConversationSid", g.ID), "forged")
	refused(t, "no such message", items, reply, http.StatusForbidden)
	w.Fail(twiliotest.OpGroupList, 1, twiliotest.Broken(503))
	_, items, reply = callGroup(t, w.Provider, byKey, forged, "forged")
	refused(t, "not now", items, reply, http.StatusServiceUnavailable)
}

// Answers that make no sense, and ids that lead elsewhere, are errors.
func TestGroupGarbage(t *testing.T) {
	t.Parallel()
	g := provider.Group{ID: talkSID, Line: line, Self: line, Members: []string{peer, carol}}
	for _, body := range []string{"null", "{}", "[]", "<html>", `{"sid":1}`, `{"sid":"../x","state":"active"}`, `{"sid":"CH2","participants":[{},{"messaging_binding":null}]}`} {
		p := with(serve(t, says(200, body)).URL)
		if _, err := p.Group(t.Context(), byToken, line, []string{peer, carol}); err == nil || transports.AsError(err).Unsure {
			t.Errorf("%s: Group = %v", body, err)
		}
		if found, err := p.Grouped(t.Context(), byToken, talkSID); err == nil {
			t.Errorf("%s: Grouped = %+v", body, found)
		}
		if ids, err := p.Groups(t.Context(), byToken, line, 5); len(ids) != 0 {
			t.Errorf("%s: Groups = %v, %v", body, ids, err)
		}
		if items, _, err := p.ListGroup(t.Context(), byToken, g, longAgo, 5); len(items) != 0 {
			t.Errorf("%s: ListGroup = %v, %v", body, items, err)
		}
	}
	p := unconnected()
	bad := provider.Group{ID: "../../2010-04-01/Accounts/" + account}
	_, err := p.SendGroup(t.Context(), byToken, bad, "x")
	wants(t, err, transports.NotFound, false)
	_, _, err = p.ListGroup(t.Context(), byToken, bad, longAgo, 5)
	wants(t, err, transports.NotFound, false)
	_, err = p.Grouped(t.Context(), byToken, bad.ID)
	wants(t, err, transports.NotFound, false)
}

// Twilio's own API of Conversations, and its files, are on other hosts.
func TestConversationHosts(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"":                            "https://conversations.twilio.com https://mcs.us1.twilio.com",
		"https://api.ie1.twilio.com":  "https://conversations.ie1.twilio.com https://mcs.us1.twilio.com",
		"https://sw.example/api/laml": "https://sw.example/api/laml https://sw.example/api/laml",
	} {
		if got := twilio.Hosts(twilio.New(twilio.Config{URL: base})); got != want {
			t.Errorf("%q: %s, want %s", base, got, want)
		}
	}
}

// SMS-R4, SMS-X7: no secret, no number and no word of a group text is in the log
// or in an error.
func TestGroupSecrets(t *testing.T) {
	t.Parallel()
	var log logged
	w := openGroups(t, twiliotest.Config{})
	p := with(w.Server.URL, func(c *twilio.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	const text = "a private sentence"
	g, err := p.Group(t.Context(), byToken, line, []string{peer, carol})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.SendGroup(t.Context(), byToken, g, text); err != nil {
		t.Fatal(err)
	}
	if err := p.SetGroupHook(t.Context(), byToken, g.ID, "", "https://gw.example/hook/s3cret"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.ListGroup(context.Background(), byToken, g, longAgo, 5); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "/v1/Conversations") {
		t.Error("nothing was logged")
	}
	for _, s := range []string{token, text, peer[1:], line[1:], "s3cret"} {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log has %q: %s", s, log.String())
		}
	}
}

func FuzzCallGroup(f *testing.F) {
	f.Add(spoken().Encode())
	f.Add(spoken("Media", `[{"Sid":"ME1"}]`).Encode())
	f.Add(spoken("Media", `[null]`, "DateCreated", "x").Encode())
	f.Add("a=b&a=c")
	p := unconnected()
	f.Fuzz(func(t *testing.T, body string) {
		form, err := twilio.ParseForm(body)
		if err != nil {
			return
		}
		r := transports.Request{
			Method: http.MethodPost, Path: "/group", Body: []byte(body),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "X-Twilio-Signature": {twilio.Signature(token, groupHook, form)}},
		}
		id, items, reply := p.CallGroup(t.Context(), byToken, hook, r)
		if len(items) > 1 || len(items) == 1 && (reply.Status != http.StatusOK || id == "" || len(items[0].Media) > 10) {
			t.Fatalf("%s, %+v, %+v", id, items, reply)
		}
	})
}
