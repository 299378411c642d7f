package clients

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/registration"
	"wherry/store"
	"wherry/transports/irc"
)

// Each client gets the answers that stand in its dialogue, and nothing that it
// has not asked for.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".xml"), func(t *testing.T) {
			t.Parallel()
			d, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			newStage(t).play(d)
		})
	}
}

// stage is a gateway between a network and a server that a test plays.
type stage struct {
	*componenttest.Server
	t     *testing.T
	sea   *sea
	known bindings
	from  string           // the client's full JID
	early []stanza.Element // came, and was not yet wanted
	due   map[string]bool  // requests without an answer

	wanted func() string // what is waited for, for the report where it never comes
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		Server: componenttest.NewServer(t, "secret", gateway), t: t, sea: newSea(t), known: make(bindings),
		due: make(map[string]bool),
	}
	s.AnswerResources(func(j jid.JID) bool { return j.Bare().String() == user })
	dir := t.TempDir()
	kept, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "wherry.db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := component.New(component.Config{Store: kept, Version: "test", Domains: []component.DomainConfig{{
		Domain: gateway, Secret: "secret", Server: s.Addr(), RecordHistory: true, SharedHistory: true,
		Transport: irc.New(irc.Config{PlainPorts: []int{s.sea.Port()}, AllowPrivateHosts: true, ThrottleLimit: -1}),
	}}})
	if err != nil {
		t.Fatal(err)
	}
	sign := registration.Attach(gate, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- gate.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		sign.Close()
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if t.Failed() && s.wanted != nil {
			t.Logf("%s\nand had left over:\n%s", s.wanted(), s.left())
		}
	})
	s.Connected(gateway, 1)
	return s
}

// play plays a dialogue. What came before something was sent has come before it
// is sent again.
func (s *stage) play(d *Dialogue) {
	s.t.Helper()
	step := ""
	for i, l := range d.Lines {
		where := fmt.Sprintf("%s, line %d of the dialogue", step, i+1)
		switch l.Kind {
		case Step:
			step = l.Text
		case Sent:
			s.send(l.Stanza)
		case Got:
			s.get(where, l.Stanza)
		case Does:
			s.sea.does(l.Who, l.Text)
		case Hears:
			s.sea.hears(l.Who, l.Text)
		}
		if s.t.Failed() {
			s.t.Fatalf("at %s", where)
		}
	}
	s.rest()
}

func (s *stage) send(e stanza.Element) {
	s.t.Helper()
	e = s.known.fill(e)
	s.from = e.Attr("from")
	if e.Name == "iq" && (e.Attr("type") == "get" || e.Attr("type") == "set") {
		s.due[e.Attr("id")] = true
	}
	st, err := stanza.Parse(e)
	if err != nil {
		s.t.Fatalf("%v: %s", err, text(&e))
	}
	s.SendStanza(gateway, st)
}

// get waits for a stanza. The lines of a room come in their order.
func (s *stage) get(where string, want stanza.Element) {
	s.t.Helper()
	for i := range s.early {
		if s.known.match(&want, &s.early[i]) {
			s.take(i)
			return
		}
	}
	s.wanted = func() string { return where + ": wanted\n" + text(&want) }
	for range 1000 {
		st := element(s.t, s.Next(gateway))
		s.early = append(s.early, st)
		if s.known.match(&want, &st) {
			s.take(len(s.early) - 1)
			s.wanted = nil
			return
		}
		if answers(&want, &st) {
			s.t.Fatalf("%s: wanted\n%s\nbut got\n%s", where, text(&want), text(&st))
		}
	}
	s.t.Fatalf("%s: did not get, of 1000,\n%s", where, text(&want))
}

// answers tells whether a stanza is the one answer to the request that want is
// another answer to.
func answers(want, got *stanza.Element) bool {
	return want.Name == "iq" && got.Name == "iq" && want.Attr("id") == got.Attr("id")
}

func (s *stage) take(i int) {
	e := s.early[i]
	for j := range s.early[:i] {
		if before := &s.early[j]; said(&e) && said(before) && bare(before.Attr("from")) == bare(e.Attr("from")) {
			s.t.Errorf("out of order: before\n%s\ncame\n%s", text(&e), text(before))
		}
	}
	s.early = append(s.early[:i:i], s.early[i+1:]...)
	if e.Name == "iq" {
		delete(s.due, e.Attr("id"))
	}
}

// said tells whether a stanza says something.
func said(e *stanza.Element) bool { return e.Name == "message" && e.Child("", "body") != nil }

func bare(address string) string {
	address, _, _ = strings.Cut(address, "/")
	return address
}

// left describes what came and was not wanted.
func (s *stage) left() string {
	var b strings.Builder
	for i := range s.early {
		b.WriteString(text(&s.early[i]))
	}
	return b.String()
}

// rest wants nothing to be left that a client would stumble over: each request
// has its one answer, and no line comes twice.
func (s *stage) rest() {
	s.t.Helper()
	ping, err := stanza.Parse(stanza.E("", "iq", stanza.E("urn:xmpp:ping", "ping")).
		With("type", "get").With("id", "last").With("from", s.from).With("to", gateway))
	if err != nil {
		s.t.Fatal(err)
	}
	s.SendStanza(gateway, ping)
	for {
		e := element(s.t, s.Next(gateway))
		if e.Attr("id") == "last" {
			break
		}
		s.early = append(s.early, e)
	}
	for i := range s.early {
		e := &s.early[i]
		switch {
		case e.Attr("type") == "error", e.Name == "iq" && e.Attr("type") == "result", e.Name == "message":
			s.t.Errorf("got, and that is not in the dialogue:\n%s", text(e))
		}
	}
	for id := range s.due {
		s.t.Errorf("no answer to %s", id)
	}
}

// element returns a stanza as it is on the wire.
func element(t *testing.T, st stanza.Stanza) stanza.Element {
	t.Helper()
	wire, err := (&stanza.Writer{Max: 1 << 20}).Append(nil, st)
	if err != nil {
		t.Fatal(err)
	}
	e, _, err := parse(strings.NewReader(string(wire)))
	if err != nil {
		t.Fatal(err)
	}
	return *e
}

// text returns an element for people.
func text(e *stanza.Element) string {
	var b strings.Builder
	print(&b, e, "", "  ")
	return b.String()
}
