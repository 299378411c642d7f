package plain_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wherry/transports/email/plain"
)

// MAIL-X3
func TestHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"words", "a\n  b<b>c</b> <i>d</i>", "a bc d"},
		{"paragraphs", "<p>one</p><p>two</p>three", "one\n\ntwo\nthree"},
		{"divs", "<div>a</div><div><br></div><div>b<br></div><div>c</div>", "a\n\nb\nc"},
		{"outlook's lines", `<p class=MsoNormal>a</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal>b</p>`, "a\n\nb"},
		{"head", "<html><head><title>no</title><style>p{}</style></head><body>yes<script>no()</script></body></html>", "yes"},
		{"head left open", "<head><title>no</title><body>yes", "yes"},
		{"comments", "<!-- no --><!--[if mso]>no<![endif]-->yes<![if !mso]> too<![endif]>", "yes too"},
		{"display", `<div style="display: none">no</div>yes`, "yes"},
		{"visibility", `<span style='Visibility:HIDDEN'>no</span>yes`, "yes"},
		{"hidden", `<p hidden>no</p><p>yes`, "yes"},
		{"hidden paragraph left open", `<p style="display:none">no<p>yes`, "yes"},
		{"no size", `<span style="font-size:0px">no</span><span style="font-size:0.9em">yes</span>`, "yes"},
		{"no size around", `<td style="font-size:0"><div style="font-size:16px">yes</div>no</td>`, "yes"},
		{"no height", `<div style="max-height:0px;overflow:hidden">no</div>yes`, "yes"},
		{"nothing but hidden", `<div style="display:none">only this</div>`, "only this"},
		{"preheader's filler", `Sale!&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&#847;&nbsp;<p>Hello`, "Sale!\n\nHello"},
		{"joiners", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f4bb", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f4bb"},
		{"soft hyphen", "Donau&shy;dampf", "Donaudampf"},
		{"list", "<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd"},
		{"numbers", `<ol start=3><li>a</li><li>b</li></ol>`, "3. a\n4. b"},
		{"item of paragraphs", "<ul><li><p>a</p><p>b</p></li></ul>", "- a\n\n  b"},
		{"table", "<table><tr><th>Name<th>Price</tr><tr><td>Tea</td><td><p>2 €</p></td></tr></table>", "Name  Price\nTea  2 €"},
		{"cells of lines", "<table><tr><td>a<br>b</td><td>c</td></tr></table>", "a\nb\nc"},
		{"layout", "<table><tr><td><table><tr><td>a</td></tr></table></td></tr><tr><td>b</td></tr></table>", "a\nb"},
		{"link", `<a href="https://example.org/x">read on</a>.`, "read on <https://example.org/x>."},
		{"link that says so", `<a href="https://www.example.org/">example.org</a>`, "example.org"},
		{"mailto", `<a href="mailto:ann@example.org?subject=x">Ann</a> <a href="mailto:ann@example.org">ann@example.org</a>`, "Ann <ann@example.org> ann@example.org"},
		{"telephone", `<a href="tel:+15550100">+1 555 0100</a>`, "+1 555 0100"},
		{"no link", `<a href="javascript:x()">a</a> <a href="#b">b</a> <a>c</a> <a href="https://e.org/"></a>`, "a b c"},
		{"picture", `<img src="https://e.org/a.png" alt="A cat"> <img src=x alt="image001.png"><img src=x width=1 alt=t>`, "A cat"},
		{"picture in a link", `<a href="https://e.org/"><img src=x alt="Shop"></a>`, "Shop <https://e.org/>"},
		{"quote", "a<blockquote>b<blockquote>c<br><br>d</blockquote></blockquote>e", "a\n> b\n> > c\n> >\n> > d\ne"},
		{"pre", "<pre>a  b\n  c\n\nd</pre>e", "a  b\n  c\n\nd\n\ne"},
		{"entities", "&lt;b&gt; &amp;amp; &euro; &#x1F600;", "<b> &amp; € 😀"},
		{"marks from outside", "a&#30;b\x1ec", "abc"},
		{"heading", "<h1>T</h1>text", "T\n\ntext"},
		{"rule", "a<hr>b", "a\n\nb"},
		{"end tags of nothing", "</div></p>a</b></blockquote>b", "ab"},
		{"end in a cell", "<table><tr><td>a</p></div></td><td>b</td></tr></table>", "a  b"},
		{"cut off", `a<a href="https://e.org`, "a"},
	} {
		if got := plain.Clean(plain.HTML(c.in)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// hostile are pieces of HTML that cost much where something is not bounded.
var hostile = map[string]string{
	"open":        "<div>",
	"quotes":      "<blockquote>a",
	"quotes, br":  "<blockquote><br>x<br>x<br>x",
	"lists":       "<ul><li>a",
	"links":       `<a href="https://example.org/">a`,
	"closed":      "</div>",
	"unlike":      "<b><i></b></i>",
	"cells":       "<table><tr><td>a",
	"comment":     "<!--",
	"tag":         "<a ",
	"attributes":  "<a a=b ",
	"less":        "<",
	"entities":    "&amp;",
	"and":         "&",
	"hidden":      `<p style="display:none">`,
	"styles":      `<p style="font-size:0;font-size:0;font-size:">`,
	"filler":      "&zwnj;&nbsp;",
	"pre":         "<pre>\n\n\n",
	"br":          "<br>",
	"cdata":       "<![CDATA[",
	"title":       "<title>",
	"declaration": "<!",
	"marks":       `<div class="gmail_quote">a`,
}

// TestHostileHTML: what takes more than its time is not linear. MAIL-X3
func TestHostileHTML(t *testing.T) {
	t.Parallel()
	for name, piece := range hostile {
		start := time.Now()
		text := plain.Source{HTML: strings.Repeat(piece, 256<<10/len(piece))}.Show(plain.Context{Reply: true})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		if len(text) > 1<<20 {
			t.Errorf("%s: made %d bytes", name, len(text))
		}
	}
}

// TestHostileText: so it is with text.
func TestHostileText(t *testing.T) {
	t.Parallel()
	for name, piece := range map[string]string{
		"attributions": "On 1.1.2026, Ann <ann@example.org> wrote:\n",
		"colons":       "some words of a line that ends in a colon and a name@example.org:\n",
		"quotes":       "> a\nb\n",
		"attributed":   "> a\nOn 1.1.2026 Ann wrote:\n",
		"delimiters":   "-- \n",
		"rules":        "________________________________________\n",
		"fields":       "From: a\nSent: b\n",
		"sent":         "Sent from my iPhone\n",
		"deep":         ">",
		"blank":        " \n",
		"dashes":       "-----",
		"long":         "a",
	} {
		start := time.Now()
		s := strings.Repeat(piece, 256<<10/len(piece))
		plain.Source{Plain: s, Flowed: true}.Show(plain.Context{Reply: true})
		plain.Cut(s, plain.Context{Reply: true})
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.source.HTML)
	}
	for _, piece := range hostile {
		f.Add(piece + "a" + piece)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := plain.Clean(plain.HTML(s))
		if utf8.ValidString(s) && !utf8.ValidString(text) {
			t.Errorf("%q is not UTF-8", text)
		}
		if again := plain.Clean(text); again != text {
			t.Errorf("%q, clean again %q", text, again)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	page := strings.Repeat(`<tr><td style="font-size:16px;padding:0"><p>A line of <b>text</b> with a <a href="https://example.org/x?y=z">link</a> &amp; more.</p></td></tr>`, 70)
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		plain.HTML("<table>" + page + "</table>")
	}
}
