package muc_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/component/jid"
	"wherry/component/muc"
	"wherry/component/stanza"
	"wherry/transports"
)

// screen is what one seat is shown.
type screen struct {
	people  map[string]string // role by nick
	self    string            // our nick, while in
	lines   []string
	subject *string
}

// screens plays the clients of a room.
type screens map[jid.JID]*screen

func (c screens) show(s *muc.Seat, st stanza.Stanza) bool {
	v := c[s.JID]
	if v == nil {
		v = &screen{people: map[string]string{}}
		c[s.JID] = v
	}
	switch st := st.(type) {
	case *stanza.Presence:
		v.presence(st)
	case *stanza.Message:
		if text, _, ok := st.Subject(); ok {
			v.subject = &text
		} else if text, _ := st.Body(); text != "" {
			v.lines = append(v.lines, text)
		}
	}
	return false
}

func (v *screen) presence(p *stanza.Presence) {
	nick := jid.Nick(p.From.Resource)
	x := p.Child(muc.NSUser, "x")
	self, renamed := false, false
	for _, e := range x.Children {
		self = self || e.Attr("code") == muc.StatusSelf
		renamed = renamed || e.Attr("code") == muc.StatusRenamed
	}
	if p.Type == "unavailable" {
		delete(v.people, nick)
		if self && !renamed {
			v.self, v.people = "", map[string]string{}
		}
		return
	}
	v.people[nick] = x.Child(muc.NSUser, "item").Attr("role")
	if self {
		v.self = nick
	}
}

var (
	here  = jid.MustParse("#room@gw.example")
	where = transports.Address{Kind: transports.Room, Name: "#room"}
	phone = jid.MustParse("juliet@example.org/phone")
	pad   = jid.MustParse("juliet@example.org/pad")
)

func newRoom(c screens) *muc.Room {
	return muc.NewRoom(muc.Config{
		JID: here, Send: c.show, History: 5,
		Key: func(who string) string { return "key of " + who },
	})
}

// Whatever happens, each seat that sees the room sees those who are in it.
func TestSeatsSeeTheRoom(t *testing.T) {
	nicks := []string{"juliet", "romeo", "nurse", "Tybalt", "☃", "a b"}
	rapid.Check(t, func(t *rapid.T) {
		c := screens{}
		r := newRoom(c)
		shown := map[jid.JID]bool{} // seats that must see the room while it is live
		nick := func() string { return rapid.SampledFrom(nicks).Draw(t, "nick") }
		full := func() jid.JID { return rapid.SampledFrom([]jid.JID{phone, pad}).Draw(t, "seat") }
		rank := func() transports.Rank { return transports.Rank(rapid.IntRange(0, 5).Draw(t, "rank")) }
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 11).Draw(t, "event") {
			case 0:
				f := full()
				delete(c, f)
				r.Sit(f, "juliet", muc.History{})
				shown[f] = true
			case 1:
				ev := transports.Joined{Room: where, Nick: "juliet"}
				for _, n := range nicks {
					if rapid.Bool().Draw(t, n) {
						ev.Occupants = append(ev.Occupants, transports.Occupant{Nick: n, Rank: rank()})
					}
				}
				clear(c)
				r.Joined(ev)
			case 2:
				if r.Live() {
					r.Entered(transports.Entered{Room: where, Occupants: []transports.Occupant{{Nick: nick(), Rank: rank()}}})
				}
			case 3:
				if n := nick(); r.Live() {
					if _, ok := r.Find(n); ok {
						r.Changed(transports.Changed{Room: where, Occupants: []transports.Occupant{{Nick: n, Rank: rank(), Mute: true}}})
					}
				}
			case 4:
				r.Left(transports.Left{Room: where, Nicks: []string{nick()}, How: transports.Departure(rapid.IntRange(0, 5).Draw(t, "how"))})
			case 5:
				r.Renamed(transports.Renamed{Room: where, Old: nick(), New: nick()})
			case 6:
				r.Down("gone", muc.StatusFailed)
			case 7:
				if s := r.Seat(full()); s != nil {
					r.Doubt(s, time.Now())
					delete(c, s.JID)
					shown[s.JID] = false
				}
			case 8:
				if s := r.Seat(full()); s != nil {
					r.Sure(s)
					shown[s.JID] = true
				}
			case 9:
				if s := r.Seat(full()); s != nil {
					r.Depart(s, "bye")
					delete(c, s.JID)
					shown[s.JID] = false
				}
			case 10:
				if f := full(); r.Rise(f) {
					delete(c, f)
					shown[f] = false
				}
			case 11:
				r.Say(muc.Line{Nick: nick(), ID: "x", Text: "hello", Time: time.Now()})
			}
			want := map[string]string{}
			r.Each(func(o transports.Occupant) { _, want[o.Nick] = muc.Standing(o.Rank, o.Mute) })
			for f, sees := range shown {
				v := c[f]
				switch {
				case !sees || !r.Live():
					if v != nil && v.self != "" {
						t.Fatalf("%s still sees %v as %s", f, v.people, v.self)
					}
				case v == nil || v.self != r.Nick() || !maps.Equal(v.people, want):
					t.Fatalf("%s sees %+v, in the room as %s are %v", f, v, r.Nick(), want)
				}
			}
			if got := len(r.Seats()); got > 2 {
				t.Fatalf("%d seats for two resources", got)
			}
		}
	})
}

// What is said is heard by who sees the room, is there for who comes later, and
// for who was away only what they missed.
func TestLines(t *testing.T) {
	c := screens{}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r := muc.NewRoom(muc.Config{
		JID: here, Send: c.show, History: 3, Key: func(string) string { return "k" }, Now: func() time.Time { return now },
	})
	say := func(texts ...string) {
		for _, text := range texts {
			now = now.Add(time.Second)
			r.Say(muc.Line{Nick: "nurse", ID: text, Text: text, Time: now})
		}
	}
	heard := func(f jid.JID, want string) {
		t.Helper()
		got := ""
		if v := c[f]; v != nil {
			got = strings.Join(v.lines, " ")
			v.lines = nil
		}
		if got != want {
			t.Errorf("%s heard %q, want %q", f, got, want)
		}
	}
	all := muc.History{Stanzas: -1, Chars: -1}
	r.Sit(phone, "juliet", all)
	say("before")
	heard(phone, "")
	r.Joined(transports.Joined{Room: where, Nick: "juliet", Subject: transports.Subject{Text: "Verona"}})
	heard(phone, "before")
	if s := c[phone].subject; s == nil || *s != "Verona" {
		t.Errorf("subject %v", s)
	}
	say("one", "two", "three", "four")
	heard(phone, "one two three four")
	r.Sit(pad, "juliet", all)
	heard(pad, "two three four")
	s := r.Seat(phone)
	r.Doubt(s, now.Add(time.Second))
	if !s.Doubtful() {
		t.Error("no doubt")
	}
	say("five")
	heard(phone, "")
	heard(pad, "five")
	r.Sure(s)
	heard(phone, "five")
	now = now.Add(time.Second)
	r.Down("lost", muc.StatusFailed)
	say("six")
	heard(phone, "")
	r.Joined(transports.Joined{Room: where, Nick: "juliet"})
	heard(phone, "six")
	heard(pad, "six")
	if r.Whisper("nobody", "x", "psst") || !r.Whisper("juliet", "x", "psst") {
		t.Error("whispers come from occupants")
	}
	heard(pad, "psst")
	r.SetSubject(transports.Subject{Text: ""}, "")
	if s := c[pad].subject; s == nil || *s != "" {
		t.Errorf("subject %v", s)
	}
	if r.Subject().Text != "" || r.Len() != 1 {
		t.Errorf("subject %q, %d occupants", r.Subject().Text, r.Len())
	}
	r.Farewell("bye", muc.StatusShutdown)
	if c[pad].self != "" || c[phone].self != "" || !r.Live() {
		t.Error("a farewell tells the seats, and changes nothing")
	}
	if seats := r.Seats(); !slices.ContainsFunc(seats, func(s *muc.Seat) bool { return s.JID == pad && s.Nick() == "juliet" }) {
		t.Errorf("seats %v", seats)
	}
}

// A nick is found as the network spells it, else whatever its case; what cannot
// be a resource is the room itself.
func TestNicks(t *testing.T) {
	r := newRoom(screens{})
	r.Joined(transports.Joined{Room: where, Nick: "juliet", Occupants: []transports.Occupant{{Nick: "Nurse"}, {Nick: "nurse"}, {Nick: "Tybalt"}}})
	for nick, want := range map[string]string{"Nurse": "Nurse", "nurse": "nurse", "tybalt": "Tybalt", "nobody": "", "": ""} {
		if o, ok := r.Find(nick); o.Nick != want || ok != (want != "") {
			t.Errorf("Find(%q) = %q, %v", nick, o.Nick, ok)
		}
	}
	if got := r.Occupant("Nurse"); got.String() != "#room@gw.example/Nurse" {
		t.Errorf("the nurse is %s", got)
	}
	if got := r.Occupant(""); got != here || r.JID() != here {
		t.Errorf("nobody is %s", got)
	}
	config := transports.RoomConfig{Room: where, Moderated: true}
	r.SetFeatures(config)
	if r.Features() != config {
		t.Errorf("features %+v", r.Features())
	}
}
