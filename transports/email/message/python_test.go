package message_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"wherry/transports/email/message"
)

// reader is a program for Python's email package, which says of a mail what Read
// says.
const reader = `
import sys, json, hashlib
from email import message_from_binary_file, policy

def address(a):
    return [a.display_name, a.addr_spec]

def leaves(m):
    if m.get_content_maintype() == "multipart" and m.is_multipart():
        for p in m.get_payload():
            yield from leaves(p)
    else:
        yield m

def main(path):
    with open(path, "rb") as f:
        m = message_from_binary_file(f, policy=policy.default)
    def addresses(name):
        return [address(a) for v in m.get_all(name, []) for a in v.addresses]
    parts, texts = [], []
    for p in leaves(m):
        if p.get_content_maintype() == "message":
            continue
        raw = p.get_payload(decode=True)
        if raw is None:
            continue
        if p.get_content_type() in ("text/plain", "text/html") and p.get_content_disposition() != "attachment":
            charset = p.get_content_charset() or "utf-8"
            if raw.strip():
                texts.append([p.get_content_type(), raw.decode(charset).replace("\r\n", "\n")])
            continue
        parts.append([p.get_filename() or "", p.get_content_type(), len(raw), hashlib.sha256(raw).hexdigest(), (p["Content-ID"] or "").strip("<>")])
    print(json.dumps({
        "Subject": m["Subject"] or "", "From": addresses("From"), "To": addresses("To"),
        "ID": (m["Message-ID"] or "").strip().strip("<>"), "References": [r.strip("<>") for r in (m["References"] or "").split()],
        "Date": int(m["Date"].datetime.timestamp()) if m["Date"] and m["Date"].datetime else 0,
        "Parts": parts, "Texts": texts}))

for path in sys.argv[1:]:
    main(path)
`

// said is what both readers say of a mail.
type said struct {
	Subject    string
	From, To   [][2]string
	ID         string
	References []string
	Date       int64
	Parts      [][5]any
	Texts      [][2]string
}

// TestLikePython: mails that are as they should be are read as Python's email
// package reads them.
func TestLikePython(t *testing.T) {
	t.Parallel()
	all := mails(t)
	var names []string
	for name := range all {
		if !strings.HasPrefix(name, "loose-") { // where they differ for good reason
			names = append(names, name)
		}
	}
	slices.Sort(names)
	args := []string{"-I", "-c", reader}
	for _, name := range names {
		args = append(args, "testdata/mails/"+name)
	}
	var stderr bytes.Buffer
	python := exec.CommandContext(t.Context(), "python3", args...)
	python.Stderr = &stderr
	out, err := python.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(names) {
		t.Fatalf("%d answers for %d mails", len(lines), len(names))
	}
	for i, name := range names {
		m, err := message.Read(bytes.NewReader(all[name]))
		if err != nil {
			t.Fatal(err)
		}
		var theirs said
		if err := json.Unmarshal([]byte(lines[i]), &theirs); err != nil {
			t.Fatal(err)
		}
		want, _ := json.MarshalIndent(theirs, "", " ")
		got, _ := json.MarshalIndent(ours(m), "", " ")
		if !bytes.Equal(got, want) {
			t.Errorf("%s: we read\n%s\nPython\n%s", name, got, want)
		}
	}
}

// ours says of a mail what the program says.
func ours(m *message.Mail) said {
	s := said{Subject: m.Subject, ID: m.ID, References: m.References, From: pairs(m.From), To: pairs(m.To), Parts: [][5]any{}, Texts: [][2]string{}}
	if s.References == nil {
		s.References = []string{}
	}
	if !m.Date.IsZero() {
		s.Date = m.Date.Unix()
	}
	for _, p := range m.Parts {
		s.Parts = append(s.Parts, [5]any{p.Name, p.Type, p.Size, hex.EncodeToString(p.Sum[:]), p.ID})
	}
	for _, b := range m.Bodies {
		if b.Plain != "" {
			s.Texts = append(s.Texts, [2]string{"text/plain", b.Plain})
		}
		if b.HTML != "" {
			s.Texts = append(s.Texts, [2]string{"text/html", b.HTML})
		}
	}
	return s
}

func pairs(list []message.Address) [][2]string {
	all := [][2]string{}
	for _, a := range list {
		all = append(all, [2]string{a.Name, a.Spec})
	}
	return all
}
