package email

import (
	"bytes"
	"time"

	"wherry/transports"
	"wherry/transports/email/message"
)

// Hurry has sessions wait no longer than so long, for anything.
func (t *Transport) Hurry(idle, poll, login, command time.Duration) {
	t.patience = patience{idle: idle, poll: poll, login: login}
	t.imap.CommandWithin = command
	t.smtp.CommandWithin, t.smtp.SubmitWithin = command, command
}

// Convert returns what a mail says that came at a time.
func Convert(s transports.Session, raw []byte, at time.Time) []transports.Event {
	m, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		panic(err)
	}
	return s.(*Session).convert(m, arrival{uid: 7, validity: 1, date: at})
}

// SetServer sets by which name the provider signs what it found out.
func SetServer(s transports.Session, id string) { s.(*Session).server = id }

// Trail is what is kept of a mail for its answers.
type Trail = trail

// ReadTrail reads one.
func ReadTrail(b []byte) (Trail, bool) { return readTrail(b) }
