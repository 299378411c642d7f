package imaptest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// storeFlags answers STORE.
func (c *conn) storeFlags(cmd *command) (string, error) {
	args := cmd.args
	if len(args) > 1 && args[1].isList { // UNCHANGEDSINCE, which is not obeyed
		args = slices.Delete(slices.Clone(args), 1, 2)
	}
	if len(args) < 3 {
		return "BAD nothing to store", nil
	}
	how := strings.ToUpper(args[1].text)
	var flags []string
	list := args[2].list
	if !args[2].isList {
		list = args[2:]
	}
	for _, a := range list {
		if strings.HasPrefix(a.text, `\`) || !c.s.cfg.Dialect.NoKeywords {
			flags = append(flags, a.text)
		}
	}
	how, silent := strings.CutSuffix(how, ".SILENT")
	if how != "FLAGS" && how != "+FLAGS" && how != "-FLAGS" {
		return "BAD not of flags", nil
	}
	c.s.mu.Lock()
	at, err := c.numbers(cmd.at(0), cmd.uid)
	if err != nil || c.readOnly {
		c.s.mu.Unlock()
		return "NO [READ-ONLY] it cannot be changed", nil
	}
	current := c.seen == c.box.modseq
	for _, i := range at {
		m := c.view[i]
		c.box.modseq++
		m.Flags, m.modseq = change(m.Flags, how, flags), c.box.modseq
		if !silent {
			c.put(fmt.Sprintf("* %d FETCH (UID %d FLAGS (%s))\r\n", i+1, m.UID, strings.Join(m.Flags, " ")))
		}
	}
	if current { // it knows what it did itself
		c.seen = c.box.modseq
	}
	told := c.box.news()
	c.s.mu.Unlock()
	flushAll(told)
	c.s.Ring()
	return "OK done", nil
}

// change returns flags with others set, added or taken away.
func change(have []string, how string, flags []string) []string {
	var changed []string
	if how != "FLAGS" {
		for _, f := range have {
			if how == "+FLAGS" || !slices.ContainsFunc(flags, func(gone string) bool { return strings.EqualFold(gone, f) }) {
				changed = append(changed, f)
			}
		}
	}
	for _, f := range flags {
		if how != "-FLAGS" && !slices.ContainsFunc(changed, func(there string) bool { return strings.EqualFold(there, f) }) {
			changed = append(changed, f)
		}
	}
	return changed
}

// appendMail answers APPEND, with APPENDUID where UIDPLUS is there (RFC 4315).
func (c *conn) appendMail(cmd *command) (string, error) {
	args := cmd.args
	if len(args) < 2 {
		return "BAD nothing to append", nil
	}
	m := Mail{Raw: []byte(args[len(args)-1].text)}
	for _, a := range args[1 : len(args)-1] {
		if a.isList {
			for _, f := range a.list {
				m.Flags = append(m.Flags, f.text)
			}
		} else if at, err := time.Parse(date, `"`+a.text+`"`); err == nil {
			m.Date = at
		}
	}
	if strings.Contains(strings.ReplaceAll(string(m.Raw), "\r\n", ""), "\n") {
		return "NO Message contains bare newlines", nil
	}
	c.s.mu.Lock()
	b := c.user.find(args[0].text)
	if b == nil || !b.selectable() {
		c.s.mu.Unlock()
		return "NO [TRYCREATE] there is no such folder", nil
	}
	uid := b.add(m)
	told, validity := b.news(), b.validity
	c.s.mu.Unlock()
	flushAll(told)
	c.s.Ring()
	if c.s.has("UIDPLUS") {
		return fmt.Sprintf("OK [APPENDUID %d %d] done", validity, uid), nil
	}
	return "OK done", nil
}

func (c *conn) copyMail(cmd *command) (string, error) { return c.transfer(cmd, false) }
func (c *conn) moveMail(cmd *command) (string, error) { return c.transfer(cmd, true) }

// transfer copies or moves mail, RFC 6851.
func (c *conn) transfer(cmd *command, move bool) (string, error) {
	c.s.mu.Lock()
	to := c.user.find(cmd.at(1))
	at, err := c.numbers(cmd.at(0), cmd.uid)
	switch {
	case err != nil:
		c.s.mu.Unlock()
		return "BAD " + err.Error(), nil
	case to == nil || !to.selectable():
		c.s.mu.Unlock()
		return "NO [TRYCREATE] there is no such folder", nil
	case len(at) == 0:
		c.s.mu.Unlock()
		return "OK nothing to do", nil
	}
	var from, here []uint32
	for _, i := range at {
		copied := c.view[i].Mail
		from = append(from, copied.UID)
		copied.UID = 0
		here = append(here, to.add(copied))
	}
	code := fmt.Sprintf("[COPYUID %d %s %s] ", to.validity, set(from), set(here))
	if !c.s.has("UIDPLUS") {
		code = ""
	}
	if move {
		c.put("* OK " + code + "moved\r\n")
		code = ""
		c.box.remove(func(m *message) bool { return slices.Contains(from, m.UID) })
		c.put(c.sync())
	}
	told := slices.Concat(to.news(), c.box.news())
	c.s.mu.Unlock()
	flushAll(told)
	c.s.Ring()
	return "OK " + code + "done", nil
}

// expunge answers EXPUNGE and, where UIDPLUS is there, UID EXPUNGE.
func (c *conn) expunge(cmd *command) (string, error) {
	if cmd.uid && !c.s.has("UIDPLUS") {
		return "BAD unknown command", nil
	}
	c.s.mu.Lock()
	only := map[uint32]bool{}
	if cmd.uid {
		at, err := c.numbers(cmd.at(0), true)
		if err != nil {
			c.s.mu.Unlock()
			return "BAD " + err.Error(), nil
		}
		for _, i := range at {
			only[c.view[i].UID] = true
		}
	}
	if !c.readOnly {
		c.box.remove(func(m *message) bool { return m.flagged(`\Deleted`) && (!cmd.uid || only[m.UID]) })
	}
	c.put(c.sync())
	told := c.box.news()
	c.s.mu.Unlock()
	flushAll(told)
	c.s.Ring()
	return "OK done", nil
}
