package message

import (
	"bytes"
	"slices"
	"strings"
)

// Types of what reports have for programs.
const (
	typeStatus   = "message/delivery-status"
	typeStatus8  = "message/global-delivery-status"
	typeStatusX  = "message/xdelivery-status" // XWall's
	typeReceipt  = "message/disposition-notification"
	typeReceipt8 = "message/global-disposition-notification"
)

var (
	machineTypes  = []string{typeStatus, typeStatus8, typeStatusX, typeReceipt, typeReceipt8}
	returnedTypes = []string{"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers", "message/rfc822-headers"}
)

// Report says what became of a mail on its way, RFC 3464, or as programs say it
// that do not follow that. Anybody can write one: whose mail it is about is for
// the reader to know.
type Report struct {
	Standard   bool   // it follows RFC 3464
	EnvelopeID string // that the mail was sent with, RFC 3461 §4.4
	MessageID  string // of the mail, by what was returned of it
	Outcomes   []Outcome
}

// Outcome is what became of a mail for one recipient.
type Outcome struct {
	Action     Action
	Status     string // RFC 3463: "5.1.1"; empty where unknown
	Recipient  string // to whom it could or could not be given
	Original   string // to whom it was sent, where that is said
	Diagnostic string // what the other server said, in one line
}

// Action is what a mail system did, RFC 3464 §2.3.3.
type Action uint8

// The actions.
const (
	Failed    Action = iota // for good
	Delayed                 // it is tried again
	Delivered               // into the mailbox
	Relayed                 // to a system that sends no reports
	Expanded                // to the members of a list
)

var actionNames = [...]string{"failed", "delayed", "delivered", "relayed", "expanded"}

func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown"
}

// maxOutcomes is how many recipients one report is read for.
const maxOutcomes = 200

// report reads a mail that is a report; nil is none.
func report(m *Mail, root *entity) *Report {
	e, ok := m.extra(typeStatus, typeStatus8, typeStatusX)
	if !ok {
		return bounce(m)
	}
	r := &Report{Standard: true}
	for _, group := range statusFields(e.text) {
		if id := group.get("original-envelope-id"); id != "" && r.EnvelopeID == "" {
			r.EnvelopeID = cutString(id, 200)
		}
		if o, ok := outcome(group); ok && len(r.Outcomes) < maxOutcomes {
			r.Outcomes = append(r.Outcomes, o)
		}
	}
	if len(r.Outcomes) == 0 {
		return bounce(m)
	}
	r.MessageID = returnedID(m)
	return r
}

// returnedID returns the Message-ID of what a report returns.
func returnedID(m *Mail) string {
	for _, e := range m.extras {
		if !slices.Contains(returnedTypes, e.kind) {
			continue
		}
		w := newWalker(bytes.NewReader(e.text), nil)
		w.skipStart()
		var root entity
		w.readHeader(&root)
		if id := firstID(&root.header, "Message-Id"); id != "" {
			return id
		}
	}
	for _, b := range m.Bodies {
		if id := messageIDIn(b.Plain); id != "" {
			return id
		}
	}
	return ""
}

var messageIDLine = lazy(`(?im)^[> \t]*message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]+)>`)

// messageIDIn returns the Message-ID of a mail that stands within a text.
func messageIDIn(text string) string {
	if m := messageIDLine().FindStringSubmatch(text); m != nil {
		return cleanID(m[1])
	}
	return ""
}

// outcome reads the fields about one recipient.
func outcome(g statusGroup) (o Outcome, ok bool) {
	final, action := g.get("final-recipient"), strings.ToLower(g.get("action"))
	if final == "" && action == "" {
		return o, false
	}
	o.Recipient, o.Original = typedAddress(final), typedAddress(g.get("original-recipient"))
	o.Status = statusCode().FindString(g.get("status"))
	_, diagnostic, ok := strings.Cut(g.get("diagnostic-code"), ";")
	if !ok {
		diagnostic = g.get("diagnostic-code")
	}
	o.Diagnostic = cutString(strings.TrimSpace(diagnostic), 1000)
	if o.Status == "" || strings.HasSuffix(o.Status, ".0.0") { // what the other server said may tell more
		if code := statusCode().FindString(o.Diagnostic); code != "" && (o.Status == "" || code[0] == o.Status[0]) {
			o.Status = code
		}
	}
	action, _, _ = strings.Cut(action, " ")
	switch i := slices.Index(actionNames[:], strings.Trim(action, ";()")); {
	case i >= 0:
		o.Action = Action(i)
	case strings.HasPrefix(o.Status, "2"):
		o.Action = Delivered
	case strings.HasPrefix(o.Status, "4"):
		o.Action = Delayed
	}
	return o, true
}

// statusCode finds an enhanced status code, RFC 3463 §2.
var statusCode = lazy(`\b[245]\.\d{1,3}\.\d{1,3}\b`)

// typedAddress returns the address of a value "rfc822; ann@example.org".
func typedAddress(value string) string {
	kind, address, ok := strings.Cut(value, ";")
	if !ok {
		kind, address = "", value
	}
	address = strings.TrimSpace(address)
	if strings.EqualFold(strings.TrimSpace(kind), "utf-8") {
		address = unicodeAddress(address)
	}
	address = strings.Trim(address, "<> ")
	return cutString(oneLine(address), 320)
}

var unicodePoint = lazy(`\\x\{([0-9A-Fa-f]{1,6})\}`)

// unicodeAddress undoes the encoding of RFC 6533 §3.
func unicodeAddress(s string) string {
	return unicodePoint().ReplaceAllStringFunc(s, func(point string) string {
		n := rune(0)
		for _, c := range []byte(point[3 : len(point)-1]) {
			n = n<<4 | rune(unhex(c))
		}
		return string(n)
	})
}

// statusGroup are fields that stand together, by their names in lower case.
type statusGroup []statusField

type statusField struct{ name, value string }

func (g statusGroup) get(name string) string {
	for _, f := range g {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// statusFields reads groups of fields with blank lines between them, RFC 3464
// §2.1. A recipient named anew begins a group, too: some programs leave the blank
// line out.
func statusFields(text []byte) (groups []statusGroup) {
	var g statusGroup
	end := func() {
		if len(g) > 0 && len(groups) < maxOutcomes+10 {
			groups = append(groups, g)
		}
		g = nil
	}
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		name, value, ok := cutField(line)
		switch {
		case len(bytes.TrimSpace(line)) == 0:
			end()
		case line[0] == ' ' || line[0] == '\t':
			if n := len(g); n > 0 && len(g[n-1].value) < 4<<10 {
				g[n-1].value += " " + fieldText(string(line))
			}
		case ok:
			key := strings.ToLower(string(name))
			if (key == "final-recipient" || key == "action") && g.get(key) != "" {
				end()
			}
			if len(g) < 100 {
				g = append(g, statusField{key, fieldText(string(value[:min(len(value), 4<<10)]))})
			}
		}
	}
	end()
	return groups
}
