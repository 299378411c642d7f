package compose

import (
	"strings"
	"time"

	"wherry/transports/email/addrspec"
)

// Seen is the report that a mail was shown to a person who allowed such reports
// beforehand: RFC 8098.
type Seen struct {
	From      Mailbox   // who saw it, and sends this
	To        Mailbox   // where the mail asked the report to go
	ID        string    // the report's Message-ID, without <>
	Date      time.Time // when it was seen
	Lang      string    // of the sentence in it
	MailID    string    // of the mail, as that has it
	Subject   string    // of the mail
	Original  string    // its Original-Recipient, as "rfc822;ann@example.org"; or empty
	Recipient string    // the address it was delivered to; empty: From's
}

// NewSeen writes a report. It goes from nobody, so that nothing answers it.
func NewSeen(s Seen) (*Message, error) {
	from, err := addrspec.Parse(s.From.Addr)
	if err != nil {
		return nil, err
	}
	to, err := addrspec.Parse(s.To.Addr)
	if err != nil {
		return nil, err
	}
	final := from
	if a, err := addrspec.Parse(s.Recipient); err == nil {
		final = a
	}
	h := new(header)
	if err := h.origin(s.From, s.Date, s.ID); err != nil {
		return nil, err
	}
	title, words := s.words()
	h.addresses("To", []Mailbox{s.To})
	h.text("Subject", title)
	h.thread(s.MailID, nil)
	h.raw("Auto-Submitted", string(Replied))
	h.raw("MIME-Version", "1.0")
	h.report(layText(words), s.fields(final))
	return &Message{
		envelope: envelope{to: []string{to.String()}, utf8: from.UTF8() || to.UTF8() || final.UTF8()},
		parts:    []part{{known: h.bytes()}},
	}, nil
}

// words returns what a person is told.
func (s Seen) words() (title, text string) {
	about := cutAtWord(cleanLine(s.Subject, textMost), subjectMost)
	if strings.EqualFold(s.Lang, "de") || strings.HasPrefix(strings.ToLower(s.Lang), "de-") {
		return strings.TrimSpace("Gelesen: " + about),
			"Die Nachricht wurde angezeigt. Das heißt nicht, dass sie gelesen oder verstanden wurde."
	}
	return strings.TrimSpace("Read: " + about),
		"The message was displayed. That is no promise that it was read or understood."
}

// fields returns what a program is told (RFC 8098 §3.1).
func (s Seen) fields(final addrspec.Spec) string {
	h := new(header)
	if kind, addr, ok := strings.Cut(s.Original, ";"); ok && strings.EqualFold(strings.TrimSpace(kind), "rfc822") {
		if a, err := addrspec.Parse(strings.TrimSpace(addr)); err == nil && !a.UTF8() {
			h.raw("Original-Recipient", "rfc822;"+a.String())
		}
	}
	kind := "rfc822;"
	if final.UTF8() {
		kind = "utf-8;"
	}
	h.raw("Final-Recipient", kind+final.String())
	if validID(s.MailID) {
		h.raw("Original-Message-ID", "<"+s.MailID+">")
	}
	h.raw("Disposition", "manual-action/MDN-sent-automatically; displayed")
	return h.String()
}

// report writes a multipart/report of a sentence and some fields (RFC 6522).
func (h *header) report(t laidText, fields string) {
	boundary := boundaryOf(h.String(), t.String(), fields)
	h.params("Content-Type", "multipart/report", param{"report-type", "disposition-notification"}, param{"boundary", boundary})
	h.end()
	h.line("--" + boundary)
	h.body(t)
	h.line("--" + boundary)
	kind := "message/disposition-notification"
	if strings.ContainsFunc(fields, func(r rune) bool { return r > '~' }) {
		kind = "message/global-disposition-notification" // RFC 6533 §6
	}
	h.raw("Content-Type", kind)
	h.end()
	h.b.WriteString(fields)
	h.end()
	h.line("--" + boundary + "--")
}
