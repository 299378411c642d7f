package imaptest

import "strings"

// literalMark stands for a literal in the text of a command.
const literalMark = "\x00"

// command is what a client asks.
type command struct {
	tag  string
	name string // in capitals; of "UID FETCH" it is FETCH
	uid  bool
	args []arg
	text string
}

// arg is an argument: a text, or a list.
type arg struct {
	text   string
	list   []arg
	isList bool
}

// shown is the command without its tag, literals and secrets.
func (cmd *command) shown() string {
	switch cmd.name {
	case "LOGIN", "AUTHENTICATE":
		return cmd.name
	}
	_, text, _ := strings.Cut(cmd.text, " ")
	return strings.ReplaceAll(text, literalMark, "{}")
}

// at returns the text of an argument, or nothing.
func (cmd *command) at(i int) string {
	if i >= len(cmd.args) {
		return ""
	}
	return cmd.args[i].text
}

// parse parses a command. What it cannot read has no name.
func parse(text string, literals []string) *command {
	cmd := &command{text: text, tag: "*"}
	p := &parser{rest: text, literals: literals}
	args := p.list()
	if len(args) > 0 {
		cmd.tag, args = args[0].text, args[1:]
	}
	if len(args) > 0 {
		cmd.name, args = strings.ToUpper(args[0].text), args[1:]
	}
	if cmd.name == "UID" && len(args) > 0 {
		cmd.uid, cmd.name, args = true, strings.ToUpper(args[0].text), args[1:]
	}
	cmd.args = args
	return cmd
}

// parser reads arguments, RFC 3501 §4.
type parser struct {
	rest     string
	literals []string
	depth    int
}

// maxDepth is how deep lists may be in lists.
const maxDepth = 20

// list reads arguments up to the end of the list that they are in.
func (p *parser) list() (args []arg) {
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		switch {
		case p.rest == "":
			return args
		case p.rest[0] == ')':
			p.rest = p.rest[1:]
			return args
		case p.rest[0] == '(' && p.depth < maxDepth:
			p.rest = p.rest[1:]
			p.depth++
			args = append(args, arg{list: p.list(), isList: true})
			p.depth--
		case p.rest[0] == '"':
			args = append(args, arg{text: p.quoted()})
		case strings.HasPrefix(p.rest, literalMark):
			p.rest = p.rest[1:]
			text := ""
			if len(p.literals) > 0 {
				text, p.literals = p.literals[0], p.literals[1:]
			}
			args = append(args, arg{text: text})
		default:
			args = append(args, arg{text: p.atom()})
		}
	}
}

func (p *parser) quoted() string {
	var text strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch ch := p.rest[i]; {
		case ch == '\\' && i+1 < len(p.rest):
			i++
			text.WriteByte(p.rest[i])
		case ch == '"':
			p.rest = p.rest[i+1:]
			return text.String()
		default:
			text.WriteByte(ch)
		}
	}
	p.rest = ""
	return text.String()
}

// atom reads an atom. What is in brackets, as a section of a body, belongs to it.
func (p *parser) atom() string {
	section := false
	for i := range len(p.rest) {
		switch ch := p.rest[i]; {
		case ch == '[':
			section = true
		case ch == ']':
			section = false
		case !section && (ch == ' ' || ch == ')' || ch == '(' && i > 0):
			text := p.rest[:i]
			p.rest = p.rest[i:]
			return text
		}
	}
	text := p.rest
	p.rest = ""
	return text
}
