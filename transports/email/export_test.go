package email

import (
	"bytes"
	"context"
	"time"

	"wherry/transports"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/message"
)

// Quicken has sessions wait no longer than so long, for anything.
func (t *Transport) Quicken(idle, poll, login, command time.Duration) {
	t.patience = patience{try: defaultPatience.try, idle: idle, poll: poll, login: login, elsewhere: poll}
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

// Hurry makes the outgoing side fast: a copy waits so long, and is looked for so
// often before it is ours to make.
func (t *Transport) Hurry(settle time.Duration, probes int) {
	t.pace.settle = settle
	t.pace.probe = make([]time.Duration, probes)
	for i := range t.pace.probe {
		t.pace.probe[i] = settle
	}
	t.pace.again = []time.Duration{settle, settle, settle}
	t.pace.accept = 5 * time.Second
	t.imap.CommandWithin, t.smtp.CommandWithin, t.smtp.SubmitWithin = 5*time.Second, 5*time.Second, 5*time.Second
}

// SetIdle sets how long an unused connection to the server that takes mails is kept.
func (t *Transport) SetIdle(d time.Duration) { t.pace.idle = d }

// Encode returns a message's Trail.
func (t trail) Encode() []byte { return t.encode() }

// ReadTrail reads one.
func ReadTrail(b []byte) (Trail, bool) { return readTrail(b) }

// SetTry sets how long a trial may take.
func (t *Transport) SetTry(d time.Duration) { t.patience.try = d }

// SetFind has the servers of every address found so.
func (t *Transport) SetFind(found autoconfig.Found) {
	t.find = func(context.Context, string) (autoconfig.Found, error) { return found, nil }
}

// Person returns the contact that an address is of.
func Person(t *Transport, spec string) transports.Address { return (&Session{t: t}).person(spec) }

// PersonOf is Person in the eyes of a session.
func PersonOf(s transports.Session, spec string) transports.Address { return s.(*Session).person(spec) }

// Leave asks a URL to take the user off a list.
func Leave(ctx context.Context, t *Transport, to string) error {
	_, err := t.post(ctx, &message.Leaving{Post: to})
	return err
}
