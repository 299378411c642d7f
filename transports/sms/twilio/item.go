package twilio

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// What Twilio calls the states of a message.
const (
	statusReceiving   = "receiving"
	statusReceived    = "received"
	statusFailed      = "failed"
	statusUndelivered = "undelivered"
	statusCanceled    = "canceled"
)

// states are all states of an outbound message.
var states = map[string]provider.State{
	"accepted":            provider.Accepted,
	"scheduled":           provider.Accepted,
	"queued":              provider.Accepted,
	"sending":             provider.Accepted,
	"sent":                provider.Sent,
	"partially_delivered": provider.Sent,
	"delivered":           provider.Delivered,
	"read":                provider.Read,
	statusUndelivered:     provider.Failed,
	statusFailed:          provider.Failed,
	statusCanceled:        provider.Failed,
}

// stateOf returns the state that Twilio's word is for, and why a message
// failed, by the number that came with it.
func stateOf(status, code string) (provider.State, *transports.Error) {
	state := states[status]
	if state == provider.Failed {
		return state, undelivered(status, code)
	}
	return state, nil
}

// inbound is the direction of what came to a line. The others begin with
// "outbound".
const inbound = "inbound"

// trialNote is what Twilio puts before all that a trial account sends. The API
// may show it as part of the text, which it is not.
const trialNote = "Sent from your Twilio trial account - "

// itemOf reads a message of the API's.
func itemOf(m *v2010.ApiV2010Message) provider.Item {
	item := provider.Item{
		ID:      canonical(value(m.Sid)),
		Line:    value(m.From),
		Peer:    value(m.To),
		Inbound: value(m.Direction) == inbound,
		Text:    value(m.Body),
		Time:    timeOf(m),
	}
	item.NumMedia = numMedia(value(m.NumMedia), 0)
	if item.Inbound {
		item.Line, item.Peer = item.Peer, item.Line
		item.Stop = optOut("", item.Peer, item.Text)
		return item
	}
	item.Text = strings.TrimPrefix(item.Text, trialNote)
	code := ""
	if m.ErrorCode != nil {
		code = strconv.Itoa(*m.ErrorCode)
	}
	item.State, item.Err = stateOf(value(m.Status), code)
	return item
}

// timeOf returns when a message was sent, else made; zero where nobody knows.
func timeOf(m *v2010.ApiV2010Message) time.Time {
	if t := parseTime(value(m.DateSent)); !t.IsZero() {
		return t
	}
	return parseTime(value(m.DateCreated))
}

// parseTime reads a time of RFC 2822; zero where it is none.
func parseTime(s string) time.Time {
	t, err := mail.ParseDate(s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// numMedia reads how many files a message says it has, where there are at least
// so many. What cannot be right is not believed.
func numMedia(told string, there int) int {
	n, err := strconv.Atoi(told)
	if err != nil || n < there || n > mostMedia {
		return there
	}
	return n
}

var (
	sidForm = regexp.MustCompile(`^(?i:SM|MM)[0-9A-Fa-f]{32}$`)
	// uuidForm is what services other than Twilio name messages by.
	uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
)

// messageSID returns the one spelling of a message's SID, or false where it is
// none.
func (p *Provider) messageSID(s string) (string, bool) {
	ok := sidForm.MatchString(s) || !p.own && uuidForm.MatchString(s)
	return canonical(s), ok
}

// canonical spells a SID as Twilio does; what is none stays as it is.
func canonical(s string) string {
	switch {
	case sidForm.MatchString(s):
		return strings.ToUpper(s[:2]) + strings.ToLower(s[2:])
	case uuidForm.MatchString(s):
		return strings.ToLower(s)
	}
	return s
}

// optOuts are the words that Twilio acts on by itself, where they are all of a
// text: they forbid and allow messages, or ask for help.
var optOuts = map[string]provider.OptOut{
	"STOP": provider.Stop, "STOPALL": provider.Stop, "UNSUBSCRIBE": provider.Stop, "END": provider.Stop,
	"QUIT": provider.Stop, "REVOKE": provider.Stop, "OPTOUT": provider.Stop, "CANCEL": provider.Stop,
	"START": provider.Start, "YES": provider.Start, "UNSTOP": provider.Start,
	"HELP": provider.Help, "INFO": provider.Help,
}

// optOut returns what Twilio told of a text, else what its words mean. Words
// mean nothing on other channels than SMS.
func optOut(told, peer, text string) provider.OptOut {
	switch strings.ToUpper(told) {
	case "STOP":
		return provider.Stop
	case "START":
		return provider.Start
	case "HELP":
		return provider.Help
	}
	if channel(peer) != "" {
		return provider.NoOptOut
	}
	return optOuts[strings.ToUpper(strings.TrimSpace(text))]
}

// channels are the beginnings of addresses that are not SMS.
var channels = []string{"whatsapp:", "rcs:", "messenger:"}

// channel returns the beginning of an address that tells its channel; empty is
// SMS.
func channel(address string) string {
	for _, c := range channels {
		if strings.HasPrefix(address, c) {
			return c
		}
	}
	return ""
}

// lineFor returns a line as Twilio wants it beside a peer: both are of one
// channel (Twilio's error 21910).
func lineFor(line, peer string) string {
	if c := channel(peer); c != "" && channel(line) == "" {
		return c + line
	}
	return line
}
