// Package status holds the one table from the codes by which mail servers refuse
// to what a person is told: RFC 3463, as SMTP replies have them and reports of
// failed delivery.
package status

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"wherry/transports"
)

// Code is an enhanced status code: class, subject and detail. The zero Code is
// none.
type Code [3]int

// Parse reads "5.1.1"; anything else is the zero Code.
func Parse(s string) Code {
	var c Code
	parts := strings.Split(strings.TrimSpace(s), ".")
	if len(parts) != len(c) {
		return Code{}
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 10)
		if err != nil || n > 999 {
			return Code{}
		}
		c[i] = int(n)
	}
	if c[0] != 2 && c[0] != 4 && c[0] != 5 {
		return Code{}
	}
	return c
}

func (c Code) String() string { return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2]) }

// meaning is what a code says, whatever its class.
type meaning struct {
	kind transports.ErrorKind
	text transports.Text // with a place for the address, or none
}

// Texts that several codes have.
var (
	textUnknown  = transports.T("There is no mailbox %s.", "")
	textClosed   = transports.T("The mailbox %s is closed.", "")
	textNoServer = transports.T("There is no mail server for %s.", "")
	textFull     = transports.T("The mailbox %s is full.", "")
	textLarge    = transports.T("The mail is too large for %s.", "")
	textSender   = transports.T("Your provider does not let you send from this address.")
	textRefused  = transports.T("The mail to %s was refused.", "")
	textSpam     = transports.T("The mail to %s was taken for spam.", "")
	textTime     = transports.T("The server of %s could not be reached for too long.", "")
	textSystem   = transports.T("The mail server has a problem.")
	textLogin    = transports.T("Your provider refused the log-in.")
	textTooMany  = transports.T("Your provider lets you send no more mails for now.")
)

// meanings has the codes that say more than their subject: RFC 3463 and the
// registry of RFC 5248. A detail of -1 is any.
var meanings = map[[2]int]meaning{
	{1, 0}:  {transports.NotFound, textUnknown},
	{1, 1}:  {transports.NotFound, textUnknown},
	{1, 2}:  {transports.NotFound, textNoServer},
	{1, 3}:  {transports.Malformed, transports.T("%s is not a mail address.", "")},
	{1, 4}:  {transports.NotFound, transports.T("%s means more than one mailbox.", "")},
	{1, 6}:  {transports.NotFound, textClosed},
	{1, 7}:  {transports.Forbidden, textSender},
	{1, 8}:  {transports.Forbidden, textSender},
	{1, 10}: {transports.NotFound, transports.T("%s takes no mail.", "")}, // RFC 7505
	{1, -1}: {transports.NotFound, textUnknown},

	{2, 1}:  {transports.NotFound, textClosed},
	{2, 2}:  {transports.Full, textFull},
	{2, 3}:  {transports.TooLong, textLarge},
	{2, 4}:  {transports.Undelivered, transports.T("The list %s could not be reached.", "")},
	{2, -1}: {transports.Undelivered, textRefused},

	{3, 1}:  {transports.Full, textSystem},
	{3, 4}:  {transports.TooLong, textLarge},
	{3, -1}: {transports.Undelivered, textSystem},

	{4, 4}:  {transports.NoRoute, textNoServer},
	{4, -1}: {transports.Away, textTime},

	{5, 3}:  {transports.TooLong, transports.T("This mail goes to too many people.")},
	{5, -1}: {transports.Undelivered, textSystem},

	{6, 7}:  {transports.Unsupported, transports.T("The address %s has letters that a mail server on the way cannot handle.", "")}, // RFC 6531
	{6, -1}: {transports.Unfit, textRefused},

	{7, 1}:   {transports.Forbidden, textRefused},
	{7, 2}:   {transports.Forbidden, transports.T("You may not write to the list %s.", "")},
	{7, 8}:   {transports.Credentials, textLogin}, // RFC 4954 §6
	{7, 9}:   {transports.Credentials, textLogin}, // another way to log in is wanted: Google's app passwords
	{7, 11}:  {transports.Credentials, textLogin},
	{7, 14}:  {transports.Credentials, textLogin}, // Google: log in by the browser
	{7, 28}:  {transports.Busy, textTooMany},
	{7, 30}:  {transports.Unsupported, transports.T("%s can only be reached by secure servers all the way, which is not so.", "")}, // RFC 8689
	{7, 60}:  {transports.Forbidden, textSender},                                                                                   // Exchange
	{7, 139}: {transports.Credentials, transports.T("Your provider takes no passwords from other programs any more. Log in by the browser.")},
	{7, 510}: {transports.Filtered, textSpam},
	{7, 511}: {transports.Filtered, textSpam},
	{7, -1}:  {transports.Forbidden, textRefused},
}

// replies says what a reply of SMTP means where it has no enhanced code: RFC 5321
// §4.2.3, RFC 4954 §6.
var replies = map[int]meaning{
	421: {transports.Busy, textSystem},
	432: {transports.Credentials, textLogin},
	454: {transports.Busy, textSystem},
	530: {transports.Credentials, textLogin},
	534: {transports.Credentials, textLogin},
	535: {transports.Credentials, textLogin},
	538: {transports.Credentials, textLogin},
	551: {transports.NotFound, textUnknown},
	552: {transports.Full, textFull},
	553: {transports.Malformed, transports.T("%s is not a mail address.", "")},
	556: {transports.NotFound, transports.T("%s takes no mail.", "")},
}

// Refusal is how a server said no.
type Refusal struct {
	Reply int    // the SMTP reply, or 0
	Code  Code   // the enhanced one, or the zero Code
	Words string // of the server that the user trusts with their mail; empty for any other's
	To    string // whose mail it is about; empty: all of it
	Login bool   // it refused the log-in
}

// Error returns what a refusal means. A class of 4 may pass by itself.
func (r Refusal) Error() *transports.Error {
	m := r.meaning()
	words := Clean(r.Words)
	e := &transports.Error{Kind: m.kind, Text: m.text, Code: r.code(), Err: fmt.Errorf("reply %d, %s: %q", r.Reply, r.Code, words)}
	if strings.Contains(m.text.Format, "%s") {
		e.Text.Args = []string{r.subject()}
	}
	switch {
	case words == "":
	case m.text.Format == textRefused.Format:
		e.Text = transports.T("The mail to %s was refused. The server says: %s", r.subject(), words)
	case m.text.Format == textSystem.Format:
		e.Text = transports.T("The mail server has a problem. It says: %s", words)
	}
	if r.passes() && e.Kind != transports.Credentials {
		e.Kind = transports.Busy
	}
	return e
}

// passes tells whether the same may work later.
func (r Refusal) passes() bool {
	if r.Reply != 0 {
		return r.Reply/100 == 4
	}
	return r.Code[0] == 4
}

func (r Refusal) code() string {
	switch {
	case r.Code != Code{}:
		return r.Code.String()
	case r.Reply != 0:
		return strconv.Itoa(r.Reply)
	}
	return ""
}

// subject names what was refused.
func (r Refusal) subject() string {
	if r.To == "" {
		return "…"
	}
	return r.To
}

func (r Refusal) meaning() meaning {
	if r.Login && !r.passes() {
		if m, ok := meanings[[2]int{r.Code[1], r.Code[2]}]; ok && m.kind == transports.Credentials {
			return m
		}
		return meaning{transports.Credentials, textLogin}
	}
	if m, ok := meanings[[2]int{r.Code[1], r.Code[2]}]; ok && r.Code != (Code{}) {
		return m
	}
	if m, ok := replies[r.Reply]; ok {
		return m
	}
	if m, ok := meanings[[2]int{r.Code[1], -1}]; ok && r.Code != (Code{}) {
		return m
	}
	return meaning{transports.Undelivered, textRefused}
}

// wordsMost bounds what a server is quoted with, in characters.
const wordsMost = 200

// Clean returns what a server said as one short line of what can be seen.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > wordsMost {
		s = string(r[:wordsMost]) + "…"
	}
	return s
}
