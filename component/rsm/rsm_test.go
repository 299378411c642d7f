package rsm_test

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"wherry/component/rsm"
	"wherry/component/stanza"
)

func set(children ...stanza.Element) *stanza.Element {
	e := stanza.E(rsm.NS, "set", children...)
	return &e
}

func value(name, text string) stanza.Element { return stanza.T(rsm.NS, name, text) }

// What is asked for, and what makes no sense. XEP-0059 §2
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		set  *stanza.Element
		want rsm.Request
	}{
		{nil, rsm.Request{Max: -1, Index: -1}},
		{set(), rsm.Request{Max: -1, Index: -1}},
		{set(value("max", "10"), value("after", "x")), rsm.Request{Max: 10, Index: -1, After: "x"}},
		{set(value("max", "0"), value("before", "")), rsm.Request{Max: 0, Index: -1, Last: true}},
		{set(value("before", "y"), value("index", "7")), rsm.Request{Max: -1, Index: 7, Before: "y"}},
		{set(value("max", "-1"), value("index", "many")), rsm.Request{Max: -1, Index: -1}},
		{set(value("max", "99999999999999999999")), rsm.Request{Max: -1, Index: -1}},
	} {
		if got := rsm.Parse(tt.set); got != tt.want {
			t.Errorf("Parse(%v) = %+v, want %+v", tt.set, got, tt.want)
		}
	}
}

// Page after page, forwards or backwards, gives the whole list, each once.
func TestPages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []string
		for i := range rapid.IntRange(0, 50).Draw(t, "n") {
			all = append(all, "id"+strconv.Itoa(i))
		}
		ids := func(i int) string { return all[i] }
		r := rsm.Request{Max: rapid.IntRange(1, 20).Draw(t, "max"), Index: -1}
		backwards := rapid.Bool().Draw(t, "backwards")
		r.Last = backwards
		var got []string
		for range 100 {
			p, found := r.Of(len(all), 10, 15, ids)
			if !found || p.To-p.From > 15 || p.To-p.From > r.Max {
				t.Fatalf("%+v: page %+v, %v", r, p, found)
			}
			page := rsm.Slice(p, all)
			if len(page) == 0 {
				break
			}
			e := p.Element(true)
			if e.ChildText(rsm.NS, "first") != page[0] || e.ChildText(rsm.NS, "last") != page[len(page)-1] || e.ChildText(rsm.NS, "count") != strconv.Itoa(len(all)) {
				t.Fatalf("%v: set %v", page, e)
			}
			if e.Child(rsm.NS, "first").Attr("index") != strconv.Itoa(p.From) {
				t.Fatalf("the index is wrong: %v", e)
			}
			if backwards {
				got = append(page, got...)
				r.Last, r.Before = false, page[0]
			} else {
				got = append(got, page...)
				r.After = page[len(page)-1]
			}
		}
		if !slices.Equal(got, all) {
			t.Fatalf("got %v of %v", got, all)
		}
	})
}

// By its place; and what is not there.
func TestOdd(t *testing.T) {
	all := []string{"a", "b", "c"}
	ids := func(i int) string { return all[i] }
	for _, tt := range []struct {
		r        rsm.Request
		from, to int
		found    bool
	}{
		{rsm.Request{Max: -1, Index: 1}, 1, 3, true},
		{rsm.Request{Max: 1, Index: 2}, 2, 3, true},
		{rsm.Request{Max: 1, Index: 9}, 3, 3, true},
		{rsm.Request{Max: 0, Index: -1}, 0, 0, true},
		{rsm.Request{Max: -1, Index: -1, After: "x"}, 0, 0, false},
		{rsm.Request{Max: -1, Index: -1, Before: "x"}, 0, 0, false},
		{rsm.Request{Max: -1, Index: -1, Before: "a"}, 0, 0, true},
		{rsm.Request{Max: 9, Index: -1, Before: "c"}, 0, 2, true},
	} {
		p, found := tt.r.Of(len(all), 2, 5, ids)
		if found != tt.found || found && (p.From != tt.from || p.To != tt.to) {
			t.Errorf("%+v: %d to %d, %v", tt.r, p.From, p.To, found)
		}
	}
	p, _ := rsm.Request{Max: -1, Index: -1}.Of(0, 2, 5, ids)
	if e := p.Element(false); len(e.Children) != 0 {
		t.Errorf("of nothing: %v", e)
	}
}
