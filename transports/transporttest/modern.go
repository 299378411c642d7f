package transporttest

import (
	"context"
	"strings"
	"time"

	"wherry/transports"
)

// SetAble makes connections from now on able to do more than write. With CanEcho
// lines are said by their Status, by the id "net-" and that of Sent.
func (n *Network) SetAble(can transports.Ability) {
	n.mu.Lock()
	n.able = can
	n.mu.Unlock()
}

// SetSilent says whether, with CanEcho, lines are kept from those who said them:
// a test may tell of them by itself.
func (n *Network) SetSilent(silent bool) {
	n.mu.Lock()
	n.silent = silent
	n.mu.Unlock()
}

func (n *Network) abilities() transports.Ability {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.able
}

// echo shows a line to who said it, and tells whether that is so here. It is
// called with mu held.
func (n *Network) echo(s *Session, chat transports.Address, id string) bool {
	if n.able&transports.CanEcho == 0 {
		return false
	}
	if !n.silent {
		s.post(step{batch: batch(transports.Status{Chat: chat, ID: id, State: transports.Echoed, As: NetID(id)})})
	}
	return true
}

// NetID returns what the network calls the line of an id of Sent.
func NetID(id string) string { return "net-" + id }

// React records a reaction.
func (s *Session) React(ctx context.Context, r transports.Reaction) error {
	return s.ask(ctx, Call{Op: OpReact, Room: r.Chat, Reaction: r})
}

// Redact records that a message is taken back.
func (s *Session) Redact(ctx context.Context, chat transports.Address, id, reason string) error {
	return s.ask(ctx, Call{Op: OpRedact, Room: chat, Text: id, Nick: reason})
}

// Type records that the user writes.
func (s *Session) Type(ctx context.Context, chat transports.Address, state transports.Typing) error {
	return s.ask(ctx, Call{Op: OpType, Room: chat, Typing: state})
}

// Read records how far a chat was read.
func (s *Session) Read(ctx context.Context, chat transports.Address, upTo time.Time) error {
	return s.ask(ctx, Call{Op: OpRead, Room: chat, Time: upTo})
}

// SetAway records why the user is away.
func (s *Session) SetAway(ctx context.Context, words string) error {
	return s.ask(ctx, Call{Op: OpAway, Text: words})
}

// List hands out the rooms that somebody is in.
func (s *Session) List(ctx context.Context, filter string, each func(transports.Listed) bool) (whole bool, err error) {
	if err := s.ask(ctx, Call{Op: OpList, Text: filter}); err != nil {
		return false, err
	}
	s.net.mu.Lock()
	var all []transports.Listed
	for a, r := range s.net.rooms {
		if a.Scope == s.Account.Scope && len(r.occupants) > 0 && strings.Contains(a.Name, filter) {
			all = append(all, transports.Listed{Room: a, Occupants: len(r.occupants), Subject: r.subject.Text})
		}
	}
	s.net.mu.Unlock()
	for _, l := range all {
		if !each(l) {
			break
		}
	}
	return true, nil
}

// Version answers for everybody alike.
func (s *Session) Version(ctx context.Context, who transports.Address) (string, error) {
	if err := s.ask(ctx, Call{Op: OpVersion, Room: who}); err != nil {
		return "", err
	}
	return "Fake client v1.2 on Paper", nil
}

// Configure changes a room.
func (s *Session) Configure(ctx context.Context, wanted transports.RoomConfig, password string) error {
	if err := s.ask(ctx, Call{Op: OpSetup, Room: wanted.Room, Config: wanted, Text: password}); err != nil {
		return err
	}
	n := s.net
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.room(wanted.Room)
	r.config = wanted
	r.tell(wanted, nil)
	return nil
}

// Watch records whom the user watches, by their names.
func (s *Session) Watch(ctx context.Context, contacts []transports.Address) error {
	var names []string
	for _, c := range contacts {
		names = append(names, c.Name)
	}
	return s.ask(ctx, Call{Op: OpWatch, Text: strings.Join(names, " ")})
}

// FieldMood is what can be chosen for a room of the fake.
const FieldMood = "mood"

// RoomForm asks for a mood.
func (n *Network) RoomForm(chosen transports.Settings) []transports.Field {
	return []transports.Field{{Name: FieldMood, Kind: transports.Line, Label: transports.T("Nick"), Value: chosen[FieldMood]}}
}

// Choose records what was chosen.
func (s *Session) Choose(a transports.Address, chosen transports.Settings) {
	_ = s.net.call(context.Background(), Call{Op: OpChoose, Account: s.Account.Key, Room: a, Chosen: chosen})
}

// SetModes records changes of modes, and says them again.
func (s *Session) SetModes(ctx context.Context, a transports.Address, changes string) (said string, err error) {
	if err := s.ask(ctx, Call{Op: OpModes, Room: a, Text: changes}); err != nil {
		return "", err
	}
	if changes == "" {
		return "+nt", nil
	}
	return "", nil
}

// Circle knows operators only.
func (s *Session) Circle(to string) bool { return to == "@" }

// Probe answers at once.
func (s *Session) Probe(ctx context.Context) (time.Duration, error) {
	return 42 * time.Millisecond, s.ask(ctx, Call{Op: OpProbe})
}

// SearchRooms is List, and records what is searched for.
func (s *Session) SearchRooms(ctx context.Context, what transports.RoomSearch, each func(transports.Listed) bool) (whole bool, err error) {
	if err := s.ask(ctx, Call{Op: OpSearch, Search: what}); err != nil {
		return false, err
	}
	return s.List(ctx, "", each)
}

// Clock answers for everybody alike: New Year's in India.
func (s *Session) Clock(ctx context.Context, who transports.Address) (time.Time, error) {
	if err := s.ask(ctx, Call{Op: OpClock, Room: who}); err != nil {
		return time.Time{}, err
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", int(5*time.Hour+30*time.Minute)/int(time.Second))), nil
}

// RealName knows one name.
func (s *Session) RealName(who transports.Address) string {
	if who.Name == "nurse" {
		return "Angelica"
	}
	return ""
}
