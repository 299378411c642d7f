package message

import (
	"strings"

	"wherry/transports/email/plain"
)

// bounce reads reports that are for people only: of qmail, Exim, older Exchange,
// Postfix without MIME, Gmail's old ones. What writes them says so by who it is,
// by what it answers, or by X-Failed-Recipients. nil is none.
func bounce(m *Mail) *Report {
	failed := m.Header.Has("X-Failed-Recipients")
	if !failed && !isDaemon(m.From) && !m.nullSender() {
		return nil
	}
	text := ""
	for _, b := range m.Bodies {
		if len(text) > 64<<10 {
			break
		}
		if b.Plain == "" {
			b.Plain = plain.HTML(b.HTML[:min(len(b.HTML), 64<<10)])
		}
		text = join(text, b.Plain)
	}
	text = text[:min(len(text), 64<<10)]
	said, returned := cutReturned(text)
	words := strings.Join(strings.Fields(m.Subject+" "+said), " ")
	if !failed && !bounceWords().MatchString(words) {
		return nil
	}
	r := &Report{Outcomes: bounceOutcomes(said)}
	status := ""
	if failed { // Exim's field
		status = statusIn(said)
	}
	for _, a := range addresses(&m.Header, "X-Failed-Recipients") {
		if len(r.Outcomes) < maxOutcomes && !named(r.Outcomes, a.Spec) {
			r.Outcomes = append(r.Outcomes, Outcome{Recipient: a.Spec, Status: status})
		}
	}
	if len(r.Outcomes) == 0 {
		r.Outcomes = bounceWithin(said[:min(len(said), 4<<10)])
	}
	if len(r.Outcomes) == 0 {
		return nil
	}
	if delayWords().MatchString(words) {
		for i := range r.Outcomes {
			r.Outcomes[i].Action = Delayed
		}
	}
	if r.MessageID = messageIDIn(returned); r.MessageID == "" {
		r.MessageID = returnedID(m)
	}
	if r.MessageID == "" && len(m.InReplyTo) > 0 {
		r.MessageID = m.InReplyTo[0]
	}
	return r
}

// bounceWithin finds a recipient within what is said.
func bounceWithin(said string) []Outcome {
	found := addressWithin().FindStringSubmatch(said)
	if found == nil {
		return nil
	}
	why := oneLine(strings.ToValidUTF8(strings.Join(strings.Fields(said), " "), ""))
	return []Outcome{{Recipient: cutString(found[1], 320), Status: statusIn(why), Diagnostic: cutString(why, 1000)}}
}

func named(list []Outcome, address string) bool {
	for _, o := range list {
		if strings.EqualFold(o.Recipient, address) {
			return true
		}
	}
	return false
}

var (
	bounceWords = lazy(`(?i)` + strings.Join([]string{
		`this is the qmail-send program`, `could not be delivered`, `cannot be delivered`, `не может быть доставлено`, `couldn't be delivered`, `was(?:n't| not) delivered`, `undeliverable`, `delivery (?:to the following|has failed|failed)`,
		`did not reach`, `unable to deliver`, `address\(es\) failed`, `not yet been delivered`, `delivery status notification`, `has been delayed`,
		`not able to deliver`, `failure notice`, `returned mail`, `mail failed`, `failed \d+ attempts`, `non-?delivery`, `fatal errors`, `exceeds allowed size`, `quota violation`,
		`permanent error`, `returned to sender`, `unzustellbar`, `konnte nicht zugestellt`, `non remis`, `no se (?:ha )?pud[oi].{0,20}entreg`,
	}, "|"))
	delayWords = lazy(`(?i)not yet been delivered|still being retried|will be retried|has been delayed|message.{0,20} delayed|delivery attempts will continue|continue to (?:be )?(?:try|attempt)|this is a warning message only|will keep trying`)

	// returnedMark is where what is returned begins.
	returnedMark = lazy(`(?im)^(?:-{3,} ?below this line is a copy of the message|-{3,} ?this is a copy of the message|-{3,} ?the (?:header|body) of the message|-{3,} ?original message|-{3,} ?message header follows|-{3,} ?undelivered message|-{3,} ?returned message|-{3,} ?enclosed is a copy|original message follows|received: from )`)

	// addressWithin is a recipient within what is said, where no line begins with one.
	addressWithin = lazy(`(?i)(?:exceeds allowed size|unknown (?:user|recipient)|deliver (?:your|the) message to|addressed to|intended recipient|local mailbox|failed \d+ attempts|undeliverable (?:to|address)|error-for|recipient: \[smtp|email address)[:\s]*(?:-- )?['"<]?([^\s<>@'"(),;:]+@[a-zA-Z0-9.\-]*[a-zA-Z0-9])`)

	// addressLine is a recipient at the beginning of a line, and what is said after it.
	addressLine = lazy(`^\s*(?:(?:to|recipient|failed recipient):\s*)?(<[^<>\s@]+@[^<>\s@]+>|[^<>\s@:(),;"']+@[a-zA-Z0-9.\-]*[a-zA-Z0-9])(?:\s*\([^()]*\)|\s*<mailto:[^>]*>)?(?:\s+on\s.*\d:\d\d.*|\s*[:.;]?\s*(.*))$`)
)

// cutReturned splits a text before what is returned of the mail.
func cutReturned(text string) (said, returned string) {
	if at := returnedMark().FindStringIndex(text); at != nil {
		return text[:at[0]], text[at[0]:]
	}
	return text, ""
}

// bounceOutcomes finds each recipient in a text, and the reason: what follows, up
// to a blank line after it.
func bounceOutcomes(text string) (list []Outcome) {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	for i := 0; i < len(lines) && len(list) < maxOutcomes; i++ {
		if len(lines[i]) > 2000 {
			continue
		}
		found := addressLine().FindStringSubmatch(lines[i])
		if found == nil || len(found[1]) > 320 {
			continue
		}
		address := strings.Trim(found[1], "<>")
		reason := []string{strings.TrimSpace(found[2])}
		for i+1 < len(lines) && len(reason) < 20 {
			next := strings.TrimSpace(lines[i+1])
			if next == "" && reason[len(reason)-1] != "" && strings.Join(reason, "") != "" {
				break
			}
			if addressLine().MatchString(lines[i+1]) {
				break
			}
			reason = append(reason, next)
			i++
		}
		if named(list, address) {
			continue
		}
		why := oneLine(strings.Join(strings.Fields(strings.Join(reason, " ")), " "))
		list = append(list, Outcome{Recipient: address, Status: statusIn(why), Diagnostic: cutString(why, 1000)})
	}
	return list
}

var (
	replyCode   = lazy(`\b([45])\d\d[ \-]`)
	statusWords = []struct {
		words  pattern
		status string
	}{
		{lazy(`(?i)user unknown|unknown user|no such (?:user|person|recipient|mailbox|address)|does not exist|doesn't exist|unrouteable address|no mailbox here|user not found|recipient (?:address )?rejected|address (?:.{0,30} )?(?:not found|couldn't be found|could not be found)|wasn't found at|unbekannt`), "5.1.1"},
		{lazy(`(?i)mailbox (?:is )?full|mailbox exceeds|over (?:disk )?quota|overquota|exceeding (?:their|its|his|the) quota|quota (?:exceeded|violation)|exceeded storage`), "5.2.2"},
		{lazy(`(?i)host (?:not found|unknown)|domain (?:not found|does not exist)|couldn't find any host|name or service not known`), "5.1.2"},
		{lazy(`(?i)too (?:large|big)|size (?:limit|exceeds)`), "5.3.4"},
		{lazy(`(?i)spam|blocked|blacklist|policy|not permitted|access denied`), "5.7.1"},
		{lazy(`(?i)timed? ?out|retry (?:time|timeout)|not responding|connection refused`), "4.4.1"},
	}
)

// statusIn returns the status code that a text has, or means.
func statusIn(text string) string {
	if code := statusCode().FindString(text); code != "" {
		return code
	}
	for _, w := range statusWords {
		if w.words().MatchString(text) {
			return w.status
		}
	}
	if code := replyCode().FindStringSubmatch(text); code != nil {
		return code[1] + ".0.0"
	}
	return ""
}
