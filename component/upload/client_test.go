package upload_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/upload"
	"wherry/transports"
	"wherry/transports/dial"
)

var (
	juliet = jid.MustParse("juliet@example.org")
	asking = jid.MustParse("u-abc@sms.example.org")
)

// xmpp is an XMPP side: what it answers to whom, by the namespace asked for.
type xmpp struct {
	mu      sync.Mutex // guards what follows
	answers map[string]string
	asked   []string
	err     error
}

// Ask answers with the element, an <error/>, or item-not-found where nothing is known.
func (x *xmpp) Ask(ctx context.Context, from, to jid.JID, payload stanza.Element) (*stanza.IQ, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	key := to.String() + " " + payload.Space
	x.asked = append(x.asked, key)
	if from != asking {
		return nil, fmt.Errorf("asked by %s", from)
	}
	if x.err != nil {
		return nil, x.err
	}
	text, ok := x.answers[key]
	if !ok {
		text = `<error type="cancel"><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
	}
	iq := &stanza.IQ{Header: stanza.Header{ID: "1", From: to, To: from, Type: stanza.TypeResult}, Payload: parse(text)}
	if iq.Child("", "error") != nil {
		iq.Type = stanza.TypeError
	}
	return iq, nil
}

// parse reads what an answer holds.
func parse(text string) []stanza.Element {
	d := xml.NewDecoder(strings.NewReader(text))
	stack := []stanza.Element{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return stack[0].Children
		}
		if err != nil {
			panic("the test's own answer: " + err.Error())
		}
		top := len(stack) - 1
		switch token := token.(type) {
		case xml.StartElement:
			e := stanza.E(token.Name.Space, token.Name.Local)
			for _, a := range token.Attr {
				if a.Name.Space == "" && a.Name.Local != "xmlns" {
					e = e.With(a.Name.Local, a.Value)
				}
			}
			stack = append(stack, e)
		case xml.EndElement:
			stack[top-1].Children = append(stack[top-1].Children, stack[top])
			stack = stack[:top]
		case xml.CharData:
			stack[top].Text += string(token)
		}
	}
}

func (x *xmpp) count(key string) (n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, k := range x.asked {
		if k == key {
			n++
		}
	}
	return n
}

func (x *xmpp) set(key, text string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.answers[key] = text
}

const (
	itemsKey = "example.org http://jabber.org/protocol/disco#items"
	infoKey  = "upload.example.org http://jabber.org/protocol/disco#info"
	slotKey  = "upload.example.org urn:xmpp:http:upload:0"
)

// server returns a server with an upload service among its entries, which gives
// slots for the URL put.
func server(put string) *xmpp {
	return &xmpp{answers: map[string]string{
		itemsKey: `<query xmlns="http://jabber.org/protocol/disco#items">
			<item jid="conference.example.org"/><item jid="@"/><item/><item jid="sms.example.org"/>
			<item jid="upload.example.org" node="x"/><item jid="upload.example.org"/></query>`,
		"conference.example.org http://jabber.org/protocol/disco#info": `<query xmlns="http://jabber.org/protocol/disco#info"><feature var="x"/></query>`,
		"sms.example.org http://jabber.org/protocol/disco#info":        info("1"), // ours: never asked
		infoKey: info("1000"),
		slotKey: slot(put, put+"?get", ""),
	}}
}

func info(max string) string {
	return `<query xmlns="http://jabber.org/protocol/disco#info"><identity category="store" type="file"/><feature var="urn:xmpp:http:upload:0"/>
		<x xmlns="jabber:x:data" type="result"><field var="FORM_TYPE"><value>other</value></field><field var="max-file-size"><value>3</value></field></x>
		<x xmlns="jabber:x:data" type="result"><field var="FORM_TYPE" type="hidden"><value>urn:xmpp:http:upload:0</value></field>
		<field var="max-file-size"><value>` + max + `</value></field></x></query>`
}

func slot(put, get, headers string) string {
	return fmt.Sprintf(`<slot xmlns="urn:xmpp:http:upload:0"><put url="%s">%s</put><get url="%s"/></slot>`,
		stanza.EscapeAttr(put), headers, stanza.EscapeAttr(get))
}

func client(x *xmpp) *upload.Client {
	return upload.NewClient(x, dial.NewClient(&dial.Guard{AllowPrivate: true}, dial.ClientOptions{}), true)
}

func kind(err error) transports.ErrorKind { return transports.AsError(err).Kind }

func TestFind(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*xmpp)
		want   upload.Service
		kind   transports.ErrorKind
	}{
		"an entry": {func(*xmpp) {}, upload.Service{JID: jid.JID{Domain: "upload.example.org"}, Max: 1000}, 0},
		"no size": {func(x *xmpp) { x.answers[infoKey] = info("") },
			upload.Service{JID: jid.JID{Domain: "upload.example.org"}}, 0},
		"odd size": {func(x *xmpp) { x.answers[infoKey] = info("-99999999999999999999") },
			upload.Service{JID: jid.JID{Domain: "upload.example.org"}}, 0},
		"the server itself": {func(x *xmpp) {
			x.answers["example.org http://jabber.org/protocol/disco#info"] = info("7")
			delete(x.answers, infoKey)
			delete(x.answers, itemsKey)
		}, upload.Service{JID: jid.JID{Domain: "example.org"}, Max: 7}, 0},
		"none":      {func(x *xmpp) { delete(x.answers, infoKey) }, upload.Service{}, transports.Unsupported},
		"empty":     {func(x *xmpp) { clear(x.answers) }, upload.Service{}, transports.Unsupported},
		"no stream": {func(x *xmpp) { x.err = errors.New("no stream") }, upload.Service{}, transports.Unreachable},
		"not a result": {func(x *xmpp) { x.answers[infoKey] = `<error type="cancel"/>` + info("1") },
			upload.Service{}, transports.Unsupported},
	} {
		x := server("http://127.0.0.1/")
		test.change(x)
		got, err := client(x).Find(t.Context(), asking, "example.org")
		if got != test.want || (err == nil) != (test.kind == 0) || err != nil && kind(err) != test.kind {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if x.count("sms.example.org http://jabber.org/protocol/disco#info") > 0 {
			t.Errorf("%s: asked ourselves", name)
		}
	}
}

// A long list is not asked whole.
func TestFindMany(t *testing.T) {
	x := server("http://127.0.0.1/")
	var b strings.Builder
	b.WriteString(`<query xmlns="http://jabber.org/protocol/disco#items">`)
	for i := range 10_000 {
		fmt.Fprintf(&b, `<item jid="a%d.example.org"/>`, i)
	}
	x.answers[itemsKey] = b.String() + "</query>"
	if _, err := client(x).Find(t.Context(), asking, "example.org"); kind(err) != transports.Unsupported {
		t.Errorf("%v", err)
	}
	if len(x.asked) > 40 {
		t.Errorf("%d questions", len(x.asked))
	}
}

// What was found is known: a second file asks for a slot only. A domain that has
// nothing is not asked again, one that could not be asked is.
func TestFindKnows(t *testing.T) {
	x := server("http://127.0.0.1/")
	c := client(x)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := c.Find(t.Context(), asking, "example.org"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := x.count(itemsKey); n != 1 {
		t.Errorf("asked %d times", n)
	}
	for range 2 {
		if _, err := c.Find(t.Context(), asking, "example.net"); kind(err) != transports.Unsupported {
			t.Error(err)
		}
	}
	if n := x.count("example.net http://jabber.org/protocol/disco#items"); n != 1 {
		t.Errorf("asked %d times for nothing", n)
	}
	x.err = errors.New("no stream")
	if _, err := c.Find(t.Context(), asking, "example.com"); kind(err) != transports.Unreachable {
		t.Error(err)
	}
	x.err = nil
	if _, err := c.Find(t.Context(), asking, "example.com"); kind(err) != transports.Unsupported {
		t.Error(err)
	}
}

func TestSlot(t *testing.T) {
	const get = "https://up.example.org/get"
	for name, test := range map[string]struct {
		answer string
		header http.Header
		kind   transports.ErrorKind
		after  bool
	}{
		"plain": {answer: slot("https://up.example.org/put", get, ""), header: http.Header{}},
		"headers": {answer: slot("https://up.example.org/put", get, `<header name="Authorization">Basic x</header>
			<header name="cookie">a=b</header><header name="COOKIE">c=d</header><header name="Expires">never</header>
			<header name="Host">inside</header><header name="Content-Length">7</header><header name="X">y</header><header>z</header>
			<header xmlns="other" name="Cookie">e=f</header>`),
			header: http.Header{"Authorization": {"Basic x"}, "Cookie": {"a=b", "c=d"}, "Expires": {"never"}}},
		"line breaks": {answer: slot("https://up.example.org/put", get,
			"<header name=\"Coo&#10;kie\">a=b&#13;&#10;Host: inside</header>"),
			header: http.Header{"Cookie": {"a=bHost: inside"}}},
		"tab":             {answer: slot("https://up.example.org/put", get, "<header name=\"Cookie\">a&#9;b</header>"), header: http.Header{"Cookie": {"a\tb"}}},
		"delete":          {answer: slot("https://up.example.org/put", get, "<header name=\"Cookie\">a\x7fb</header>"), kind: transports.Unsupported},
		"long header":     {answer: slot("https://up.example.org/put", get, `<header name="Cookie">`+strings.Repeat("x", 9000)+`</header>`), kind: transports.Unsupported},
		"many headers":    {answer: slot("https://up.example.org/put", get, strings.Repeat(`<header name="Cookie">x</header>`, 99)), kind: transports.Unsupported},
		"no put":          {answer: `<slot xmlns="urn:xmpp:http:upload:0"><get url="https://x.example/"/></slot>`, kind: transports.Unsupported},
		"no get":          {answer: `<slot xmlns="urn:xmpp:http:upload:0"><put url="https://x.example/"/></slot>`, kind: transports.Unsupported},
		"no slot":         {answer: `<x/>`, kind: transports.Unsupported},
		"nothing":         {answer: ``, kind: transports.Unsupported},
		"ftp":             {answer: slot("ftp://up.example.org/put", get, ""), kind: transports.Unsupported},
		"script":          {answer: slot("https://up.example.org/put", "javascript:alert(1)", ""), kind: transports.Unsupported},
		"user in the URL": {answer: slot("https://a:b@up.example.org/put", get, ""), kind: transports.Unsupported},
		"fragment":        {answer: slot("https://up.example.org/put", get+"#a", ""), kind: transports.Unsupported},
		"no host":         {answer: slot("https:///put", get, ""), kind: transports.Unsupported},
		"long URL":        {answer: slot("https://up.example.org/"+strings.Repeat("x", 9000), get, ""), kind: transports.Unsupported},
		"http":            {answer: slot("http://up.example.org/put", get, ""), kind: transports.Unsupported},
		"http to get":     {answer: slot("https://up.example.org/put", "http://up.example.org/get", ""), kind: transports.Unsupported},

		"too large": {answer: refused("modify", "not-acceptable", `<file-too-large xmlns="urn:xmpp:http:upload:0"><max-file-size>20000</max-file-size></file-too-large>`), kind: transports.TooLong},
		"too large, size unknown": {answer: refused("modify", "not-acceptable", `<file-too-large xmlns="urn:xmpp:http:upload:0"><max-file-size>x</max-file-size></file-too-large>`),
			kind: transports.TooLong},
		"later":      {answer: refused("wait", "resource-constraint", `<retry xmlns="urn:xmpp:http:upload:0" stamp="2999-01-01T00:00:00Z"/>`), kind: transports.Busy, after: true},
		"later, odd": {answer: refused("wait", "resource-constraint", `<retry xmlns="urn:xmpp:http:upload:0" stamp="soon"/>`), kind: transports.Busy},
		"past":       {answer: refused("wait", "resource-constraint", `<retry xmlns="urn:xmpp:http:upload:0" stamp="1999-01-01T00:00:00Z"/>`), kind: transports.Busy},
		"quota":      {answer: refused("wait", "resource-constraint", ""), kind: transports.Busy},
		"denied":     {answer: refused("auth", "forbidden", ""), kind: transports.Forbidden},
		"not you":    {answer: refused("cancel", "not-allowed", ""), kind: transports.Forbidden},
		"type":       {answer: refused("modify", "not-acceptable", ""), kind: transports.NotAllowed},
		"gone":       {answer: refused("cancel", "service-unavailable", ""), kind: transports.Unsupported},
		"down":       {answer: refused("wait", "remote-server-timeout", ""), kind: transports.Unreachable},
		"odd":        {answer: refused("cancel", "whatever", ""), kind: transports.Unsupported},
		"odd, wait":  {answer: refused("wait", "whatever", ""), kind: transports.Busy},
		"bare error": {answer: `<error/>`, kind: transports.Unsupported},
	} {
		x := server("")
		x.answers[slotKey] = test.answer
		c := upload.NewClient(x, http.DefaultClient, false)
		service := upload.Service{JID: jid.JID{Domain: "upload.example.org"}}
		got, err := c.Slot(t.Context(), asking, service, upload.File{Name: "a.png", Type: "image/png", Size: 5})
		if test.header == nil {
			if e := transports.AsError(err); e == nil || e.Kind != test.kind || e.Text.IsZero() || (e.After > 0) != test.after || e.After > 24*time.Hour {
				t.Errorf("%s: %+v, %v (after %v)", name, got, err, e)
			}
			continue
		}
		want := upload.Slot{Put: "https://up.example.org/put", Get: get, Header: test.header}
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
		}
	}
}

func refused(typ, condition, more string) string {
	return fmt.Sprintf(`<error type="%s"><%s xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>%s</error>`, typ, condition, more)
}

// What a service said it does not take is not offered to it.
func TestSlotTooLarge(t *testing.T) {
	x := server("")
	c := client(x)
	s, err := c.Find(t.Context(), asking, "example.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Slot(t.Context(), asking, s, upload.File{Name: "a", Size: 1001}); kind(err) != transports.TooLong || x.count(slotKey) > 0 {
		t.Errorf("%v", err)
	}
}

// target is a HTTP server that takes files.
type target struct {
	*httptest.Server
	status int
	got    chan received
}

type received struct {
	method, typ, auth string
	length            int64
	chunked           bool
	body              string
}

func newTarget(t *testing.T, status int) *target {
	t.Helper()
	s := &target{status: status, got: make(chan received, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.got <- received{r.Method, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), r.ContentLength, len(r.TransferEncoding) > 0, string(body)}
		if s.status >= 300 && s.status < 400 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(s.status)
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestPut(t *testing.T) {
	for status, want := range map[int]transports.ErrorKind{
		http.StatusCreated: 0, http.StatusOK: 0,
		http.StatusAccepted: transports.NotFound, http.StatusTemporaryRedirect: transports.NotFound,
		http.StatusUnauthorized: transports.Forbidden, http.StatusForbidden: transports.Forbidden,
		http.StatusRequestEntityTooLarge: transports.TooLong, http.StatusTooManyRequests: transports.Busy,
		http.StatusServiceUnavailable: transports.Busy, http.StatusInternalServerError: transports.Unreachable,
		http.StatusInsufficientStorage: transports.Unreachable,
	} {
		s := newTarget(t, status)
		slot := upload.Slot{Put: s.URL + "/x?hunter2", Header: http.Header{"Authorization": {"Bearer hunter2"}}}
		err := client(server("")).Put(t.Context(), slot, upload.File{Name: "a", Type: "image/png", Size: 5}, strings.NewReader("hello, and more"))
		if (err == nil) != (want == 0) || err != nil && kind(err) != want || strings.Contains(fmt.Sprint(err), "hunter2") {
			t.Errorf("%d: %v, want %v", status, err, want)
		}
		if got, want := <-s.got, (received{"PUT", "image/png", "Bearer hunter2", 5, false, "hello"}); got != want {
			t.Errorf("%d: got %+v", status, got)
		}
	}
	s := newTarget(t, 200)
	s.Close()
	if err := client(server("")).Put(t.Context(), upload.Slot{Put: s.URL}, upload.File{Size: 1}, strings.NewReader("x")); kind(err) != transports.Unreachable {
		t.Errorf("closed: %v", err)
	}
	strict := upload.NewClient(server(""), dial.NewClient(new(dial.Guard), dial.ClientOptions{}), false)
	if err := strict.Put(t.Context(), upload.Slot{Put: "https://127.0.0.1:1/"}, upload.File{Size: 1}, strings.NewReader("x")); kind(err) != transports.NotAllowed {
		t.Errorf("inside: %v", err)
	}
}

func FuzzSlot(f *testing.F) {
	f.Add("https://a.example/put", "https://a.example/get", "Authorization", "Basic x")
	f.Add("http://[::1", "//", "Coo\nkie", "a\r\nb")
	f.Fuzz(func(t *testing.T, put, get, name, value string) {
		ask := elements{stanza.E(upload.NS, "slot",
			stanza.E(upload.NS, "put", stanza.T(upload.NS, "header", value).With("name", name)).With("url", put),
			stanza.E(upload.NS, "get").With("url", get))}
		slot, err := upload.NewClient(ask, http.DefaultClient, false).Slot(t.Context(), asking, upload.Service{JID: juliet}, upload.File{Name: "a", Size: 1})
		if err != nil {
			return
		}
		r, err := http.NewRequest(http.MethodPut, slot.Put, nil)
		if err != nil || r.URL.Scheme != "https" || r.URL.Host == "" {
			t.Fatalf("%q became a request to %v, %v", put, r, err)
		}
		for name, values := range slot.Header {
			if name != "Authorization" && name != "Cookie" && name != "Expires" || strings.ContainsAny(strings.Join(values, ""), "\r\n\x00") {
				t.Fatalf("header %q: %q", name, values)
			}
		}
	})
}

// elements answers all with one payload.
type elements struct{ e stanza.Element }

func (a elements) Ask(context.Context, jid.JID, jid.JID, stanza.Element) (*stanza.IQ, error) {
	return &stanza.IQ{Header: stanza.Header{Type: stanza.TypeResult}, Payload: []stanza.Element{a.e}}, nil
}
