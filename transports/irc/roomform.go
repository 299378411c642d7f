package irc

import (
	"maps"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"wherry/transports"
)

// RoomForm asks how the lines of a channel are written, where that is not as on
// its network.
func (t *Transport) RoomForm(chosen transports.Settings) []transports.Field {
	in := roomEncoding(fieldEncoding, chosen[fieldEncoding])
	in.Label, in.Help = transports.T("Encoding of what others write"), transports.T("How lines are read that are not UTF-8.")
	out := roomEncoding(fieldEncodingOut, chosen[fieldEncodingOut], utf8Name)
	out.Label, out.Help = transports.T("Encoding of what you write"), transports.T("What it has no letter for becomes a question mark.")
	return []transports.Field{in, out}
}

// notChosen is the value of a choice that is as elsewhere.
const notChosen = "unset"

// roomFields asks what is to hold for channels of which nothing else is chosen.
// The gateway follows that.
func roomFields(on transports.Settings) []transports.Field {
	choice := func(name string, label transports.Text) transports.Field {
		value := on[name]
		if value == "" {
			value = notChosen
		}
		return transports.Field{Name: name, Kind: transports.Choice, Value: value, Label: label, Options: []transports.Option{
			{Value: notChosen, Label: transports.T("As usual")},
			{Value: "true", Label: transports.T("Yes")},
			{Value: "false", Label: transports.T("No")},
		}}
	}
	return []transports.Field{
		choice(fieldPersistent, transports.T("Stay in channels when the last of your clients leaves them")),
		choice(fieldRecord, transports.T("Keep for you what is said")),
		{Name: fieldLength, Kind: transports.Integer, Min: 0, Max: 500, Value: on[fieldLength],
			Label: transports.T("Lines that are shown when you join"), Help: transports.T("Where your client does not say it; as usual if empty.")},
		{Name: fieldPaste, Kind: transports.Integer, Min: 0, Max: 1000, Value: on[fieldPaste],
			Label: transports.T("Lines of a message, beyond which it goes out as a link"),
			Help:  transports.T("Its text is uploaded, for everybody who has the link. Every message goes out as it is if empty, or 0.")},
	}
}

func roomEncoding(name, value string, more ...string) transports.Field {
	if value == "" {
		value = notChosen
	}
	asUsual := transports.Option{Value: notChosen, Label: transports.T("As usual")}
	return transports.Field{Name: name, Kind: transports.Choice, Value: value, Options: append([]transports.Option{asUsual}, encodings(more...)...)}
}

// writing is how the lines of a channel are written besides UTF-8; nil is as on
// the network.
type writing struct {
	in, out *charmap.Charmap
	utf8    bool // out is UTF-8, whatever it is on the network
}

// Choose has a channel's lines read and written as was chosen.
func (s *Session) Choose(room transports.Address, chosen transports.Settings) {
	w := writing{utf8: chosen[fieldEncodingOut] == utf8Name}
	for _, c := range charsets {
		if c.name == chosen[fieldEncoding] {
			w.in = c.charset
		}
		if c.name == chosen[fieldEncodingOut] {
			w.out = c.charset
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var next map[string]writing // others read the old one
	if old := s.writings.Load(); old != nil {
		next = maps.Clone(*old)
	}
	switch {
	case w == writing{}:
		delete(next, room.Name)
	case next == nil:
		next = map[string]writing{room.Name: w}
	case len(next) < maxChannels:
		next[room.Name] = w
	}
	if len(next) == 0 {
		s.writings.Store(nil)
	} else {
		s.writings.Store(&next)
	}
}

// writing returns how the lines of a channel are written. What it is called is
// compared as addresses are.
func (s *Session) writing(name string) writing {
	all := s.writings.Load()
	if all == nil {
		return writing{}
	}
	w, chosen := (*all)[lower(name)]
	if !chosen && name != "" && strings.IndexByte("~&@%+", name[0]) >= 0 { // some of a channel
		w = (*all)[lower(name[1:])]
	}
	return w
}

// read returns a line of the server's as text: what is not UTF-8 by the encoding
// of the channel that it is about, else by that of the network.
func (c *conn) read(raw []byte) string {
	if c.net.utf8 {
		return decode(raw, nil)
	}
	charset := c.s.who.charset
	if own := c.s.chosenFor(raw, c.net); own != nil {
		charset = own
	}
	return decode(raw, charset)
}

// chosenFor returns the encoding that was chosen for the channel which a line is
// about, or nil.
func (s *Session) chosenFor(raw []byte, net *isupport) *charmap.Charmap {
	if s.writings.Load() == nil {
		return nil
	}
	var l line
	if !l.parse(string(raw)) {
		return nil
	}
	for i := range min(len(l.params), 3) { // "332 me #channel :…", "353 me = #channel :…"
		if name := l.params[i]; net.isChannel(name) || net.isChannel(strings.TrimLeft(name, net.statusmsg)) {
			return s.writing(name).in
		}
	}
	return nil
}
