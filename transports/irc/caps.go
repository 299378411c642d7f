package irc

import "strings"

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
)

// capNames lists what we can make use of.
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
