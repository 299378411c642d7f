package muc

import (
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// Config is what a Room needs to know of its surroundings.
type Config struct {
	JID jid.JID // of the room, bare

	// Send sends towards a seat, in the order of its calls. It tells whether it
	// keeps the stanza: what it does not keep is changed after its return.
	Send    func(*Seat, stanza.Stanza) (kept bool)
	Show    func(*Seat, Sight)           // sends the presence of that in its turn; nil: Send does at once
	Expect  func(*Seat, int)             // that many stanzas are about to follow, may be nil
	Key     func(who string) string      // the occupant-id of who an occupant is, XEP-0421
	Text    func(transports.Text) string // in the user's language; nil: English
	History int                          // lines kept for those who join
	Now     func() time.Time

	// Past returns what an archive has for who joins, oldest first. Where it
	// reports false, or is nil, the lines kept here serve.
	Past func(History) ([]Past, bool)
}

// Room is one room as one user sees it: its occupants on the network, and the
// seats, the user's own resources that joined. It belongs to that user and is
// not safe for concurrent use.
//
// The network decides who is in the room; the methods named after its events
// follow them. Seats may be taken before the network let us in, and stay taken
// when it lost us: they are shown the room when it is there.
type Room struct {
	conf      Config
	name      string // its JID
	nick      string // ours, as the network spells it; empty while we are not in
	occupants map[string]*occupant
	subject   transports.Subject
	features  transports.RoomConfig
	past      history
	refs      refs
	moments   moments
	logged    bool
	seats     []*Seat
}

// Seat is a resource of the user in a Room.
type Seat struct {
	JID   jid.JID // full
	want  string  // the nick it asked for
	wish  History
	shown bool // it has the room on its screen
	doubt bool // it may not be there any more: nothing is sent to it
}

// occupant is someone on the network, and what does not change from stanza to
// stanza about them.
type occupant struct {
	transports.Occupant
	resource string // of the JID; empty where the nick cannot be one
	occ      string // occupant-id, once asked for
}

// NewRoom makes a room with nobody in it.
func NewRoom(conf Config) *Room {
	if conf.Now == nil {
		conf.Now = time.Now
	}
	return &Room{conf: conf, name: conf.JID.String(), occupants: map[string]*occupant{}, past: history{max: conf.History}}
}

// JID returns the room's bare JID.
func (r *Room) JID() jid.JID { return r.conf.JID }

// Live tells whether we are in the room on the network.
func (r *Room) Live() bool { return r.nick != "" }

// Nick returns our nick, or nothing while we are not in.
func (r *Room) Nick() string { return r.nick }

// SetLogged notes whether what is said is kept; who joins is told (XEP-0045
// §7.2.12).
func (r *Room) SetLogged(yes bool) { r.logged = yes }

// Features returns what kind of room it is.
func (r *Room) Features() transports.RoomConfig { return r.features }

// Subject returns the room's subject.
func (r *Room) Subject() transports.Subject { return r.subject }

// Len returns how many occupants there are.
func (r *Room) Len() int { return len(r.occupants) }

// Seats returns the seats; the slice is the room's own.
func (r *Room) Seats() []*Seat { return r.seats }

// Seat returns the seat of a full JID, or nil.
func (r *Room) Seat(full jid.JID) *Seat {
	for _, s := range r.seats {
		if s.JID == full {
			return s
		}
	}
	return nil
}

// Find returns the occupant of that nick, in the network's spelling: exactly,
// else with its case ignored.
func (r *Room) Find(nick string) (transports.Occupant, bool) {
	if o := r.find(nick); o != nil {
		return o.Occupant, true
	}
	return transports.Occupant{}, false
}

func (r *Room) find(nick string) *occupant {
	if o := r.occupants[nick]; o != nil {
		return o
	}
	for n, o := range r.occupants {
		if strings.EqualFold(n, nick) {
			return o
		}
	}
	return nil
}

// Each calls f for each occupant, in no order.
func (r *Room) Each(f func(transports.Occupant)) {
	for _, o := range r.occupants {
		f(o.Occupant)
	}
}

// Sit takes a seat for a full JID, or takes it anew: who joins while joined
// gets everything again (XEP-0045 §7.2). The room is shown if we are in.
func (r *Room) Sit(full jid.JID, nick string, wish History) *Seat {
	s := r.Seat(full)
	if s == nil {
		s = &Seat{JID: full.Clone()}
		r.seats = append(r.seats, s)
	}
	s.want, s.wish, s.shown, s.doubt = strings.Clone(nick), wish, false, false
	if r.Live() {
		r.show(s)
	}
	return s
}

// Rise gives a seat up without a word to it, and tells whether there was one.
func (r *Room) Rise(full jid.JID) bool {
	for i, s := range r.seats {
		if s.JID == full {
			r.seats = append(r.seats[:i:i], r.seats[i+1:]...)
			return true
		}
	}
	return false
}

// Depart gives a seat up and tells it so, with a reason and status codes
// (XEP-0045 §7.14, §15.6).
func (r *Room) Depart(s *Seat, reason string, codes ...string) {
	r.conf.Send(s, r.farewell(s, reason, codes...))
	r.Rise(s.JID)
}

// Down tells all seats that we are no longer in. They stay taken, and are shown
// the room again when we are back.
func (r *Room) Down(reason string, codes ...string) {
	for _, s := range r.seats {
		if s.shown {
			r.conf.Send(s, r.farewell(s, reason, codes...))
		}
		s.hide(r.conf.Now())
	}
	r.nick = ""
	clear(r.occupants)
}

// Farewell tells all seats that they are no longer in, and changes nothing: the
// end of everything is near.
func (r *Room) Farewell(reason string, codes ...string) {
	for _, s := range r.seats {
		if s.shown {
			r.conf.Send(s, r.farewell(s, reason, codes...))
		}
	}
}

// farewell is the unavailable presence of the seat's own occupant.
func (r *Room) farewell(s *Seat, reason string, codes ...string) *stanza.Presence {
	from, ok := r.self()
	if !ok {
		from = r.occupantJID(s.want)
	}
	p := &stanza.Presence{Header: stanza.Header{From: from, To: s.JID, Type: "unavailable"}}
	p.Payload = append(p.Payload, userX(item{affiliation: "none", role: "none", reason: reason}, append([]string{StatusSelf}, codes...)...))
	if reason != "" {
		p.Payload = append(p.Payload, stanza.T("", "status", reason))
	}
	return p
}

func (r *Room) self() (jid.JID, bool) {
	if o := r.occupants[r.nick]; o != nil {
		return r.jidOf(o), true
	}
	return jid.JID{}, false
}

// show puts the whole room on a seat's screen, in the order of XEP-0045 §7.1:
// the others, ourselves, the past, the subject. What is live comes after.
func (r *Room) show(s *Seat) {
	s.shown = true
	past := r.before(s.wish)
	if r.conf.Expect != nil {
		r.conf.Expect(s, len(r.occupants)+len(past)+1)
	}
	own := r.occupants[r.nick]
	for _, o := range r.occupants {
		switch {
		case o == own:
		case r.conf.Show != nil:
			r.conf.Show(s, Sight{r, o, s})
		default:
			r.appear(o, s)
		}
	}
	codes := []string{StatusSelf}
	if s.want != "" && s.want != r.nick {
		codes = append(codes, StatusNewNick)
	}
	if r.logged {
		codes = append(codes, StatusLogged)
	}
	if own != nil {
		r.appear(own, s, codes...)
	}
	for _, l := range past {
		r.conf.Send(s, r.lineMessage(l, s))
	}
	r.conf.Send(s, r.subjectMessage(s, ""))
}

// occupantID is the payload of XEP-0421.
func (r *Room) occupantID(o *occupant) stanza.Element { return occupantID(r.occ(o)) }

// occ is an occupant's occupant-id.
func (r *Room) occ(o *occupant) string {
	if o.occ == "" {
		who := o.Key
		if who == "" {
			who = o.Nick
		}
		o.occ = r.conf.Key(who)
	}
	return o.occ
}

func occupantID(id string) stanza.Element {
	return stanza.Element{Space: NSOccID, Name: "occupant-id", Attrs: []stanza.Attr{{Name: "id", Value: id}}}
}

// occupantJID returns the JID of a nick. One that cannot be a resource stands
// for nobody, and gets the room's own.
func (r *Room) occupantJID(nick string) jid.JID {
	resource, err := jid.Resource(nick)
	if err != nil {
		return r.conf.JID
	}
	return r.conf.JID.WithResource(resource)
}

// jidOf returns the JID of an occupant.
func (r *Room) jidOf(o *occupant) jid.JID { return r.conf.JID.WithResource(o.resource) }

// Occupant returns the JID that stands for a nick in the room.
func (r *Room) Occupant(nick string) jid.JID { return r.occupantJID(nick) }

// Want makes nick what every seat has asked for.
func (r *Room) Want(nick string) {
	for _, s := range r.seats {
		s.want = nick
	}
}

// Nick returns the nick that the seat asked for.
func (s *Seat) Nick() string { return s.want }

// Doubt keeps a seat whose resource may not be there any more: it is sent
// nothing until it is Sure, or sits down again. What was said since then may
// not have reached it.
func (r *Room) Doubt(s *Seat, since time.Time) {
	s.hide(since)
	s.doubt = true
}

// hide takes the room off a seat's screen: what it saw up to a time it need not
// be shown again.
func (s *Seat) hide(since time.Time) {
	if s.shown {
		s.wish = History{Stanzas: -1, Chars: -1, Since: since}
	}
	s.shown = false
}

// Sure ends a Doubt: the seat is shown the room, if we are in, as if it had
// just joined, with what was said in between.
func (r *Room) Sure(s *Seat) {
	if !s.doubt {
		return
	}
	s.doubt = false
	if r.Live() {
		r.show(s)
	}
}

// Doubtful tells whether a seat's resource may not be there any more.
func (s *Seat) Doubtful() bool { return s.doubt }

// toAll sends to each seat that sees the room.
func (r *Room) toAll(make func(*Seat) stanza.Stanza) {
	for _, s := range r.seats {
		if s.shown {
			r.conf.Send(s, make(s))
		}
	}
}
