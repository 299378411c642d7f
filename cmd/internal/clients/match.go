package clients

import (
	"maps"
	"regexp"
	"strings"
	"time"

	"wherry/component/stanza"
)

// bindings are what tokens stand for in a run.
type bindings map[string]string

var token = regexp.MustCompile(`\{[gnotv]\d+\}`)

// fill returns an element with what its tokens stand for.
func (b bindings) fill(e stanza.Element) stanza.Element {
	out := stanza.Element{Space: e.Space, Name: e.Name, Text: b.text(e.Text)}
	for _, a := range e.Attrs {
		a.Value = b.text(a.Value)
		out.Attrs = append(out.Attrs, a)
	}
	for _, c := range e.Children {
		out.Children = append(out.Children, b.fill(c))
	}
	return out
}

func (b bindings) text(s string) string {
	return token.ReplaceAllStringFunc(s, func(t string) string {
		if value, ok := b[t]; ok {
			return value
		}
		if strings.HasPrefix(t, "{n") {
			return time.Now().UTC().Format(time.RFC3339Nano)
		}
		return t
	})
}

// match tells whether a stanza has all that is wanted, and more at most, and
// learns from it what the tokens stand for.
func (b bindings) match(want, got *stanza.Element) bool {
	trial := maps.Clone(b)
	if !trial.fits(want, got) {
		return false
	}
	maps.Copy(b, trial)
	return true
}

func (b bindings) fits(want, got *stanza.Element) bool {
	if want.Space != got.Space || want.Name != got.Name || !b.is(want.Text, got.Text) {
		return false
	}
	for _, a := range want.Attrs {
		if !b.is(a.Value, value(got, a)) {
			return false
		}
	}
	next := 0
	for i := range want.Children {
		for ; ; next++ {
			if next == len(got.Children) {
				return false
			}
			trial := maps.Clone(b)
			if trial.fits(&want.Children[i], &got.Children[next]) {
				maps.Copy(b, trial)
				next++
				break
			}
		}
	}
	return true
}

// value returns the attribute of an element that is called as a.
func value(e *stanza.Element, a stanza.Attr) string {
	for _, other := range e.Attrs {
		if other.Name == a.Name && (other.Space == "") == (a.Space == "") {
			return other.Value
		}
	}
	return ""
}

// is tells whether a value is the one wanted. An id must be the same wherever
// its token stands; times and hashes may be any.
func (b bindings) is(want, got string) bool {
	at := token.FindStringIndex(want)
	if at == nil {
		return want == got
	}
	name, rest, ok := want[at[0]:at[1]], got, false
	if rest, ok = strings.CutPrefix(rest, want[:at[0]]); !ok {
		return false
	}
	if rest, ok = strings.CutSuffix(rest, want[at[1]:]); !ok || rest == "" {
		return false
	}
	bound, known := b[name]
	switch {
	case !known:
		b[name] = rest
	case strings.HasPrefix(name, "{g"), strings.HasPrefix(name, "{o"):
		return bound == rest
	}
	return true
}
