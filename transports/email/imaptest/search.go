package imaptest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test tells whether the message at a place of the view fits.
type test func(i int, m *message) bool

// errSearch is a search that this server does not know.
var errSearch = errors.New("this server does not know that search")

// search answers SEARCH, also with RETURN, RFC 4731.
func (c *conn) search(cmd *command) (string, error) {
	args := cmd.args
	var wanted []arg
	extended := len(args) > 1 && strings.EqualFold(args[0].text, "RETURN") && args[1].isList
	if extended {
		wanted, args = args[1].list, args[2:]
		if len(wanted) == 0 {
			wanted = []arg{{text: "ALL"}}
		}
	}
	if len(args) > 1 && strings.EqualFold(args[0].text, "CHARSET") {
		args = args[2:]
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	fits, err := c.all(args)
	if err != nil {
		return "BAD " + err.Error(), nil
	}
	var found []uint32
	for i, m := range c.view {
		if !fits(i, m) {
			continue
		}
		if cmd.uid {
			found = append(found, m.UID)
		} else {
			found = append(found, uint32(i+1))
		}
	}
	if extended {
		c.put(esearch(cmd, wanted, found))
		return "OK done", nil
	}
	line := "* SEARCH"
	for _, n := range found {
		line += " " + strconv.FormatUint(uint64(n), 10)
	}
	c.put(line + "\r\n")
	return "OK done", nil
}

func esearch(cmd *command, wanted []arg, found []uint32) string {
	line := fmt.Sprintf("* ESEARCH (TAG %q)", cmd.tag)
	if cmd.uid {
		line += " UID"
	}
	if has(wanted, "COUNT") {
		line += fmt.Sprintf(" COUNT %d", len(found))
	}
	if len(found) == 0 {
		return line + "\r\n"
	}
	if has(wanted, "MIN") {
		line += fmt.Sprintf(" MIN %d", found[0])
	}
	if has(wanted, "MAX") {
		line += fmt.Sprintf(" MAX %d", found[len(found)-1])
	}
	if has(wanted, "ALL") {
		line += " ALL " + set(found)
	}
	return line + "\r\n"
}

// set writes numbers, which are in order, as a set.
func set(numbers []uint32) string {
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, strconv.FormatUint(uint64(numbers[i]), 10))
		} else {
			parts = append(parts, fmt.Sprintf("%d:%d", numbers[i], numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// all makes a test of search keys, all of which must hold.
func (c *conn) all(args []arg) (test, error) {
	var tests []test
	for len(args) > 0 {
		one, rest, err := c.key(args)
		if err != nil {
			return nil, err
		}
		tests, args = append(tests, one), rest
	}
	return func(i int, m *message) bool {
		for _, fits := range tests {
			if !fits(i, m) {
				return false
			}
		}
		return true
	}, nil
}

// flagKeys are the search keys that ask for a flag.
var flagKeys = map[string]string{
	"SEEN": `\Seen`, "ANSWERED": `\Answered`, "DELETED": `\Deleted`, "FLAGGED": `\Flagged`, "DRAFT": `\Draft`,
}

// key makes a test of the first search key, and returns what follows it.
func (c *conn) key(args []arg) (test, []arg, error) {
	if args[0].isList {
		fits, err := c.all(args[0].list)
		return fits, args[1:], err
	}
	name, rest := strings.ToUpper(args[0].text), args[1:]
	if flag, ok := flagKeys[name]; ok {
		return func(_ int, m *message) bool { return m.flagged(flag) }, rest, nil
	}
	if flag, ok := flagKeys[strings.TrimPrefix(name, "UN")]; ok {
		return func(_ int, m *message) bool { return !m.flagged(flag) }, rest, nil
	}
	switch name {
	case "ALL", "OLD":
		return func(int, *message) bool { return true }, rest, nil
	case "NEW", "RECENT":
		return func(int, *message) bool { return false }, rest, nil
	case "NOT":
		if len(rest) == 0 {
			return nil, nil, errSearch
		}
		fits, rest, err := c.key(rest)
		return func(i int, m *message) bool { return !fits(i, m) }, rest, err
	case "OR":
		return c.or(rest)
	case "UID", "KEYWORD", "UNKEYWORD", "SINCE", "BEFORE", "ON", "SENTSINCE", "SENTBEFORE", "SENTON", "LARGER", "SMALLER", "FROM", "TO", "CC", "SUBJECT", "TEXT", "BODY":
		if len(rest) == 0 {
			return nil, nil, errSearch
		}
		fits, err := c.about(name, rest[0].text)
		return fits, rest[1:], err
	case "HEADER":
		if len(rest) < 2 {
			return nil, nil, errSearch
		}
		return inHeader(rest[0].text, rest[1].text), rest[2:], nil
	}
	fits, err := c.within(name, false)
	return fits, rest, err
}

func (c *conn) or(args []arg) (test, []arg, error) {
	if len(args) < 2 {
		return nil, nil, errSearch
	}
	left, rest, err := c.key(args)
	if err != nil || len(rest) == 0 {
		return nil, nil, errSearch
	}
	right, rest, err := c.key(rest)
	return func(i int, m *message) bool { return left(i, m) || right(i, m) }, rest, err
}

// within tests for a set of numbers.
func (c *conn) within(numbers string, uid bool) (test, error) {
	at, err := c.numbers(numbers, uid)
	if err != nil {
		return nil, errSearch
	}
	return func(i int, _ *message) bool { _, in := slices.BinarySearch(at, i); return in }, nil
}

// about tests for a search key with one argument.
func (c *conn) about(name, value string) (test, error) {
	switch name {
	case "UID":
		return c.within(value, true)
	case "KEYWORD":
		return func(_ int, m *message) bool { return m.flagged(value) }, nil
	case "UNKEYWORD":
		return func(_ int, m *message) bool { return !m.flagged(value) }, nil
	case "FROM", "TO", "CC", "SUBJECT":
		return inHeader(name, value), nil
	case "TEXT", "BODY":
		return func(_ int, m *message) bool { return contains(m.Raw, value) }, nil
	case "LARGER", "SMALLER":
		n, err := strconv.ParseInt(value, 10, 64)
		return func(_ int, m *message) bool {
			return name == "LARGER" && m.size() > n || name == "SMALLER" && m.size() < n
		}, err
	}
	day, err := time.Parse("_2-Jan-2006", value)
	if err != nil {
		return nil, errSearch
	}
	return func(_ int, m *message) bool {
		y, month, d := m.Date.Date() // RFC 3501 §6.4.4: without time and zone
		is := time.Date(y, month, d, 0, 0, 0, 0, time.UTC).Compare(day)
		switch strings.TrimPrefix(name, "SENT") {
		case "SINCE":
			return is >= 0
		case "BEFORE":
			return is < 0
		}
		return is == 0
	}, nil
}

// inHeader tests for a text in a field; an empty one is in every field.
func inHeader(field, value string) test {
	return func(_ int, m *message) bool {
		it := item{section: "HEADER.FIELDS", fields: []string{field}}
		found := bytes.TrimSpace(fields(head(m.Raw), it))
		_, text, ok := bytes.Cut(found, []byte(":"))
		return ok && contains(text, value)
	}
}

func contains(text []byte, part string) bool {
	return bytes.Contains(bytes.ToLower(text), []byte(strings.ToLower(part)))
}
