package mam_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"wherry/component/jid"
	"wherry/component/mam"
	"wherry/component/stanza"
)

const (
	nsForm = "jabber:x:data"
	nsRSM  = "http://jabber.org/protocol/rsm"
)

// form is a submitted form; values of one field are cut at "|".
func form(fields ...string) stanza.Element {
	x := stanza.E(nsForm, "x").With("type", "submit")
	for i := 0; i < len(fields); i += 2 {
		f := stanza.E(nsForm, "field").With("var", fields[i])
		for _, v := range strings.Split(fields[i+1], "|") {
			f.Children = append(f.Children, stanza.T(nsForm, "value", v))
		}
		x.Children = append(x.Children, f)
	}
	return x
}

func set(parts ...string) stanza.Element {
	e := stanza.E(nsRSM, "set")
	for i := 0; i < len(parts); i += 2 {
		e.Children = append(e.Children, stanza.T(nsRSM, parts[i], parts[i+1]))
	}
	return e
}

func query(children ...stanza.Element) *stanza.Element {
	e := stanza.E(mam.NS, "query", children...)
	return &e
}

func TestParse(t *testing.T) {
	usual := mam.Query{Max: 100, Index: -1}
	with := func(change func(*mam.Query)) mam.Query { q := usual; change(&q); return q }
	named := query().With("queryid", "q1")
	day := time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)
	for name, test := range map[string]struct {
		query *stanza.Element
		want  mam.Query
	}{
		"nothing": {query(), usual},
		"queryid": {&named, with(func(q *mam.Query) { q.ID = "q1" })},
		"filters": {query(form("FORM_TYPE", mam.NS, "with", "a@b/c", "start", "2026-01-02T03:04:05.678Z", "end", "2026-01-02T05:04:05.678+02:00", "after-id", "a", "before-id", "b")),
			with(func(q *mam.Query) { q.With, q.Start, q.End, q.AfterID, q.BeforeID = "a@b/c", day, day, "a", "b" })},
		"ids":       {query(form("ids", "a|b")), with(func(q *mam.Query) { q.IDs = []string{"a", "b"} })},
		"flip":      {query(stanza.E(mam.NS, "flip-page")), with(func(q *mam.Query) { q.Flip = true })},
		"after":     {query(set("max", "7", "after", "a")), with(func(q *mam.Query) { q.Max, q.After = 7, "a" })},
		"before":    {query(set("before", "a")), with(func(q *mam.Query) { q.Before, q.Backward = "a", true })},
		"last":      {query(set("before", "")), with(func(q *mam.Query) { q.Backward = true })},
		"between":   {query(set("before", "b", "after", "a")), with(func(q *mam.Query) { q.Before, q.After = "b", "a" })},
		"index":     {query(set("index", "12")), with(func(q *mam.Query) { q.Index = 12 })},
		"too many":  {query(set("max", "100000")), with(func(q *mam.Query) { q.Max = 250 })},
		"none":      {query(set("max", "0")), with(func(q *mam.Query) { q.Max = 0 })},
		"no bounds": {query(form("start", "", "end", "")), usual},
	} {
		got, err := mam.Parse(test.query)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		equal := cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })
		if diff := cmp.Diff(test.want, got, equal); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		query *stanza.Element
		want  stanza.Condition
	}{
		"another form":  {query(form("FORM_TYPE", "urn:example")), stanza.BadRequest},
		"unknown field": {query(form("{urn:example}mood", "calm")), stanza.FeatureNotImplemented},
		"no time":       {query(form("start", "yesterday")), stanza.BadRequest},
		"no number":     {query(set("max", "many")), stanza.BadRequest},
		"negative":      {query(set("max", "-1")), stanza.BadRequest},
		"no index":      {query(set("index", "")), stanza.BadRequest},
		"many ids":      {query(form("ids", strings.Repeat("a|", 300))), stanza.BadRequest},
	} {
		_, err := mam.Parse(test.query)
		var e *stanza.Error
		if !errors.As(err, &e) || e.Condition != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func write(t *testing.T, st stanza.Stanza) string {
	t.Helper()
	b, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAnswers(t *testing.T) {
	room, to := jid.MustParse("#r%n@gw.example"), jid.MustParse("u@example.org/x")
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901e3, time.UTC)
	q := mam.Query{ID: "q1"}
	m := mam.Message{ID: "id1", Time: at, From: room.WithResource("nurse"), Payload: []stanza.Element{stanza.T("", "body", "hello")}}
	answer := func(e stanza.Element) stanza.Stanza {
		return &stanza.IQ{Header: stanza.Header{From: room, To: to, ID: "1", Type: "result"}, Payload: []stanza.Element{e}}
	}
	iq := "<iq from='#r%n@gw.example' to='u@example.org/x' type='result' id='1'>"
	for name, test := range map[string]struct {
		got  stanza.Stanza
		want string
	}{
		"result": {q.Result(room, to, m), "<message from='#r%n@gw.example' to='u@example.org/x'><result xmlns='urn:xmpp:mam:2' queryid='q1' id='id1'>" +
			"<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-01-02T03:04:05.678901Z'/>" +
			"<message xmlns='jabber:client' from='#r%n@gw.example/nurse' type='groupchat' id='id1'><body>hello</body></message></forwarded></result></message>"},
		"fin": {answer(mam.Page{First: "a", Last: "b", Complete: true, Index: 3, Count: 9}.Fin()),
			iq + "<fin xmlns='urn:xmpp:mam:2' stable='true' complete='true'><set xmlns='http://jabber.org/protocol/rsm'>" +
				"<first index='3'>a</first><last>b</last><count>9</count></set></fin></iq>"},
		"not all": {answer(mam.Page{First: "a", Last: "b", Index: -1, Count: -1}.Fin()),
			iq + "<fin xmlns='urn:xmpp:mam:2' stable='true'><set xmlns='http://jabber.org/protocol/rsm'><first>a</first><last>b</last></set></fin></iq>"},
		"empty": {answer(mam.Page{Complete: true, Index: -1, Count: -1}.Fin()),
			iq + "<fin xmlns='urn:xmpp:mam:2' stable='true' complete='true'><set xmlns='http://jabber.org/protocol/rsm'/></fin></iq>"},
		"metadata": {answer(mam.Metadata("a", at, "b", at.Add(time.Second))),
			iq + "<metadata xmlns='urn:xmpp:mam:2'><start id='a' timestamp='2026-01-02T03:04:05.678901Z'/><end id='b' timestamp='2026-01-02T03:04:06.678901Z'/></metadata></iq>"},
		"no metadata": {answer(mam.Metadata("", at, "", at)), iq + "<metadata xmlns='urn:xmpp:mam:2'/></iq>"},
	} {
		if got := write(t, test.got); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, test.want)
		}
	}
	if got := mam.Order(&mam.Query{Flip: true}, []int{1, 2, 3}); !slices.Equal(got, []int{3, 2, 1}) {
		t.Errorf("flipped: %d", got)
	}
	var names []string
	form := mam.Form()
	for _, f := range form.Child(nsForm, "x").Children {
		names = append(names, f.Attr("var"))
	}
	if got := strings.Join(names, " "); got != "FORM_TYPE with start end before-id after-id ids" {
		t.Errorf("fields %s", got)
	}
}

// What a query says is bounded, whatever was sent.
func FuzzParse(f *testing.F) {
	f.Add("start", "2026-01-02T03:04:05Z", "max", "7")
	f.Add("ids", "a|b|c", "before", "")
	f.Add("with", "a@b/c", "index", "99999999999999999999")
	f.Add("FORM_TYPE", mam.NS, "after", "x")
	f.Fuzz(func(t *testing.T, field, value, part, text string) {
		q, err := mam.Parse(query(form(field, value), set(part, text)))
		var e *stanza.Error
		switch {
		case err != nil && !errors.As(err, &e):
			t.Fatalf("%v", err)
		case err != nil:
			return
		}
		if q.Max < 0 || q.Max > mam.PageMost || q.Index < -1 || len(q.IDs) > mam.PageMost {
			t.Fatalf("%+v", q)
		}
		if !q.Start.IsZero() {
			again, err := mam.Parse(query(form("start", q.Start.Format(time.RFC3339Nano))))
			if err != nil || !again.Start.Equal(q.Start) {
				t.Fatalf("%s reads as %s: %v", q.Start, again.Start, err)
			}
		}
	})
}
