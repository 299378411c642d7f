package email

import (
	"context"
	"slices"
	"strconv"
	"strings"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// junkNames are what the folder of spam is called where the server does not mark it,
// in lower case.
var junkNames = []string{
	"junk", "spam", "junk email", "junk e-mail", "junk mail", "bulk mail", "bulk", "spamverdacht", "unerwünscht", "werbung", "junk-e-mail",
	"courrier indésirable", "indésirables", "pourriel", "correo no deseado", "correo basura", "lixo eletrônico", "lixo eletrónico", "posta indesiderata", "indesiderata",
	"ongewenste e-mail", "ongewenst", "wiadomości-śmieci", "nevyžádaná pošta", "nevyžiadaná pošta", "levélszemét", "skräppost", "søppelpost", "uønsket e-post",
	"uønsket mail", "roskaposti", "спам", "нежелательная почта", "迷惑メール", "垃圾邮件", "垃圾郵件", "정크 메일", "스팸메일함",
}

// beginSpam asks which mails are spam.
func (t *Transport) beginSpam(_ context.Context, at transports.Place) (transports.Turn, error) {
	all := letters(at)
	if len(all) == 0 {
		return noMails(at), nil
	}
	f := &transports.Form{
		Title:        transports.T("Mails are spam"),
		Instructions: transports.T("They are moved to the folder of spam, from which most providers learn. What stands in the chat stays there."),
		Fields:       []transports.Field{mailField(all, transports.Choices, transports.T("Mails"))},
	}
	return transports.Turn{Form: f, Last: true, Next: func(ctx context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		var chosen []letter
		for number := range strings.SplitSeq(answered[fieldMail], "\n") {
			l, ok := numbered(all, number)
			if !ok {
				return transports.Turn{}, refusal(fieldMail, transports.T("There is no such mail."))
			}
			chosen = append(chosen, l)
		}
		return condemn(ctx, at, chosen)
	}}, nil
}

// condemn moves mails to the folder of spam. Those that are gone are so much the
// better gone.
func condemn(ctx context.Context, at transports.Place, mails []letter) (transports.Turn, error) {
	moved, marked := 0, 0
	err := visit(ctx, at, func(ctx context.Context, _ *Session, c *imap.Client) error {
		all, err := folders(ctx, c)
		if err != nil {
			return err
		}
		junk := chooseFolder(all, goimap.MailboxAttrJunk, junkNames)
		for _, l := range mails {
			m, box, err := l.find(ctx, c, false)
			if e := transports.AsError(err); e != nil && e.Kind == transports.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			flagged := markJunk(ctx, c, box, m.UID)
			gone, err := moveTo(ctx, c, m.UID, junk)
			switch {
			case err != nil:
				return err
			case gone:
				moved++
			case flagged:
				marked++
			default:
				return cannotMove(junk)
			}
		}
		return nil
	})
	switch n := strconv.Itoa(moved); {
	case err != nil:
		return transports.Turn{}, err
	case marked > 0:
		return transports.Turn{Said: transports.T("%s mails are marked as spam, but stay where they are: your mailbox lets nothing be moved to a folder of spam.", strconv.Itoa(marked))}, nil
	case moved == 0:
		return transports.Turn{}, goneMail()
	default:
		return transports.Turn{Said: transports.T("Moved to the folder of spam: %s mails.", n)}, nil
	}
}

func cannotMove(junk string) error {
	if junk == "" {
		return &transports.Error{Kind: transports.Unsupported, Text: transports.T("There is no folder of spam in your mailbox.")}
	}
	return &transports.Error{Kind: transports.Unsupported, Text: transports.T("Your mail server cannot move mails.")}
}

// markJunk sets the keyword by which mail programs and servers know spam, where the
// folder takes keywords, and reports whether it did.
func markJunk(ctx context.Context, c *imap.Client, box *goimap.SelectData, uid goimap.UID) bool {
	takes := func(f goimap.Flag) bool {
		return slices.ContainsFunc(box.PermanentFlags, func(one goimap.Flag) bool { return strings.EqualFold(string(one), string(f)) })
	}
	if !takes(goimap.FlagJunk) && !takes(goimap.FlagWildcard) {
		return false
	}
	return store(ctx, c, uid, goimap.FlagJunk) == nil
}

func store(ctx context.Context, c *imap.Client, uid goimap.UID, f goimap.Flag) error {
	return ask(ctx, c, 0, func() error {
		return c.Store(goimap.UIDSetNum(uid), &goimap.StoreFlags{Op: goimap.StoreFlagsAdd, Silent: true, Flags: []goimap.Flag{f}}, nil).Close()
	})
}

// moveTo moves a mail of the folder that is selected, and reports whether it did. The
// library would do without MOVE (RFC 6851) by an EXPUNGE of all that is to be deleted
// there, also where the user did not want that yet: here only the one mail goes, or
// none.
func moveTo(ctx context.Context, c *imap.Client, uid goimap.UID, folder string) (bool, error) {
	if folder == "" || folder == c.Folder() {
		return false, nil
	}
	var which goimap.UIDSet
	which.AddNum(uid)
	caps := c.Caps()
	switch {
	case caps.Has(goimap.CapMove):
		return true, unmoved(ask(ctx, c, 0, func() error { _, err := c.Move(which, folder).Wait(); return err }))
	case !caps.Has(goimap.CapUIDPlus):
		return false, nil
	}
	if err := ask(ctx, c, 0, func() error { _, err := c.Copy(which, folder).Wait(); return err }); err != nil {
		return false, unmoved(err)
	}
	if err := store(ctx, c, uid, goimap.FlagDeleted); err != nil {
		return false, unmoved(err)
	}
	return true, unmoved(ask(ctx, c, 0, func() error { return c.UIDExpunge(which).Close() }))
}

// unmoved is why a mail was not moved, where the server said no.
func unmoved(err error) error {
	if err == nil || !said(err) {
		return err
	}
	return &transports.Error{Kind: transports.Forbidden, Err: err, Text: transports.T("Your mail server did not let the mail be moved to the folder of spam.")}
}
