package stream

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// frames reads all elements of a stream behind its header, and how it ends.
func frames(r io.Reader, limit int) (out []string, err error) {
	f := newFramer(r, limit)
	for {
		if err := f.next(); err != nil {
			return out, err
		}
		s := string(f.buf)
		if f.over() {
			s += "…"
		}
		out = append(out, s)
	}
}

func TestFramer(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
		end  error
	}{
		{in: "", end: io.EOF},
		{in: " \n", end: io.EOF},
		{in: "<a/>", want: []string{"<a/>"}, end: io.EOF},
		{in: "<a/> <b></b>\n<c><d/></c></stream:stream>junk", want: []string{"<a/>", "<b></b>", "<c><d/></c>"}, end: errClosed},
		{in: "<a b='>' c=\"/>\" d='/'>'</a>", want: []string{"<a b='>' c=\"/>\" d='/'>'</a>"}, end: io.EOF},
		{in: "<a b='c'/><a b='/'></a>", want: []string{"<a b='c'/>", "<a b='/'></a>"}, end: io.EOF},
		{in: "<!-- <a> --><a/><?b <c> ?><!DOCTYPE d><e/>", want: []string{"<a/>", "<e/>"}, end: io.EOF},
		{in: "<a><!-- </a> - -- ---><b/></a><c/>", want: []string{"<a><!-- </a> - -- ---><b/></a>", "<c/>"}, end: io.EOF},
		{in: "<a><![CDATA[</a>]]]]></a><b/>", want: []string{"<a><![CDATA[</a>]]]]></a>", "<b/>"}, end: io.EOF},
		{in: "<a><?x </a> ??></a><b/>", want: []string{"<a><?x </a> ??></a>", "<b/>"}, end: io.EOF},
		{in: "<a><![x></a><b/>", want: []string{"<a><![x></a>", "<b/>"}, end: io.EOF},
		{in: "<a>" + strings.Repeat("0", 33) + "</a>", want: []string{"<a>" + strings.Repeat("0", 33) + "</a>"}, end: io.EOF},
		{in: "<a>" + strings.Repeat("0", 99) + "</a><b/>", want: []string{"<a>" + strings.Repeat("0", 37) + "…", "<b/>"}, end: io.EOF},
		{in: "<a/>text<b/>", want: []string{"<a/>"}, end: errText},
		{in: "<a", end: io.ErrUnexpectedEOF},
		{in: "<a>", end: io.ErrUnexpectedEOF},
		{in: "<a><b/>", end: io.ErrUnexpectedEOF},
		{in: "<!-- ", end: io.ErrUnexpectedEOF},
	} {
		for name, r := range map[string]io.Reader{
			"at once": strings.NewReader(tt.in),
			"slowly":  iotest.OneByteReader(strings.NewReader(tt.in)),
		} {
			got, err := frames(r, 40)
			if !errors.Is(err, tt.end) || !cmp.Equal(got, tt.want) {
				t.Errorf("%q %s: %q, %v, want %q, %v", tt.in, name, got, err, tt.want, tt.end)
			}
		}
	}
}

func TestFramerReportsBrokenConnections(t *testing.T) {
	broken := errors.New("broken")
	if _, err := frames(io.MultiReader(strings.NewReader("<a/>"), iotest.ErrReader(broken)), 100); err != broken {
		t.Errorf("got %v", err)
	}
}

func TestFramerForgetsBigElements(t *testing.T) {
	const limit = 100 << 10
	f := newFramer(io.MultiReader(
		strings.NewReader("<a>"), io.LimitReader(zeros{}, 50<<20), strings.NewReader("</a><b/>")), limit)
	if err := f.next(); err != nil || !f.over() || f.size != 50<<20+7 || cap(f.buf) > 2*limit {
		t.Errorf("%v, over %v, size %d, kept %d", err, f.over(), f.size, cap(f.buf))
	}
	if err := f.next(); err != nil || string(f.buf) != "<b/>" || cap(f.buf) > keepBuffer {
		t.Errorf("%v, %q, room for %d", err, f.buf, cap(f.buf))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// FuzzFramer asks that elements end where encoding/xml says they do, whatever
// pieces they come in.
func FuzzFramer(f *testing.F) {
	for _, s := range xmlSeeds {
		f.Add([]byte(s + s + "</stream:stream>"))
		f.Add([]byte("<!-- -->" + s + " <?a b?>" + s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := frames(bytes.NewReader(p), 1<<20)
		slow, slowErr := frames(iotest.OneByteReader(bytes.NewReader(p)), 1<<20)
		if !cmp.Equal(got, slow) || !errors.Is(slowErr, err) {
			t.Fatalf("%q: at once %q, %v, slowly %q, %v", p, got, err, slow, slowErr)
		}
		want, wellFormed := framesByEncodingXML(p)
		if wellFormed && !cmp.Equal(got, want) {
			t.Errorf("%q: %q, want %q", p, got, want)
		}
	})
}

// framesByEncodingXML returns the elements of a stream, if all of it is
// well-formed and no stream that this one cannot be: one with directives,
// which no server sends.
func framesByEncodingXML(p []byte) (out []string, ok bool) {
	const header = "<stream>"
	d := xml.NewDecoder(strings.NewReader(header + string(p) + "</stream>"))
	depth, start := -1, int64(0)
	for {
		before := d.InputOffset()
		tok, err := d.Token()
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				start = before
			}
		case xml.EndElement:
			if depth--; depth == 0 {
				out = append(out, string(p[start-int64(len(header)):d.InputOffset()-int64(len(header))]))
			}
			if depth < 0 {
				return out, true
			}
		case xml.CharData:
			if depth == 0 && !blank(string(tok)) || depth == 0 && bytes.Contains(p, []byte("CDATA")) {
				return nil, false
			}
		case xml.Directive:
			return nil, false
		}
		if err != nil {
			return nil, false
		}
	}
}
