package twilio

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"wherry/transports"
	"wherry/transports/dial"
)

// failure is what a number of Twilio's means: its kind, and a text that has
// number where the real one is put.
type failure struct {
	kind transports.ErrorKind
	text transports.Text
}

// number stands for Twilio's number in the texts of failures.
const number = "NNNNN"

// groupFailure is that the account may not text groups: it has the number for
// that, and else what refuses all of that API.
var groupFailure = failure{transports.Unsupported,
	transports.T("Group texts are not enabled on your Twilio account. Have Twilio enable group MMS, or write to each person alone. (Twilio %s)", number)}

// rows is the only table from Twilio's numbers, and HTTP's where Twilio says
// none, to errors. It serves refusals of the API and what calls tell of a
// message.
var rows = []struct {
	codes string
	failure
}{
	{"20003 401", failure{transports.Credentials, transports.T("Twilio refuses the credentials. Register again with the right ones. (Twilio %s)", number)}},
	{"20429 429 21611 30001 30017 30022", failure{transports.Busy, transports.T("There are too many messages at once for Twilio. Try again later. (Twilio %s)", number)}},
	{"21211 21217 21401 21604", failure{transports.Malformed, transports.T("That is not a valid phone number. Write it with a plus sign and the country code. (Twilio %s)", number)}},
	{"21212 21603 21606 21616 21659 21660 21661 21704 21705", failure{transports.Unfit, transports.T("Your line cannot send this. Check that it is a number of your Twilio account that can text. (Twilio %s)", number)}},
	{"21265", failure{transports.Impossible, transports.T("Twilio's numbers cannot text short codes. (Twilio %s)", number)}},
	{"21266", failure{transports.Impossible, transports.T("A line cannot text itself. (Twilio %s)", number)}},
	{"21408", failure{transports.Forbidden, transports.T("Your Twilio account may not text that country. Allow it under Geo permissions in the Twilio Console. (Twilio %s)", number)}},
	{"21608", failure{transports.Forbidden, transports.T("A trial account can text verified numbers only. Verify this one in the Twilio Console, or upgrade the account. (Twilio %s)", number)}},
	{"21610", failure{transports.NotAllowed, transports.T("They texted STOP to your line. They must text START before you can text them again. (Twilio %s)", number)}},
	{"21612", failure{transports.NoRoute, transports.T("No route leads from your line to that number. (Twilio %s)", number)}},
	{"21614 30006", failure{transports.NoRoute, transports.T("That number is a landline, or cannot get texts. (Twilio %s)", number)}},
	{"21617 413", failure{transports.TooLong, transports.T("The message is too long. (Twilio %s)", number)}},
	{"21602 21619", failure{transports.Incomplete, transports.T("There is nothing in this message to send. (Twilio %s)", number)}},
	{"21620 11751 12300 30019 63019 63034", failure{transports.Unfit, transports.T("Twilio does not take this file: its address, type or size is at fault. (Twilio %s)", number)}},
	{"21621 21622 21623 30011", failure{transports.Unsupported, transports.T("Pictures and files cannot be sent from your line to that number. (Twilio %s)", number)}},
	{"30002", failure{transports.Forbidden, transports.T("Your Twilio account is suspended. See the Twilio Console. (Twilio %s)", number)}},
	{"30003", failure{transports.Away, transports.T("That phone cannot be reached: it is off, or has no signal. (Twilio %s)", number)}},
	{"30004", failure{transports.Blocked, transports.T("They, or their phone company, block messages from your line. (Twilio %s)", number)}},
	{"30005", failure{transports.NotFound, transports.T("That number does not exist, or is out of service. (Twilio %s)", number)}},
	{"30007 30450", failure{transports.Filtered, transports.T("The message was taken for spam on its way. (Twilio %s)", number)}},
	{"30008", failure{transports.Undelivered, transports.T("The message did not arrive, and the phone company does not say why. (Twilio %s)", number)}},
	{"30032 30034 30035", failure{transports.Unlicensed, transports.T("Your line must be registered before it may text that country. Register it in the Twilio Console: toll-free verification, or A2P 10DLC. (Twilio %s)", number)}},
	{"30036", failure{transports.Unreachable, transports.T("The message could not be sent in time. (Twilio %s)", number)}},
	{"63016", failure{transports.NotAllowed, transports.T("On WhatsApp you can write freely only within 24 hours of their last message. (Twilio %s)", number)}},
	{"50452", groupFailure},
	{"50435", failure{transports.Unfit, transports.T("Your line and these numbers cannot have a group text: all of them must be ordinary numbers of the United States or Canada. (Twilio %s)", number)}},
	{"50438", failure{transports.Conflict, transports.T("Another program has a group text with these people on your Twilio account. End it there, then write again. (Twilio %s)", number)}},
	{"63024", failure{transports.NotFound, transports.T("That number is not on WhatsApp. (Twilio %s)", number)}},

	{"400 422", failure{transports.Unfit, transports.T("Twilio does not take this message as it is. (Twilio %s)", number)}},
	{"402", failure{transports.Forbidden, transports.T("Your Twilio account has no credit. See the Twilio Console. (Twilio %s)", number)}},
	{"403", failure{transports.Forbidden, transports.T("Your Twilio account, or the API key, may not do that. (Twilio %s)", number)}},
	{"404 410", failure{transports.NotFound, transports.T("Twilio does not have that, or has it no longer. (Twilio %s)", number)}},
}

// The classes of what no row is for.
var (
	otherRefusal = failure{transports.NotAllowed, transports.T("Twilio refuses that. (Twilio %s)", number)}
	otherFault   = failure{transports.Unreachable, transports.T("Twilio has a fault. Try again later. (Twilio %s)", number)}
	unsureFault  = failure{transports.Unreachable, transports.T("Twilio has a fault: the message may have been sent, or not. (Twilio %s)", number)}
	textDown     = transports.T("Twilio cannot be reached. Try again later.")
	textSilent   = transports.T("Twilio did not answer: the message may have been sent, or not.")
	textGarbage  = transports.T("Twilio's answer makes no sense. Try again later.")
	textOdd      = transports.T("Twilio's answer makes no sense: the message may have been sent, or not.")
	textLost     = transports.T("The message did not arrive, and Twilio does not say why.")
	textCanceled = transports.T("The message was canceled at Twilio before it was sent.")
)

// failures are the rows by number.
var failures = func() map[string]failure {
	byCode := make(map[string]failure)
	for _, row := range rows {
		for _, code := range strings.Fields(row.codes) {
			byCode[code] = row.failure
		}
	}
	return byCode
}()

// lookup returns the row of one of Twilio's own numbers, which have five
// digits. Those of 3xxxx that no row is for are a carrier's silence.
func lookup(code string) (failure, bool) {
	if len(code) != 5 {
		return failure{}, false
	}
	f, ok := failures[code]
	if !ok && code[0] == '3' {
		f, ok = failures["30008"]
	}
	return f, ok
}

func (f failure) error(code string, err error) *transports.Error {
	f.text.Args = []string{code}
	return &transports.Error{Kind: f.kind, Text: f.text, Err: err, Code: code}
}

// refusal returns what an answer other than 2xx means. Only a 4xx tells for
// sure that nothing was sent.
func (c *call) refusal(r *http.Response, body []byte) *transports.Error {
	status := strconv.Itoa(r.StatusCode)
	code, words := readRefusal(body)
	f, ok := lookup(code)
	sure := r.StatusCode/100 == 4 && r.StatusCode != http.StatusRequestTimeout
	switch {
	case r.StatusCode == http.StatusTooManyRequests:
		f = failures[status]
	case !sure && c.sends:
		f = unsureFault
	case !sure:
		f = otherFault
	case ok:
	default:
		if f, ok = failures[status]; !ok {
			f = otherRefusal
		}
	}
	cause := fmt.Errorf("status %s", status)
	if words = c.clean(words); words != "" {
		cause = fmt.Errorf("status %s: %s", status, words)
	}
	if code == "" {
		code = status
	}
	e := f.error(code, cause)
	e.Unsure = !sure && c.sends
	e.After = dial.RetryAfter(r.Header, c.p.now())
	return e
}

// undelivered returns why a message that Twilio took did not arrive.
func undelivered(status, code string) *transports.Error {
	f, ok := lookup(code)
	switch {
	case ok:
		return f.error(code, fmt.Errorf("status %s", status))
	case status == statusCanceled:
		return &transports.Error{Kind: transports.Undelivered, Text: textCanceled, Err: errors.New("canceled")}
	case isCode(code):
		return failures["30008"].error(code, fmt.Errorf("status %s", status))
	}
	return &transports.Error{Kind: transports.Undelivered, Text: textLost, Err: fmt.Errorf("status %s without a number", status)}
}

// isCode tells whether a word can be a number of Twilio's.
func isCode(s string) bool {
	n, err := strconv.ParseUint(s, 10, 20)
	return err == nil && n > 0
}

// broken returns the error of a request that got no whole answer.
func broken(err error, unsure bool) *transports.Error {
	text := textDown
	if unsure {
		text = textSilent
	}
	return &transports.Error{Kind: transports.Unreachable, Text: text, Err: err, Unsure: unsure}
}

// garbage returns the error of an answer that cannot be read.
func garbage(err error, unsure bool) *transports.Error {
	text := textGarbage
	if unsure {
		text = textOdd
	}
	return &transports.Error{Kind: transports.Unreachable, Text: text, Err: fmt.Errorf("answer: %w", err), Unsure: unsure}
}

// mostWords is how many characters of the other side's words are kept.
const mostWords = 200

// clean returns the other side's words for the log: short, without characters
// that steer, and without the secret if they have it.
func (c *call) clean(words string) string {
	basic := base64.StdEncoding.EncodeToString([]byte(c.as.user + ":" + c.as.secret))
	words = strings.NewReplacer(c.as.secret, "…", basic, "…").Replace(words)
	var b strings.Builder
	n := 0
	for _, r := range words {
		if n++; n > mostWords {
			b.WriteRune('…')
			break
		}
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
