package component

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// An address has one JID, and the JID leads back to it: whatever a network
// allows in names. Design section 2.
func TestRouteRoundTrip(t *testing.T) {
	network := transporttest.NewNetwork()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune("abcÄß@'\"&/:<>\\%5c20[]{}|^~☃😀ｗ ")), 1, 20, -1).Draw(t, "name")
		if rapid.Bool().Draw(t, "room") {
			name = "#" + name
		}
		addr, err := network.Address(name+"%irc.example.net", transports.Account{})
		if err != nil {
			t.Skip("no address")
		}
		j, err := address("irc.example.org", addr)
		if err != nil {
			t.Fatalf("no JID for %q: %v", addr, err)
		}
		if err := j.Check(); err != nil || j.Domain != "irc.example.org" || j.Resource != "" {
			t.Fatalf("%q has the JID %q: %v", addr, j, err)
		}
		back, err := route(network, j, transports.Account{})
		if err != nil || back.addr != addr || back.nick != "" {
			t.Fatalf("%q went by %q to %q, %v", addr, j, back.addr, err)
		}
		again, err := jid.Parse(strings.ToLower(j.String()))
		if err != nil || again != j {
			t.Fatalf("%q is not folded: %q, %v", j, again, err)
		}
	})
}

// Each kind of address, both ways.
func TestRoute(t *testing.T) {
	const scope = "irc.example.net"
	network := transporttest.NewNetwork()
	odd, err := jid.Resource("😀")
	if err != nil || odd == "😀" {
		t.Fatalf("the resource of an odd nick is %q, %v", odd, err)
	}
	for _, tt := range []struct {
		jid  string
		addr transports.Address
		nick string
	}{
		{"gw.example", transports.Address{}, ""},
		{"gw.example/gateway", transports.Address{}, ""},
		{"irc.example.net@gw.example", transports.Address{Kind: transports.Network, Scope: scope}, ""},
		{"nurse%irc.example.net@gw.example", transports.Address{Kind: transports.Contact, Scope: scope, Name: "nurse"}, ""},
		{"nurse%irc.example.net@gw.example/gateway", transports.Address{Kind: transports.Contact, Scope: scope, Name: "nurse"}, ""},
		{"#room%irc.example.net@gw.example", transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, ""},
		{"#room%irc.example.net@gw.example/Nurse", transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, "Nurse"},
		{"#room%irc.example.net@gw.example/" + odd, transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}, "😀"},
		{`#a\26b%irc.example.net@gw.example`, transports.Address{Kind: transports.Room, Scope: scope, Name: "#a&b"}, ""},
		{`#50%25%irc.example.net@gw.example`, transports.Address{Kind: transports.Room, Scope: scope, Name: "#50%25"}, ""},
	} {
		j := jid.MustParse(tt.jid)
		got, err := route(network, j, transports.Account{})
		if err != nil || got.addr != tt.addr || got.nick != tt.nick {
			t.Errorf("route(%s) = %+v, %v", tt.jid, got, err)
		}
		back, err := address("gw.example", tt.addr)
		if err != nil || back != j.Bare() {
			t.Errorf("address(%v) = %s, %v", tt.addr, back, err)
		}
	}
	for _, bad := range []string{"nurse@gw.example", "%25@gw.example", "#@gw.example"} {
		if got, err := route(network, jid.MustParse(bad), transports.Account{}); err == nil {
			t.Errorf("route(%s) = %+v", bad, got)
		}
	}
	if got := present(jid.MustParse("nurse@gw.example")); got.String() != "nurse@gw.example/gateway" {
		t.Errorf("presence of contacts comes from %s", got)
	}
}

// The wait before a try grows up to a bound, and never to nothing.
func TestBackoff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1000).Draw(t, "n")
		first := time.Duration(rapid.Int64Range(1, int64(time.Minute)).Draw(t, "first"))
		most := first * time.Duration(rapid.Int64Range(1, 1000).Draw(t, "times"))
		bound := most
		if n < 10 {
			bound = min(first<<n, most)
		}
		if got := backoff(n, first, most); got < first/2 || got >= first/2+bound {
			t.Errorf("backoff(%d, %v, %v) = %v", n, first, most, got)
		}
	})
	long := 0
	for range 100 {
		if backoff(20, time.Second, time.Minute) > 2*time.Second {
			long++
		}
	}
	if long < 50 {
		t.Errorf("after many tries only %d of 100 waits are long", long)
	}
}

// said is what goes to the network.
func TestSaid(t *testing.T) {
	oob := func(url string) stanza.Element { return stanza.E(nsOOB, "x", stanza.T(nsOOB, "url", url)) }
	fallback := func(start, end, of string) stanza.Element {
		return stanza.E(nsFallback, "fallback", stanza.E(nsFallback, "body").With("start", start).With("end", end)).With("for", of)
	}
	const url = "https://example.org/a.png"
	for _, tt := range []struct {
		body    string
		payload []stanza.Element
		want    string
		style   transports.Style
	}{
		{"hello", nil, "hello", transports.Say},
		{"", nil, "", transports.Say},
		{"/me waves", nil, "waves", transports.Act},
		{"/me", nil, "/me", transports.Say},
		{"/message", nil, "/message", transports.Say},
		{url, []stanza.Element{oob(url)}, url, transports.Say},
		{"", []stanza.Element{oob(url)}, url, transports.Say},
		{"look", []stanza.Element{oob(url)}, "look\n" + url, transports.Say},
		{"look", []stanza.Element{oob("")}, "look", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "5", nsReply)}, "yes", transports.Say},
		{"> ä☃😀\nyes", []stanza.Element{fallback("0", "6", nsReply)}, "yes", transports.Say},
		{"yes > hi", []stanza.Element{fallback("3", "8", nsReply)}, "yes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "99", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("5", "0", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("-1", "5", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("a", "b", nsReply)}, "> hi\nyes", transports.Say},
		{"> hi\nyes", []stanza.Element{fallback("0", "5", "urn:example:other")}, "> hi\nyes", transports.Say},
		{"> hi\n/me nods", []stanza.Element{fallback("0", "5", nsReply)}, "nods", transports.Act},
	} {
		m := &stanza.Message{Payload: append([]stanza.Element{stanza.T("", "body", tt.body)}, tt.payload...)}
		if got, style := said(m, "en"); got != tt.want || style != tt.style {
			t.Errorf("%q with %v says %q (%d), want %q", tt.body, tt.payload, got, style, tt.want)
		}
	}
}

// Whatever range a fallback names, the text stays whole runes of itself.
func FuzzWithoutFallback(f *testing.F) {
	f.Add("> hi\nyes", "0", "5")
	f.Add("ä☃😀", "1", "2")
	f.Add("", "0", "0")
	f.Add("x", "9223372036854775807", "-9223372036854775808")
	f.Fuzz(func(t *testing.T, text, start, end string) {
		m := &stanza.Message{Payload: []stanza.Element{
			stanza.T("", "body", text),
			stanza.E(nsFallback, "fallback", stanza.E(nsFallback, "body").With("start", start).With("end", end)).With("for", nsReply),
		}}
		got := withoutFallback(m, text)
		if len(got) > len(text) || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("%q without %s to %s is %q", text, start, end, got)
		}
		whole, _ := said(m, "")
		if want, _ := strings.CutPrefix(got, "/me "); whole != got && whole != want {
			t.Errorf("says %q, without the fallback it is %q", whole, got)
		}
	})
}

// A mailbox handles each item once, in the order of posting, one at a time,
// whoever posts.
func TestMailbox(t *testing.T) {
	const posters, each = 8, 500
	var got []int
	busy := make(chan struct{}, 1)
	m := mailbox[int]{handle: func(i int) {
		select {
		case busy <- struct{}{}:
		default:
			t.Error("two at a time")
		}
		got = append(got, i)
		<-busy
	}}
	var wg sync.WaitGroup
	for p := range posters {
		wg.Go(func() {
			for i := range each {
				m.post(p*each + i)
			}
		})
	}
	wg.Wait()
	if err := m.rest(context.Background()); err != nil {
		t.Fatal(err)
	}
	last := map[int]int{}
	for _, i := range got {
		if p := i / each; last[p] > i {
			t.Fatalf("%d came after %d", i, last[p])
		}
		last[i/each] = i
	}
	if len(got) != posters*each {
		t.Errorf("%d of %d handled", len(got), posters*each)
	}
}

// Posting from a handler does not run it inside itself, a panic loses one item
// only, and idle is told whenever nothing is left.
func TestMailboxCorners(t *testing.T) {
	var got []string
	idle, broke := 0, 0
	var m mailbox[string]
	m.handle = func(s string) {
		switch s {
		case "more":
			m.post("last")
		case "panic":
			panic("boom")
		}
		got = append(got, s)
	}
	m.idle = func() { idle++ }
	m.broken = func(any) { broke++ }
	for _, s := range []string{"one", "panic", "more"} {
		m.post(s)
	}
	ctx := context.Background()
	if err := m.rest(ctx); err != nil {
		t.Fatal(err)
	}
	if s := strings.Join(got, " "); s != "one more last" || broke != 1 || idle == 0 {
		t.Errorf("handled %s, %d panics, %d times idle", s, broke, idle)
	}
}

// Who may not run ahead waits until the queue was taken.
func TestMailboxWait(t *testing.T) {
	gate, entered := make(chan struct{}), make(chan struct{}, 10)
	m := mailbox[int]{handle: func(int) { entered <- struct{}{}; <-gate }}
	ctx, cancel := context.WithCancel(context.Background())
	m.post(0)
	<-entered
	for range 3 {
		m.post(1)
	}
	if err := m.wait(ctx, 3); err != nil {
		t.Errorf("within the bound: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- m.wait(ctx, 2) }()
	select {
	case err := <-done:
		t.Fatalf("over the bound: %v", err)
	default:
	}
	gate <- struct{}{}
	if err := <-done; err != nil {
		t.Errorf("after the queue was taken: %v", err)
	}
	for range 3 {
		m.post(2)
	}
	go func() { done <- m.wait(ctx, 2) }()
	cancel()
	if err := <-done; err != context.Canceled {
		t.Errorf("after its time: %v", err)
	}
	if n := m.len(); n != 3 {
		t.Errorf("%d are waiting, want 3", n)
	}
	close(gate)
	if err := m.rest(context.Background()); err != nil {
		t.Error(err)
	}
}

// put appends a stanza of n bytes that begins with a letter.
func put(letter byte, n int) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		return append(append(b, letter), strings.Repeat(".", n-1)...), nil
	}
}

// The queue hands out whole stanzas of each user in their order, in turn, and
// loses none.
func TestFairQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := newFairQueue()
		shares := make([]share, 4)
		want := make([]string, len(shares))
		got := make([]strings.Builder, len(shares))
		var buf []byte
		take := func() bool {
			buf = q.take(buf[:0])
			for _, part := range strings.SplitAfter(string(buf), ">") {
				if part != "" {
					got[part[1]-'a'].WriteString(part)
				}
			}
			return len(buf) > 0
		}
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "what") == 0 {
				take()
				continue
			}
			i := rapid.IntRange(0, len(shares)-1).Draw(t, "who")
			st := fmt.Sprintf("<%c%s>", 'a'+i, strings.Repeat(".", rapid.IntRange(0, 20000).Draw(t, "size")))
			ok, err := q.add(&shares[i], func(b []byte) ([]byte, error) { return append(b, st...), nil })
			if !ok || err != nil {
				t.Fatalf("add: %v, %v", ok, err)
			}
			want[i] += st
		}
		for take() {
		}
		for i := range want {
			if got[i].String() != want[i] {
				t.Fatalf("user %d: %d bytes of %d, or in another order", i, got[i].Len(), len(want[i]))
			}
		}
	})
}

// A flood delays another user's stanza by no more than one turn of each, and is
// bounded.
func TestFairQueueFlood(t *testing.T) {
	q := newFairQueue()
	var flood, calm share
	n := 0
	for {
		ok, err := q.add(&flood, put('f', 1000))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n++
	}
	if n < shareBound/1000 || n > shareBound/1000+1 {
		t.Errorf("%d stanzas of 1000 bytes were taken", n)
	}
	if ok, err := q.add(&calm, put('c', 100)); !ok || err != nil {
		t.Fatalf("the other user: %v, %v", ok, err)
	}
	if first := q.take(nil); strings.IndexByte(string(first), 'c') > turnSize+1000 || strings.IndexByte(string(first), 'c') < 0 {
		t.Errorf("the other user comes after %d bytes", strings.IndexByte(string(first), 'c'))
	}
}

// What is refused, or cannot be written, leaves nothing behind.
func TestFairQueueRefuses(t *testing.T) {
	q := newFairQueue()
	var s share
	if ok, err := q.add(&s, func(b []byte) ([]byte, error) { return b, stanza.ErrTo }); ok || err != stanza.ErrTo {
		t.Errorf("a stanza that cannot be written: %v, %v", ok, err)
	}
	if b := q.take(nil); len(b) != 0 {
		t.Errorf("left %q", b)
	}
	_, _ = q.add(&s, put('a', 10))
	q.end()
	if ok, _ := q.add(&s, put('b', 10)); ok || q.ended() {
		t.Errorf("after the end: taken %v, ended %v", ok, q.ended())
	}
	if b := q.take(nil); string(b) != "a........." || !q.ended() {
		t.Errorf("what waited: %q, ended %v", b, q.ended())
	}
	q = newFairQueue()
	_, _ = q.add(&s, put('a', 10))
	q.close()
	if ok, _ := q.add(&s, put('b', 10)); ok || len(q.take(nil)) != 0 {
		t.Error("a closed queue goes on")
	}
	next := newFairQueue()
	if ok, _ := next.add(&s, put('c', 3)); !ok || string(next.take(nil)) != "c.." {
		t.Error("the next stream gets what was for the last")
	}
}

// A question is answered once: by the right answer, or by none in time.
func TestTracker(t *testing.T) {
	tr := newTracker()
	ours, theirs := jid.MustParse("gw.example"), jid.MustParse("juliet@example.org/phone")
	answers := make(chan *stanza.IQ, 10)
	ask := func(wait time.Duration) string {
		return tr.ask(ours, theirs, wait, func(iq *stanza.IQ) { answers <- iq })
	}
	id := ask(time.Hour)
	right := stanza.Header{From: theirs, To: ours, ID: id, Type: "result"}
	for _, change := range []func(*stanza.Header){
		func(h *stanza.Header) { h.From = theirs.Bare() },
		func(h *stanza.Header) { h.From = jid.MustParse("romeo@example.org/phone") },
		func(h *stanza.Header) { h.To = jid.MustParse("nurse@gw.example") },
		func(h *stanza.Header) { h.ID += "x" },
		func(h *stanza.Header) { h.ID = "" },
	} {
		h := right
		change(&h)
		if tr.resolve(&stanza.IQ{Header: h}) {
			t.Errorf("%+v was taken for the answer", h)
		}
	}
	for i, want := range []bool{true, false} {
		if got := tr.resolve(&stanza.IQ{Header: right}); got != want {
			t.Errorf("the answer, time %d: %v", i, got)
		}
	}
	if iq := <-answers; iq == nil || iq.ID != id {
		t.Errorf("answered by %v", iq)
	}
	overdue, open := ask(-time.Second), ask(time.Hour)
	if overdue == open || overdue == id {
		t.Errorf("ids %s, %s and %s", id, overdue, open)
	}
	tr.sweep()
	if iq := <-answers; iq != nil {
		t.Errorf("answered by %v", iq)
	}
	if len(answers) != 0 {
		t.Error("more than the overdue question was ended")
	}
	tr.expireAll()
	if iq := <-answers; iq != nil || len(tr.pending) != 0 {
		t.Errorf("at the end: %v, %d open", iq, len(tr.pending))
	}
}

// A failure that is told later finds its message, once; old ones are forgotten.
func TestRecent(t *testing.T) {
	var r recent
	chat := transports.Address{Kind: transports.Contact, Name: "nurse"}
	for i := range recentSize + 5 {
		m := &stanza.Message{Header: stanza.Header{ID: fmt.Sprint("m", i)}}
		r.add(chat, []string{fmt.Sprint("a", i), fmt.Sprint("b", i)}, m)
	}
	r.add(chat, nil, &stanza.Message{})
	for _, tt := range []struct{ id, want string }{{"a4", ""}, {"a5", "m5"}, {"b5", ""}, {"b20", "m20"}, {"b20", ""}, {"", ""}} {
		got := ""
		if m := r.failed(transports.Status{Chat: chat, ID: tt.id}); m != nil {
			got = m.ID
		}
		if got != tt.want {
			t.Errorf("failed(%s) = %q, want %q", tt.id, got, tt.want)
		}
	}
	if m := r.failed(transports.Status{ID: "a7"}); m != nil {
		t.Errorf("found in another chat: %v", m)
	}
}

// A failure that is told before its message is known to be sent waits for it.
func TestRecentEarly(t *testing.T) {
	var r recent
	chat := transports.Address{Kind: transports.Contact, Name: "nurse"}
	for i := range recentSize + 1 {
		r.failed(transports.Status{Chat: chat, ID: fmt.Sprint("a", i), State: transports.Failed})
	}
	m := &stanza.Message{Header: stanza.Header{ID: "m"}}
	if st := r.add(chat, []string{"a0"}, m); st != nil {
		t.Errorf("the oldest was kept: %v", st)
	}
	if st := r.add(transports.Address{}, []string{"a3"}, m); st != nil {
		t.Errorf("found in another chat: %v", st)
	}
	if st := r.add(chat, []string{"x", "a3"}, m); st == nil || st.ID != "a3" {
		t.Errorf("add returned %v, want the failure of a3", st)
	}
	if st := r.add(chat, []string{"a3"}, m); st != nil {
		t.Errorf("told twice: %v", st)
	}
}
