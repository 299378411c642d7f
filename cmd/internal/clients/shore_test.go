package clients

import (
	"strings"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
)

const (
	secret   = "secret"
	password = "anchor"
)

// bareShore is no server: what the client sends goes to the gateway as it is.
type bareShore struct {
	*componenttest.Server
	t *testing.T
}

func newBareShore(t *testing.T) *bareShore {
	t.Helper()
	s := &bareShore{componenttest.NewServer(t, secret, gateway), t}
	s.AnswerResources(func(j jid.JID) bool { return j.Bare().String() == user })
	return s
}

func (s *bareShore) addr() string { return s.Addr() }

func (s *bareShore) open() { s.Connected(gateway, 1) }

func (s *bareShore) reorders() bool { return false }

func (s *bareShore) send(e stanza.Element) {
	s.t.Helper()
	st, err := stanza.Parse(e)
	if err != nil {
		s.t.Fatalf("%v: %s", err, text(&e))
	}
	s.SendStanza(gateway, st)
}

func (s *bareShore) next() stanza.Element {
	s.t.Helper()
	wire, err := (&stanza.Writer{Max: 1 << 20}).Append(nil, s.Next(gateway))
	if err != nil {
		s.t.Fatal(err)
	}
	e, _, err := parse(strings.NewReader(string(wire)))
	if err != nil {
		s.t.Fatal(err)
	}
	return *e
}

// kind is one of XMPP servers.
type kind struct {
	name     string
	programs []string
	start    func(*world.World, world.XMPPConfig) (*world.XMPP, error)
}

// kinds are those that dialogues go through.
var kinds = []kind{
	{"prosody", []string{"prosody"}, (*world.World).Prosody},
	{"ejabberd", []string{"erl", "ejabberdctl"}, (*world.World).Ejabberd},
}

// port is an XMPP server, for one dialogue after the other.
type port struct {
	*world.XMPP
	watch *worldtest.User // sees whether the gateway is there
}

func newPort(t *testing.T, kind kind) *port {
	t.Helper()
	worldtest.Need(t, append(kind.programs, "/usr/bin/python3")...)
	x, err := kind.start(worldtest.New(t), world.XMPPConfig{
		Domain: domain, Components: map[string]string{gateway: secret}, Archive: true,
		Users: map[string]string{"alice": password, "watch": password},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &port{x, worldtest.Client(t, x, world.Login{Name: "watch", Password: password, Quiet: true})}
}

// stage opens the gateway at the server, and a client whose stanzas the dialogue
// has.
func (p *port) stage(t *testing.T, resource string) *stage {
	t.Helper()
	at := &serverShore{port: p, t: t}
	s := newStage(t, at)
	at.client = worldtest.Client(t, p.XMPP, world.Login{Name: "alice", Password: password, Resource: resource})
	return s
}

// serverShore is an XMPP server, and a client that is logged in to it. The client
// answers by itself when it is asked whether it is there.
type serverShore struct {
	*port
	t      *testing.T
	client *worldtest.User
}

func (s *serverShore) addr() string { return s.ComponentAddr }

func (s *serverShore) open() { s.watch.Await(gateway) }

// reorders: ejabberd decodes what it knows and puts that before the rest.
func (s *serverShore) reorders() bool { return s.Kind == "ejabberd" }

// send leaves it to the server to say who sends.
func (s *serverShore) send(e stanza.Element) {
	s.t.Helper()
	own := e
	own.Attrs = nil
	for _, a := range e.Attrs {
		if a.Name != "from" {
			own.Attrs = append(own.Attrs, a)
		}
	}
	if err := s.client.Send(text(&own)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *serverShore) next() stanza.Element {
	s.t.Helper()
	got := s.client.Expect("a stanza of the gateway's", func(e *world.Element) bool {
		from := bare(e.From())
		asked := e.Name() == "iq" && e.Type() == "get" && e.Has("ping", "urn:xmpp:ping")
		return !asked && (from == gateway || strings.HasSuffix(from, "@"+gateway))
	})
	e, _, err := parse(strings.NewReader(got.String()))
	if err != nil {
		s.t.Fatal(err)
	}
	return *e
}
