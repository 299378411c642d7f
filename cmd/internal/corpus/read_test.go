package corpus_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/corpus"
	"wherry/transports/email/message"
	"wherry/transports/email/plain"
)

// fewest is how many mails there must be, whatever cannot be fetched.
const fewest = 200

var fetched = sync.OnceValues(func() ([]corpus.Mail, error) {
	all, told, err := corpus.Mails("./fetch.sh")
	if err == nil && len(all) < fewest {
		err = fmt.Errorf("%d mails could be fetched, that is too few:\n%s", len(all), told)
	}
	return all, err
})

// mails returns the mails of other projects. Without a network there may be none:
// the test is skipped then, but in CI, where CI=true, it fails.
func mails(tb testing.TB) []corpus.Mail {
	tb.Helper()
	all, err := fetched()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		tb.Fatal(err)
	default:
		tb.Skip(err)
	}
	return all
}

// TestRead: each mail is read, and what it says is fit to be shown. MAIL-T10
func TestRead(t *testing.T) {
	t.Parallel()
	all := mails(t)
	t.Logf("%d mails:\n%s", len(all), corpus.Sources(all))
	for _, mail := range all {
		m, err := message.Read(bytes.NewReader(mail.Raw))
		if err != nil {
			t.Fatalf("%s: %v", mail, err)
		}
		for what, text := range lines(m) {
			if strings.ContainsRune(text, '\n') || !shown(text) {
				t.Errorf("%s: %s is %q", mail, what, text)
			}
		}
		whole := m.WholeText()
		for what, text := range map[string]string{"text": m.Text(false), "answer": m.Text(true), "whole text": whole} {
			if !shown(text) || text != plain.Clean(text) {
				t.Errorf("%s: %s is %q", mail, what, text)
			}
			if (text == "") != (whole == "") {
				t.Errorf("%s: all of the %s is cut away", mail, what)
			}
		}
		for _, p := range m.Parts {
			checkPart(t, mail, p)
		}
		if len(mail.Raw) > 16<<10 {
			continue
		}
		again, err := message.Read(iotest.OneByteReader(bytes.NewReader(mail.Raw)))
		if err != nil || again.StableID("") != m.StableID("") || !cmp.Equal(again.Parts, m.Parts) || !cmp.Equal(again.Bodies, m.Bodies) {
			t.Errorf("%s: read byte by byte, it is another mail: %v", mail, err)
		}
	}
}

// lines are the texts of a mail that are a line each.
func lines(m *message.Mail) map[string]string {
	all := map[string]string{"subject": m.Subject, "id": m.ID, "ids": strings.Join(append(m.References, m.InReplyTo...), " ")}
	for _, list := range [][]message.Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc, m.WantsReceipt()} {
		for _, a := range list {
			all["name of "+a.Spec], all["address "+a.Spec] = a.Name, a.Spec
		}
	}
	for _, p := range m.Files() {
		all["name of file "+p.Path], all["type of file "+p.Path] = p.Name, p.Type
	}
	if l := m.List(); l != nil {
		all["list"] = l.ID + l.Name + l.Post
	}
	if r := m.Report; r != nil {
		all["id of report"] = r.EnvelopeID + " " + r.MessageID
		for _, o := range r.Outcomes {
			all["outcome for "+o.Recipient] = o.Status + o.Recipient + o.Original + o.Diagnostic
		}
	}
	if r := m.Receipt; r != nil {
		all["receipt"] = r.Of + r.Recipient
	}
	if c := m.Calendar; c != nil {
		all["calendar"] = c.Summary()
	}
	return all
}

// shown tells whether a text may stand in a stanza: XML 1.0 §2.2.
func shown(text string) bool {
	return utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\ufffe' || r == '\uffff'
	}) < 0
}

// checkPart holds what is said of a file to what it holds.
func checkPart(t *testing.T, mail corpus.Mail, p message.Part) {
	r, opened, err := message.OpenPart(bytes.NewReader(mail.Raw), p.Path)
	if err != nil {
		t.Errorf("%s: part %s: %v", mail, p.Path, err)
		return
	}
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	if err != nil || n != p.Size || opened.Name != p.Name || opened.Type != p.Type || p.Known && !bytes.Equal(hash.Sum(nil), p.Sum[:]) {
		t.Errorf("%s: part %+v is %d bytes, %+v, %v", mail, p, n, opened, err)
	}
}

// TestMemory: what reading mails costs is in proportion to them.
func TestMemory(t *testing.T) {
	var before, after runtime.MemStats
	bytesRead := 0
	runtime.ReadMemStats(&before)
	for i, mail := range mails(t) {
		if i%5 > 0 {
			continue
		}
		m, err := message.Read(bytes.NewReader(mail.Raw))
		if err != nil {
			t.Fatal(err)
		}
		m.Text(true)
		bytesRead += len(mail.Raw)
	}
	runtime.ReadMemStats(&after)
	took := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d bytes of mail, %d of memory", bytesRead, took)
	if took > uint64(200*bytesRead) {
		t.Errorf("%d bytes of mail take %d of memory", bytesRead, took)
	}
}
