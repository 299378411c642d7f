package email

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
)

// The fields of the search.
const (
	fieldWords  = "words"
	fieldWhere  = "where"
	fieldFolder = "folder"

	whereText = "text"
)

// Bounds on a search.
const (
	hitsMost  = 10  // the newest
	wordsMost = 8   // that are searched for
	wordMost  = 100 // bytes of one
)

// hit is a mail that was found.
type hit struct {
	ref
	title transports.Text
}

// beginSearch asks what to search the mailbox for.
func (t *Transport) beginSearch(context.Context, transports.Place) (transports.Turn, error) {
	f := &transports.Form{
		Title:        transports.T("Search your mailbox"),
		Instructions: transports.T("Mails are found that have all of the words."),
		Fields: []transports.Field{
			{Name: fieldWords, Kind: transports.Line, Required: true, Label: transports.T("Words")},
			{Name: fieldWhere, Kind: transports.Choice, Label: transports.T("Where they stand"), Options: []transports.Option{
				{Value: "", Label: transports.T("in the sender, receivers or subject")},
				{Value: whereText, Label: transports.T("anywhere in the mail, which may take long")},
			}},
			{Name: fieldFolder, Kind: transports.Line, Value: inboxName, Label: transports.T("Folder")},
		},
	}
	return transports.Turn{Form: f, Next: func(ctx context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		what := criteria(answered[fieldWords], answered[fieldWhere] == whereText)
		if what == nil {
			return transports.Turn{}, refusal(fieldWords, transports.T("Name what to search for."))
		}
		return findMails(ctx, at, what, strings.TrimSpace(answered[fieldFolder]))
	}}, nil
}

// criteria returns what finds mails that have all of some words; nil without any.
func criteria(words string, text bool) *goimap.SearchCriteria {
	var all []string
	for word := range strings.FieldsFuncSeq(strings.ToValidUTF8(words, " "), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		if len(all) < wordsMost {
			all = append(all, cutText(word, wordMost))
		}
	}
	if len(all) == 0 {
		return nil
	}
	what := &goimap.SearchCriteria{NotFlag: []goimap.Flag{goimap.FlagDeleted}}
	if text {
		what.Text = all
		return what
	}
	for _, word := range all {
		in := func(field string) goimap.SearchCriteria {
			return goimap.SearchCriteria{Header: []goimap.SearchCriteriaHeaderField{{Key: field, Value: word}}}
		}
		people := goimap.SearchCriteria{Or: [][2]goimap.SearchCriteria{{in("From"), in("To")}}}
		what.Or = append(what.Or, [2]goimap.SearchCriteria{people, in("Subject")})
	}
	return what
}

// findMails searches a folder, and asks which of those that were found are wanted.
func findMails(ctx context.Context, at transports.Place, what *goimap.SearchCriteria, folder string) (transports.Turn, error) {
	var hits []hit
	err := visit(ctx, at, func(ctx context.Context, _ *Session, c *imap.Client) (err error) {
		hits, err = findIn(ctx, c, what, folder)
		return err
	})
	switch {
	case err != nil:
		return transports.Turn{}, err
	case len(hits) == 0:
		return transports.Turn{Said: transports.T("No such mail was found.")}, nil
	}
	wanted := transports.Field{Name: fieldMail, Kind: transports.Choices, Required: true, Label: transports.T("Mails")}
	for i, h := range hits {
		wanted.Options = append(wanted.Options, transports.Option{Value: strconv.Itoa(i + 1), Label: h.title})
	}
	f := &transports.Form{
		Title:        transports.T("Search your mailbox"),
		Instructions: transports.T("The newest mails that were found. Those that you choose come once more, from who wrote them."),
		Fields:       []transports.Field{wanted},
	}
	return transports.Turn{Form: f, Last: true, Next: func(ctx context.Context, at transports.Place, answered transports.Settings) (transports.Turn, error) {
		var chosen []hit
		for number := range strings.SplitSeq(answered[fieldMail], "\n") {
			i, err := strconv.Atoi(number)
			if err != nil || i < 1 || i > len(hits) {
				return transports.Turn{}, refusal(fieldMail, transports.T("There is no such mail."))
			}
			chosen = append(chosen, hits[i-1])
		}
		return bringHits(ctx, at, chosen)
	}}, nil
}

// findIn returns the newest mails of a folder that fit, the newest first.
func findIn(ctx context.Context, c *imap.Client, what *goimap.SearchCriteria, called string) (hits []hit, err error) {
	folder := inboxName
	if called != "" && !strings.EqualFold(called, inboxName) {
		all, err := folders(ctx, c)
		if err != nil {
			return nil, err
		}
		if folder = findFolder(all, called); folder == "" {
			return nil, refusal(fieldFolder, transports.T("There is no folder %s in your mailbox.", called))
		}
	}
	var box *goimap.SelectData
	err = ask(ctx, c, 0, func() (err error) {
		box, err = c.Select(folder, &goimap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if err != nil {
		return nil, err
	}
	var uids []goimap.UID
	err = ask(ctx, c, 0, func() error {
		found, err := c.UIDSearch(what, nil).Wait()
		if err == nil {
			uids, err = imap.UIDs(found)
		}
		return err
	})
	switch {
	case err != nil && said(err):
		return nil, &transports.Error{Kind: transports.Unsupported, Err: err, Text: transports.T("Your mail server cannot search for that.")}
	case err != nil:
		return nil, err
	}
	uids = uids[max(0, len(uids)-hitsMost):]
	all, err := c.ListMails(ctx, uids)
	if err != nil {
		return nil, err
	}
	for _, m := range slices.Backward(all) {
		head, err := heading(ctx, c, m.UID)
		if err != nil {
			return nil, err
		}
		if head == nil {
			continue
		}
		at := ref{Validity: box.UIDValidity, UID: m.UID, ID: head.ID}
		if folder != inboxName {
			at.Folder = folder
		}
		title := shown(author(head)) + ": " + cutRunes(head.Subject, 100) + " (" + m.Date.UTC().Format("2006-01-02 15:04") + " UTC)"
		hits = append(hits, hit{at, transports.Literal(title)})
	}
	return hits, nil
}

// bringHits has mails come once more, each from who wrote it. As often as the user
// asks for that: they have ids of their own.
func bringHits(ctx context.Context, at transports.Place, chosen []hit) (transports.Turn, error) {
	var events []transports.Event
	stamp := strconv.FormatInt(time.Now().UnixNano(), 36)
	err := visit(ctx, at, func(ctx context.Context, live *Session, c *imap.Client) error {
		s := &Session{account: live.account, t: live.t, server: string(at.Saved[saveServer])} // what is Run's stays its
		for i, h := range chosen {
			uid, box, err := locate(ctx, c, h.ref, true)
			if err != nil {
				return err
			}
			listed, err := c.ListMails(ctx, []goimap.UID{uid})
			if err != nil {
				return err
			}
			got, err := fetch(ctx, c, uid)
			switch {
			case err != nil:
				return err
			case got == nil || len(listed) == 0:
				return goneMail()
			}
			m := s.message(got, arrival{uid: uid, validity: box.UIDValidity, date: listed[0].Date, late: true, folder: h.Folder})
			m.ID, m.Introduce = "found-"+stamp+"-"+strconv.Itoa(i), false
			m.Ref = cmp.Or(m.Ref, got.StableID(s.key))
			events = append(events, transports.Received{Message: m})
		}
		return nil
	})
	if err != nil {
		return transports.Turn{}, err
	}
	return transports.Turn{
		Said:  transports.T("%s mails come as messages.", strconv.Itoa(len(events))),
		Batch: transports.Batch{Events: events},
	}, nil
}
