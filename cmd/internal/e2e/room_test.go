package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"wherry/cmd/internal/world"
)

// A user with two devices and another user meet three people of IRC. IRC-M2, IRC-B1, IRC-B4
func TestRoom(t *testing.T) {
	for _, at := range []struct {
		name string
		of   func(*harbour) *network
	}{
		{"ngircd", func(h *harbour) *network { return h.ng }},
		{"ngircd plain", func(h *harbour) *network { return h.ng.through(plainGateway) }},
		{"inspircd", func(h *harbour) *network { return h.insp }},
		{"hybrid", func(h *harbour) *network { return h.hybrid }},
	} {
		t.Run(at.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, h *harbour) { meet(t, h, at.of(h)) })
		})
	}
}

func meet(t *testing.T, h *harbour, n *network) {
	channel, crew := chatroom(t, n, 3)
	crew[0].Send("TOPIC " + channel + " :All hands")
	room := n.room(channel)
	phone := h.passenger(t)
	laptop := h.device(t, phone.name, "laptop")
	other := h.passenger(t)
	nick, otherNick := fresh("al"), fresh("cy")

	var names []string
	for _, sailor := range crew {
		names = append(names, sailor.Nick)
	}
	sees := func(p *passenger, v *view, others ...string) {
		t.Helper()
		want := slices.Sorted(slices.Values(append(slices.Clone(names), others...)))
		if got := slices.Sorted(maps.Keys(v.occupants)); !slices.Equal(got, want) {
			t.Errorf("%s sees %q, want %q", p.JID, got, want)
		}
		if v.subject.Child("subject").Text != "All hands" || v.subject.Has("body") {
			t.Errorf("%s: subject %v", p.JID, v.subject)
		}
	}
	sees(phone, phone.join(room, nick))
	for _, sailor := range crew {
		sailor.SeeJoin(nick, channel)
	}
	sees(other, other.join(room, otherNick), nick)
	phone.Expect("the other user's presence", presenceOf(room+"/"+otherNick, ""))
	sees(laptop, laptop.join(room, nick), otherNick)

	id := phone.say(room, "hello from the phone")
	crew[1].Say(channel, "hello from IRC")
	for _, p := range []*passenger{phone, laptop, other} {
		p.hear(room+"/"+nick, "hello from the phone")
		p.hear(room+"/"+crew[1].Nick, "hello from IRC")
	}
	if got := phone.messages("groupchat", room)[0]; got.Body() == "hello from the phone" && got.ID() != id {
		t.Errorf("reflected with id %q, want %q", got.ID(), id)
	}
	for _, sailor := range crew {
		sailor.Hear(nick, channel, "hello from the phone")
	}
	for _, p := range []*passenger{phone, laptop, other} {
		p.Sync(n.gateway)
		eachOnce(t, p, room)
	}
	sameIDs(t, room, phone, laptop)

	// One leaves, the other stays: IRC sees nothing until both are gone.
	laptop.leave(room, nick)
	id = phone.say(room, "still here")
	crew[0].Hear(nick, channel, "still here")
	phone.leave(room, nick)
	crew[0].SeeGone(nick, channel)
	if slices.ContainsFunc(laptop.messages("groupchat", room), func(e *world.Element) bool { return e.ID() == id }) {
		t.Error("the laptop hears the room it left")
	}
}

// eachOnce: a line comes to a device once, with an id, and the device is told
// once that it is in.
func eachOnce(t *testing.T, p *passenger, room string) {
	t.Helper()
	lines := make(map[string]int)
	var selves int
	for _, e := range p.Received() {
		if e.Name() == "message" && e.Type() == "groupchat" && strings.HasPrefix(e.From(), room) && e.Has("body") {
			lines[e.From()+" "+e.Body()]++
			if e.ID() == "" || e.Find("stanza-id", "urn:xmpp:sid:0") == nil {
				t.Errorf("%s: a line without a stable id: %v", p.JID, e)
			}
		}
		if e.Name() == "presence" && e.HasCode("110") && strings.HasPrefix(e.From(), room) {
			selves++
		}
	}
	for line, times := range lines {
		if times != 1 {
			t.Errorf("%s heard %d times: %s", p.JID, times, line)
		}
	}
	if len(lines) != 2 || selves != 1 {
		t.Errorf("%s heard %d lines and was told %d times to be in, want 2 and 1", p.JID, len(lines), selves)
	}
}

// sameIDs: a line has the same stable id on every device.
func sameIDs(t *testing.T, room string, a, b *passenger) {
	t.Helper()
	ids := func(p *passenger) map[string]string {
		found := make(map[string]string)
		for _, e := range p.messages("groupchat", room) {
			if id := e.Find("stanza-id", "urn:xmpp:sid:0"); id != nil {
				found[e.Body()] = id.Attr("id")
			}
		}
		return found
	}
	if x, y := ids(a), ids(b); !maps.Equal(x, y) {
		t.Errorf("stable ids differ:\n%v\n%v", x, y)
	}
}

// A fresh user who joins one channel gets one new window: the room. Welcome,
// MOTD and notices open none. IRC-B23
func TestOneWindow(t *testing.T) {
	onEach(t, func(t *testing.T, h *harbour) {
		for _, n := range h.networks() {
			channel, crew := chatroom(t, n, 1)
			p := h.passenger(t)
			nick := fresh("al")
			p.join(n.room(channel), nick)
			crew[0].Say(channel, "a line")
			p.hear(n.room(channel)+"/"+crew[0].Nick, "a line")
			p.Sync(n.gateway)
			for _, e := range p.Received() {
				opens := e.Name() == "message" && e.Type() != "groupchat" && e.Type() != "error" && e.Has("body")
				asks := e.Name() == "presence" && e.Type() == "subscribe"
				if opens || asks {
					t.Errorf("unasked for: %v", e)
				}
			}
		}
	})
}
