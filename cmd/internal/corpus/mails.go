package corpus

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what is taken.
const (
	longest = 4 << 20 // bytes of a mail
	ofOne   = 150     // mails of an mbox
)

// Mail is a mail of another project's.
type Mail struct {
	Source string // what it is of
	Name   string // of its file there, and which it is in that
	Raw    []byte // as it stands there: with "\n" or "\r\n" between lines
}

func (m Mail) String() string { return m.Source + "/" + m.Name }

// Mails fetches what was not fetched yet by the script, and returns each mail once,
// in an order that stays. What could not be fetched is told as lines of text.
func Mails(script string) (all []Mail, told string, err error) {
	var stderr bytes.Buffer
	fetch := exec.Command(script)
	fetch.Stderr = &stderr
	out, err := fetch.Output()
	if err != nil {
		return nil, stderr.String(), fmt.Errorf("%s: %w: %s", script, err, stderr.Bytes())
	}
	root := strings.TrimSpace(string(out))
	seen := map[[sha256.Size]byte]bool{}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		source, name, _ := strings.Cut(filepath.ToSlash(name), "/")
		pieces := split(raw)
		for i, piece := range pieces[:min(len(pieces), ofOne)] {
			sum := sha256.Sum256(piece)
			if seen[sum] || len(piece) > longest || !strings.HasSuffix(name, ".eml") && !isMail(piece) {
				continue
			}
			seen[sum] = true
			all = append(all, Mail{source, fmt.Sprintf("%s#%d", name, i), piece})
		}
		return nil
	})
	return all, stderr.String(), err
}

// Sources counts mails by what they are of, for people.
func Sources(all []Mail) string {
	counts := map[string]int{}
	for _, m := range all {
		counts[m.Source]++
	}
	var lines []string
	for source, n := range counts {
		lines = append(lines, fmt.Sprintf("%5d %s", n, source))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(b, a) })
	return strings.Join(lines, "\n")
}

// between is where a mail begins in an mbox, RFC 4155.
var between = regexp.MustCompile(`(?m)^From \S.*\n[A-Za-z-]+:`)

// split returns the mails of an mbox; what is none is one piece.
func split(raw []byte) (pieces [][]byte) {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return [][]byte{raw}
	}
	at := 0
	for _, found := range between.FindAllIndex(raw, -1) {
		if found[0] > at {
			pieces = append(pieces, raw[at:found[0]:found[0]])
			at = found[0]
		}
	}
	return append(pieces, raw[at:])
}

// isMail tells whether a file begins as a mail does: with some of the fields that all
// have.
func isMail(raw []byte) bool {
	fields := map[string]bool{}
	for line := range bytes.Lines(bytes.TrimPrefix(raw[:min(len(raw), 16<<10)], []byte("\xef\xbb\xbf"))) {
		line = bytes.TrimRight(line, "\r\n")
		if bytes.HasPrefix(line, []byte("From ")) || len(fields) > 0 && bytes.HasPrefix(line, []byte(" ")) || bytes.HasPrefix(line, []byte("\t")) {
			continue
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		if !ok || bytes.ContainsAny(name, " \t<>/") {
			break
		}
		if name := strings.ToLower(string(name)); slices.Contains(known, name) {
			fields[name] = true
		}
	}
	return len(fields) >= 2
}

// known are fields of mails, in lower case.
var known = []string{
	"from", "to", "cc", "subject", "date", "received", "message-id", "return-path", "content-type", "mime-version", "delivered-to", "sender", "reply-to",
}
