package twilio_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

var (
	longAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// pages serves messages, newest first, as Twilio pages them: by a token, and
// with an address elsewhere that nobody may follow.
func pages(t *testing.T, all []map[string]any) *stub {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		var found []any
		for _, m := range all {
			if (!q.Has("From") || m["from"] == q.Get("From")) && (!q.Has("To") || m["to"] == q.Get("To")) {
				found = append(found, m)
			}
		}
		size, _ := strconv.Atoi(q.Get("PageSize"))
		at, _ := strconv.Atoi(strings.TrimPrefix(q.Get("PageToken"), "PA"))
		end := min(at+size, len(found))
		body := map[string]any{"messages": append([]any{}, found[min(at, end):end]...), "next_page_uri": nil}
		if end < len(found) {
			body["next_page_uri"] = fmt.Sprintf("https://evil.example.org/x?Page=%d&PageToken=PA%d", end/size, end)
		}
		says(200, asJSON(t, body))(w, r)
	})
}

// series makes n messages, one a second, newest first.
func series(n int, more map[string]any) []map[string]any {
	var all []map[string]any
	for i := n - 1; i >= 0; i-- {
		all = append(all, message(sidOf(i), noon.Add(time.Duration(i)*time.Second), more))
	}
	return all
}

func ids(items []provider.Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, i.ID)
	}
	return out
}

// SMS-S10: what left a line for a number is found without a date, page by page
// and back to the time that was asked for.
func TestSent(t *testing.T) {
	t.Parallel()
	at := pages(t, series(250, nil))
	for _, c := range []struct {
		since time.Time
		n     int
		pages int
	}{{longAgo, 250, 3}, {noon.Add(249 * time.Second), 1, 1}, {noon.Add(249*time.Second + 700*time.Millisecond), 1, 1}, {noon.Add(100 * time.Second), 150, 2}, {noon.Add(time.Hour), 0, 1}} {
		before := len(at.all())
		items, complete, err := with(at.URL).Sent(t.Context(), byToken, line, peer, c.since)
		if err != nil || !complete || len(items) != c.n {
			t.Errorf("since %v: %d, %v, %v", c.since, len(items), complete, err)
		}
		if c.n > 0 && items[0].ID != sidOf(249) || !slices.IsSortedFunc(items, func(a, b provider.Item) int { return b.Time.Compare(a.Time) }) {
			t.Errorf("since %v: not newest first", c.since)
		}
		for _, q := range at.all()[before:] {
			if q.Query.Get("From") != line || q.Query.Get("To") != peer || q.Query.Has("DateSent") || q.Query.Has("DateSent>") || q.Query.Has("DateSent<") {
				t.Errorf("asked %v", q.Query)
			}
		}
		if n := len(at.all()) - before; n != c.pages {
			t.Errorf("since %v: %d pages", c.since, n)
		}
	}
	// A list without end is not all.
	endless := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("Page"))
		says(200, asJSON(t, map[string]any{"messages": []any{message(sidOf(page), noon, nil)}, "next_page_uri": "/x?Page=" + strconv.Itoa(page+1)}))(w, r)
	})
	items, complete, err := with(endless.URL).Sent(t.Context(), byToken, line, peer, longAgo)
	if err != nil || complete || len(items) == 0 || len(endless.all()) > 50 {
		t.Errorf("endless: %d, %v, %v after %d pages", len(items), complete, err, len(endless.all()))
	}
	// What failed half way is not all, and nothing.
	n := 0
	half := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n > 1 {
			says(500, "")(w, r)
			return
		}
		says(200, asJSON(t, map[string]any{"messages": []any{message(sid, noon, nil)}, "next_page_uri": "/x?Page=1"}))(w, r)
	})
	items, complete, err = with(half.URL).Sent(t.Context(), byToken, line, peer, longAgo)
	if wants(t, err, transports.Unreachable, false); complete || items != nil {
		t.Errorf("half: %v, %v", items, complete)
	}
	// What came in from ourselves did not leave.
	items, _, err = with(pages(t, series(1, map[string]any{"direction": "inbound"})).URL).Sent(t.Context(), byToken, line, peer, longAgo)
	if err != nil || len(items) != 0 {
		t.Errorf("inbound: %v, %v", items, err)
	}
}

// SMS-I12: both directions, oldest first, of each the newest where there are too
// many.
func TestList(t *testing.T) {
	t.Parallel()
	var all []map[string]any
	for i := 149; i >= 0; i-- {
		made := noon.Add(time.Duration(i) * time.Second)
		switch i % 3 {
		case 0:
			all = append(all, message(sidOf(i), made, nil))
		case 1:
			all = append(all, message(sidOf(i), made, map[string]any{"from": peer, "to": line, "direction": "inbound", "status": "received"}))
		default: // between two lines of ours: it leaves one and comes to the other
			all = append(all, message(sidOf(i), made, map[string]any{"from": "+15550009999", "to": line}))
		}
	}
	at := pages(t, all)
	for _, c := range []struct {
		since  time.Time
		max, n int
		missed bool
	}{
		{longAgo, 500, 100, false}, {longAgo, 50, 100, false}, {longAgo, 49, 98, true}, {longAgo, 1, 2, true}, {longAgo, 0, 0, true}, {longAgo, -1, 0, true},
		{noon.Add(147 * time.Second), 10, 2, false}, {noon.Add(time.Hour), 10, 0, false},
	} {
		items, missed, err := with(at.URL).List(t.Context(), byToken, line, c.since, c.max)
		if err != nil || len(items) != c.n || missed != c.missed {
			t.Errorf("%+v: %d, %v, %v", c, len(items), missed, err)
		}
		if !slices.IsSortedFunc(items, func(a, b provider.Item) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("%+v: not oldest first: %v", c, ids(items))
		}
		if c.n > 0 && items[len(items)-1].ID != sidOf(148) {
			t.Errorf("%+v: the newest is %v", c, items[len(items)-1])
		}
		for _, i := range items {
			if i.Line != line || i.Peer != peer || i.Inbound != (i.State == provider.None) || i.Time.IsZero() {
				t.Errorf("item %+v", i)
			}
		}
	}
	_, _, err := with(serve(t, says(429, "", "Retry-After", "5")).URL).List(t.Context(), byToken, line, longAgo, 5)
	if e := wants(t, err, transports.Busy, false); e.After != 5*time.Second {
		t.Errorf("after %v", e.After)
	}
}

// SMS-I12: what left a line hides nothing of what came to it.
func TestListManyLeft(t *testing.T) {
	t.Parallel()
	all := append(series(30, nil), message(sidOf(900), noon.Add(-time.Minute), map[string]any{"from": peer, "to": line, "direction": "inbound", "status": "received"}))
	items, missed, err := with(pages(t, all).URL).List(t.Context(), byToken, line, longAgo, 10)
	if err != nil || missed || len(items) != 11 || items[0].ID != sidOf(900) || items[10].ID != sidOf(29) {
		t.Errorf("%v, %v, %v", ids(items), missed, err)
	}
}

// SMS-S10: what Twilio puts before the texts of a trial account is no part of
// what we sent, but may be of what came.
func TestTrialNote(t *testing.T) {
	t.Parallel()
	const note = "Sent from your Twilio trial account - "
	at := pages(t, []map[string]any{
		message(sidOf(2), noon.Add(time.Second), map[string]any{"body": note + " hi"}),
		message(sidOf(1), noon, map[string]any{"body": note + "hi", "from": peer, "to": line, "direction": "inbound", "status": "received"}),
	})
	items, _, err := with(at.URL).List(t.Context(), byToken, line, longAgo, 10)
	if err != nil || len(items) != 2 || items[0].Text != note+"hi" || items[1].Text != " hi" {
		t.Errorf("%+v, %v", items, err)
	}
}

// A page that shifts while it is read shows nothing twice.
func TestShiftingPages(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body := map[string]any{"messages": []any{message(sidOf(2), noon, nil), message(sidOf(1), noon, nil)}, "next_page_uri": "/x?Page=1&PageToken=a"}
		if r.URL.Query().Has("Page") {
			body = map[string]any{"messages": []any{message(sidOf(1), noon, nil), message(sidOf(0), noon, nil)}}
		}
		says(200, asJSON(t, body))(w, r)
	})
	items, complete, err := with(at.URL).Sent(t.Context(), byToken, line, peer, longAgo)
	if want := []string{sidOf(2), sidOf(1), sidOf(0)}; err != nil || !complete || !slices.Equal(ids(items), want) {
		t.Errorf("%v, %v, %v", ids(items), complete, err)
	}
	// Of one second, the order is Twilio's.
	items, _, err = with(at.URL).List(t.Context(), byToken, line, longAgo, 10)
	if want := []string{sidOf(0), sidOf(1), sidOf(2)}; err != nil || !slices.Equal(ids(items), want) {
		t.Errorf("%v, %v", ids(items), err)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	at := serve(t, says(200, asJSON(t, message(sid, noon, map[string]any{
		"status": "undelivered", "error_code": 30006, "date_sent": noon.Add(time.Minute).Format(time.RFC1123Z), "num_media": "3",
	}))))
	p := with(at.URL)
	item, err := p.Get(t.Context(), byToken, strings.ToUpper(sid))
	if err != nil || item.ID != sid || item.Line != line || item.Peer != peer || item.Inbound || item.State != provider.Failed ||
		item.Err.Kind != transports.NoRoute || !item.Time.Equal(noon.Add(time.Minute)) || item.NumMedia != 3 || item.Only {
		t.Errorf("%+v, %v", item, err)
	}
	for _, id := range []string{"", "x", "../" + sid, sid + ".json", "SM", "CA" + sid[2:], sid + "\n"} {
		_, err := p.Get(t.Context(), byToken, id)
		wants(t, err, transports.NotFound, false)
		_, err = p.Media(t.Context(), byToken, id)
		wants(t, err, transports.NotFound, false)
	}
	if n := len(at.all()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
