package corpus_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"wherry/transports/email/message"
)

// reader is a program for Python's email package: of each mail that comes to it, its
// length before it, it says in a line what it reads. What it finds at fault is null.
const reader = `
import sys, json, struct
from email import message_from_bytes, policy

def leaves(m):
    if m.is_multipart() and m.get_content_maintype() == "multipart":
        for p in m.get_payload():
            yield from leaves(p)
    else:
        yield m

def field(m, name, read):
    values = m.get_all(name, [])
    if len(values) != 1 or values[0].defects or "\ufffd" in values[0]:
        return None
    return read(values[0])

def specs(v):
    return [a.addr_spec for a in v.addresses]

def say(m):
    sound = not any(p.defects for p in m.walk())
    texts = [p.get_content() for p in leaves(m) if p.get_content_type() in ("text/plain", "text/html") and p.get_content_disposition() != "attachment"]
    files = [[p.get_filename() or "", len(p.get_payload(decode=True))] for p in leaves(m) if p.get_content_disposition() == "attachment" and not p.is_multipart()]
    return {
        "Subject": field(m, "Subject", lambda v: None if "=?" in v else str(v)),
        "From": field(m, "From", specs), "To": field(m, "To", specs),
        "ID": field(m, "Message-ID", lambda v: str(v).strip().strip("<>")) if sound else None,
        "Date": field(m, "Date", lambda v: int(v.datetime.timestamp()) if v.datetime and v.datetime.year > 1970 else None),
        "Text": texts[0] if sound and len(texts) == 1 and not "\ufffd" in texts[0] else None,
        "Files": files if sound and files else None,
    }

while len(head := sys.stdin.buffer.read(4)) == 4:
    m = message_from_bytes(sys.stdin.buffer.read(struct.unpack(">I", head)[0]), policy=policy.default)
    try:
        answer = say(m)
    except Exception as e: # of its own: encodings it does not know, and so on
        answer = {}
    print(json.dumps(answer), flush=True)
`

// said is what both readers say of a mail. Null is not compared.
type said struct {
	Subject  *string
	From, To []string
	ID       *string
	Date     *int64
	Text     *string
	Files    [][2]any
}

// TestLikePython: where Python's email package finds no fault with a field or text,
// it is read here as there. A few mails are given: each reader has its own mind about
// what is not quite right.
func TestLikePython(t *testing.T) {
	t.Parallel()
	all := mails(t)
	var in, stderr bytes.Buffer
	for _, m := range all {
		in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(m.Raw))))
		in.Write(m.Raw)
	}
	python := exec.CommandContext(t.Context(), "python3", "-I", "-c", reader)
	python.Stdin, python.Stderr = &in, &stderr
	out, err := python.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	answers := bufio.NewScanner(bytes.NewReader(out))
	answers.Buffer(nil, 16<<20)
	compared, differ := map[string]int{}, map[string][]string{}
	for _, mail := range all {
		var theirs said
		if !answers.Scan() || json.Unmarshal(answers.Bytes(), &theirs) != nil {
			t.Fatalf("%s: no answer: %q", mail, answers.Text())
		}
		m, err := message.Read(bytes.NewReader(mail.Raw))
		if err != nil {
			t.Fatal(err)
		}
		ours := ours(m)
		compare := func(what string, ours, theirs any) {
			got, _ := json.Marshal(ours)
			want, _ := json.Marshal(theirs)
			if string(want) == "null" {
				return
			}
			if compared[what]++; !bytes.Equal(got, want) {
				differ[what] = append(differ[what], fmt.Sprintf("%s: %.500s, Python %.500s", mail, got, want))
			}
		}
		compare("subject", blanks(ours.Subject), blanks(theirs.Subject))
		compare("from", ours.From, theirs.From)
		compare("to", ours.To, theirs.To)
		compare("id", ours.ID, theirs.ID)
		compare("date", ours.Date, theirs.Date)
		compare("text", blanks(ours.Text), blanks(theirs.Text))
		compare("files", ours.Files, theirs.Files)
	}
	for what, n := range compared {
		list := differ[what]
		t.Logf("%s: %d compared, %d differ", what, n, len(list))
		if len(list) > 5+n/200 {
			t.Errorf("%s of these mails:\n%s", what, strings.Join(list, "\n"))
		}
	}
	for _, what := range []string{"subject", "from", "to", "id", "date", "text"} {
		if compared[what] < len(all)/3 {
			t.Errorf("of %d mails, %s of %d was compared", len(all), what, compared[what])
		}
	}
}

// blanks has one blank for each stretch of them: how much white space stands where a
// line was folded, or at its end, is for each reader to decide.
func blanks(s *string) *string {
	if s == nil {
		return nil
	}
	text := strings.Join(strings.Fields(*s), " ")
	return &text
}

// ours says of a mail what the program says.
func ours(m *message.Mail) said {
	date, text := m.Date.Unix(), ""
	for _, b := range m.Bodies {
		text += b.Plain + b.HTML
	}
	s := said{Subject: &m.Subject, ID: &m.ID, Date: &date, Text: &text, From: []string{}, To: []string{}}
	for _, a := range m.From {
		s.From = append(s.From, a.Spec)
	}
	for _, a := range m.To {
		s.To = append(s.To, a.Spec)
	}
	attached := slices.DeleteFunc(slices.Clone(m.Parts), func(p message.Part) bool { return p.Disposition != "attachment" })
	for _, p := range attached {
		s.Files = append(s.Files, [2]any{p.Name, p.Size})
	}
	return s
}
