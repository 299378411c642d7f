package stream_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/stream"
)

func message(id string) *stanza.Message {
	return &stanza.Message{
		Header:  stanza.Header{From: jid.MustParse("u@example.org/phone"), To: jid.MustParse("#go@" + domain), ID: id, Type: "groupchat"},
		Payload: []stanza.Element{stanza.T("", "body", "hello "+id)},
	}
}

func open(t testing.TB, s *componenttest.Server, change ...func(*stream.Config)) *stream.Conn {
	t.Helper()
	cfg := config(s.Addr())
	for _, f := range change {
		f(&cfg)
	}
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestOddStanzas sends one odd stanza after the other over one stream: each is
// told of, with the header where there is one, and none ends the stream.
func TestOddStanzas(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s, func(cfg *stream.Config) { cfg.MaxStanza, cfg.MaxDepth = 1000, 5 })
	const head = "<message from='u@example.org' to='a@irc.example.org' id='odd'"
	for _, tt := range []struct {
		name, xml string
		want      error
		header    bool
	}{
		{"too big", head + "><body>" + strings.Repeat("x", 5000) + "</body></message>", stream.ErrTooBig, true},
		{"too big a tag", "<message id='" + strings.Repeat("x", 5000) + "'/>", stream.ErrTooBig, false},
		{"too deep", head + ">" + strings.Repeat("<x>", 5) + strings.Repeat("</x>", 5) + "</message>", stream.ErrTooDeep, true},
		{"prefix", head + "><p:x/></message>", stream.ErrPrefix, true},
		{"prefix on top", "<p:message/>", stream.ErrPrefix, false},
		{"comment", head + "><!-- x --></message>", stream.ErrMarkup, true},
		{"instruction", head + "><?x?></message>", stream.ErrMarkup, true},
		{"entity", head + "><body>&nbsp;</body></message>", stream.ErrSyntax, true},
		{"control character", head + "><body>\x02</body></message>", stream.ErrSyntax, true},
		{"attribute twice", "<message id='a' id='b'/>", stream.ErrSyntax, false},
	} {
		s.Send(domain, tt.xml)
		_, err := c.Read()
		bad, ok := errors.AsType[*stream.BadStanzaError](err)
		if !ok || !errors.Is(err, tt.want) || bad.Size != int64(len(tt.xml)) {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := bad.Head.ID == "odd" && bad.Head.From.Local == "u" && bad.Name == "message"; got != tt.header {
			t.Errorf("%s: header %+v of %s", tt.name, bad.Head, bad.Name)
		}
	}
	s.SendStanza(domain, message("after"))
	if st, err := c.Read(); err != nil || st.Head().ID != "after" {
		t.Errorf("after all that: %v, %v", st, err)
	}
}

func TestOddAddresses(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	s.Send(domain, "<iq type='get' id='1' from='u@example.org/phone' to='@irc.example.org'><query xmlns='urn:q'/></iq>")
	_, err := c.Read()
	address, ok := errors.AsType[*stanza.BadAddressError](err)
	if !ok || address.Attr != "to" || address.Stanza.Head().From.Resource != "phone" || address.Stanza.Child("urn:q", "query") == nil {
		t.Errorf("bad to: %v", err)
	}
	s.Send(domain, "<message from='☃@p.test/\U0001f600' to='a@irc.example.org'/>")
	if st, err := c.Read(); err != nil || st.Head().From.Local != "☃" {
		t.Errorf("odd from: %v, %v", st, err)
	}
	s.Send(domain, "<r xmlns='urn:xmpp:sm:3'/>")
	_, err = c.Read()
	if unknown, ok := errors.AsType[*stanza.UnknownError](err); !ok || unknown.Name != "r" {
		t.Errorf("unknown element: %v", err)
	}
}

func TestBetweenStanzas(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	s.Send(domain, " \n<!-- <message/> --><?x <message/> ?>\t")
	s.SendStanza(domain, message("one"))
	if st, err := c.Read(); err != nil || st.Head().ID != "one" {
		t.Errorf("%v, %v", st, err)
	}
	s.Send(domain, "text<message/>")
	if _, err := c.Read(); err == nil || err == io.EOF {
		t.Errorf("text: %v", err)
	}
}

func TestStreamErrorEndsIt(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	s.End(domain, "system-shutdown")
	_, err := c.Read()
	if e, ok := errors.AsType[*stream.StreamError](err); !ok || e.Condition != "system-shutdown" {
		t.Errorf("got %v", err)
	}
	if _, err := c.Read(); err != io.EOF {
		t.Errorf("then %v", err)
	}
}

func TestStreamErrorSaysWhy(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	s.Send(domain, "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><kicked xmlns='urn:x'/>"+
		"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error>")
	_, err := c.Read()
	if e, ok := errors.AsType[*stream.StreamError](err); !ok || *e != (stream.StreamError{Condition: "conflict", Text: "Replaced"}) {
		t.Errorf("got %v", err)
	}
}

// TestOrderlyEnd is the end that loses nothing: what was sent before our end
// tag is taken, and what is on its way to us is read.
func TestOrderlyEnd(t *testing.T) {
	const n = 500
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	for i := range n {
		s.SendStanza(domain, message(fmt.Sprint(i)))
	}
	var batch []byte
	for i := range n {
		m := message(fmt.Sprint(i))
		m.From, m.To = m.To, m.From
		batch = add(t, batch, m)
	}
	if err := c.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if err := c.Write(batch); !errors.Is(err, net.ErrClosed) {
		t.Errorf("written after the end: %v", err)
	}
	if err := c.CloseWrite(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended twice: %v", err)
	}
	got := 0
	for {
		_, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got++
	}
	if got != n {
		t.Errorf("read %d of %d", got, n)
	}
	s.Disconnected(domain)
	if sent := len(s.Drain(domain)); sent != n {
		t.Errorf("sent %d of %d", sent, n)
	}
}

func add(t testing.TB, dst []byte, st stanza.Stanza) []byte {
	t.Helper()
	dst, err := (&stanza.Writer{}).Append(dst, st)
	if err != nil {
		t.Fatal(err)
	}
	return dst
}

func TestCutConnections(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	s.Drop(domain)
	if _, err := c.Read(); err == nil {
		t.Error("nothing told of the cut")
	}
	s.Disconnected(domain)
	c = open(t, s)
	s.Send(domain, "<message")
	s.Drop(domain)
	if _, err := c.Read(); err == nil || err == io.EOF {
		t.Errorf("cut in a stanza: %v", err)
	}
	for c.Write([]byte(" ")) == nil { // until the reset has arrived
	}
	if err := c.Write([]byte(" ")); err == nil {
		t.Error("a broken connection was written to")
	}
}

// TestWriteDoesNotHang writes to a server that reads nothing.
func TestWriteDoesNotHang(t *testing.T) {
	addr := listen(t, func(nc net.Conn) {
		_, _ = nc.Read(make([]byte, 4096))
		_, _ = io.WriteString(nc, header+"<handshake/>")
	})
	cfg := config(addr)
	cfg.Timeout = 200 * time.Millisecond
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	p := make([]byte, 1<<20)
	for err == nil {
		err = c.Write(p)
	}
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
	if _, err := c.Read(); err == nil {
		t.Error("the connection is still open")
	}
}

func TestCloseEndsRead(t *testing.T) {
	s := componenttest.NewServer(t, secret, domain)
	c := open(t, s)
	done := make(chan error)
	go func() {
		_, err := c.Read()
		done <- err
	}()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
