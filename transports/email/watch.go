package email

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"wherry/transports"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
)

// saveFolders is the name of a save: how far each folder that is watched was read, in
// JSON, by the user's names of them.
const saveFolders = "folders"

// Bounds on the folders that are watched besides the inbox.
const (
	foldersWatched = 5
	folderName     = 200                 // bytes
	watchAgain     = time.Hour           // before one that was not there is looked for again
	watchOldest    = 30 * 24 * time.Hour // what is older was put there by the user, and does not come
	watchSkew      = time.Hour           // how much the server's clock may be behind
)

// watched are the folders of an account besides the inbox whose mail comes.
type watched struct {
	names  []string            // as the user has them
	at     map[string]position // how far each was read
	found  map[string]string   // what they are called on the server; nil: that is to be asked
	listed time.Time           // when it was
	looked time.Time
	stuck  struct { // the mail at which the connection was lost
		folder string
		uid    goimap.UID
		times  int
	}
}

// folderNames reads the names of folders, one a line. The inbox is none of them.
func folderNames(field string) (names []string) {
	for line := range strings.Lines(field) {
		name := strings.TrimSpace(line)
		if name != "" && !strings.EqualFold(name, inboxName) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// readWatched returns what there is to watch, or nil. What was known of other folders
// is forgotten.
func readWatched(names []string, saved transports.Saved) *watched {
	if len(names) == 0 {
		return nil
	}
	w := &watched{names: names[:min(len(names), foldersWatched)]}
	_ = json.Unmarshal(saved[saveFolders], &w.at)
	maps.DeleteFunc(w.at, func(name string, _ position) bool { return !slices.Contains(w.names, name) })
	if w.at == nil {
		w.at = make(map[string]position)
	}
	return w
}

// with returns the save of all positions, with one of them changed.
func (w *watched) with(name string, at position) transports.Save {
	all := maps.Clone(w.at)
	all[name] = at
	b, _ := json.Marshal(all)
	return transports.Save{Name: saveFolders, Value: b}
}

// folders returns those that are there, by the server's names.
func (w *watched) folders() (all []string) {
	if w == nil {
		return nil
	}
	for _, name := range w.names {
		if folder := w.found[name]; folder != "" {
			all = append(all, folder)
		}
	}
	return all
}

// lookFolders hands to emit what came to the folders that are watched.
func (s *Session) lookFolders(ctx context.Context, c *imap.Client, emit emitter) error {
	w := s.watched
	if w == nil || time.Since(w.looked) < s.t.patience.elsewhere {
		return nil
	}
	w.looked = time.Now()
	if w.found == nil || len(w.found) < len(w.names) && time.Since(w.listed) > watchAgain {
		if err := s.findFolders(ctx, c, emit); err != nil {
			return err
		}
	}
	for _, name := range w.names {
		if folder := w.found[name]; folder != "" {
			if err := s.lookFolder(ctx, c, emit, name, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// findFolders finds out what the folders are called on the server, and tells the user
// of those that are not there.
func (s *Session) findFolders(ctx context.Context, c *imap.Client, emit emitter) error {
	all, err := folders(ctx, c)
	if err != nil {
		return ifLost(c, err)
	}
	w := s.watched
	w.found, w.listed = make(map[string]string), time.Now()
	for _, name := range w.names {
		folder := findFolder(all, name)
		said := transports.T("There is no folder %s in your mailbox.", name)
		if folder != "" && apart(all, folder) {
			folder, said = "", transports.T("The folder %s is not one that mail comes to: nothing of it is shown.", name)
		}
		if w.found[name] = folder; folder != "" {
			continue
		}
		delete(w.found, name)
		told := transports.Told{ID: "folder." + message.ThreadID(s.key, name), Text: said}
		if err := emit(ctx, transports.Batch{Events: []transports.Event{told}}); err != nil {
			return err
		}
	}
	return nil
}

// findFolder returns the folder that a user calls so: with whatever between the
// levels, in whatever case where none is spelled so, and without the INBOX that all
// are below. It returns nothing where there is none.
func findFolder(all []*goimap.ListData, name string) (folder string) {
	for _, f := range all {
		if has(f.Attrs, goimap.MailboxAttrNoSelect) || has(f.Attrs, goimap.MailboxAttrNonExistent) {
			continue
		}
		there, wanted := f.Mailbox, name
		if f.Delim != 0 && f.Delim != '/' {
			there, wanted = strings.ReplaceAll(there, string(f.Delim), "/"), strings.ReplaceAll(name, string(f.Delim), "/")
		}
		switch {
		case there == wanted:
			return f.Mailbox
		case folder == "" && (strings.EqualFold(there, wanted) || strings.EqualFold(there, inboxName+"/"+wanted)):
			folder = f.Mailbox
		}
	}
	return folder
}

// What folders are called that hold what nobody sent to the user, where the server
// does not mark them, in lower case.
var (
	trashNames = []string{"trash", "deleted items", "deleted messages", "deleted", "papierkorb", "gelöschte elemente", "gelöscht", "corbeille", "éléments supprimés", "papelera", "elementos eliminados", "cestino", "posta eliminata", "prullenbak", "kosz", "lixeira", "корзина", "ゴミ箱"}
	draftNames = []string{"drafts", "draft", "entwürfe", "brouillons", "borradores", "bozze", "concepten", "szkice", "rascunhos", "черновики", "下書き"}
)

// apart tells whether a folder is one that nothing comes to: of spam, of what is
// deleted, written or sent, or of all there is.
func apart(all []*goimap.ListData, folder string) bool {
	for _, f := range all {
		if f.Mailbox != folder {
			continue
		}
		for _, use := range []goimap.MailboxAttr{goimap.MailboxAttrJunk, goimap.MailboxAttrTrash, goimap.MailboxAttrDrafts, goimap.MailboxAttrSent, goimap.MailboxAttrAll} {
			if has(f.Attrs, use) {
				return true
			}
		}
	}
	return folder == chooseSent(all) || folder == chooseFolder(all, goimap.MailboxAttrJunk, junkNames) ||
		folder == chooseFolder(all, goimap.MailboxAttrTrash, trashNames) || folder == chooseFolder(all, goimap.MailboxAttrDrafts, draftNames)
}

// lookFolder hands to emit what came to one folder. What was there before it was
// watched does not come, nor what is older than that.
func (s *Session) lookFolder(ctx context.Context, c *imap.Client, emit emitter, name, folder string) error {
	w := s.watched
	var now *goimap.StatusData
	err := c.Do(ctx, func() (err error) {
		now, err = c.Status(folder, &goimap.StatusOptions{UIDNext: true, UIDValidity: true}).Wait()
		return err
	})
	switch {
	case err != nil:
		if err = ifLost(c, err); err == nil {
			delete(w.found, name) // it may have gone: that is looked at again
		}
		return err
	case now.UIDNext == 0:
		return nil
	}
	at, known := w.at[name]
	validity, last := max(now.UIDValidity, 1), now.UIDNext-1
	switch {
	case !known:
		since := time.Now().Add(-watchSkew).Unix()
		return s.standFolder(ctx, emit, name, position{Validity: validity, Last: last, Newest: since, Born: since})
	case at.Validity == validity && at.Last == last:
		return nil
	}
	if err := c.Do(ctx, func() error {
		_, err := c.Select(folder, &goimap.SelectOptions{ReadOnly: true}).Wait()
		return err
	}); err != nil {
		return ifLost(c, err)
	}
	fits := &goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: at.Last + 1}}}}
	anew := at.Validity != validity || last < at.Last
	if anew { // the numbers mean nothing any more: what was shown before is known by its id
		at.Last = 0
		fits = &goimap.SearchCriteria{Since: at.since().Add(-24 * time.Hour)}
	}
	uids, err := c.SearchUIDs(ctx, fits)
	if err != nil {
		return ifLost(c, err)
	}
	uids = slices.DeleteFunc(uids, func(uid goimap.UID) bool { return uid <= at.Last })
	at.Validity = validity
	for some := range slices.Chunk(uids, listAtOne) {
		all, err := c.ListMails(ctx, some)
		if err != nil {
			return ifLost(c, err)
		}
		for _, m := range all {
			if at, err = s.takeFolder(ctx, c, emit, name, at, m); err != nil {
				return err
			}
		}
	}
	at.Last = max(at.Last, last)
	return s.standFolder(ctx, emit, name, at)
}

// takeFolder hands out one mail of the folder that is selected, and returns how far
// that is read then. One that cannot be read is left out, and one at which the
// connection ends each time.
func (s *Session) takeFolder(ctx context.Context, c *imap.Client, emit emitter, name string, at position, m imap.Listed) (position, error) {
	w, next := s.watched, at.past(m)
	old := m.Date.Unix() <= at.Born || time.Since(m.Date) > watchOldest
	if unsent(m.Flags) || old {
		return next, nil
	}
	got, err := fetch(ctx, c, m.UID)
	if err != nil && ifLost(c, err) != nil {
		if w.stuck.folder != name || w.stuck.uid != m.UID {
			w.stuck.folder, w.stuck.uid, w.stuck.times = name, m.UID, 0
		}
		if w.stuck.times++; w.stuck.times < triesMost {
			return at, err
		}
		return next, errors.Join(err, s.emitFolder(ctx, emit, name, next, unreadable()))
	}
	switch {
	case err != nil:
		return next, s.emitFolder(ctx, emit, name, next, unreadable())
	case got == nil, s.ours(got.ID): // it has gone, or the user wrote it here
		return next, nil
	}
	in := arrival{uid: m.UID, validity: at.Validity, date: m.Date, late: time.Since(m.Date) > lateAfter, folder: w.found[name]}
	return next, s.emitFolder(ctx, emit, name, next, s.convert(got, in))
}

// emitFolder hands out what came, and keeps how far a folder was read.
func (s *Session) emitFolder(ctx context.Context, emit emitter, name string, at position, events []transports.Event) error {
	if err := emit(ctx, transports.Batch{Events: events, Saves: []transports.Save{s.watched.with(name, at)}}); err != nil {
		return err
	}
	s.watched.at[name] = at
	return nil
}

// standFolder keeps how far a folder was read.
func (s *Session) standFolder(ctx context.Context, emit emitter, name string, at position) error {
	return s.emitFolder(ctx, emit, name, at, nil)
}
