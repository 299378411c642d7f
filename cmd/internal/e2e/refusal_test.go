package e2e

import (
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
)

// Each way not to be let in has its own error (XEP-0045 §7.2), in time. IRC-M1
func TestJoinRefused(t *testing.T) {
	cases := []struct {
		name, modes, password string
		condition             string
	}{
		{"key wanted", "+k rum", "", "not-authorized"},
		{"key wrong", "+k rum", "water", "not-authorized"},
		{"by invitation", "+i", "", "registration-required"},
		{"banned", "+b *!*@*", "", "forbidden"},
		{"full", "+l 1", "", "service-unavailable"},
	}
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range h.networks() {
			for _, c := range cases {
				t.Run(n.Kind+" "+c.name, func(t *testing.T) {
					channel, crew := chatroom(t, n, 1)
					crew[0].Mode(channel, c.modes)
					p := h.passenger(t)
					p.knock(n.room(channel), fresh("al"), keyOf(c.password))
					inTime(t, func() { p.refused(n.room(channel), c.condition) })
				})
			}
		}
	})
}

func keyOf(password string) string {
	if password == "" {
		return ""
	}
	return world.XML("<password>%s</password>", password)
}

// inTime: nobody waits longer than 30 s for an answer.
func inTime(t *testing.T, wait func()) {
	t.Helper()
	began := time.Now()
	wait()
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("answered after %v", took)
	}
}

// IRC-B3
func TestKeyOpens(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		crew[0].Mode(channel, "+k rum")
		h.passenger(t).join(n.room(channel), fresh("al"), keyOf("rum"))
	})
}

// A nick that somebody has: refused, or let in under another that is shown. IRC-B6
func TestNickClash(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		p, room := h.passenger(t), n.room(channel)
		p.knock(room, crew[0].Nick)
		inTime(t, func() {
			e := p.Expect("an answer", func(e *world.Element) bool {
				return e.Name() == "presence" && (e.Type() == "error" || e.HasCode("110"))
			})
			if e.Type() == "error" && e.Condition() != "conflict" || e.Type() == "" && !e.HasCode("210") {
				t.Errorf("got %v", e)
			}
		})
	})
}

// What is not there, and what one is not allowed.
func TestNoSuchPlace(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		p := h.passenger(t)
		for _, c := range []struct{ name, room, condition string }{
			{"unknown host", "#deck%nowhere.invalid@" + ngGateway, "remote-server-timeout"},
			{"for others only", "#deck%localhost@" + closedGateway, "forbidden"},
			{"not registered", "#deck%localhost@" + membersGateway, "registration-required"},
		} {
			p.knock(c.room, fresh("al"))
			inTime(t, func() { p.refused(c.room, c.condition) })
		}
	})
}

// Words to a room one is not in are refused, and so is moderating it. IRC-B14
func TestNotJoined(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		channel, _ := chatroom(t, h.ng, 1)
		p, room := h.passenger(t), h.ng.room(channel)
		id := p.say(room, "hello?")
		e := p.Expect("the error of the line", func(e *world.Element) bool { return e.ID() == id })
		if e.Type() != "error" || e.Condition() != "not-acceptable" {
			t.Errorf("got %v", e)
		}
		if answer := p.Ask("get", room+"/me", `<ping xmlns="urn:xmpp:ping"/>`); answer.Condition() != "not-acceptable" {
			t.Errorf("self-ping of a room not joined: %v", answer)
		}
	})
}

// The IRC side refuses: a kick, a line that may not be said. IRC-B31
func TestKickAndMute(t *testing.T) {
	networks(t, func(t *testing.T, h *harbour, n *network) {
		channel, crew := chatroom(t, n, 1)
		p, room, nick := h.passenger(t), n.room(channel), fresh("al")
		p.join(room, nick)
		crew[0].Mode(channel, "+m")
		id := p.say(room, "not heard")
		p.Expect("the line's error", func(e *world.Element) bool { return e.ID() == id && e.Type() == "error" })
		kick(crew[0], channel, nick, "overboard")
		e := p.Expect("to be kicked", func(e *world.Element) bool {
			return e.Name() == "presence" && e.Type() == "unavailable" && e.HasCode("110")
		})
		item := e.Child("x", world.NSMUCUser).Child("item")
		if !e.HasCode("307") || item.Child("reason").Text != "overboard" || item.Child("actor").Attr("nick") != crew[0].Nick {
			t.Errorf("kicked by %v", e)
		}
	})
}

func kick(op *worldtest.Sailor, channel, nick, reason string) {
	op.Send("KICK " + channel + " " + nick + " :" + reason)
	op.Sync()
}
