//go:build soak

package soak

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/stream"
)

// crowd is many users, each with one client. To the XMPP server they are a
// component, so that they all fit into one process.
type crowd struct {
	t       *testing.T
	conn    *stream.Conn
	domain  string // of their JIDs
	gateway string
	reading sync.WaitGroup

	mu      sync.Mutex // guards what follows
	last    int        // number of the last stanza
	seq     map[Chat]int
	logs    Logs
	answers map[string]chan *stanza.IQ
	news    chan struct{} // closed and replaced whenever something came
}

const nsPing = "urn:xmpp:ping"

// gather attaches a crowd to a server's component port until the test ends.
func gather(t *testing.T, server, domain, gateway string) *crowd {
	t.Helper()
	conn, err := stream.Open(t.Context(), stream.Config{Domain: domain, Secret: secret(domain), Server: server})
	must(t, err)
	c := &crowd{
		t: t, conn: conn, domain: domain, gateway: gateway,
		seq: make(map[Chat]int), answers: make(map[string]chan *stanza.IQ), news: make(chan struct{}),
	}
	c.reading.Go(c.read)
	t.Cleanup(func() {
		if err := c.conn.Close(); err != nil {
			t.Error(err)
		}
		c.reading.Wait()
	})
	return c
}

// client is the JID of a user's client.
func (c *crowd) client(user string) jid.JID {
	return jid.JID{Local: user, Domain: c.domain, Resource: "phone"}
}

func (c *crowd) contact(phone string) jid.JID { return jid.JID{Local: phone, Domain: c.gateway} }

func (c *crowd) write(st stanza.Stanza) {
	b, err := (&stanza.Writer{}).Append(nil, st)
	if err == nil {
		err = c.conn.Write(b)
	}
	if err != nil {
		c.t.Error(err)
	}
}

// read takes in what comes until the stream ends.
func (c *crowd) read() {
	for {
		st, err := c.conn.Read()
		if err != nil {
			return
		}
		switch st := st.(type) {
		case *stanza.IQ:
			c.readIQ(st)
		case *stanza.Message:
			c.readMessage(st, time.Now())
		}
	}
}

func (c *crowd) readIQ(iq *stanza.IQ) {
	switch {
	case iq.Type == stanza.TypeGet && iq.Child(nsPing, "ping") != nil:
		c.write(stanza.Result(iq))
	case iq.IsRequest():
		c.write(stanza.ErrorReply(iq, &stanza.Error{Condition: stanza.ServiceUnavailable, Type: stanza.Cancel}))
	default:
		c.mu.Lock()
		defer c.mu.Unlock()
		if answer := c.answers[iq.ID]; answer != nil {
			answer <- iq
			delete(c.answers, iq.ID)
		}
	}
}

func (c *crowd) readMessage(m *stanza.Message, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	body, _ := m.Body()
	receipt := m.Child(nsReceipts, "received")
	switch {
	case m.Type == stanza.TypeError:
		text := ""
		if e := m.Child("", "error"); e != nil {
			text = stanza.ParseError(e).Error()
		}
		c.logs.Noes = append(c.logs.Noes, Answer{ID: m.ID, Text: text, At: at})
	case receipt != nil:
		c.logs.Ticks = append(c.logs.Ticks, Answer{ID: receipt.Attr("id"), At: at})
	case body != "" && m.From.Local != "":
		c.logs.Shown = append(c.logs.Shown, Shown{Chat: Chat{m.To.Local, m.From.Local}, ID: m.ID, Body: body, At: at})
	default:
		return
	}
	close(c.news)
	c.news = make(chan struct{})
}

// id returns a new one for a stanza. It is called with mu held.
func (c *crowd) id() string {
	c.last++
	return fmt.Sprintf("crowd-%d", c.last)
}

// ask sends the gateway an iq of a user's, and returns its answer.
func (c *crowd) ask(user, typ string, query stanza.Element) *stanza.IQ {
	c.t.Helper()
	answer := make(chan *stanza.IQ, 1)
	c.mu.Lock()
	id := c.id()
	c.answers[id] = answer
	c.mu.Unlock()
	c.write(&stanza.IQ{Header: stanza.Header{From: c.client(user), To: jid.JID{Domain: c.gateway}, ID: id, Type: typ}, Payload: []stanza.Element{query}})
	select {
	case iq := <-answer:
		return iq
	case <-time.After(time.Minute):
		c.t.Fatalf("%s is not answered", user)
		return nil
	}
}

// signUp registers a user, and tells the gateway that their client is there.
func (c *crowd) signUp(user string, fields [][2]string) {
	c.t.Helper()
	const nsForm, nsRegister = "jabber:x:data", "jabber:iq:register"
	form := stanza.E(nsForm, "x").With("type", "submit")
	for _, f := range fields {
		form.Children = append(form.Children, stanza.E(nsForm, "field", stanza.T(nsForm, "value", f[1])).With("var", f[0]))
	}
	if iq := c.ask(user, stanza.TypeSet, stanza.E(nsRegister, "query", form)); iq.Type != stanza.TypeResult {
		c.t.Fatalf("%s is not signed up: %v", user, stanza.ParseError(iq.Child("", "error")))
	}
	c.write(&stanza.Presence{Header: stanza.Header{From: c.client(user), To: jid.JID{Domain: c.gateway}}})
}

// say has a user write the next message to a contact.
func (c *crowd) say(chat Chat) {
	c.mu.Lock()
	c.seq[chat]++
	said := Said{Chat: chat, Seq: c.seq[chat], ID: c.id(), Body: fmt.Sprintf(saidBody, c.seq[chat]), At: time.Now()}
	c.logs.Said = append(c.logs.Said, said)
	c.mu.Unlock()
	c.write(&stanza.Message{
		Header:  stanza.Header{From: c.client(chat.User), To: c.contact(chat.Contact), ID: said.ID, Type: "chat"},
		Payload: []stanza.Element{stanza.T("", "body", said.Body), stanza.E(nsReceipts, "request")},
	})
}

// until waits for what came to be enough. done is called with mu held.
func (c *crowd) until(ctx context.Context, done func(l *Logs) bool) error {
	for {
		c.mu.Lock()
		enough, news := done(&c.logs), c.news
		c.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// await returns when the gateway answers.
func (c *crowd) await(user string) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if c.ask(user, stanza.TypeGet, stanza.E(nsPing, "ping")).Type == stanza.TypeResult {
			return
		}
	}
	c.t.Fatal("the gateway does not answer")
}
