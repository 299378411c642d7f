package stream

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"wherry/component/jid"
	"wherry/component/stanza"
)

// parseOne parses an element in the scope of a component's stream.
func parseOne(t testing.TB, p []byte) (stanza.Element, error) {
	t.Helper()
	x := parser{maxDepth: DefaultMaxDepth}
	header := "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>"
	if _, err := x.header([]byte(header)); err != nil {
		t.Fatal(err)
	}
	return x.parse(p)
}

func TestParser(t *testing.T) {
	E, T := stanza.E, stanza.T
	attr := func(e stanza.Element, attrs ...stanza.Attr) stanza.Element { e.Attrs = attrs; return e }
	for _, tt := range []struct {
		xml  string
		want stanza.Element
		err  error
	}{
		{xml: "<a/>", want: E("", "a")},
		{xml: "<a ></a >", want: E("", "a")},
		{xml: "<a>b</a>", want: T("", "a", "b")},
		{xml: "<a xmlns='jabber:client'/>", want: E("", "a")},
		{xml: "<a xmlns='jabber:server'><b xmlns='urn:b'><c/><d xmlns='jabber:client'/></b></a>",
			want: E("", "a", E("urn:b", "b", E("urn:b", "c"), E("", "d")))},
		{xml: "<a xmlns:p='urn:p'><p:b p:c='d' e='f'/></a>",
			want: E("", "a", attr(E("urn:p", "b"), stanza.Attr{Space: "urn:p", Name: "c", Value: "d"}, stanza.Attr{Name: "e", Value: "f"}))},
		{xml: "<p:a xmlns:p='urn:1'><p:a xmlns:p='urn:2'/><p:a/></p:a>", want: E("urn:1", "a", E("urn:2", "a"), E("urn:1", "a"))},
		{xml: "<stream:error><x/></stream:error>", want: E(nsStreams, "error", E("", "x"))},
		{xml: "<a xml:lang='en'/>", want: E("", "a").WithLang("en")},
		{xml: "<a b = \"c'd\"\n\te='f\"g'/>", want: E("", "a").With("b", "c'd").With("e", `f"g`)},
		{xml: "<a> <b/>\n</a>", want: E("", "a", E("", "b"))},
		{xml: "<a> x <b/> y </a>", want: stanza.Element{Name: "a", Text: " x  y ", Children: []stanza.Element{E("", "b")}}},
		{xml: "<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#128512;</a>", want: T("", "a", `<>&"'AB😀`)},
		{xml: "<a>1\r\n2\r3\n4</a>", want: T("", "a", "1\n2\n3\n4")},
		{xml: "<a>&#13;</a>", want: T("", "a", "\r")},
		{xml: "<a><![CDATA[<b>&amp;]]]]></a>", want: T("", "a", "<b>&amp;]]")},
		{xml: "<a>x<![CDATA[\r\n]]>y</a>", want: T("", "a", "x\ny")},
		{xml: "<a b='&#10;&lt;'/>", want: E("", "a").With("b", "\n<")},
		{xml: "<é:ü xmlns:é='urn:e'/>", want: E("urn:e", "ü")},
		{xml: "<é·\u0301/>", want: E("", "é·\u0301")},
		{xml: "<a>]] &gt; ></a>", want: T("", "a", "]] > >")},

		{xml: "<p:a/>", err: ErrPrefix},
		{xml: "<a p:b='c'/>", err: ErrPrefix},
		{xml: "<a><b xmlns:p='urn:p'/><p:c/></a>", err: ErrPrefix},
		{xml: "<a xmlns:p=''/>", err: ErrPrefix},
		{xml: "<a xmlns:xml='urn:x'/>", err: ErrPrefix},
		{xml: "<a xmlns:xmlns='urn:x'/>", err: ErrPrefix},
		{xml: "<xmlns:a/>", err: ErrPrefix},
		{xml: "<a><!-- c --></a>", err: ErrMarkup},
		{xml: "<a><?b?></a>", err: ErrMarkup},
		{xml: "<a><!DOCTYPE b></a>", err: ErrMarkup},
		{xml: strings.Repeat("<a>", DefaultMaxDepth+1) + strings.Repeat("</a>", DefaultMaxDepth+1), err: ErrTooDeep},
		{xml: "<a" + numbered(" a%d=''", maxAttrs+1) + "/>", err: ErrTooBig},
		{xml: "<a" + numbered(" xmlns:a%d='b'", maxBound) + "/>", err: ErrTooBig},
		{xml: "", err: ErrSyntax},
		{xml: "a", err: ErrSyntax},
		{xml: "<a", err: ErrSyntax},
		{xml: "<a>", err: ErrSyntax},
		{xml: "<a></b>", err: ErrSyntax},
		{xml: "<a></ab>", err: ErrSyntax},
		{xml: "<a><b></a></b>", err: ErrSyntax},
		{xml: "<a/><a/>", err: ErrSyntax},
		{xml: "< a/>", err: ErrSyntax},
		{xml: "<a/ >", err: ErrSyntax},
		{xml: "<0/>", err: ErrSyntax},
		{xml: "<a:/>", err: ErrSyntax},
		{xml: "<:a/>", err: ErrSyntax},
		{xml: "<a:b:c xmlns:a='b'/>", err: ErrSyntax},
		{xml: "<xml:0/>", err: ErrSyntax},
		{xml: "<\u0301/>", err: ErrSyntax},
		{xml: "<a×/>", err: ErrSyntax},
		{xml: "<a b/>", err: ErrSyntax},
		{xml: "<a b=c/>", err: ErrSyntax},
		{xml: "<a b='c'd='e'/>", err: ErrSyntax},
		{xml: "<a b='c' b='d'/>", err: ErrSyntax},
		{xml: "<a xmlns:p='u' xmlns:q='u' p:b='c' q:b='d'/>", err: ErrSyntax},
		{xml: "<a b='<'/>", err: ErrSyntax},
		{xml: "<a b='c/>", err: ErrSyntax},
		{xml: "<a>]]></a>", err: ErrSyntax},
		{xml: "<a>&nbsp;</a>", err: ErrSyntax},
		{xml: "<a>&</a>", err: ErrSyntax},
		{xml: "<a>&;</a>", err: ErrSyntax},
		{xml: "<a>&#;</a>", err: ErrSyntax},
		{xml: "<a>&#x;</a>", err: ErrSyntax},
		{xml: "<a>&#0;</a>", err: ErrSyntax},
		{xml: "<a>&#-5;</a>", err: ErrSyntax},
		{xml: "<a>&#xd800;</a>", err: ErrSyntax},
		{xml: "<a>&#xffff;</a>", err: ErrSyntax},
		{xml: "<a>&#99999999999;</a>", err: ErrSyntax},
		{xml: "<a>\x02</a>", err: ErrSyntax},
		{xml: "<a>\xff</a>", err: ErrSyntax},
		{xml: "<a>\ufffe</a>", err: ErrSyntax},
		{xml: "<a><![CDATA[\x02]]></a>", err: ErrSyntax},
		{xml: "<a><![CDATA[</a>", err: ErrSyntax},
		{xml: "<a\xff/>", err: ErrSyntax},
	} {
		got, err := parseOne(t, []byte(tt.xml))
		if !errors.Is(err, tt.err) || err == nil && !cmp.Equal(got, tt.want) {
			t.Errorf("%.80q: %v, %v, want %v, %v", tt.xml, got, err, tt.want, tt.err)
		}
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func TestParserLeavesNothingBehind(t *testing.T) {
	x := parser{maxDepth: DefaultMaxDepth}
	if _, err := x.parse([]byte("<a xmlns:p='urn:p'><b><c/>")); err == nil {
		t.Fatal("no error")
	}
	if e, err := x.parse([]byte("<p:a/>")); !errors.Is(err, ErrPrefix) {
		t.Errorf("a prefix outlives its element: %v, %v", e, err)
	}
	big := "<a b='" + strings.Repeat("x", maxShare) + "'>" + strings.Repeat("<b/>", maxScratch+1) + "</a>"
	want, err := byEncodingXML([]byte(big))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := x.parse([]byte(big)); err != nil || !cmp.Equal(got, want) {
			t.Errorf("a big stanza: %v", err)
		}
	}
}

var xmlSeeds = []string{
	"<message from='a@b/c' to='d' type='chat' xml:lang='en'><body>hello &amp; goodbye</body><x xmlns='jabber:x:data' type='form'><field var='a'><value>b</value></field></x></message>",
	"<a xmlns:p='urn:p' p:b=\"c'\"><![CDATA[<x>]]]]><p:d/>\r\n&#x1f600;</a>",
	"<a><b xmlns=''/></a>", "<0/>", "<a b = 'c'\n/>", "<a:b:c/>", "<a><!----></a>", "<a>]]></a>", "<a b='c'd='e'/>", "<xml:a/>", "<a>\x7f\u0085\u00b7</a>",
}

// FuzzParser asks that whatever parser takes, encoding/xml takes for the same.
func FuzzParser(f *testing.F) {
	for _, s := range xmlSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		x := parser{maxDepth: DefaultMaxDepth}
		got, err := x.parse(p)
		if err != nil {
			return
		}
		want, err := byEncodingXML(p)
		if err != nil && wide(p) {
			return // encoding/xml knows the names of an older XML
		}
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%q:\ngot  %v\nwant %v, %v", p, got, want, err)
		}
	})
}

func wide(p []byte) bool {
	for _, c := range p {
		if c >= 0x80 {
			return true
		}
	}
	return false
}

var (
	anyName = rapid.StringMatching(`[a-zA-Z_][a-zA-Z0-9._-]{0,5}`)
	anyText = rapid.OneOf(rapid.String(), rapid.StringMatching(`[ <>&'"\]\n\t]{0,8}`))
	anyTree = rapid.Custom(func(t *rapid.T) stanza.Element { return drawElement(t, 3) })
)

func drawElement(t *rapid.T, depth int) stanza.Element {
	spaces := rapid.SampledFrom([]string{"", "urn:a", "urn:b&'<>"})
	e := stanza.T(spaces.Draw(t, "space"), anyName.Draw(t, "name"), stanza.Filter(anyText.Draw(t, "text")))
	for _, name := range rapid.SliceOfNDistinct(anyName, 0, 3, rapid.ID[string]).Draw(t, "attrs") {
		if name != "xmlns" {
			a := stanza.Attr{Space: spaces.Draw(t, "space"), Name: name, Value: stanza.Filter(anyText.Draw(t, "value"))}
			e.Attrs = append(e.Attrs, a)
		}
	}
	if depth > 0 {
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			e.Children = append(e.Children, drawElement(t, depth-1))
		}
	}
	if len(e.Children) > 0 && blank(e.Text) {
		e.Text = ""
	}
	return e
}

// TestWrittenIsRead asks that the parser reads all that the writer writes, as
// it was.
func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &stanza.Message{
			Header:  stanza.Header{From: jid.MustParse("a@b"), To: jid.MustParse("c@d/e'<&"), ID: stanza.Filter(anyText.Draw(t, "id"))},
			Payload: rapid.SliceOfN(anyTree, 0, 3).Draw(t, "payload"),
		}
		p, err := (&stanza.Writer{Max: 1 << 20}).Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		x := parser{maxDepth: DefaultMaxDepth}
		e, err := x.parse(p)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		got, err := stanza.Parse(e)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		if !cmp.Equal(got, stanza.Stanza(m), cmpopts.EquateEmpty()) {
			t.Errorf("%s\n%s", p, cmp.Diff(stanza.Stanza(m), got, cmpopts.EquateEmpty()))
		}
	})
}

func BenchmarkParser(b *testing.B) {
	x := parser{maxDepth: DefaultMaxDepth}
	benchmarkParse(b, x.parse)
}

// BenchmarkEncodingXML is what the parser saves.
func BenchmarkEncodingXML(b *testing.B) { benchmarkParse(b, byEncodingXML) }

func benchmarkParse(b *testing.B, parse func([]byte) (stanza.Element, error)) {
	p := []byte(xmlSeeds[0])
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(p); err != nil {
			b.Fatal(err)
		}
	}
}
