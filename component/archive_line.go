package component

import (
	"encoding/binary"
	"errors"
	"strconv"
	"time"

	"wherry/component/muc"
	"wherry/store"
	"wherry/transports"
)

// spoken is what the archive keeps of a line besides who said it and when.
type spoken struct {
	Style  transports.Style
	Key    string // who that is, as Occupant.Key
	Text   string
	Gone   bool   // it was taken back, and Text is empty
	By     string // by whom; empty: by its sender
	Reason string
	At     int64 // when, in Unix milliseconds

	ReplyTo string // the stanza-id of the line that it answers; empty: it answers none
	ReplyBy string // the nick of who said that

	Reacts bool   // it is a reaction to ReplyTo, and Text what changed: "+" or "-", and a sign
	Signs  string // all by which they react from then on, each on a line of its own
}

// words are what tells a line from others of its sender and style.
func (s *spoken) words() string {
	if s.Reacts {
		return s.Text + "\x00" + s.ReplyTo
	}
	return s.Text
}

// The formats that encode writes: the version, the style, whether it is gone, the
// texts, each behind its length, and when. Answers have two texts more, reactions
// three.
const (
	spokenVersion  = 1
	spokenInAnswer = 2
	spokenReaction = 3
)

// spokenTexts is how many texts each format has.
var spokenTexts = map[byte]int{spokenVersion: 4, spokenInAnswer: 6, spokenReaction: 7}

// texts are the texts of all formats, in order.
func (s *spoken) texts() []*string {
	return []*string{&s.Key, &s.Text, &s.By, &s.Reason, &s.ReplyTo, &s.ReplyBy, &s.Signs}
}

func (s spoken) encode() []byte {
	b := make([]byte, 0, 16+len(s.Key)+len(s.Text)+len(s.By)+len(s.Reason)+len(s.ReplyTo)+len(s.ReplyBy)+len(s.Signs))
	b = append(b, spokenVersion, byte(s.Style), 0)
	switch {
	case s.Reacts:
		b[0] = spokenReaction
	case s.ReplyTo != "":
		b[0] = spokenInAnswer
	}
	if s.Gone {
		b[2] = 1
	}
	for _, text := range s.texts()[:spokenTexts[b[0]]] {
		b = binary.AppendUvarint(b, uint64(len(*text)))
		b = append(b, *text...)
	}
	return binary.AppendVarint(b, s.At)
}

func decodeSpoken(b []byte) (s spoken, err error) {
	if len(b) < 3 || spokenTexts[b[0]] == 0 {
		return s, errors.New("a line of an unknown format")
	}
	texts := s.texts()[:spokenTexts[b[0]]]
	s.Style, s.Gone, s.Reacts = transports.Style(b[1]), b[2] == 1, b[0] == spokenReaction
	b = b[3:]
	for _, to := range texts {
		n, k := binary.Uvarint(b)
		if k <= 0 || n > uint64(len(b)-k) {
			return spoken{}, errors.New("a line that is cut short")
		}
		*to, b = string(b[k:k+int(n)]), b[k+int(n):]
	}
	at, k := binary.Varint(b)
	if k <= 0 {
		return spoken{}, errors.New("a line that is cut short")
	}
	if s.ReplyTo == "" {
		s.ReplyBy = ""
	}
	s.At = at
	return s, nil
}

// stanzaID returns the stanza-id of a place in a log; it sorts as that does.
func stanzaID(place int64) string { return strconv.FormatInt(place, 36) }

// parseStanzaID returns the place that a stanza-id of ours stands for. There
// need not be a line, but there may have been: ids of others that look like ours
// stand for no time at which anything was said.
func parseStanzaID(id string) (place int64, ok bool) {
	place, err := strconv.ParseInt(id, 36, 64)
	return place, err == nil && place >= firstPlace && store.PlaceTime(place).Before(time.Now().Add(placeAhead)) && stanzaID(place) == id
}

// firstPlace is before all that is kept: what was said earlier, by its time, is
// kept as if said then.
var firstPlace = store.Place(time.Date(1988, time.August, 1, 0, 0, 0, 0, time.UTC))

// placeAhead is how far our clock may be set back.
const placeAhead = 48 * time.Hour

// past returns a line of a log as rooms show it.
func past(l store.Line) (muc.Past, error) {
	s, err := decodeSpoken(l.Content)
	if err != nil {
		return muc.Past{}, err
	}
	p := muc.Past{Nick: l.Nick, Key: s.Key, ID: stanzaID(l.ID), Time: store.PlaceTime(l.ID)}
	if s.Gone {
		p.Gone = &muc.Gone{By: s.By, Reason: s.Reason, Time: time.UnixMilli(s.At)}
		return p, nil
	}
	if s.Reacts {
		p.Reacts, p.Signs, p.ReplyTo = true, lines(s.Signs), s.ReplyTo
		return p, nil
	}
	p.Text = shown(transports.Message{Style: s.Style, Text: s.Text})
	p.ReplyTo, p.ReplyBy = s.ReplyTo, s.ReplyBy
	return p, nil
}
