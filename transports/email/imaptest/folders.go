package imaptest

import (
	"fmt"
	"slices"
	"strings"
)

func (c *conn) namespace(*command) (string, error) {
	prefix := ""
	if c.s.cfg.Dialect.Separator == "." {
		prefix = "INBOX."
	}
	c.say(`* NAMESPACE (("%s" "%s")) NIL NIL`, prefix, c.s.cfg.Dialect.Separator)
	return "OK done", nil
}

// list answers LIST, also with the options of RFC 5258, and LSUB.
func (c *conn) list(cmd *command) (string, error) {
	args, special := cmd.args, false
	if len(args) > 0 && args[0].isList {
		special = has(args[0].list, "SPECIAL-USE")
		args = args[1:]
	}
	if len(args) < 2 {
		return "BAD no pattern", nil
	}
	patterns := []arg{args[1]}
	if args[1].isList {
		patterns = args[1].list
	}
	var status []arg
	for i, a := range args[2:] {
		if strings.EqualFold(a.text, "RETURN") && i+3 < len(args) {
			status = after(args[i+3].list, "STATUS")
		}
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	separator := c.s.cfg.Dialect.Separator
	if args[1].text == "" && !args[1].isList {
		c.put(fmt.Sprintf("* %s (\\Noselect) %q \"\"\r\n", cmd.name, separator))
		return "OK done", nil
	}
	for _, b := range c.user.boxes {
		if special && !isSpecial(b.Attrs) {
			continue
		}
		for _, pattern := range patterns {
			if !fits(args[0].text+pattern.text, b.Name, separator) {
				continue
			}
			c.put(fmt.Sprintf("* %s (%s) %q %q\r\n", cmd.name, b.Attrs, separator, b.Name))
			if status != nil && b.selectable() {
				c.put(b.status(status))
			}
			break
		}
	}
	return "OK done", nil
}

func isSpecial(attrs string) bool {
	for attr := range strings.FieldsSeq(strings.ToLower(attrs)) {
		switch attr {
		case `\all`, `\archive`, `\drafts`, `\flagged`, `\junk`, `\sent`, `\trash`, `\important`:
			return true
		}
	}
	return false
}

func has(list []arg, name string) bool {
	for _, a := range list {
		if strings.EqualFold(a.text, name) {
			return true
		}
	}
	return false
}

// after returns the list that follows a name.
func after(list []arg, name string) []arg {
	for i, a := range list {
		if strings.EqualFold(a.text, name) && i+1 < len(list) {
			return list[i+1].list
		}
	}
	return nil
}

// fits tells whether a folder's name fits a pattern of LIST's: "*" is anything, "%"
// anything but the separator.
func fits(pattern, name, separator string) bool {
	if pattern == "" {
		return name == ""
	}
	switch pattern[0] {
	case '*', '%':
		for i := 0; i <= len(name); i++ {
			if fits(pattern[1:], name[i:], separator) {
				return true
			}
			if pattern[0] == '%' && strings.HasPrefix(name[i:], separator) {
				return false
			}
		}
		return false
	}
	if len(pattern) >= 5 && strings.EqualFold(pattern[:5], "INBOX") && strings.HasPrefix(name, "INBOX") {
		return fits(pattern[5:], name[5:], separator)
	}
	return name != "" && name[0] == pattern[0] && fits(pattern[1:], name[1:], separator)
}

func (c *conn) create(cmd *command) (string, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.user.find(cmd.at(0)) != nil {
		return "NO [ALREADYEXISTS] there is one", nil
	}
	c.user.boxes = append(c.user.boxes, newMailbox(Folder{Name: cmd.at(0), Attrs: `\HasNoChildren`}))
	return "OK done", nil
}

func (c *conn) selectBox(cmd *command) (string, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.user.find(cmd.at(0))
	c.enter(nil, false)
	if b == nil || !b.selectable() {
		return "NO [NONEXISTENT] there is no such folder", nil
	}
	c.enter(b, cmd.name == "EXAMINE")
	flags, more := `\Answered \Flagged \Deleted \Seen \Draft`, ""
	if !c.s.cfg.Dialect.NoKeywords {
		flags, more = flags+" $MDNSent $Junk $NotJunk $Forwarded", ` \*`
	}
	c.put("* FLAGS (" + flags + ")\r\n* OK [PERMANENTFLAGS (" + flags + more + ")] flags\r\n")
	c.put(fmt.Sprintf("* %d EXISTS\r\n* 0 RECENT\r\n", len(b.all)))
	for i, m := range b.all {
		if !m.flagged(`\Seen`) {
			c.put(fmt.Sprintf("* OK [UNSEEN %d] the first one\r\n", i+1))
			break
		}
	}
	for _, code := range []struct {
		name  string
		value uint32
	}{{"UIDVALIDITY", b.validity}, {"UIDNEXT", b.next}} {
		if !slices.Contains(c.s.cfg.Without, code.name) {
			c.put(fmt.Sprintf("* OK [%s %d] told\r\n", code.name, code.value))
		}
	}
	if c.s.has("CONDSTORE") {
		c.put(fmt.Sprintf("* OK [HIGHESTMODSEQ %d] highest\r\n", b.modseq))
	}
	if c.readOnly {
		return "OK [READ-ONLY] done", nil
	}
	return "OK [READ-WRITE] done", nil
}

func (c *conn) status(cmd *command) (string, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	b := c.user.find(cmd.at(0))
	switch {
	case b == nil || !b.selectable():
		return "NO [NONEXISTENT] there is no such folder", nil
	case len(cmd.args) < 2 || !cmd.args[1].isList:
		return "BAD no list of items", nil
	}
	c.put(b.status(cmd.args[1].list))
	return "OK done", nil
}

// status is the line of a STATUS. The caller holds mu.
func (b *mailbox) status(items []arg) string {
	var values []string
	for _, item := range items {
		name, value := strings.ToUpper(item.text), uint64(0)
		switch name {
		case "MESSAGES":
			value = uint64(len(b.all))
		case "UIDNEXT":
			value = uint64(b.next)
		case "UIDVALIDITY":
			value = uint64(b.validity)
		case "HIGHESTMODSEQ":
			value = b.modseq
		case "UNSEEN":
			for _, m := range b.all {
				if !m.flagged(`\Seen`) {
					value++
				}
			}
		case "SIZE":
			for _, m := range b.all {
				value += uint64(m.size())
			}
		}
		values = append(values, fmt.Sprintf("%s %d", name, value))
	}
	return fmt.Sprintf("* STATUS %q (%s)\r\n", b.Name, strings.Join(values, " "))
}

func (c *conn) closeBox(*command) (string, error) {
	c.s.mu.Lock()
	b := c.box
	if !c.readOnly {
		b.remove(func(m *message) bool { return m.flagged(`\Deleted`) })
	}
	c.enter(nil, false)
	told := b.news()
	c.s.mu.Unlock()
	flushAll(told)
	return "OK done", nil
}

func (c *conn) unselect(*command) (string, error) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.enter(nil, false)
	return "OK done", nil
}

// flushAll writes to connections of others.
func flushAll(told []*conn) {
	for _, c := range told {
		_ = c.flush()
	}
}
