package soak

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component/fault"
)

// sailing is a gateway to IRC that dies at a point while a private message
// passes.
type sailing struct {
	t       *testing.T
	point   string
	domain  string
	nick    string // of the user on IRC
	me      *worldtest.User
	mate    *worldtest.Sailor // whom the user talks to
	gateway *world.Gateway
	id      string // of the message that meets the death, if it is the user's
}

// what is said in a sailing: before, when the gateway dies, and after.
const before, dying, behind = "before it", "the one", "behind it"

// Each point at which the gateway can die between two steps, with a private
// message on IRC. They die side by side. What was stored before is sent or shown
// after it; what may have been sent is told as unknown, and never sent again.
// IRC-B15
func TestIRCFaultPoints(t *testing.T) {
	t.Parallel()
	all := sail(t)
	for _, s := range all {
		s.must(s.gateway.Stop())
		s.must(s.gateway.StartWith("WHERRY_CRASH=" + s.point))
	}
	for _, s := range all {
		s.me.Await(s.domain)
		if s.inbound() {
			s.aboard()
			s.mate.Say(s.nick, dying)
		} else {
			s.id = s.say(dying)
		}
	}
	for _, s := range all {
		select {
		case <-s.gateway.Done():
		case <-time.After(world.DefaultWait):
			t.Fatalf("%s: the gateway does not die", s.point)
		}
		s.must(s.gateway.Start())
	}
	for _, s := range all {
		t.Run(s.point, func(t *testing.T) {
			s.me.Await(s.domain)
			if s.inbound() {
				s.aboard()
				s.wantShown(t)
			} else {
				s.wantSaid(t)
			}
			if strings.Contains(s.gateway.Tail(1<<20), "panic") {
				t.Error("a panic is in the log")
			}
		})
	}
}

// sail starts a gateway for each point, on one XMPP server and one of IRC, for one
// user with one client who has talked with somebody by each of them.
func sail(t *testing.T) []*sailing {
	t.Helper()
	worldtest.Need(t, "ngircd")
	w := worldtest.New(t)
	var all []*sailing
	var domains []string
	for i, point := range points {
		all = append(all, &sailing{t: t, point: point, domain: "irc-" + point + ".example.test", nick: fmt.Sprintf("al%d", i)})
		domains = append(domains, all[i].domain)
	}
	x := startServer(t, w, plan{server: prosody, users: 1}, domains...)
	irc, err := w.Ngircd(world.IRCConfig{})
	if err != nil {
		t.Fatal(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	me := worldtest.Client(t, x, world.Login{Name: "u1", Password: password})
	for i, s := range all {
		s.me, s.mate = me, worldtest.IRC(t, irc, fmt.Sprintf("mate%d", i))
		s.gateway, err = w.Gateway(world.GatewayConfig{Name: s.domain, Binary: path, Debug: true, Components: []world.Component{{
			Domain: s.domain, Secret: secret(s.domain), Server: x.ComponentAddr, Network: irc.Plain(),
		}}})
		s.must(err)
	}
	for _, s := range all {
		me.Await(s.domain)
		answer := me.Ask("set", "localhost@"+s.domain, world.XML(
			`<query xmlns="jabber:iq:register"><x xmlns="jabber:x:data" type="submit"><field var="nick"><value>%s</value></field></x></query>`, s.nick))
		if answer.Type() != "result" {
			t.Fatalf("%s is not signed up: %v", s.nick, answer)
		}
		s.say(before)
		s.mate.Hear(s.nick, s.mate.Nick, before)
		s.mate.Say(s.nick, before)
		s.shown(before)
	}
	return all
}

func (s *sailing) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", s.point, err)
	}
}

// inbound tells whether the point is on the way to the user.
func (s *sailing) inbound() bool {
	return slices.Contains([]string{fault.BeforeInbox, fault.AfterInbox, fault.AfterWrite}, s.point)
}

// contact is the mate's address.
func (s *sailing) contact() string { return s.mate.Nick + "%localhost@" + s.domain }

// aboard waits until the user is on IRC.
func (s *sailing) aboard() {
	s.t.Helper()
	s.say("aboard")
	s.mate.Hear(s.nick, s.mate.Nick, "aboard")
}

// say has the user write to the mate, who wants a receipt.
func (s *sailing) say(text string) (id string) {
	s.t.Helper()
	id = world.NewID()
	s.me.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body><request xmlns="`+nsReceipts+`"/></message>`, s.contact(), id, text)
	return id
}

// shown waits until the user is shown what the mate said.
func (s *sailing) shown(text string) {
	s.t.Helper()
	s.me.Expect(text, func(e *world.Element) bool { return e.From() == s.contact() && e.Body() == text })
}

// heard returns what the mate heard of the user so far.
func (s *sailing) heard() (texts []string) {
	for _, l := range s.mate.Received() {
		if l.Command() == "PRIVMSG" && l.Nick() == s.nick {
			texts = append(texts, l.Param(1))
		}
	}
	return texts
}

// wantSaid wants the message that met the death to be said once, or what can be
// had, and what is said behind it.
func (s *sailing) wantSaid(t *testing.T) {
	want, unknown := []string{before, dying, behind}, false
	switch s.point {
	case fault.AfterRead: // nobody was told that it was taken
		want = []string{before, behind}
	case fault.DuringSend:
		want, unknown = []string{before, behind}, true
	case fault.AfterAnswer:
		unknown = true
	}
	s.say(behind)
	s.mate.Hear(s.nick, s.mate.Nick, behind)
	s.me.Sync(s.domain)
	s.mate.Sync()
	if got := s.heard(); !slices.Equal(got, want) {
		t.Errorf("said %q, want %q", got, want)
	}
	errors := 0
	for _, e := range s.me.Received() {
		switch {
		case e.From() != s.contact():
		case e.Has("received", nsReceipts):
			t.Errorf("a receipt, which nobody can know: %v", e)
		case e.Type() == "error" && (!unknown || e.ID() != s.id || !strings.Contains(e.ErrorText(), "not known")):
			t.Errorf("the user was told %v", e)
		case e.Type() == "error":
			errors++
		}
	}
	if unknown && errors == 0 {
		t.Error("the user was not told that it is not known")
	}
}

// wantShown wants the message that met the death to be shown by one id, where it
// was stored, and what is said after it.
func (s *sailing) wantShown(t *testing.T) {
	s.mate.Say(s.nick, behind)
	s.shown(behind)
	var order []string
	ids := make(map[string]string)
	for _, e := range s.me.Received() {
		if e.From() != s.contact() || e.Body() == "" {
			continue
		}
		if id, ok := ids[e.Body()]; ok && id != e.ID() {
			t.Errorf("%q is shown by two ids", e.Body())
		} else if !ok {
			order = append(order, e.Body())
		}
		ids[e.Body()] = e.ID()
	}
	want := []string{before, dying, behind}
	if s.point == fault.BeforeInbox { // IRC keeps nothing for us
		want = []string{before, behind}
	}
	if !slices.Equal(order, want) {
		t.Errorf("shown %q, want %q", order, want)
	}
}
