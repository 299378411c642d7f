package component

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"wherry/component/jid"
	"wherry/component/text"
	"wherry/transports"
)

// fieldPaste is how many lines a message may have at most to go out as such; longer
// ones go out as a link. Empty or 0: all do.
const fieldPaste = "paste_lines"

const (
	pasteWithin = 30 * time.Second // for a place to take a text
	pasteFirst  = 150              // bytes of the first line that go out with the link
)

// pasteOf returns what makes a link of a message that has more lines than its
// sender wants to go out, by what they are or as the network cuts them; nil where
// it goes out as it is. It is called in the session's turn: what was written later
// waits for it, and keeps its place.
func (u *user) pasteOf(a *account, m *transports.Message, parts int) func(context.Context) ([]transports.Message, error) {
	wish := u.wish(m.Chat, fieldPaste)
	if wish == "" {
		return nil
	}
	lines := max(strings.Count(strings.TrimRight(m.Text, "\n"), "\n")+1, parts)
	if most, err := strconv.Atoi(wish); err != nil || most <= 0 || lines <= most {
		return nil
	}
	return u.link(a, *m, lines)
}

// link is pasteOf for a message that is to go out as a link.
func (u *user) link(a *account, m transports.Message, lines int) func(context.Context) ([]transports.Message, error) {
	d, who, lang, s := u.d, u.jid, u.lang, a.session
	return func(ctx context.Context) ([]transports.Message, error) {
		url, err := d.paste(ctx, who, m.Text)
		if err != nil {
			e := transports.AsError(err)
			d.log.Warn("a long message found no place", "user", who.String(), "err", e)
			return nil, &transports.Error{
				Kind: e.Kind, After: e.After, Err: err,
				Text: transports.T("Nothing was sent: this message of %s lines was to go out as a link, and no place took its text.", strconv.Itoa(lines)),
			}
		}
		m.Text = text.In(lang, transports.T("%s… (%s lines: %s)", firstLine(m.Text), strconv.Itoa(lines), url))
		return s.split(m), nil
	}
}

// firstLine returns the beginning of the first line of a text that says something;
// the fences of XEP-0393 do not.
func firstLine(text string) string {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "```") {
			return strings.TrimSuffix(cutText(line, pasteFirst), "…")
		}
	}
	return ""
}

// paste puts a text where everybody finds it who has its URL.
func (d *Domain) paste(ctx context.Context, who jid.JID, text string) (url string, err error) {
	if d.c.conf.Uploader == nil {
		return "", &transports.Error{Kind: transports.Unsupported, Err: errors.New("no place for files")}
	}
	ctx, cancel := context.WithTimeout(ctx, pasteWithin)
	defer cancel()
	select {
	case d.pool <- struct{}{}:
		defer func() { <-d.pool }()
	case <-ctx.Done():
		return "", &transports.Error{Kind: transports.Busy, Err: ctx.Err()}
	}
	err = d.guard(func() (err error) {
		url, _, _, err = d.c.conf.Uploader.Upload(ctx, who, d.uploads(who), &transports.Content{
			Body: io.NopCloser(strings.NewReader(text)), Name: "message.txt", Type: "text/plain", Size: int64(len(text)),
		})
		return err
	})
	return url, timedOut(ctx, err)
}

// uploads is the address of ours that asks for a place for a user's files: their
// server counts what one address asks for.
func (d *Domain) uploads(who jid.JID) jid.JID {
	return jid.JID{Local: "u-" + keyed(d.key, "upload", d.Name(), who.String()), Domain: d.Name()}
}
