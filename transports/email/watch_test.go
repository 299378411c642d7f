package email_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// sorted is a server on which some mail is sorted into folders.
func sorted(d imaptest.Dialect, folders ...imaptest.Folder) imaptest.Config {
	d.Folders = append(slices.Clone(d.Folders), folders...)
	return imaptest.Config{Dialect: d}
}

// watch returns a world whose account watches folders, and has begun to.
func watch(t *testing.T, c imaptest.Config, names string, before func(world)) (world, *email.Transport, *life) {
	t.Helper()
	w := startWith(t, c)
	tr := w.transport(t, email.Config{})
	w.settings["folders"] = names
	settings := settled(t, tr, w)
	if before != nil {
		before(w)
	}
	tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 5*time.Second)
	l := live(t, tr, settings, nil)
	l.settledIn()
	l.await("a place in the folders", func() bool { return l.saved["folders"] != nil })
	return w, tr, l
}

// Mail comes from the folders that the user names, too, as they are called by whatever
// server: with its files, marked as seen with the rest, and nothing twice. MAIL-I2
func TestWatched(t *testing.T) {
	t.Parallel()
	cyrus := imaptest.Cyrus
	for name, tt := range map[string]struct {
		config         imaptest.Config
		called, folder string
	}{
		"in UTF-8":    {sorted(imaptest.Dovecot, imaptest.Folder{Name: "M&APY-wen/Club"}), "Möwen/Club", "M&APY-wen/Club"},
		"below INBOX": {sorted(cyrus, imaptest.Folder{Name: "INBOX.Lists.Go"}), "lists/go", "INBOX.Lists.Go"},
		"another dot": {sorted(cyrus, imaptest.Folder{Name: "INBOX.Lists.Go"}), "INBOX.Lists.Go", "INBOX.Lists.Go"},
		"bare":        {sorted(imaptest.Bare, imaptest.Folder{Name: "Club"}), "INBOX\n Club \nClub", "Club"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tr, l := watch(t, tt.config, tt.called, func(w world) {
				w.imap.Add(user, tt.folder, imaptest.Mail{Raw: incoming("old@other.test", "old"), Date: time.Now().Add(-2 * time.Hour)})
			})
			one := imaptest.Mail{Raw: incoming("1@other.test", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`, "",
				"--b", "", "one", "--b", "Content-Type: image/png", "Content-Disposition: attachment; filename=a.png", "", "PNG", "--b--")}
			w.imap.Add(user, tt.folder, one, imaptest.Mail{Raw: incoming("deleted@other.test", "x"), Flags: []string{`\Deleted`}})
			m := l.got(1)[0]
			if m.Text != "one" || m.Chat.Name != "bob@other.test" || m.Ref != "1@other.test" || len(m.Attachments) != 1 {
				t.Fatalf("%+v", m)
			}
			if got := l.content(t, m.Attachments[0]); strings.TrimSpace(got) != "PNG" {
				t.Errorf("the file is %q", got)
			}
			if turn, err := answered(t, tr, "original", l.place(m.Chat), "mail", "1"); err != nil || l.content(t, turn.Batch.Events[0].(transports.Received).Message.Attachments[0]) != string(one.Raw) {
				t.Errorf("the original: %v", err)
			}
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "two")}, one) // it was moved there
			l.got(2)
			w.imap.Add(user, tt.folder, imaptest.Mail{Raw: incoming("2@other.test", "two")}, imaptest.Mail{Raw: incoming("3@other.test", "three")})
			l.got(3)
			l.stop()
			w.imap.Add(user, tt.folder, imaptest.Mail{Raw: incoming("4@other.test", "four")})
			again := live(t, tr, l.settings, l)
			again.got(1)
			w.imap.Renumber(user, tt.folder)
			w.imap.Add(user, tt.folder, imaptest.Mail{Raw: incoming("5@other.test", "five")})
			got := append(l.got(3), again.got(2)...)
			for i, want := range []string{"one", "two", "three", "four", "five"} {
				if got[i].Text != want || len(got) != 5 {
					t.Fatalf("message %d of %d is %q", i, len(got), got[i].Text)
				}
			}
			if err := again.session.(transports.Reader).Read(t.Context(), m.Chat, time.Now().Add(time.Minute)); err != nil {
				t.Error(err)
			}
			for _, m := range w.imap.Mails(user, tt.folder) {
				if !slices.Contains(m.Flags, `\Seen`) {
					t.Errorf("not seen: %.80q", m.Raw)
				}
			}
			if len(l.fails)+len(again.fails) != 0 {
				t.Errorf("%v, %v", l.fails, again.fails)
			}
		})
	}
}

// Folders of what nobody sent to the user are not shown, whoever names them, and one
// that is not there is told once. What is old, and put into a folder, stays there.
// MAIL-I2
func TestNotWatched(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		dialect imaptest.Dialect
		names   []string
	}{
		"marked":   {imaptest.Gmail, []string{"[Gmail]/Spam", "[Gmail]/Trash", "[Gmail]/Sent Mail", "[Gmail]/All Mail"}},
		"by names": {imaptest.Exchange, []string{"Junk Email", "deleted items", "Drafts", "Sent Items"}},
	} {
		w, tr, l := watch(t, sorted(tt.dialect, imaptest.Folder{Name: "Club"}), strings.Join(append(tt.names, "Club"), "\n"), nil)
		for _, folder := range tt.dialect.Folders {
			if !strings.Contains(folder.Attrs, `\Noselect`) && folder.Name != "INBOX" {
				w.imap.Add(user, folder.Name, imaptest.Mail{Raw: incoming(fmt.Sprint(folder.Name, "@other.test"), "no")})
			}
		}
		w.imap.Add(user, "Club", imaptest.Mail{Raw: incoming("old@other.test", "old"), Date: time.Now().Add(-48 * time.Hour)}, imaptest.Mail{Raw: incoming("1@other.test", "one")})
		if got := l.got(1); len(got) != 1 || got[0].Text != "one" {
			t.Errorf("%s: %+v", name, got)
		}
		if n := l.tells("not one that mail comes to"); n != 4 {
			t.Errorf("%s: told %d times", name, n)
		}
		l.settings["folders"] = "Nowhere\nClub"
		w.imap.Add(user, "Club", imaptest.Mail{Raw: incoming("2@other.test", "two")})
		again := live(t, tr, l.settings, l)
		again.got(1)
		if n := again.tells("There is no folder Nowhere"); n != 1 {
			t.Errorf("%s: told %d times", name, n)
		}
	}
}

// A mail in a folder that ends the connection each time is left out, and told; what
// came behind it, and to INBOX, is not lost.
func TestWatchedPoison(t *testing.T) {
	t.Parallel()
	w, _, l := watch(t, sorted(imaptest.Dovecot, imaptest.Folder{Name: "Club"}), "Club", nil)
	w.imap.Add(user, "Club", imaptest.Mail{Raw: incoming("1@other.test", "1"), Fault: mailtest.Fault{Cut: true}},
		imaptest.Mail{Raw: incoming("2@other.test", "2"), Fault: mailtest.Fault{Reply: "NO something is wrong"}}, imaptest.Mail{Raw: incoming("3@other.test", "3")})
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("4@other.test", "4")})
	got := l.got(2)
	texts := []string{got[0].Text, got[1].Text}
	slices.Sort(texts)
	if !slices.Equal(texts, []string{"3", "4"}) || l.tells("could not be read") != 2 {
		t.Errorf("%q, told %d times", texts, l.tells("could not be read"))
	}
}

// MAIL-I2
func TestFoldersField(t *testing.T) {
	t.Parallel()
	w := start(t)
	tr := w.transport(t, email.Config{})
	for names, want := range map[string]string{
		"a\nb\nc\nd\ne\nf":       "refused",
		"a\x01":                  "refused",
		strings.Repeat("x", 300): "refused",
		" a \n\nb\na\ninbox\n":   "a\nb",
		"INBOX":                  "",
	} {
		w.settings["folders"] = names
		got, err := tr.Verify(t.Context(), "", w.settings)
		if want == "refused" {
			if err == nil {
				t.Errorf("%q is taken", names)
			}
			continue
		}
		if err != nil || got.Settings["folders"] != want {
			t.Errorf("%q: %q, %v", names, got.Settings["folders"], err)
		}
	}
}

// What programs send to many is not shown to those who do not want it; lists, answers
// and people are. MAIL-L3
func TestBulk(t *testing.T) {
	t.Parallel()
	for _, quiet := range []bool{true, false} {
		w := start(t)
		tr := w.transport(t, email.Config{})
		if quiet {
			w.settings["bulk"] = "off"
		}
		settings := settled(t, tr, w)
		tr.Quicken(time.Second, 50*time.Millisecond, 50*time.Millisecond, 5*time.Second)
		l := live(t, tr, settings, nil)
		l.settledIn()
		for i, fields := range [][]string{
			{"Precedence: bulk"}, {"List-Unsubscribe: <https://x.test/off>"},
			{"List-Unsubscribe: <https://x.test/off>", "List-Id: <dev.x.test>"},
			{"Precedence: bulk", "In-Reply-To: <" + compose.StableID("account", "1", user) + ">"},
			{"Auto-Submitted: auto-replied", "Precedence: bulk"}, {"X-Nothing: x"},
		} {
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(fmt.Sprintf("%d@other.test", i), append(fields, "", fmt.Sprint(i))...)})
		}
		want := []string{"0", "1", "2", "3", "4", "5"}
		if quiet {
			want = want[2:]
		}
		var texts []string
		for _, m := range l.got(len(want)) {
			texts = append(texts, m.Text)
		}
		if !slices.Equal(texts, want) {
			t.Errorf("%q, want %q", texts, want)
		}
	}
}
