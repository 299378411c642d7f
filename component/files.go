package component

import (
	"context"
	"time"

	"wherry/component/jid"
	"wherry/component/sharing"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/store"
	"wherry/transports"
)

// A file that came with a message is a row of the inbox by itself, behind the
// message's text. Before it is told it must be brought: fetched from the
// network, and put where the user's client finds it. Its conversation waits for
// that, but not for long.

// Uploader puts files where users' clients find them.
type Uploader interface {
	// Upload puts a file of a user's somewhere. from is the address of ours that
	// asks for a place. An error that is Temporary may pass by itself.
	Upload(ctx context.Context, who, from jid.JID, f *transports.Content) (url, typ string, size int64, err error)
}

// Forgetful is an Uploader that can take back what it put somewhere for a user
// of a domain.
type Forgetful interface {
	Forget(domain string, who jid.JID)
}

const (
	bringAtOnce = 2                // files of one user
	bringWithin = 5 * time.Minute  // for one try
	bringTries  = 12               // until the user is told that it cannot be had
	bringMost   = 10 * time.Minute // before a later one
)

// bringing is how far the bringing of a file is.
type bringing struct {
	since time.Time // when it was begun
	until time.Time // before this it is not tried again
	tries int
	busy  bool
}

// wanting tells whether a row is a file that is not brought yet.
func (it *item) wanting() bool { return it.Kind == itemFile && it.URL == "" && it.Err == nil }

// holds tells whether a file that is brought still holds its conversation.
func (b *bringing) holds(now time.Time, most time.Duration) bool {
	return now.Before(b.since.Add(most))
}

// bring has the file of a row brought, if it is not on its way, and sees to it
// that the inbox is looked at again in time. It reports true where the item is
// to be told as it is.
func (u *user) bring(row *incoming, it *item) bool {
	in, now := u.in, time.Now()
	if row.bringing == nil {
		row.bringing = &bringing{since: now}
	}
	b := row.bringing
	if b.holds(now, u.d.c.patience.holds) {
		u.inboxLater(time.Until(b.since.Add(u.d.c.patience.holds)))
	}
	switch {
	case b.busy || in.bringing >= bringAtOnce:
		return false // the inbox is looked at again when one ends
	case now.Before(b.until):
		u.inboxLater(time.Until(b.until))
		return false
	}
	ctx, f, err := u.fetcher(row.Account)
	if err != nil {
		u.brought(row, it, err)
		return !it.wanting()
	}
	b.busy, b.tries = true, b.tries+1
	in.bringing++
	u.waits++
	u.d.busy.add()
	got := *it
	go func() {
		defer u.d.busy.done()
		err := u.d.guard(func() error { return u.d.carry(ctx, u.jid, f, &got) })
		u.box.post(func(u *user) {
			u.waits--
			in.bringing--
			b.busy = false
			if u.in == in {
				u.brought(row, &got, err)
				u.deliver()
			}
		})
	}()
	return false
}

// fetcher returns what opens the files of an account, and for how long: its
// session, or where the network refuses the account, another one that is never
// run.
func (u *user) fetcher(id int64) (context.Context, transports.Fetcher, error) {
	if u.d.c.conf.Uploader == nil {
		return nil, nil, &transports.Error{Kind: transports.Unsupported, Text: transports.T("The gateway has no place for files.")}
	}
	for _, a := range u.accounts {
		if a.id.Load() != id {
			continue
		}
		if a.session != nil {
			if f, ok := a.session.ts.(transports.Fetcher); ok {
				return a.session.ctx, f, nil
			}
			break
		}
		ts, err := u.d.Transport().Open(u.transportAccount(a), nil)
		if err != nil {
			return nil, nil, err
		}
		if f, ok := ts.(transports.Fetcher); ok {
			return u.d.live, f, nil
		}
	}
	return nil, nil, &transports.Error{Kind: transports.Unsupported}
}

// carry fetches one file and puts it where the user's client finds it.
func (d *Domain) carry(ctx context.Context, who jid.JID, f transports.Fetcher, it *item) error {
	ctx, cancel := context.WithTimeout(ctx, bringWithin)
	defer cancel()
	select {
	case d.pool <- struct{}{}:
		defer func() { <-d.pool }()
	case <-ctx.Done():
		return &transports.Error{Kind: transports.Busy, Err: ctx.Err()}
	}
	m := *it.Message
	file := m.Attachments[0]
	content, err := f.Fetch(ctx, file.Ref)
	if err != nil {
		return err
	}
	defer content.Body.Close()
	if content.Type == "" {
		content.Type = file.Type
	}
	if file.Name != "" {
		content.Name = file.Name
	}
	url, typ, size, err := d.c.conf.Uploader.Upload(ctx, who, d.uploads(who), content)
	if err != nil {
		return err
	}
	file.Name, file.Type, file.Size = content.Name, typ, size
	m.Attachments = []transports.Attachment{file}
	it.Message, it.URL = &m, url
	return nil
}

// brought follows one try to bring a file: it is told, tried again, or given
// up.
func (u *user) brought(row *incoming, it *item, err error) {
	b := row.bringing
	if err != nil {
		e := transports.AsError(err)
		u.log().Warn("a file could not be brought", "message", it.Origin, "try", b.tries, "err", e)
		if e.Kind == transports.Credentials {
			b.until = time.Now().Add(bringMost) // or when the user has registered again
			u.inboxLater(bringMost)
			return
		}
		if e.Temporary() && b.tries < bringTries {
			wait := max(e.After, backoff(b.tries, u.d.c.patience.bring, bringMost))
			b.until = time.Now().Add(wait)
			u.inboxLater(wait)
			return
		}
		it.Err = &transports.Error{Kind: e.Kind, Text: e.Text, Code: e.Code}
	}
	content := it.encode()
	u.in.size += int64(len(content) - len(row.Content))
	row.Content = content
	id := row.ID
	u.record(func(t *store.Tx) ([]store.Incoming, error) { return nil, t.SetIncoming(id, content) })
}

// bringAgain has all files tried again at once: the account's user has given
// other credentials.
func (u *user) bringAgain() {
	if u.in == nil {
		return
	}
	for _, row := range u.in.rows {
		if row.bringing != nil {
			row.bringing.until = time.Time{}
		}
	}
}

// file tells of a file: its URL is the whole body, so that clients show the file
// in its place. Where it could not be brought, words stand for it.
func (it *item) file(how telling, m transports.Message) *stanza.Message {
	f := m.Attachments[0]
	if it.URL == "" {
		what := f.Name
		if what == "" {
			what = f.Type
		}
		m.Text = text.In(how.lang, transports.T("[file] A file (%s) came with message %s and could not be fetched: %s",
			what, it.Origin, text.In(how.lang, withText(it.Err).Text)))
		return chatMessage(how.from, how.user, it.ID, m)
	}
	m.Text = it.URL
	out := chatMessage(how.from, how.user, it.ID, m)
	out.Payload = append(out.Payload, sharing.Elements(sharing.File{URL: it.URL, Name: f.Name, Type: f.Type, Size: f.Size})...)
	return out
}
