package email_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email/imaptest"
)

// asked are the commands that a session has any use for. What the library does badly
// is not among them: what servers tell of a mail's structure or envelope ends the
// connection, and conditional changes and their answers are not understood.
var asked = regexp.MustCompile(`^(CAPABILITY|AUTHENTICATE|LOGIN|SELECT "?[A-Za-z]+"?|EXAMINE "?[A-Za-z]+"?|IDLE|NOOP|LOGOUT|CREATE .*|APPEND .*|LIST .*` +
	`|UID SEARCH [^(]*|UID FETCH [0-9:,]+ \((UID|FLAGS|INTERNALDATE|RFC822.SIZE| )+\)` +
	`|(UID )?FETCH [0-9]+ \(UID BODY\.PEEK\[(HEADER|HEADER\.FIELDS \("?[A-Za-z-]+"?\))?\](<0\.[0-9]+>)?\)|UID STORE [0-9:,]+ \+FLAGS\.SILENT \([\\$][A-Za-z]+\))$`)

// In the whole of its life a session asks for nothing that ends its connection.
// MAIL-T1, MAIL-T4, MAIL-N1
func TestAsked(t *testing.T) {
	t.Parallel()
	for _, d := range []imaptest.Dialect{imaptest.Bare, imaptest.Dovecot, imaptest.Gmail, imaptest.Exchange, imaptest.Cyrus} {
		w, _, l := dwell(t, imaptest.Config{Dialect: d}, func(w world) {
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("old@other.test", "old"), Date: time.Now().Add(-time.Hour)})
		})
		l.settledIn()
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="b"`, "",
			"--b", "", "see the file", "--b", "Content-Type: image/png", "Content-Disposition: attachment; filename=a.png", "", "PNG", "--b--")})
		m := l.got(1)[0]
		c, err := l.session.(transports.Fetcher).Fetch(t.Context(), m.Attachments[0].Ref)
		if err != nil {
			t.Fatal(err)
		}
		if n := w.imap.Stats().Peak; n > 2 {
			t.Errorf("%d connections at once", n)
		}
		_ = c.Body.Close()
		if err := l.session.(transports.Reader).Read(t.Context(), m.Chat, m.Time); err != nil {
			t.Error(err)
		}
		if _, err := l.session.Send(t.Context(), transports.Message{ID: "s", Chat: m.Chat, Text: "hi", Time: time.Now(), Trail: m.Trail, ReplyTo: m.Ref}); err != nil {
			t.Error(err)
		}
		w.imap.Renumber(user, "INBOX")
		w.imap.Drop(user)
		w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("2@other.test", "2")})
		l.got(2)
		for _, c := range w.imap.Commands() {
			if !asked.MatchString(c) {
				t.Errorf("%s: %s", d.Name, c)
			}
		}
	}
}

// What the libraries can write down of a dialogue has passwords in it: nobody asks
// them to. MAIL-T7
func TestNothingWrittenDown(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if name, ok := n.(*ast.Ident); ok && name.Name == "DebugWriter" {
				t.Errorf("%s has dialogues written down", path)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Only what stands in INBOX, and was sent, comes: no spam, no drafts, nothing that is
// to be deleted. What is moved there comes then. MAIL-I2
func TestOnlyInbox(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	spam := imaptest.Mail{Raw: incoming("spam@other.test", "spam")}
	w.imap.Add(user, "Junk", spam)
	w.imap.Add(user, "Drafts", imaptest.Mail{Raw: incoming("draft@other.test", "draft")})
	w.imap.Add(user, "Sent", imaptest.Mail{Raw: incoming("sent@other.test", "sent")})
	w.imap.Add(user, "INBOX",
		imaptest.Mail{Raw: incoming("d@other.test", "draft"), Flags: []string{`\Draft`}},
		imaptest.Mail{Raw: incoming("x@other.test", "deleted"), Flags: []string{`\Deleted`}},
		imaptest.Mail{Raw: incoming("1@other.test", "1")})
	l.got(1)
	w.imap.Add(user, "INBOX", spam)
	if got := l.got(2); len(got) != 2 || got[0].Text != "1" || got[1].Text != "spam" {
		t.Errorf("%+v", got)
	}
}

// Nobody is told that a mail is read: what it refers to is not fetched, what it asks
// for is not answered, and nothing is sent by itself. MAIL-X3, MAIL-D4, MAIL-L4,
// MAIL-C2
func TestSaysNothingByItself(t *testing.T) {
	t.Parallel()
	var visits atomic.Int32
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	defer web.Close()
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.settledIn()
	before := w.smtp.Stats().Dials
	w.imap.Add(user, "INBOX",
		imaptest.Mail{Raw: incoming("1@other.test", "MIME-Version: 1.0", "Content-Type: text/html", "Disposition-Notification-To: bob@other.test",
			"Return-Receipt-To: bob@other.test", "Return-Path: <bob@other.test>", "Face: x", "X-Face-URL: "+web.URL, "List-Unsubscribe: <"+web.URL+">",
			"List-Unsubscribe-Post: List-Unsubscribe=One-Click", "",
			strings.ReplaceAll(`<link rel=stylesheet href="URL/a.css"><style>@import "URL/b.css"; body { background: url(URL/c.png) }</style>`+
				`<body background="URL/d.png"><img src="URL/e.png"><iframe src="URL/f"></iframe><script src="URL/g"></script><p style="background:url(URL/h)">hello`, "URL", web.URL))},
		imaptest.Mail{Raw: incoming("2@other.test", "Content-Type: message/external-body; access-type=URL; URL=\""+web.URL+"\"", "", "x")},
		imaptest.Mail{Raw: incoming("3@other.test", "Auto-Submitted: auto-replied", "", "away")})
	got := l.got(3)
	if got[0].Text != "hello" || visits.Load() != 0 || w.smtp.Stats().Dials != before {
		t.Errorf("%q, %d visits, %d connections", got[0].Text, visits.Load(), w.smtp.Stats().Dials-before)
	}
	for _, m := range w.imap.Mails(user, "INBOX") {
		if len(m.Flags) != 0 {
			t.Errorf("it was marked: %v", m.Flags)
		}
	}
}

// By which name the provider signs is learned by the mails that were there: what
// comes later may be anybody's. MAIL-V1
func TestLearnsWhoSigns(t *testing.T) {
	t.Parallel()
	w, _, l := dwell(t, imaptest.Config{}, func(w world) {
		for _, id := range []string{"a", "b", "c"} {
			w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming(id+"@other.test", "Authentication-Results: mx.mail.test; dmarc=pass", "", "old")})
		}
	})
	l.settledIn()
	signed := func(id, by, verdict string) imaptest.Mail {
		return imaptest.Mail{Raw: incoming(id+"@other.test", "Authentication-Results: "+by+"; dmarc="+verdict, "", id)}
	}
	w.imap.Add(user, "INBOX", signed("1", "mx.mail.test", "fail"), signed("2", "mx.mail.test", "pass"), signed("3", "mx.evil.test", "fail"))
	got := l.got(3)
	for i, doubtful := range []bool{true, false, false} {
		if strings.Contains(notes(got[i]), "not verified") != doubtful {
			t.Errorf("%d: %s", i, notes(got[i]))
		}
	}
}
