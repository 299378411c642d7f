package stanza_test

import (
	"errors"
	"strings"
	"testing"

	"wherry/component/jid"
	"wherry/component/stanza"
)

var (
	ours   = jid.MustParse("#go%irc.example.net@irc.example.org/nick")
	theirs = jid.MustParse("user@example.org/phone")
)

func head(typ string) stanza.Header {
	return stanza.Header{From: ours, To: theirs, Type: typ, ID: "1"}
}

func write(t testing.TB, st stanza.Stanza) string {
	t.Helper()
	p, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func TestWriter(t *testing.T) {
	const addresses = " from='#go%irc.example.net@irc.example.org/nick' to='user@example.org/phone'"
	E, T := stanza.E, stanza.T
	for _, tt := range []struct {
		name string
		st   stanza.Stanza
		want string
	}{
		{"empty", &stanza.Presence{Header: head("")}, "<presence" + addresses + " id='1'/>"},
		{"header", &stanza.Message{Header: stanza.Header{From: ours, To: theirs, Type: "chat", ID: "<'&\">\t\n", Lang: "de"}},
			"<message" + addresses + " type='chat' id='&lt;&#39;&amp;\"&gt;&#x9;&#xA;' xml:lang='de'/>"},
		{"addresses", &stanza.Presence{Header: stanza.Header{From: jid.MustParse("b@c/<i>&'"), To: jid.MustParse("d")}},
			"<presence from='b@c/&lt;i&gt;&amp;&#39;' to='d'/>"},
		{"text", &stanza.Message{Header: head(""), Payload: []stanza.Element{T("", "body", "a<b>&'\"\t\r\n\rc]]>\x02dé\uffff")}},
			"<message" + addresses + " id='1'><body>a&lt;b&gt;&amp;'\"\t\n\nc]]&gt;dé</body></message>"},
		{"namespaces", &stanza.IQ{Header: head("result"), Payload: []stanza.Element{
			E("urn:a", "query", E("urn:a", "item"), E("urn:b&", "x", E("urn:a", "y")), E("", "message", E("", "body"))).With("node", "")}},
			"<iq" + addresses + " type='result' id='1'><query xmlns='urn:a' node=''><item/><x xmlns='urn:b&amp;'><y xmlns='urn:a'/></x>" +
				"<message xmlns='jabber:client'><body/></message></query></iq>"},
		{"attributes", &stanza.Presence{Header: head(""), Payload: []stanza.Element{{Name: "x", Attrs: []stanza.Attr{
			{Space: stanza.NSXML, Name: "lang", Value: "en"}, {Space: "urn:p", Name: "a", Value: "b"}, {Name: "a", Value: "c"}}}}},
			"<presence" + addresses + " id='1'><x xml:lang='en' xmlns:n1='urn:p' n1:a='b' a='c'/></presence>"},
		{"names", &stanza.Presence{Header: head(""), Payload: []stanza.Element{E("", "_a-1.é")}},
			"<presence" + addresses + " id='1'><_a-1.é/></presence>"},
	} {
		if got := write(t, tt.st); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	E := stanza.E
	deep := E("", "x")
	for range 200 {
		deep = E("", "x", deep)
	}
	with := func(e ...stanza.Element) *stanza.Message {
		return &stanza.Message{Header: head(""), Payload: e}
	}
	between := func(from, to jid.JID) *stanza.Message {
		return &stanza.Message{Header: stanza.Header{From: from, To: to}}
	}
	for name, tt := range map[string]struct {
		st   stanza.Stanza
		want error
	}{
		"foreign from":      {between(theirs, theirs), stanza.ErrFrom},
		"no from":           {between(jid.JID{}, theirs), stanza.ErrFrom},
		"broken from":       {between(jid.JID{Local: "a\x00", Domain: "irc.example.org"}, theirs), stanza.ErrFrom},
		"no to":             {between(ours, jid.JID{}), stanza.ErrTo},
		"to of a resource":  {between(ours, jid.JID{Resource: "a"}), stanza.ErrTo},
		"broken to":         {between(ours, jid.JID{Domain: "a\xff"}), stanza.ErrTo},
		"slash in a local":  {between(ours, jid.JID{Local: "a/b", Domain: "c"}), stanza.ErrTo},
		"message type":      {&stanza.Message{Header: head("get")}, stanza.ErrType},
		"presence type":     {&stanza.Presence{Header: head("available")}, stanza.ErrType},
		"iq type":           {&stanza.IQ{Header: head("")}, stanza.ErrType},
		"iq without id":     {&stanza.IQ{Header: stanza.Header{From: ours, To: theirs, Type: "result"}}, stanza.ErrID},
		"get of nothing":    {&stanza.IQ{Header: head("get")}, stanza.ErrPayload},
		"set of two":        {&stanza.IQ{Header: head("set"), Payload: []stanza.Element{E("a", "b"), E("a", "b")}}, stanza.ErrPayload},
		"result of two":     {&stanza.IQ{Header: head("result"), Payload: []stanza.Element{E("a", "b"), E("a", "b")}}, stanza.ErrPayload},
		"error without one": {&stanza.IQ{Header: head("error")}, stanza.ErrPayload},
		"empty name":        {with(E("", "")), stanza.ErrName},
		"prefix in a name":  {with(E("", "a:b")), stanza.ErrName},
		"markup in a name":  {with(E("", "a><b")), stanza.ErrName},
		"digit first":       {with(E("", "0a")), stanza.ErrName},
		"broken name":       {with(E("", "a\xff")), stanza.ErrName},
		"odd name":          {with(E("", "é☃")), stanza.ErrName},
		"attribute name":    {with(E("", "a").With("b c", "")), stanza.ErrName},
		"xmlns attribute":   {with(E("", "a").With("xmlns", "urn:b")), stanza.ErrName},
		"same attribute":    {with(stanza.Element{Name: "a", Attrs: []stanza.Attr{{Name: "b"}, {Name: "b"}}}), stanza.ErrName},
		"inner name":        {with(E("", "a", E("", "b", E("", "<")))), stanza.ErrName},
		"too deep":          {with(deep), stanza.ErrDepth},
		"too big":           {with(stanza.T("", "body", strings.Repeat("&", stanza.DefaultMax/5))), stanza.ErrTooBig},
	} {
		w := &stanza.Writer{Domains: func(domain string) bool { return domain == "irc.example.org" }}
		got, err := w.Append([]byte("before"), tt.st)
		if !errors.Is(err, tt.want) || string(got) != "before" {
			t.Errorf("%s: %q, %v, want %v", name, got, err, tt.want)
		}
	}
}

func TestWriterWritesNothing(t *testing.T) {
	if got, err := (&stanza.Writer{}).Append([]byte("before"), nil); string(got) != "before" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWriterMax(t *testing.T) {
	m := &stanza.Message{Header: head(""), Payload: []stanza.Element{stanza.T("", "body", "hello")}}
	n := len(write(t, m))
	for limit, want := range map[int]error{n: nil, n - 1: stanza.ErrTooBig} {
		if _, err := (&stanza.Writer{Max: limit}).Append([]byte("before"), m); !errors.Is(err, want) {
			t.Errorf("limit %d of %d: %v", limit, n, err)
		}
	}
}

func TestWriterAllocatesNothing(t *testing.T) {
	w, m, dst := &stanza.Writer{Domains: func(string) bool { return true }}, groupchat(), make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { dst, _ = w.Append(dst[:0], m) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// groupchat is a line of a channel as occupants get it.
func groupchat() *stanza.Message {
	return &stanza.Message{
		Header: stanza.Header{From: ours, To: theirs, Type: "groupchat", ID: "5b3d5e3c-1f0a-4b5e-9a52-8d6a4a1d9c11"},
		Payload: []stanza.Element{
			stanza.T("", "body", "Hello everybody, it's a fine day for <talking> about Go. ÄÖÜ 😀"),
			stanza.E("urn:xmpp:sid:0", "stanza-id").With("id", "1234567890").With("by", "#go%irc.example.net@irc.example.org"),
			stanza.E("urn:xmpp:occupant-id:0", "occupant-id").With("id", "dd72603deec90a38ba552f7c68cbcc61bca202cd"),
		},
	}
}

func BenchmarkWriter(b *testing.B) {
	w, m, dst := &stanza.Writer{Domains: func(d string) bool { return d == "irc.example.org" }}, groupchat(), make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = w.Append(dst[:0], m)
	}
	b.SetBytes(int64(len(dst)))
}
