package irc

import (
	"strconv"
	"strings"
)

// caps is a set of capabilities, https://ircv3.net/specs/extensions/capability-negotiation.
type caps uint32

const (
	capMultiPrefix caps = 1 << iota
	capUserhostInNames
	capServerTime
	capMessageTags
	capExtendedJoin
	capAccountNotify
	capAccountTag
	capAwayNotify
	capChghost
	capCapNotify
	capSASL
	capBatch
	capLabels
	capEcho
	capSetname
	capStandardReplies
	capRedact
	capReadMarker
	capInviteNotify
	capNoNames
	capNoNamesDraft
	capExtendedMonitor
	capHistory
	capPlayback
	capMultiline
	capNetworks // of a bouncer; only for who wants one of them
	capEnrol
)

// Capabilities that are of use together only.
const (
	capsLabels    = capLabels | capBatch | capMessageTags
	capsHistory   = capHistory | capsLabels | capServerTime
	capsMultiline = capMultiline | capBatch | capMessageTags
)

// capNames lists what we can make use of. All of them fit in one line.
var capNames = []struct {
	name string
	cap  caps
}{
	{"multi-prefix", capMultiPrefix},
	{"userhost-in-names", capUserhostInNames},
	{"server-time", capServerTime},
	{"message-tags", capMessageTags},
	{"extended-join", capExtendedJoin},
	{"account-notify", capAccountNotify},
	{"account-tag", capAccountTag},
	{"away-notify", capAwayNotify},
	{"chghost", capChghost},
	{"cap-notify", capCapNotify},
	{"sasl", capSASL},
	{"batch", capBatch},
	{"labeled-response", capLabels},
	{"echo-message", capEcho},
	{"setname", capSetname},
	{"standard-replies", capStandardReplies},
	{"draft/message-redaction", capRedact},
	{"draft/read-marker", capReadMarker},
	{"invite-notify", capInviteNotify},
	{"no-implicit-names", capNoNames},
	{"draft/no-implicit-names", capNoNamesDraft},
	{"extended-monitor", capExtendedMonitor},
	{"draft/chathistory", capHistory},
	{"draft/event-playback", capPlayback},
	{"draft/multiline", capMultiline},
	{"soju.im/bouncer-networks", capNetworks},
	{"draft/account-registration", capEnrol},
}

// parseCaps returns those of a list that we can make use of; a value after "="
// is left out.
func parseCaps(list string) caps {
	var set caps
	for token := range strings.FieldsSeq(list) {
		name, _, _ := strings.Cut(token, "=")
		for _, known := range capNames {
			if known.name == name {
				set |= known.cap
			}
		}
	}
	return set
}

// names returns the names of a set.
func (set caps) names() []string {
	var names []string
	for _, known := range capNames {
		if set&known.cap != 0 {
			names = append(names, known.name)
		}
	}
	return names
}

// saslMechanisms returns what a list says of SASL: the value of "sasl=PLAIN,EXTERNAL".
func saslMechanisms(list string) string {
	for token := range strings.FieldsSeq(list) {
		if name, value, _ := strings.Cut(token, "="); name == "sasl" {
			return strings.ToUpper(value)
		}
	}
	return ""
}

// has tells whether the connection has all of a set.
func (c *conn) has(set caps) bool { return c.caps&set == set }

// capsChanged handles CAP of a server whose offers change.
func (c *conn) capsChanged(l *line) {
	set := parseCaps(l.last())
	changes := set&capSASL != 0
	set &^= capSASL | capNetworks
	switch strings.ToUpper(l.param(1)) {
	case "NEW":
		if c.harden(l.last()) {
			return
		}
		c.capValues(l.last())
		c.logsIn = c.logsIn || changes
		if want := set &^ c.caps; want != 0 {
			c.send("CAP", "REQ", strings.Join(want.names(), " "))
		}
	case "ACK":
		for token := range strings.FieldsSeq(l.last()) {
			if name, off := strings.CutPrefix(token, "-"); off {
				c.caps &^= parseCaps(name)
			}
		}
		c.caps |= set
	case "DEL":
		c.caps &^= set
		c.logsIn = c.logsIn && !changes
	}
	c.tellAbilities()
}

// capValues takes in the values of a list of capabilities.
func (c *conn) capValues(list string) {
	for token := range strings.FieldsSeq(list) {
		switch value, ok := strings.CutPrefix(token, "draft/multiline="); {
		case ok:
			net := *c.net
			net.multiline = parseMultiline(value)
			c.setNet(&net)
		case strings.HasPrefix(token, capEnrolName):
			c.enrols = parseEnrols(token)
		case strings.HasPrefix(token, "znc.in/"), strings.HasPrefix(token, "soju.im/"):
			c.bouncer = true // whatever 004 says, which some pass on from the network
		}
	}
}

// multiline is how large a message of several lines may be, the value of
// draft/multiline; the zero value allows none.
type multiline struct {
	bytes, lines int
}

// parseMultiline reads "max-bytes=4096,max-lines=24". Lines without a bound get
// one of ours.
func parseMultiline(value string) multiline {
	m := multiline{lines: maxMultiline}
	for pair := range strings.SplitSeq(value, ",") {
		name, number, _ := strings.Cut(pair, "=")
		n, err := strconv.Atoi(number)
		if err != nil || n <= 0 {
			continue
		}
		switch name {
		case "max-bytes":
			m.bytes = min(n, maxMultilineBytes)
		case "max-lines":
			m.lines = min(n, maxMultiline)
		}
	}
	if m.bytes == 0 {
		return multiline{}
	}
	return m
}

// Bounds of a message of several lines, whatever the server allows.
const (
	maxMultiline      = 100
	maxMultilineBytes = 16 << 10
)
