package sms_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twiliotest"
)

var _ transports.Grouper = (*sms.Transport)(nil)

const (
	carol = "+15551234567"
	dave  = "+15559876543"
	us    = carol + "," + bob // the group of most tests
)

// talker is a carrier of groups too.
type talker struct {
	*carrier
	groups map[string]provider.Group // by ID
	said   map[string][]provider.Item
	hooks  map[string]string
	called []provider.Item // what the next CallGroup is of
	calls  string          // the group it is of
}

func newTalker(c *carrier) *talker {
	c.about.MaxGroup, c.about.GroupCode = 9, "+1"
	return &talker{carrier: c, groups: map[string]provider.Group{}, said: map[string][]provider.Item{}, hooks: map[string]string{}}
}

func (c *talker) Group(_ context.Context, creds provider.Credentials, line string, members []string) (provider.Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Group", line, creds); err != nil {
		return provider.Group{}, err
	}
	for _, g := range c.groups {
		if g.Line == line && slices.Equal(g.Members, members) {
			return g, nil
		}
	}
	g := provider.Group{ID: fmt.Sprintf("G%d", len(c.groups)+1), Line: line, Self: line, Members: members}
	c.groups[g.ID] = g
	return g, nil
}

func (c *talker) Grouped(_ context.Context, creds provider.Credentials, id string) (provider.Group, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("Grouped", id, creds); err != nil {
		return provider.Group{}, err
	}
	g, ok := c.groups[id]
	if !ok {
		return g, &transports.Error{Kind: transports.NotFound}
	}
	return g, nil
}

func (c *talker) Groups(_ context.Context, creds provider.Credentials, line string, _ int) (ids []string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, g := range c.groups {
		if g.Line == line {
			ids = append(ids, id)
		}
	}
	return ids, c.do("Groups", line, creds)
}

func (c *talker) SendGroup(_ context.Context, creds provider.Credentials, g provider.Group, text string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("SendGroup", g.ID, creds); err != nil {
		return "", err
	}
	c.minted++
	id := fmt.Sprintf("I%d", c.minted)
	c.said[g.ID] = append(c.said[g.ID], provider.Item{ID: id, Line: g.Line, Peer: g.Self, Text: text, Time: time.Now(), State: provider.Sent})
	return id, nil
}

func (c *talker) ListGroup(_ context.Context, creds provider.Credentials, g provider.Group, since time.Time, most int) ([]provider.Item, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []provider.Item
	for _, i := range c.said[g.ID] {
		if !i.Time.Before(since) {
			all = append(all, i)
		}
	}
	return all[max(0, len(all)-most):], len(all) > most, c.do("ListGroup", g.ID, creds)
}

func (c *talker) CallGroup(_ context.Context, creds provider.Credentials, _ string, r transports.Request) (string, []provider.Item, transports.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if string(r.Body) != creds.Token {
		return "", nil, transports.Reply{Status: 403}
	}
	return c.calls, c.called, transports.Reply{Status: 200}
}

func (c *talker) SetGroupHook(_ context.Context, creds provider.Credentials, id, before, url string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.do("SetGroupHook", id, creds); err != nil {
		return err
	}
	if c.hooks[id] == before || before == "" {
		c.hooks[id] = url
	}
	return nil
}

func (c *talker) hookOf(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hooks[id]
}

// say has somebody say something in a group.
func (c *talker) say(group, id, who, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[group] = append(c.said[group], provider.Item{ID: id, Line: home, Peer: who, Inbound: true, Text: text, Time: time.Now()})
}

// talking runs a test with a transport to a carrier of groups.
func talking(t *testing.T, f func(t *testing.T, l *life, c *talker)) {
	t.Helper()
	bubble(t, func(t *testing.T, l *life) {
		c := newTalker(l.c)
		l.tr = sms.New(sms.Config{Provider: c, AllowPrivateHosts: true})
		f(t, l, c)
	})
}

// to is a message to a group.
func to(id, text string) transports.Message {
	return transports.Message{ID: id, Chat: contact(us), Text: text}
}

// count counts the calls of a method.
func count(did []string, method string) (n int) {
	for _, d := range did {
		if d == method || strings.HasPrefix(d, method+" ") {
			n++
		}
	}
	return n
}

// SMS-G1: people have one address together, in whatever order they are named and
// however often; one alone is that one.
func TestGroupAddress(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("+1555200%04d", i))
		}
		return names
	}
	for name, c := range map[string]struct {
		names []string
		want  string
		kind  transports.ErrorKind
	}{
		"two":          {[]string{bob, carol}, us, 0},
		"other order":  {[]string{carol, bob, carol}, us, 0},
		"with a group": {[]string{dave, us}, carol + "," + bob + "," + dave, 0},
		"one":          {[]string{bob, bob}, bob, 0},
		"by a line":    {[]string{bob + ";via=" + work, carol + ";via=" + work}, us + ";via=" + work, 0},
		"most":         {many(9), strings.Join(many(9), ","), 0},
		"too many":     {many(10), "", transports.NotAllowed},
		"far away":     {[]string{bob, "+4930901820"}, "", transports.NotAllowed},
		"two lines":    {[]string{bob, carol + ";via=" + work}, "", transports.NotAllowed},
		"short code":   {[]string{bob, "32665;phone-context=+1"}, "", transports.NotAllowed},
		"none":         {nil, "", transports.NotAllowed},
		"no number":    {[]string{bob, "x"}, "", transports.Malformed},
	} {
		var all []transports.Address
		for _, n := range c.names {
			all = append(all, contact(n))
		}
		got, err := tr.Group(all)
		if c.want == "" {
			if e := transports.AsError(err); e == nil || e.Kind != c.kind || e.Text.IsZero() {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		if err != nil || got != contact(c.want) {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
	_, err := tr.Group([]transports.Address{contact(bob), contact("+4930901820")})
	if text := transports.AsError(err).Text.String(); !strings.Contains(text, "+1") || !strings.Contains(text, "9 people") {
		t.Errorf("the limits are not told: %s", text)
	}
}

// SMS-G1: own lines are no members, as typed and as a part of an address. Where
// nobody carries groups there are none.
func TestGroupTyped(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	account := transports.Account{Settings: settings("lines", work)}
	for typed, want := range map[string]string{
		us:                                     us,
		bob + "," + carol:                      us,
		"555-765-4321, (555) 123-4567":         us,
		home + "," + us:                        us,
		us + "," + work:                        us,
		home + "," + bob:                       bob,
		us + ";via=" + home:                    us,
		us + ";via=" + work:                    us + ";via=" + work,
		home + "," + work:                      "",
		us + ",+4930901820":                    "",
		us + ";via=+15550009999":               "",
		us + "," + strings.Repeat("+1555", 40): "",
	} {
		got, err := tr.Address(typed, account)
		if (err == nil) != (want != "") || got.Name != want {
			t.Errorf("Address(%q) = %v, %v, want %q", typed, got, err, want)
		}
		if err == nil {
			if again, err := tr.Address(got.String(), account); err != nil || again != got {
				t.Errorf("Address(%q) = %v, %v", got, again, err)
			}
		}
	}
	plain := sms.New(sms.Config{Provider: newCarrier()})
	if _, err := plain.Address(us, account); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("without groups: %v", err)
	}
	if _, err := plain.Group([]transports.Address{contact(bob), contact(carol)}); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("without groups: %v", err)
	}
}

// SMS-G1: whatever the order of the members, the address is one, and it is that
// which its text means.
func TestGroupProperty(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.IntRange(0, 30), 2, 9).Draw(t, "members")
		var all []transports.Address
		for _, n := range numbers {
			all = append(all, contact(fmt.Sprintf("+1555300%04d", n)))
		}
		one, err := tr.Group(all)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(all)
		other, err := tr.Group(all)
		if err != nil || other != one {
			t.Fatalf("%v and %v, %v", one, other, err)
		}
		if again, err := tr.Address(one.String(), transports.Account{Settings: settings()}); err != nil || again != one {
			t.Fatalf("Address(%q) = %v, %v", one, again, err)
		}
	})
}

// groupWorld is a world whose account may text groups.
func groupWorld(t *testing.T, with ...string) *world {
	w := newWorld(t, with...)
	w.twilio.AddAccount(twiliotest.Account{
		SID: w.account.Settings["account_sid"], Token: w.account.Settings["auth_token"], GroupMMS: true,
	})
	return w
}

// SMS-G1, SMS-G3: a text goes to all of a group by one request, and each phone
// sees who else got it. The group is made once; a text of several parts is as
// many requests.
func TestGroupSend(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	long := to("2", strings.Repeat("word ", 500))
	for _, m := range append([]transports.Message{to("1", "hello")}, w.Split(long)...) {
		sent, err := w.Send(t.Context(), m)
		if err != nil || len(sent.IDs) != 1 || !strings.HasPrefix(sent.IDs[0], "IM") {
			t.Fatalf("Send = %+v, %v", sent, err)
		}
	}
	for _, p := range []string{bob, carol} {
		if got := w.twilio.Texted(p); len(got) != 3 || got[0].Body != "hello" || got[0].From != home || len(got[0].Group) != 2 {
			t.Errorf("%s got %+v", p, got)
		}
	}
	if n := len(w.twilio.Messages()); n != 0 {
		t.Errorf("%d texts were sent alone", n)
	}
	if n := w.twilio.Count(twiliotest.OpGroup); n != 1 {
		t.Errorf("made by %d requests", n)
	}
}

// SMS-G3: what is saved of a group is by who is in it, and is enough after a
// restart.
func TestGroupSaved(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil {
			t.Fatal(err)
		}
		l.keep(sent.Saves)
		if !slices.ContainsFunc(sent.Saves, func(s transports.Save) bool { return s.Name == "group."+home+","+us && s.Secret }) {
			t.Errorf("saves %+v", sent.Saves)
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l.start()
		c.done()
		if _, err := l.Send(t.Context(), to("2", "again")); err != nil {
			t.Fatal(err)
		}
		if did := c.done(); !slices.Equal(did, []string{"SendGroup G1"}) {
			t.Errorf("asked %v", did)
		}
		// It is saved once.
		sent, err = l.Send(t.Context(), to("3", "more"))
		if err != nil || slices.ContainsFunc(sent.Saves, func(s transports.Save) bool { return strings.HasPrefix(s.Name, "group") }) {
			t.Errorf("saves %+v, %v", sent.Saves, err)
		}
	})
}

// SMS-A3: from another line it is another group.
func TestGroupByLine(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	for _, chat := range []string{us, us + ";via=" + work} {
		if _, err := w.Send(t.Context(), transports.Message{ID: chat, Chat: contact(chat), Text: "hi"}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.twilio.Texted(bob)
	if len(got) != 2 || got[0].From != home || got[1].From != work || len(w.twilio.GroupTexts()) != 2 {
		t.Errorf("%+v", got)
	}
	w.twilio.ReceiveGroup(bob, []string{work, carol}, "by work")
	if m := w.message("<" + bob + "> by work"); m.Chat != contact(us+";via="+work) {
		t.Errorf("%+v", m)
	}
}

// SMS-G2: an account without groups is told so, and nothing goes to anybody.
func TestGroupRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Send(t.Context(), to("1", "hi"))
	e := transports.AsError(err)
	if e == nil || e.Kind != transports.Unsupported || e.Unsure || !strings.Contains(e.Text.String(), "write to each person alone") {
		t.Fatalf("Send = %v", err)
	}
	if n := len(w.twilio.Messages()) + len(w.twilio.Texted(bob)) + len(w.twilio.Texted(carol)); n != 0 {
		t.Errorf("%d texts went out", n)
	}
}

// What can be refused before is: no group is made for it.
func TestGroupSendRefuses(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Settings = settings("daily_limit", "3")
		l.start()
		c.done()
		with := func(m transports.Message, ref string) transports.Message {
			m.Attachments = []transports.Attachment{{Ref: ref}}
			return m
		}
		for name, k := range map[string]struct {
			m    transports.Message
			kind transports.ErrorKind
		}{
			"nothing":   {to("1", " "), transports.Incomplete},
			"too long":  {to("1", strings.Repeat("long ", 1000)), transports.TooLong},
			"encrypted": {with(to("1", "x"), "aesgcm://h/x#00"), transports.Impossible},
			"long link": {with(to("1", "x"), "https://h/"+strings.Repeat("x", 1600)), transports.TooLong},
			"far away":  {transports.Message{ID: "1", Chat: contact(bob + ",+4930901820"), Text: "x"}, transports.NotAllowed},
			// Own lines are no members.
			"alone": {transports.Message{ID: "1", Chat: contact(home + "," + bob), Text: "x"}, transports.NotFound},
		} {
			_, err := l.Send(t.Context(), k.m)
			if e := transports.AsError(err); e == nil || e.Kind != k.kind || e.Unsure || e.Text.IsZero() {
				t.Errorf("%s: %v", name, err)
			}
		}
		if did := c.done(); len(did) != 0 {
			t.Errorf("asked %v", did)
		}
		// Each member counts.
		if _, err := l.Send(t.Context(), with(to("2", "see"), "https://h/x")); err != nil {
			t.Fatal(err)
		}
		if got := c.said["G1"]; len(got) != 1 || got[0].Text != "see\nhttps://h/x" {
			t.Errorf("said %+v", got)
		}
		if _, err := l.Send(t.Context(), to("3", "x")); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
			t.Errorf("over the limit: %v", err)
		}
	})
}

// SMS-S10: a text whose answer was lost is found where it was said; one that was
// not said is known not to have been, in time.
func TestGroupFind(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	none := func(string) bool { return false }
	first, err := w.Send(t.Context(), to("0", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	w.twilio.ReceiveGroup(bob, []string{home, carol}, "hi")
	w.twilio.Fail(twiliotest.OpGroupSend, 1, twiliotest.CutAfter())
	before := time.Now()
	if _, err := w.Send(t.Context(), to("1", "hi")); err == nil || !transports.AsError(err).Unsure {
		t.Fatalf("Send = %v", err)
	}
	found, err := w.Find(t.Context(), to("1", "hi"), before, func(id string) bool { return id == first.IDs[0] })
	if err != nil || found == nil || found.IDs[0] == first.IDs[0] {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	if n := len(w.twilio.Texted(carol)); n != 3 {
		t.Errorf("the phone got %d texts", n)
	}
	// Not yet certain.
	if found, err := w.Find(t.Context(), to("2", "other"), time.Now(), none); err == nil || found != nil {
		t.Errorf("Find = %+v, %v", found, err)
	}
}

// The group of a text that was found is saved with it, if that was not done yet.
func TestGroupFindSaves(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		c.fail("SendGroup", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		tried := time.Now()
		if _, err := l.Send(t.Context(), to("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		c.fail("SendGroup", nil)
		if _, err := c.SendGroup(t.Context(), provider.Credentials{Token: token}, c.groups["G1"], "hi"); err != nil {
			t.Fatal(err)
		}
		found, err := l.Find(t.Context(), to("1", "hi"), tried, func(string) bool { return false })
		if err != nil || found == nil || !slices.ContainsFunc(found.Saves, func(s transports.Save) bool { return s.Name == "group."+home+","+us && s.Secret }) {
			t.Errorf("Find = %+v, %v", found, err)
		}
	})
}

// SMS-S10: that a text is not there is certain after a while.
func TestGroupFindNothing(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		c.fail("SendGroup", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		tried := time.Now()
		if _, err := l.Send(t.Context(), to("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		none := func(string) bool { return false }
		c.say("G1", "I9", bob, "hi")
		if found, err := l.Find(t.Context(), to("1", "hi"), tried, none); err == nil || found != nil {
			t.Errorf("at once: %+v, %v", found, err)
		}
		l.pass(2 * time.Minute)
		if found, err := l.Find(t.Context(), to("1", "hi"), tried, none); err != nil || found != nil {
			t.Errorf("in time: %+v, %v", found, err)
		}
	})
}

// SMS-G3, SMS-I1: what somebody says in a group comes from the group, with who
// said it before it, by a signed call; so do files. What we say does not come
// back.
func TestGroupCalls(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	if hooks := w.twilio.GroupTexts()[0].Hooks; !slices.Equal(hooks, []string{w.account.Hook + "/group"}) {
		t.Fatalf("Twilio calls %v", hooks)
	}
	id := w.twilio.ReceiveGroup(bob, []string{carol, home}, "hi all")
	m := w.message("<" + bob + "> hi all")
	if m.Chat != contact(us) || m.ID != id || m.Own || m.Nick == "" {
		t.Errorf("%+v", m)
	}
	w.twilio.ReceiveGroup(carol, []string{bob, home}, "", twiliotest.Media{Type: "image/png", Data: []byte("picture")})
	m = w.message("<" + carol + ">")
	if m.Chat != contact(us) || len(m.Attachments) != 1 || m.Attachments[0].Type != "image/png" {
		t.Fatalf("%+v", m)
	}
	content, err := w.Fetch(t.Context(), m.Attachments[0].Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Body.Close() }()
	if data, err := io.ReadAll(content.Body); err != nil || string(data) != "picture" {
		t.Errorf("%q, %v", data, err)
	}
	w.settled()
	calls := 0
	for _, c := range w.twilio.Calls() {
		if calls++; c.Kind != twiliotest.CallGroup || c.Status != 200 || c.Alert != 0 {
			t.Errorf("a call: %+v", c)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls", calls)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if r, ok := e.(transports.Received); ok && strings.Contains(r.Message.Text, "hello") {
			t.Errorf("our own: %+v", r)
		}
	}
}

// SMS-I12: what Twilio could not tell, it is asked for; in poll mode it is told
// to call nobody.
func TestGroupIsAsked(t *testing.T) {
	t.Parallel()
	w := groupWorld(t, "webhook", "poll")
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	if hooks := w.twilio.GroupTexts()[0].Hooks; len(hooks) != 0 {
		t.Errorf("Twilio calls %v", hooks)
	}
	w.twilio.ReceiveGroup(bob, []string{carol, home}, "lost")
	if m := w.message("<" + bob + "> lost"); m.Chat != contact(us) || !m.Delayed {
		t.Errorf("%+v", m)
	}
}

// A group from before is found by an account that knows nothing of it, and calls
// for it come to the account's hook then.
func TestGroupDiscovered(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		c.groups["G7"] = provider.Group{ID: "G7", Line: home, Self: home, Members: []string{carol, bob}}
		l.account.Hook = hook
		l.start()
		if got := c.hookOf("G7"); got != hook+"/group" {
			t.Errorf("it calls %q", got)
		}
		c.say("G7", "I1", bob, "hi")
		l.pass(30 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> hi") {
			t.Errorf("%q", got)
		}
		if did := c.done(); count(did, "Groups") != 1 || count(did, "ListGroup") > 5 {
			t.Errorf("%v", did)
		}
	})
}

// Accounts without groups are not asked for them again and again, nor after a
// restart; those that cannot be asked are, later.
func TestGroupsNone(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		most int
	}{
		"none":     {nil, 1},
		"disabled": {&transports.Error{Kind: transports.Unsupported}, 1},
		"down":     {&transports.Error{Kind: transports.Unreachable}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			talking(t, func(t *testing.T, l *life, k *talker) {
				k.fail("Groups", c.err)
				l.start()
				l.pass(time.Hour)
				did := k.done()
				if n := count(did, "Groups"); n > c.most || c.most > 1 && n < 5 || count(did, "List") < 5 {
					t.Errorf("%d times in an hour", n)
				}
				if err := l.stop(); err != nil {
					t.Fatal(err)
				}
				k.fail("Groups", nil)
				l.start()
				l.pass(time.Hour)
				want := 0
				if c.most > 1 {
					want = 1
				}
				if n := count(k.done(), "Groups"); n != want {
					t.Errorf("%d times after a restart", n)
				}
			})
		})
	}
}

// SMS-X7: that groups cannot be looked at keeps nothing else from coming, and
// nothing said meanwhile is missed.
func TestGroupOutage(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil {
			t.Fatal(err)
		}
		l.keep(sent.Saves)
		l.pass(time.Minute)
		c.fail("ListGroup", &transports.Error{Kind: transports.Unreachable})
		c.say("G1", "I9", bob, "meanwhile")
		c.add(provider.Item{ID: "M9", Line: home, Peer: bob, Inbound: true, Text: "alone", Time: time.Now()})
		l.pass(2 * time.Hour)
		if got := texts(l.took()); !slices.Contains(got, "alone") || slices.Contains(got, "<"+bob+"> meanwhile") {
			t.Errorf("%q", got)
		}
		c.fail("ListGroup", nil)
		l.pass(20 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> meanwhile") {
			t.Errorf("%q", got)
		}
		// It is told once.
		l.pass(time.Hour)
		if got := texts(l.took()); len(got) != 0 {
			t.Errorf("again: %q", got)
		}
	})
}

// SMS-D1: nobody tells whether a group got a text: it counts as received only
// where handing it on is enough.
func TestGroupReceipts(t *testing.T) {
	for receipts, want := range map[string]bool{"delivered": false, "sent": true} {
		talking(t, func(t *testing.T, l *life, _ *talker) {
			l.account.Settings = settings("receipts", receipts)
			l.start()
			sent, err := l.Send(t.Context(), to("1", "hello"))
			if err != nil {
				t.Fatal(err)
			}
			l.pass(time.Hour)
			got := false
			for _, e := range l.took() {
				if st, ok := e.(transports.Status); ok {
					got = st.ID == sent.IDs[0] && st.Chat == contact(us) && st.State == transports.Delivered
				}
			}
			if got != want {
				t.Errorf("%s: a receipt: %v", receipts, got)
			}
		})
	}
}

// A group that was taken away at the provider is made again.
func TestGroupLost(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	w.twilio.RemoveGroup(w.twilio.GroupTexts()[0].SID)
	_, err := w.Send(t.Context(), to("2", "again"))
	if e := transports.AsError(err); e != nil && (e.Unsure || !e.Temporary()) {
		t.Fatalf("Send = %v", err)
	}
	if err != nil {
		if _, err := w.Send(t.Context(), to("2", "again")); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.twilio.Texted(bob); len(got) != 2 || got[1].Body != "again" {
		t.Errorf("%+v", got)
	}
}

// A new hook takes the place of the old one; an account that is removed leaves
// none.
func TestGroupHooks(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil || c.hookOf("G1") != hook+"/group" {
			t.Fatalf("%v, calls %q", err, c.hookOf("G1"))
		}
		l.keep(sent.Saves)
		for name, save := range l.saved {
			if strings.HasPrefix(name, "group.") && !strings.Contains(string(save), hook) {
				t.Errorf("saved %s", save)
			}
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l.account.Hook = "https://gw.example/hook/new"
		l.start()
		if got := c.hookOf("G1"); got != "https://gw.example/hook/new/group" {
			t.Errorf("it calls %q", got)
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || c.hookOf("G1") != "" {
			t.Errorf("%v, calls %q", err, c.hookOf("G1"))
		}
	})
}

// A hook that cannot be set keeps no text from going: the group is asked for.
func TestGroupWithoutHook(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		c.fail("SetGroupHook", &transports.Error{Kind: transports.Forbidden})
		l.start()
		if _, err := l.Send(t.Context(), to("1", "hello")); err != nil {
			t.Fatal(err)
		}
		l.pass(20 * time.Minute)
		c.say("G1", "I9", bob, "hi")
		l.pass(3 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> hi") {
			t.Errorf("%q", got)
		}
	})
}

// SMS-X2: a call for a group of somebody else's line makes nothing; one that
// cannot be looked up is to be made again.
func TestGroupCallOfOthers(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		c.groups["G1"] = provider.Group{ID: "G1", Line: "+15550009999", Self: "+15550009999", Members: []string{carol, bob}}
		c.groups["G2"] = provider.Group{ID: "G2", Line: home, Self: home, Members: []string{carol, bob}}
		call := func(group, who, body string) (transports.Batch, transports.Reply) {
			c.calls, c.called = group, []provider.Item{{ID: "I1", Peer: who, Inbound: true, Text: "hi"}}
			return l.tr.Webhook(t.Context(), l.account, transports.Request{Method: "POST", Path: "/group", Body: []byte(body)})
		}
		if b, reply := call("G1", bob, token); len(b.Events) != 0 || reply.Status != 404 {
			t.Errorf("%+v, %+v", b, reply)
		}
		if b, reply := call("G2", bob, "forged"); len(b.Events) != 0 || reply.Status != 403 {
			t.Errorf("%+v, %+v", b, reply)
		}
		c.fail("Grouped", &transports.Error{Kind: transports.Unreachable})
		if b, reply := call("G2", bob, token); len(b.Events) != 0 || reply.Status != 503 {
			t.Errorf("%+v, %+v", b, reply)
		}
		c.fail("Grouped", nil)
		for _, who := range []string{home, "system", dave, ""} {
			if b, reply := call("G2", who, token); len(b.Events) != 0 || reply.Status != 200 {
				t.Errorf("%s: %+v, %+v", who, b, reply)
			}
		}
		if b, reply := call("G2", carol, token); len(b.Events) != 1 || reply.Status != 200 {
			t.Errorf("%+v, %+v", b, reply)
		}
	})
}

var _ provider.Grouper = (*talker)(nil)
