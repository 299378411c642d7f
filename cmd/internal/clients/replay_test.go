package clients

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wherry/component/stanza"
)

// Each client gets the answers that stand in its dialogue, and nothing that it
// has not asked for: from the gateway itself, and through XMPP servers.
func TestReplay(t *testing.T) {
	t.Parallel()
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		eachDialogue(t, func(t *testing.T, d *Dialogue) {
			t.Parallel()
			newStage(t, newBareShore(t)).play(d)
		})
	})
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			port := newPort(t, kind)
			eachDialogue(t, func(t *testing.T, d *Dialogue) { port.stage(t, d.resource()).play(d) })
		})
	}
}

func eachDialogue(t *testing.T, test func(*testing.T, *Dialogue)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal("no dialogues", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".xml"), func(t *testing.T) {
			d, err := Read(file)
			if err != nil {
				t.Fatal(err)
			}
			test(t, d)
		})
	}
}

// resource is what the client calls itself.
func (d *Dialogue) resource() string {
	for _, l := range d.Lines {
		if l.Kind == Sent {
			_, resource, _ := strings.Cut(l.Stanza.Attr("from"), "/")
			return resource
		}
	}
	return ""
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
	s.shore.send(e)
}

// get waits for a stanza. The lines of a room come in their order.
func (s *stage) get(where string, want stanza.Element) {
	s.t.Helper()
	if s.shore.reorders() {
		want = sorted(want)
	}
	for i := range s.early {
		if s.known.match(&want, &s.early[i]) {
			s.take(i)
			return
		}
	}
	s.wanted = func() string { return where + ": wanted\n" + text(&want) }
	for range 1000 {
		st := s.shore.next()
		if s.shore.reorders() {
			st = sorted(st)
		}
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

// sorted returns an element with the children of all in it by their names; those
// of one name stay in their order.
func sorted(e stanza.Element) stanza.Element {
	e.Children = slices.Clone(e.Children)
	for i := range e.Children {
		e.Children[i] = sorted(e.Children[i])
	}
	slices.SortStableFunc(e.Children, func(a, b stanza.Element) int {
		return cmp.Or(cmp.Compare(a.Space, b.Space), cmp.Compare(a.Name, b.Name))
	})
	return e
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
	s.shore.send(stanza.E("", "iq", stanza.E("urn:xmpp:ping", "ping")).
		With("type", "get").With("id", "last").With("from", s.from).With("to", gateway))
	for {
		e := s.shore.next()
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

// text returns an element for people.
func text(e *stanza.Element) string {
	var b strings.Builder
	print(&b, e, "", "  ")
	return b.String()
}
