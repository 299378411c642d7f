package email

import "time"

// Hurry has sessions wait no longer than so long, for anything.
func (t *Transport) Hurry(idle, poll, login, command time.Duration) {
	t.patience = patience{idle: idle, poll: poll, login: login}
	t.imap.CommandWithin = command
	t.smtp.CommandWithin, t.smtp.SubmitWithin = command, command
}
