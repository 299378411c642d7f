package irc

import (
	"strconv"
	"strings"

	"wherry/transports"
)

// isupport is what a server tells of itself in 005 RPL_ISUPPORT lines, with
// the values of RFC 2812 for what it does not tell.
type isupport struct {
	mapping   casemapping
	chantypes string
	statusmsg string
	prefixes  []prefix // highest first
	listModes string   // always with a parameter: +b
	keyModes  string   // always with a parameter, also to unset: +k
	setModes  string   // with a parameter to set: +l
	nickLen   int
	topicLen  int
	kickLen   int
	modes     int // changes with a parameter in one MODE
	network   string
	whox      bool
	elist     string // what LIST can be asked by
	tagDeny   string // tags of clients that are not passed on
	bot       byte   // the mode of programs; 0: none
	utf8      bool   // all is UTF-8
	history   int    // how much CHATHISTORY gives at once; 0 is unknown
	monitor   int    // how many MONITOR takes; 0: there is none
	multiline multiline
}

// prefix is one standing in a channel: its mode, its mark in 353 and its rank.
type prefix struct {
	mode, mark byte
	rank       transports.Rank
}

func newISupport() isupport {
	return isupport{
		chantypes: "#&",
		prefixes:  parsePrefix("(ov)@+"),
		listModes: "beI",
		keyModes:  "k",
		setModes:  "lfjJ",
		nickLen:   9,
		modes:     3,
	}
}

// unknown is what a server is taken for before it tells.
var unknown = newISupport()

// maxPrefixes is how many standings are kept: the bits of a standing.
const maxPrefixes = 8

// update takes in the tokens of one 005 line, without the nick before and the
// sentence after them. What it cannot read it leaves as it was.
func (s *isupport) update(tokens []string) {
	for _, token := range tokens {
		name, value, _ := strings.Cut(token, "=")
		if name, negated := strings.CutPrefix(name, "-"); negated {
			s.reset(strings.ToUpper(name))
			continue
		}
		s.set(strings.ToUpper(name), unescapeISupport(value))
	}
}

func (s *isupport) set(name, value string) {
	switch name {
	case "CASEMAPPING":
		s.mapping = parseCasemapping(value)
	case "CHANTYPES":
		s.chantypes = strings.Clone(bound(value, 16))
	case "STATUSMSG":
		s.statusmsg = strings.Clone(bound(value, 16))
	case "PREFIX":
		if value == "" {
			s.prefixes = nil
		} else if p := parsePrefix(value); p != nil {
			s.prefixes = p
		}
	case "CHANMODES":
		s.setChanmodes(value)
	case "NICKLEN", "MAXNICKLEN":
		setLength(&s.nickLen, value)
	case "TOPICLEN":
		setLength(&s.topicLen, value)
	case "KICKLEN":
		setLength(&s.kickLen, value)
	case "MODES":
		if value == "" { // no limit but the line's
			value = "12"
		}
		setLength(&s.modes, value)
	case "NETWORK":
		s.network = strings.Clone(bound(value, 64))
	case "WHOX":
		s.whox = true
	case "ELIST":
		s.elist = strings.ToUpper(strings.Clone(bound(value, 16)))
	case "CLIENTTAGDENY":
		s.tagDeny = strings.Clone(bound(value, 512))
	case "BOT":
		if len(value) == 1 {
			s.bot = value[0]
		}
	case "UTF8ONLY":
		s.utf8 = true
	case "CHATHISTORY":
		setLength(&s.history, value)
	case "MONITOR":
		s.monitor = maxMonitor
		setLength(&s.monitor, value)
	}
}

func (s *isupport) reset(name string) {
	d := newISupport()
	switch name {
	case "CASEMAPPING":
		s.mapping = d.mapping
	case "CHANTYPES":
		s.chantypes = d.chantypes
	case "STATUSMSG":
		s.statusmsg = d.statusmsg
	case "PREFIX":
		s.prefixes = d.prefixes
	case "CHANMODES":
		s.listModes, s.keyModes, s.setModes = d.listModes, d.keyModes, d.setModes
	case "WHOX":
		s.whox = false
	case "ELIST":
		s.elist = ""
	case "CLIENTTAGDENY":
		s.tagDeny = ""
	case "BOT":
		s.bot = 0
	case "UTF8ONLY":
		s.utf8 = false
	case "CHATHISTORY":
		s.history = 0
	case "MONITOR":
		s.monitor = 0
	}
}

func (s *isupport) setChanmodes(value string) {
	kinds := strings.SplitN(value, ",", 5)
	if len(kinds) < 4 {
		return
	}
	s.listModes = strings.Clone(bound(kinds[0], 64))
	s.keyModes = strings.Clone(bound(kinds[1], 64))
	s.setModes = strings.Clone(bound(kinds[2], 64))
}

func parseCasemapping(value string) casemapping {
	switch strings.ToLower(value) {
	case "ascii", "rfc8265", "rfc7613":
		return ascii
	case "rfc1459-strict", "strict-rfc1459":
		return rfc1459Strict
	}
	return rfc1459
}

// parsePrefix reads "(qaohv)~&@%+". It returns nil for what is not that.
func parsePrefix(value string) []prefix {
	modes, marks, ok := strings.Cut(strings.TrimPrefix(value, "("), ")")
	if !ok || len(modes) != len(marks) || len(modes) > maxPrefixes {
		return nil
	}
	op := strings.IndexByte(modes, 'o')
	prefixes := make([]prefix, len(modes))
	for i := range modes {
		prefixes[i] = prefix{mode: modes[i], mark: marks[i], rank: rankOf(modes[i], i < op)}
	}
	return prefixes
}

// rankOf returns the rank of a standing by its mode; for one that only its
// network knows, by its place above or below the operators.
func rankOf(mode byte, aboveOp bool) transports.Rank {
	switch mode {
	case 'q':
		return transports.Owner
	case 'a':
		return transports.Admin
	case 'o':
		return transports.Op
	case 'h':
		return transports.HalfOp
	case 'v':
		return transports.Voice
	}
	if aboveOp {
		return transports.Op
	}
	return transports.Plain
}

func setLength(field *int, value string) {
	if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= 4096 {
		*field = n
	}
}

// unescapeISupport resolves the "\x20" of a value.
func unescapeISupport(value string) string {
	if !strings.Contains(value, `\x`) {
		return value
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(value, `\x`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		code := bound(rest, 2)
		if c, err := strconv.ParseUint(code, 16, 7); err == nil && c >= ' ' {
			b.WriteByte(byte(c))
			rest = rest[len(code):]
		}
		value = rest
	}
}

// bound returns no more than the first n bytes of s.
func bound(s string, n int) string { return s[:min(n, len(s))] }

// isChannel tells whether a target of a message is a channel.
func (s *isupport) isChannel(target string) bool {
	return target != "" && strings.IndexByte(s.chantypes, target[0]) >= 0
}
