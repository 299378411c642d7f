package imaptest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"wherry/transports/email/mailtest"
)

// size is the length of a mail, RFC822.SIZE.
func (m *message) size() int64 {
	if m.Huge > 0 {
		return m.Huge
	}
	return int64(len(m.Raw))
}

// flagged tells whether a message has a flag or a keyword.
func (m *message) flagged(flag string) bool {
	for _, f := range m.Flags {
		if strings.EqualFold(f, flag) {
			return true
		}
	}
	return false
}

// head is a mail's header with the empty line, and the length of it.
func head(raw []byte) []byte {
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		return raw[:i+4]
	}
	return raw
}

// fetch answers FETCH: UID, FLAGS, INTERNALDATE, RFC822.SIZE, MODSEQ, and of the
// body the whole, HEADER, HEADER.FIELDS, and TEXT, or some of their bytes. Anything
// else, above all ENVELOPE and BODYSTRUCTURE, is refused.
func (c *conn) fetch(cmd *command) (string, error) {
	if len(cmd.args) < 2 {
		return "BAD nothing to fetch", nil
	}
	items := cmd.args[1].list
	if !cmd.args[1].isList {
		items = cmd.args[1:2]
	}
	for _, item := range items {
		if _, ok := parseItem(item.text); !ok {
			return "BAD this server does not know " + item.text, nil
		}
	}
	c.s.mu.Lock()
	at, err := c.numbers(cmd.at(0), cmd.uid)
	view := c.view
	c.s.mu.Unlock()
	if err != nil {
		return "BAD " + err.Error(), nil
	}
	changed := uint64(0)
	if len(cmd.args) > 2 {
		_, _ = fmt.Sscanf(textAfter(cmd.args[2].list, "CHANGEDSINCE"), "%d", &changed)
	}
	for n, i := range at {
		if err := c.fetchOne(i+1, view[i], items, cmd.uid, changed); err != nil {
			return "", err
		}
		if n%256 == 255 { // no more than that in memory
			if err := c.flush(); err != nil {
				return "", err
			}
		}
	}
	return "OK done", nil
}

func textAfter(list []arg, name string) string {
	for i, a := range list {
		if strings.EqualFold(a.text, name) && i+1 < len(list) {
			return list[i+1].text
		}
	}
	return ""
}

// fetchOne tells of one message.
func (c *conn) fetchOne(number int, m *message, items []arg, uid bool, changed uint64) error {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if m.modseq <= changed {
		return nil
	}
	if uid && !has(items, "UID") {
		items = append([]arg{{text: "UID"}}, items...)
	}
	if c.s.cfg.UIDLast {
		items = slices.Clone(items)
		slices.SortStableFunc(items, func(a, b arg) int { return rank(a) - rank(b) })
	}
	c.put(fmt.Sprintf("* %d FETCH (", number))
	for i, item := range items {
		if i > 0 {
			c.put(" ")
		}
		if err := c.item(m, item.text); err != nil {
			return err
		}
	}
	c.put(")\r\n")
	return nil
}

// rank sorts a UID behind all else.
func rank(item arg) int {
	if strings.EqualFold(item.text, "UID") {
		return 1
	}
	return 0
}

// item is a thing to fetch.
type item struct {
	name        string // in capitals
	section     string // of BODY, in capitals
	fields      []string
	peek        bool
	from, count int64 // count < 0: all
}

func parseItem(text string) (item, bool) {
	upper := strings.ToUpper(text)
	switch upper {
	case "UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "MODSEQ":
		return item{name: upper}, true
	}
	rest, ok := strings.CutPrefix(upper, "BODY")
	if !ok {
		return item{}, false
	}
	it := item{name: "BODY", count: -1}
	if rest, it.peek = strings.CutPrefix(rest, ".PEEK"); !strings.HasPrefix(rest, "[") {
		return item{}, false
	}
	section, partial, ok := strings.Cut(rest[1:], "]")
	if !ok {
		return item{}, false
	}
	if partial != "" {
		if n, _ := fmt.Sscanf(partial, "<%d.%d>", &it.from, &it.count); n != 2 {
			return item{}, false
		}
	}
	it.section, section, _ = strings.Cut(section, " ")
	switch it.section {
	case "", "HEADER", "TEXT":
		return it, true
	case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
		for field := range strings.FieldsSeq(strings.Trim(section, "()")) {
			it.fields = append(it.fields, strings.Trim(field, `"`))
		}
		return it, len(it.fields) > 0
	}
	return item{}, false
}

// item adds one thing of a message to what is written. The caller holds mu, which is
// let go of for a fault.
func (c *conn) item(m *message, text string) error {
	it, _ := parseItem(text)
	switch it.name {
	case "UID":
		c.put(fmt.Sprintf("UID %d", m.UID))
	case "FLAGS":
		c.put(fmt.Sprintf("FLAGS (%s)", strings.Join(m.Flags, " ")))
	case "INTERNALDATE":
		c.put("INTERNALDATE " + show(m.Date))
	case "RFC822.SIZE":
		c.put(fmt.Sprintf("RFC822.SIZE %d", m.size()))
	case "MODSEQ":
		c.put(fmt.Sprintf("MODSEQ (%d)", m.modseq))
	case "BODY":
		if !it.peek && !c.readOnly && !m.flagged(`\Seen`) {
			c.box.modseq++
			m.Flags, m.modseq = append(m.Flags, `\Seen`), c.box.modseq
		}
		return c.body(m, it)
	}
	return nil
}

// body adds a part of a mail, with what is wrong with it.
func (c *conn) body(m *message, it item) error {
	label := it.section
	if len(it.fields) > 0 {
		label += " (" + strings.Join(it.fields, " ") + ")"
	}
	label = "BODY[" + label + "]"
	if it.count >= 0 {
		label += fmt.Sprintf("<%d>", it.from)
	}
	whole := it.section == "" || it.section == "TEXT"
	if !whole {
		c.literal(label, cut(fields(head(m.Raw), it), it), 0)
		return nil
	}
	raw := m.Raw
	if it.section == "TEXT" {
		raw = raw[len(head(raw)):]
	}
	if m.Huge == 0 && m.Fault == (mailtest.Fault{}) {
		c.literal(label, cut(raw, it), m.Lie)
		return nil
	}
	fault, huge := m.Fault, m.Huge
	c.s.mu.Unlock()
	defer c.s.mu.Lock()
	if err := c.flush(); err != nil {
		return err
	}
	right, err := c.Suffer(fault, func(reply string) error { c.say("%s", reply); return c.flush() })
	switch {
	case err != nil:
		return err
	case !right:
		return mailtest.ErrOver
	case huge > 0:
		return c.flood(label, max(0, huge-it.from), it.count)
	}
	c.s.mu.Lock()
	c.literal(label, cut(raw, it), m.Lie)
	c.s.mu.Unlock()
	return nil
}

// literal adds a literal whose length is told by so much wrong. The caller holds mu.
func (c *conn) literal(label string, content []byte, lie int) {
	c.put(fmt.Sprintf("%s {%d}\r\n", label, max(0, len(content)+lie)))
	c.put(string(content))
}

// flood writes a literal of the given length, or of the part of it that is asked for.
func (c *conn) flood(label string, size, count int64) error {
	if count >= 0 {
		size = min(size, count)
	}
	if _, err := fmt.Fprintf(c, "%s {%d}\r\n", label, size); err != nil {
		return err
	}
	line := []byte(strings.Repeat("0123456789abcdef\r\n", 1000))
	for size > 0 {
		n, err := c.Write(line[:min(size, int64(len(line)))])
		if size -= int64(n); err != nil {
			return err
		}
		if c.Frozen() {
			return io.ErrClosedPipe
		}
	}
	return nil
}

// cut returns the bytes that are asked for.
func cut(raw []byte, it item) []byte {
	if it.count < 0 {
		return raw
	}
	raw = raw[min(it.from, int64(len(raw))):]
	return raw[:min(it.count, int64(len(raw)))]
}

// fields returns those fields of a header that an item asks for, with the empty line.
func fields(header []byte, it item) []byte {
	if len(it.fields) == 0 {
		return header
	}
	var out []byte
	take := false
	for line := range bytes.Lines(header) {
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, _ := bytes.Cut(line, []byte(":"))
			named := false
			for _, field := range it.fields {
				named = named || strings.EqualFold(field, string(bytes.TrimSpace(name)))
			}
			take = named == (it.section == "HEADER.FIELDS")
		}
		if take {
			out = append(out, line...)
		}
	}
	return append(out, "\r\n"...)
}
