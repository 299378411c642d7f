package componenttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/stream"
)

const domain = "irc.example.org"

func open(t *testing.T, s *componenttest.Server, name, secret string) (*stream.Conn, error) {
	t.Helper()
	c, err := stream.Open(context.Background(), stream.Config{Domain: name, Secret: secret, Server: s.Addr()})
	if err == nil {
		t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

func connect(t *testing.T, s *componenttest.Server, name string) *stream.Conn {
	t.Helper()
	c, err := open(t, s, name, "secret")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c *stream.Conn, st stanza.Stanza) {
	t.Helper()
	p, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Write(p); err != nil {
		t.Fatal(err)
	}
}

func chat(from, to, body string) *stanza.Message {
	return &stanza.Message{
		Header:  stanza.Header{From: jid.MustParse(from), To: jid.MustParse(to), Type: "chat", ID: body},
		Payload: []stanza.Element{stanza.T("", "body", body)},
	}
}

func ping(from, to string) *stanza.IQ {
	return &stanza.IQ{
		Header:  stanza.Header{From: jid.MustParse(from), To: jid.MustParse(to), Type: "get", ID: "p"},
		Payload: []stanza.Element{stanza.E("urn:xmpp:ping", "ping")},
	}
}

func TestStanzasBothWays(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	c := connect(t, s, domain)
	send(t, c, chat("a@"+domain, "u@example.org", "one"))
	send(t, c, chat("a@"+domain, "u@example.org", "two"))
	two := componenttest.Await(s, domain, func(m *stanza.Message) bool { return m.ID == "two" })
	if text, _ := two.Body(); text != "two" {
		t.Errorf("got %q", text)
	}
	if one := s.Next(domain); one.Head().ID != "one" {
		t.Errorf("what did not match was not kept: %v", one)
	}
	s.SendStanza(domain, chat("u@example.org/phone", "a@"+domain, "three"))
	st, err := c.Read()
	if err != nil || st.Head().ID != "three" {
		t.Errorf("Read = %v, %v", st, err)
	}
}

func TestPings(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	s.AnswerResources(func(j jid.JID) bool { return j.Resource == "phone" })
	c := connect(t, s, domain)
	for _, to := range []string{"example.org", "u@example.org/phone", "b@" + domain} {
		send(t, c, ping(domain, to))
		st, err := c.Read()
		if err != nil {
			t.Fatal(err)
		}
		want := stanza.TypeResult
		if strings.HasSuffix(to, domain) {
			want = stanza.TypeGet // it loops back to the component
		}
		if st.Head().Type != want {
			t.Errorf("ping to %s: got %s", to, st.Head().Type)
		}
	}
	send(t, c, ping(domain, "u@example.org/gone"))
	if st := s.Next(domain); st.Head().To.Resource != "gone" {
		t.Errorf("got %v", st)
	}
}

func TestPingsLeftToTheTest(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	s.AnswerPings(false)
	c := connect(t, s, domain)
	send(t, c, ping(domain, "example.org"))
	if st := s.Next(domain); st.Head().To.Domain != "example.org" {
		t.Errorf("got %v", st)
	}
}

func TestStopListening(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	c := connect(t, s, domain)
	s.StopListening()
	if _, err := open(t, s, domain, "secret"); err == nil {
		t.Error("the port is still open")
	}
	send(t, c, chat("a@"+domain, "u@example.org", "one"))
	s.Next(domain)
}

func TestRefusals(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	for _, tt := range []struct{ name, secret, refuse, want string }{
		{domain, "wrong", "", "not-authorized"},
		{"other.example.org", "secret", "", "host-unknown"},
		{domain, "secret", "system-shutdown", "system-shutdown"},
		{domain, "secret", "", ""},
		{domain, "secret", "", "conflict"},
	} {
		s.Refuse(tt.refuse)
		_, err := open(t, s, tt.name, tt.secret)
		got := ""
		if e, ok := errors.AsType[*stream.StreamError](err); ok {
			got = e.Condition
		} else if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.name, tt.secret, got, tt.want)
		}
	}
}

func TestStreamsEndAndComeBack(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain, "sms.example.org")
	connect(t, s, "sms.example.org")
	ends := []func(c *stream.Conn){
		func(*stream.Conn) { s.Drop(domain) },
		func(*stream.Conn) { s.End(domain, "") },
		func(*stream.Conn) { s.End(domain, "system-shutdown") },
		func(c *stream.Conn) { _ = c.CloseWrite() },
	}
	for i, end := range ends {
		c := connect(t, s, domain)
		s.Connected(domain, i+1)
		end(c)
		for {
			_, err := c.Read()
			if err == io.EOF {
				break
			}
			var e *stream.StreamError
			if err != nil && !errors.As(err, &e) {
				break
			}
		}
		_ = c.Close()
		s.Disconnected(domain)
	}
	s.Connected("sms.example.org", 1)
}

// recorder is a testing.TB that keeps failures for itself.
type recorder struct {
	testing.TB
	failed chan string
}

func (r recorder) Errorf(format string, args ...any) { r.failed <- fmt.Sprintf(format, args...) }

func (r recorder) Fatalf(format string, args ...any) {
	r.failed <- fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// TestWaitingFails asks that each method that waits fails the test at last,
// and says what it waited for.
func TestWaitingFails(t *testing.T) {
	r := recorder{t, make(chan string, 10)}
	s := componenttest.NewServer(r, "secret", domain, "sms.example.org")
	s.SetPatience(time.Millisecond)
	c := connect(t, s, domain)
	send(t, c, chat("a@"+domain, "u@example.org", "seen"))
	send(t, c, ping(domain, "example.org"))
	if _, err := c.Read(); err != nil { // the pong: the server has both
		t.Fatal(err)
	}
	for says, wait := range map[string]func(){
		"<body>seen</body>":         func() { componenttest.Await(s, domain, func(*stanza.Presence) bool { return true }) },
		"nothing":                   func() { s.Next("sms.example.org") },
		"did not connect 2 times":   func() { s.Connected(domain, 2) },
		"did not disconnect":        func() { s.Disconnected(domain) },
		"no domain no.example.org":  func() { s.Next("no.example.org") },
		"sms.example.org is not co": func() { s.Drop("sms.example.org") },
	} {
		var done sync.WaitGroup
		done.Go(wait)
		done.Wait()
		select {
		case got := <-r.failed:
			if !strings.Contains(got, says) {
				t.Errorf("%q does not say %q", got, says)
			}
		default:
			t.Errorf("nothing said %q", says)
		}
	}
}

func TestStrictness(t *testing.T) {
	head := "<message from='a@" + domain + "' to='u@example.org'"
	for name, xml := range map[string]string{
		"foreign from":      "<message from='a@example.org' to='u@example.org'/>",
		"no from":           "<message to='u@example.org'/>",
		"no to":             "<message from='a@" + domain + "'/>",
		"xmlns":             head + " xmlns='jabber:client'/>",
		"control character": head + "><body>\x02</body></message>",
		"noncharacter":      head + "><body>\uffff</body></message>",
		"broken UTF-8":      head + "><body>\xff</body></message>",
		"entity":            head + "><body>&nbsp;</body></message>",
		"not nested":        head + "><body></message></body>",
		"comment":           head + "/><!-- hello -->",
		"inner comment":     head + "><!-- hello --></message>",
		"instruction":       head + "/><?hello?>",
		"prefix":            head + "><p:a/></message>",
		"attribute prefix":  head + "><a p:b=''/></message>",
		"text":              head + "/>hello" + head + "/>",
		"unknown":           "<r xmlns='urn:xmpp:sm:3'/>",
		"too big":           head + "><body>" + strings.Repeat("a", 512<<10) + "</body></message>",
		"emoji in from":     "<message from='\U0001f600@" + domain + "' to='u@example.org'/>",
		"emoji in resource": "<message from='a@" + domain + "/\U0001f600' to='u@example.org'/>",
		"iq without id":     "<iq type='get' from='a@" + domain + "' to='u@example.org'><a xmlns='b'/></iq>",
		"iq with two":       "<iq id='1' type='get' from='a@" + domain + "' to='u@example.org'><a xmlns='b'/><a xmlns='b'/></iq>",
		"iq of no type":     "<iq id='1' from='a@" + domain + "' to='u@example.org'/>",
		"error without one": head + " type='error'/>",
	} {
		t.Run(name, func(t *testing.T) {
			r := recorder{t, make(chan string, 10)}
			s := componenttest.NewServer(r, "secret", domain)
			c := connect(t, s, domain)
			if err := c.Write([]byte(xml)); err != nil {
				t.Fatal(err)
			}
			_, err := c.Read()
			var e *stream.StreamError
			if !errors.As(err, &e) {
				t.Fatalf("Read: %v", err)
			}
			select {
			case <-r.failed:
			default:
				t.Error("the test was not failed")
			}
		})
	}
}

func TestNotStrict(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	s.SetStrict(false)
	c := connect(t, s, domain)
	if err := c.Write([]byte("<message from='a@example.net' to='u@example.org' xmlns='jabber:client'/>")); err != nil {
		t.Fatal(err)
	}
	if from := s.Next(domain).Head().From.Domain; from != "example.net" {
		t.Errorf("from %s", from)
	}
}

// A client of somebody else's, whose server had the port before, is no fault of a
// component's.
func TestStranger(t *testing.T) {
	s := componenttest.NewServer(t, "secret", domain)
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "\x16\x03\x01"); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("it was answered")
	}
	connect(t, s, domain)
}
