package plain

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of what is read and made of HTML.
const (
	maxHTML    = 2 << 20 // bytes read
	maxOutput  = 512 << 10
	maxNesting = 512 // elements
	maxClose   = 100 // how far up an end tag looks for its element
	maxIndent  = 8
	maxURL     = 2000
	maxAlt     = 300
)

// HTML returns what a person sees of HTML, as text: paragraphs and lists, rows of
// tables in a line each, links with their URL where that is not what they say,
// quotes after "> ", the words that stand for pictures. What is hidden is left
// out, unless nothing else is there. Nothing is fetched.
func HTML(s string) string { return strip(renderHTML(s)) }

// renderHTML is HTML with marks for Cut.
func renderHTML(s string) string {
	s = s[:min(len(s), maxHTML)]
	text := render(s, false)
	if strings.TrimSpace(strip(text)) == "" {
		text = render(s, true)
	}
	return text
}

// renderer makes text of tokens. It has no tree: of the elements that are open it
// knows what ends with them.
type renderer struct {
	out    strings.Builder
	all    bool // hidden text counts, too
	stack  []element
	deeper int // elements that are open beyond the stack

	gap    int    // line breaks before the next text
	space  bool   // a blank before it
	bullet string // the sign of a list's item before it
	cell   cell
	lines  int // that were begun

	hidden, pre, quote int
	lists              []list
	links              []link
}

// element is an open element, and what it changed.
type element struct {
	tag                            atom.Atom
	name                           string // where tag is 0
	hidden, pre, quote, list, link bool
	tiny                           bool   // text within has no size
	end                            string // mark at its end
}

type list struct {
	ordered bool
	n       int
}

type link struct {
	href  string
	start int // where its text begins in out
}

// cell is how far the row of a table came.
type cell struct {
	fresh  bool // it has no text yet
	before bool // cells before it have, in one line
	line   int  // where its text begins
}

func render(s string, all bool) string {
	r := &renderer{all: all}
	z := html.NewTokenizer(strings.NewReader(s))
	for r.out.Len() < maxOutput {
		switch z.Next() {
		case html.ErrorToken:
			r.closeTo(0)
			return r.out.String()
		case html.TextToken:
			r.text(string(z.Text()))
		case html.StartTagToken:
			r.open(tagOf(z), false)
		case html.SelfClosingTagToken:
			r.open(tagOf(z), true)
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name), string(name))
		}
	}
	return r.out.String()
}

// tag is a start tag with the attributes that count here.
type tag struct {
	atom                                               atom.Atom
	name                                               string
	href, alt, class, id, style, kind, nameAttr, start string
	width, height                                      string
	hidden                                             bool
}

func tagOf(z *html.Tokenizer) tag {
	name, more := z.TagName()
	t := tag{atom: atom.Lookup(name)}
	if t.atom == 0 {
		t.name = string(name)
	}
	for n := 0; more && n < 100; n++ {
		var key, value []byte
		key, value, more = z.TagAttr()
		v := string(value)
		switch string(key) {
		case "href":
			t.href = v
		case "alt":
			t.alt = v
		case "class":
			t.class = v
		case "id":
			t.id = v
		case "style":
			t.style = strings.ToLower(strings.Join(strings.Fields(v[:min(len(v), 2000)]), ""))
		case "type":
			t.kind = v
		case "name":
			t.nameAttr = v
		case "start":
			t.start = v
		case "width":
			t.width = v
		case "height":
			t.height = v
		case "hidden":
			t.hidden = true
		}
	}
	return t
}

// open begins an element.
func (r *renderer) open(t tag, selfClosing bool) {
	switch t.atom {
	case atom.Br:
		r.lineBreak()
		return
	case atom.Hr:
		r.block(2)
		return
	case atom.Img:
		r.image(t)
		return
	case atom.Input, atom.Meta, atom.Link, atom.Base, atom.Col, atom.Area, atom.Wbr, atom.Source, atom.Track, atom.Embed, atom.Param:
		return
	case atom.Body:
		r.leave(atom.Head)
	case atom.P, atom.Li, atom.Td, atom.Th, atom.Tr, atom.Dt, atom.Dd, atom.Option: // their ends may be left out
		r.implied(t.atom)
	}
	if selfClosing && (t.name != "" || isInvisible(t.atom)) {
		return
	}
	if len(r.stack) >= maxNesting {
		r.deeper++
		return
	}
	e := element{tag: t.atom, name: t.name, tiny: r.tiny()}
	if size, ok := sized(t.style); ok {
		e.tiny = !size
	}
	if e.hidden = isInvisible(t.atom) || !r.all && isHidden(t); e.hidden {
		r.hidden++
		r.stack = append(r.stack, e)
		return
	}
	r.before(t, &e)
	r.stack = append(r.stack, e)
}

// before does what the beginning of an element does to the text.
func (r *renderer) before(t tag, e *element) {
	if r.hidden == 0 && r.quote == 0 {
		r.mark(t, e)
	}
	switch t.atom {
	case atom.P:
		r.block(paragraphGap(t))
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Center, atom.Address,
		atom.Form, atom.Fieldset, atom.Figure, atom.Figcaption, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Caption, atom.Tbody, atom.Thead, atom.Tfoot:
		r.block(1)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.block(2)
	case atom.Tr:
		r.block(1)
		r.cell = cell{}
	case atom.Td, atom.Th:
		if !r.cell.before {
			r.block(1)
		} else {
			r.gap, r.space = 0, false
		}
		r.cell.fresh = true
	case atom.Ul, atom.Ol, atom.Menu, atom.Dir:
		r.block(1 + min(1, max(0, 1-len(r.lists))))
		n, err := strconv.Atoi(t.start)
		if err != nil || n < 0 || n > 1e6 {
			n = 1
		}
		r.lists = append(r.lists, list{t.atom == atom.Ol, n})
		e.list = true
	case atom.Li:
		r.block(1)
		r.item()
	case atom.Blockquote:
		r.block(1)
		r.quote++
		e.quote = true
	case atom.Pre, atom.Listing, atom.Plaintext, atom.Xmp:
		r.block(2)
		r.pre++
		e.pre = true
	case atom.A:
		r.links = append(r.links, link{t.href, r.out.Len()})
		e.link = true
	case atom.Q:
		r.text("\"")
	}
}

// after does what the end of an element does.
func (r *renderer) after(e element) {
	if e.hidden {
		r.hidden--
		return
	}
	if e.end != "" {
		r.putMark(e.end)
	}
	switch {
	case e.list:
		r.lists = r.lists[:len(r.lists)-1]
		r.block(1 + min(1, max(0, 1-len(r.lists))))
	case e.quote:
		r.block(1)
		r.quote--
	case e.pre:
		r.block(2)
		r.pre--
	case e.link:
		l := r.links[len(r.links)-1]
		r.links = r.links[:len(r.links)-1]
		r.endLink(l)
	}
	switch e.tag {
	case atom.P:
		r.block(1) // as the next one begins with what it wants
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.block(2)
	case atom.Div, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Nav, atom.Aside, atom.Center, atom.Address,
		atom.Form, atom.Fieldset, atom.Figure, atom.Figcaption, atom.Dl, atom.Dt, atom.Dd, atom.Table, atom.Caption, atom.Li, atom.Tr:
		r.block(1)
	case atom.Td, atom.Th:
		r.cell.before = r.cell.before && r.cell.fresh || !r.cell.fresh && r.cell.line == r.lines
	case atom.Q:
		r.text("\"")
	}
}

// end ends an element, and what is open within it.
func (r *renderer) end(a atom.Atom, name string) {
	if a == atom.Br {
		r.lineBreak()
		return
	}
	if r.deeper > 0 {
		r.deeper--
		return
	}
	for i := len(r.stack) - 1; i >= max(0, len(r.stack)-maxClose); i-- {
		if e := r.stack[i]; e.tag == a && (a != 0 || e.name == name) {
			r.closeTo(i)
			return
		}
		if t := r.stack[i].tag; (t == atom.Td || t == atom.Th) && (a == atom.P || a == atom.Div || a == atom.Span || a == atom.A) {
			return // nothing within a cell ends what is around it
		}
	}
	if a == atom.P {
		r.block(2)
	}
}

func (r *renderer) closeTo(n int) {
	for len(r.stack) > n {
		e := r.stack[len(r.stack)-1]
		r.stack = r.stack[:len(r.stack)-1]
		r.after(e)
	}
}

// implied ends an element of the same kind, if that is the innermost.
func (r *renderer) implied(a atom.Atom) {
	n := len(r.stack)
	if n == 0 {
		return
	}
	top := r.stack[n-1].tag
	if top == a || (a == atom.Td || a == atom.Th) && (top == atom.Td || top == atom.Th) || (a == atom.Dt || a == atom.Dd) && (top == atom.Dt || top == atom.Dd) {
		r.closeTo(n - 1)
	}
}

// leave ends an element if it is open near the top.
func (r *renderer) leave(a atom.Atom) {
	for i := len(r.stack) - 1; i >= max(0, len(r.stack)-maxClose); i-- {
		if r.stack[i].tag == a {
			r.closeTo(i)
			return
		}
	}
}

func (r *renderer) tiny() bool { return len(r.stack) > 0 && r.stack[len(r.stack)-1].tiny }

// block asks for at least n line breaks before the next text.
func (r *renderer) block(n int) {
	if r.hidden == 0 && !(r.cell.fresh && r.cell.before) {
		r.gap, r.space = max(r.gap, n), false
	}
}

func (r *renderer) lineBreak() {
	if r.hidden == 0 {
		r.gap, r.space = min(r.gap+1, 3), false
	}
}

// item begins an item of a list.
func (r *renderer) item() {
	if r.hidden > 0 {
		return
	}
	r.bullet = "- "
	if n := len(r.lists); n > 0 && r.lists[n-1].ordered {
		r.bullet = strconv.Itoa(r.lists[n-1].n) + ". "
		r.lists[n-1].n++
	}
}
