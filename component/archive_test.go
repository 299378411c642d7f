package component_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

const nsMAM = "urn:xmpp:mam:2"

// recording has the domain keep what is said in rooms.
var recording = settings(func(c *component.DomainConfig) { c.RecordHistory = true })

// proving has all connections prove that they reach a host.
func proving(host string) build {
	return func(w *world) {
		w.net.SetSharer(func(transports.Account) (string, bool) { return host, true })
	}
}

// page is an answer of the archive.
type page struct {
	lines []string // who said what
	ids   []string
	fin   *stanza.IQ
}

func (p page) attr(name string) string { return p.fin.Child(nsMAM, "fin").Attr(name) }

// set returns an element of the paging.
func (p page) set(name string) string {
	const nsRSM = "http://jabber.org/protocol/rsm"
	return p.fin.Child(nsMAM, "fin").Child(nsRSM, "set").ChildText(nsRSM, name)
}

// query asks the archive of a room; inside is what the query carries.
func (w *world) query(from, room, inside string) page {
	w.Helper()
	id := w.id()
	w.send("<iq type='set' id='%s' from='%s' to='%s'><query xmlns='%s' queryid='q%s'>%s</query></iq>", id, from, room, nsMAM, id, inside)
	var p page
	for {
		st := w.Expect(domain, func(st stanza.Stanza) bool {
			m, ok := st.(*stanza.Message)
			return ok && m.Child(nsMAM, "result") != nil && m.To.String() == from || st.Name() == "iq" && st.Head().ID == id
		})
		if iq, ok := st.(*stanza.IQ); ok {
			p.fin = iq
			return p
		}
		result := st.Child(nsMAM, "result")
		said := result.Child("urn:xmpp:forward:0", "forwarded").Child("", "message")
		if result.Attr("queryid") != "q"+id || st.Head().From.String() != room || said.Attr("type") != "groupchat" {
			w.Errorf("result %s", dump(st))
		}
		_, nick, _ := strings.Cut(said.Attr("from"), "/")
		if e := said.Child(nsReact, "reactions"); e != nil {
			all := ""
			for _, c := range e.Children {
				all += c.Text
			}
			p.lines = append(p.lines, nick+" reacts by "+all+" to "+e.Attr("id"))
			if said.Child("", "body") != nil {
				w.Errorf("a reaction says something: %s", dump(st))
			}
		} else {
			p.lines = append(p.lines, nick+": "+said.ChildText("", "body"))
		}
		p.ids = append(p.ids, result.Attr("id"))
		if sid := said.Child(nsSID, "stanza-id"); sid == nil || sid.Attr("id") != result.Attr("id") || sid.Attr("by") != room {
			w.Errorf("no stanza-id: %s", dump(st))
		}
		if said.Child("urn:xmpp:occupant-id:0", "occupant-id") == nil {
			w.Errorf("no occupant-id: %s", dump(st))
		}
	}
}

func set(inside string) string {
	return "<set xmlns='http://jabber.org/protocol/rsm'>" + inside + "</set>"
}

func filter(fields ...string) string {
	x := "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>" + nsMAM + "</value></field>"
	for i := 0; i < len(fields); i += 2 {
		x += fmt.Sprintf("<field var='%s'><value>%s</value></field>", fields[i], fields[i+1])
	}
	return x + "</x>"
}

// sees waits for a line that a resource is shown live, and returns its
// stanza-id.
func (w *world) sees(full, text string) string {
	w.Helper()
	m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool {
		return m.To.String() == full && m.Type == "groupchat" && body(m) == text
	})
	id := m.Child(nsSID, "stanza-id").Attr("id")
	if id == "" {
		w.Errorf("no stanza-id: %s", dump(m))
	}
	return id
}

func (w *world) want(p page, lines ...string) {
	w.Helper()
	if f := fault(p.fin); f != "" {
		w.Errorf("refused: %s", f)
	} else if strings.Join(p.lines, "|") != strings.Join(lines, "|") {
		w.Errorf("archive has %q, want %q", p.lines, lines)
	}
}

// What several users are told of a room is kept once, all are shown it by one
// id, and each may read what was said while they were there. IRC-M16.
func TestArchiveIsShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.join(phone, room, "juliet")
	w.say(phone, room, "m0", "alone")
	w.sees(phone, "alone")
	shown := w.join(romeo, room, "romeo")
	if got := codes(shown[len(shown)-2]); got != "110 170" {
		t.Errorf("joined with codes %q", got)
	}
	w.say(phone, room, "m1", "hello")
	if a, b := w.sees(phone, "hello"), w.sees(romeo, "hello"); a != b {
		t.Errorf("one line, two ids: %s %s", a, b)
	}
	w.net.SetOccupant(address, transports.Occupant{Nick: "nurse"})
	for range 3 {
		w.net.Say(address, "nurse", "ay me")
	}
	for range 3 {
		if a, b := w.sees(phone, "ay me"), w.sees(romeo, "ay me"); a != b {
			t.Errorf("one line, two ids: %s %s", a, b)
		}
	}
	w.want(w.query(romeo, room, ""), "juliet: hello", "nurse: ay me", "nurse: ay me", "nurse: ay me")
	w.want(w.query(phone, room, ""), "juliet: alone", "juliet: hello", "nurse: ay me", "nurse: ay me", "nurse: ay me")

	// Gone and back: what was said meanwhile is not for him.
	w.send("<presence type='unavailable' from='%s' to='%s/romeo'/>", romeo, room)
	w.presence(room+"/romeo", phone, "unavailable")
	w.say(phone, room, "m2", "secret")
	w.sees(phone, "secret")
	w.want(w.query(romeo, room, set("<max>2</max>")), "juliet: hello", "nurse: ay me") // once a member
	w.join(romeo, room, "romeo")
	w.say(phone, room, "m3", "welcome")
	w.sees(romeo, "welcome")
	w.want(w.query(romeo, room, filter("with", room+"/juliet")), "juliet: hello", "juliet: welcome")
	if p := w.query("tybalt@example.org/x", room, ""); fault(p.fin) != "auth/forbidden" {
		t.Errorf("a stranger to the room: %s", dump(p.fin))
	}
}

// Connections that prove nothing, or reach another host, have archives of their
// own: a server under another name cannot write into one. IRC-B33
func TestArchiveIsNotShared(t *testing.T) {
	t.Parallel()
	for name, sharer := range map[string]func(transports.Account) (string, bool){
		"unproven": nil,
		"one only": func(a transports.Account) (string, bool) { return network, a.Settings["nick"] == "juliet" },
		"hosts":    func(a transports.Account) (string, bool) { return a.Key + ".example", true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recording)
			w.net.SetSharer(sharer)
			w.join(phone, room, "juliet")
			w.join(romeo, room, "romeo")
			line := transports.Message{ID: "same", Chat: address, Nick: "nurse", Text: "hello"}
			if err := w.session("juliet").Emit(transports.Received{Message: line}); err != nil {
				t.Fatal(err)
			}
			w.sees(phone, "hello")
			line.Text = "forged"
			if err := w.session("romeo").Emit(transports.Received{Message: line}); err != nil {
				t.Fatal(err)
			}
			w.sees(romeo, "forged")
			w.want(w.query(phone, room, ""), "nurse: hello")
			w.want(w.query(romeo, room, ""), "nurse: forged")
		})
	}
}

// What is said to some of a room is for these only; what a room's members may
// read without having been there is a setting, and for public rooms.
func TestArchiveEntitles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network), settings(func(c *component.DomainConfig) { c.SharedHistory = true }))
	w.join(phone, room, "juliet")
	apart := transports.Message{Chat: address, Nick: "nurse", Text: "for ops", Apart: true}
	all := transports.Message{Chat: address, Nick: "nurse", Text: "for all"}
	hidden := transports.Message{Chat: address, Nick: "nurse", Text: "while hidden"}
	early := transports.Message{Chat: address, Nick: "nurse", Text: "before it was known to be public"}
	err := w.session("juliet").Emit(transports.Received{Message: early}, transports.RoomConfig{Room: address},
		transports.Received{Message: apart}, transports.Received{Message: all},
		transports.RoomConfig{Room: address, Hidden: true}, transports.Received{Message: hidden}, transports.RoomConfig{Room: address})
	if err != nil {
		t.Fatal(err)
	}
	w.sees(phone, "while hidden")
	w.want(w.query(phone, room, ""), "nurse: before it was known to be public", "nurse: for ops", "nurse: for all", "nurse: while hidden")
	shown := w.join(romeo, room, "romeo")
	w.want(w.query(romeo, room, ""), "nurse: for all")
	var past []string
	for _, st := range shown {
		if m, ok := st.(*stanza.Message); ok && body(m) != "" {
			past = append(past, body(m))
		}
	}
	if strings.Join(past, "|") != "for all" {
		t.Errorf("joining shows %q", past)
	}
	if err := w.session("romeo").Emit(transports.RoomConfig{Room: address, MembersOnly: true}); err != nil {
		t.Fatal(err)
	}
	w.want(w.query(romeo, room, ""))
}

// Where all may read what is public, a log that is one user's own has for them
// also what was said before they came: their connection was told it.
func TestArchiveOwnWherePublic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, settings(func(c *component.DomainConfig) { c.SharedHistory = true }))
	w.join(phone, room, "juliet")
	err := w.session("juliet").Emit(transports.RoomConfig{Room: address, OpenSubject: true}, transports.Received{Message: transports.Message{
		ID: "id1", Chat: address, Nick: "nurse", Text: "early", Time: time.Now().Add(-time.Hour), Delayed: true}})
	if err != nil {
		t.Fatal(err)
	}
	w.sees(phone, "early")
	w.want(w.query(phone, room, ""), "nurse: early")
}

// The network's history, and what a bouncer kept, fill the archive without
// doubles, in their places, and are not shown twice.
func TestArchiveTakesThePast(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]build{"shared": proving(network), "own": func(*world) {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, recording, b)
			w.join(phone, room, "juliet")
			s := w.session("juliet")
			live := func(id, text string) {
				t.Helper()
				if err := s.Emit(transports.Received{Message: transports.Message{ID: id, Chat: address, Nick: "nurse", Text: text}}); err != nil {
					t.Fatal(err)
				}
				w.sees(phone, text)
			}
			live("id1", "named")
			live("", "unnamed")
			live("", "twice")
			live("", "twice")
			now := time.Now()
			past := func(id, text string, ago time.Duration) transports.Event {
				return transports.Received{Message: transports.Message{
					ID: id, Chat: address, Nick: "nurse", Text: text, Time: now.Add(-ago).Truncate(time.Second), Delayed: true}}
			}
			for range 2 {
				err := s.Emit(past("id0", "early", time.Hour), past("", "unnamed early", time.Hour), past("", "third", time.Hour),
					past("id1", "named", time.Second), past("id2", "unnamed", 0), past("", "twice", 0), past("", "twice", 0))
				if err != nil {
					t.Fatal(err)
				}
				w.settled(phone, "juliet")
			}
			var shown []string
			for _, st := range w.rest(phone) {
				if m, ok := st.(*stanza.Message); ok && m.To.String() == phone {
					shown = append(shown, body(m))
				}
			}
			if strings.Join(shown, "|") != "early|unnamed early|third" {
				t.Errorf("shown again: %q", shown)
			}
			w.want(w.query(phone, room, ""), "nurse: early", "nurse: unnamed early", "nurse: third", "nurse: named", "nurse: unnamed", "nurse: twice", "nurse: twice")
			w.restart()
			w.join(phone, room, "juliet")
			if err := w.session("juliet").Emit(past("id0", "early", time.Hour), past("id2", "unnamed", 0), past("", "third", time.Hour)); err != nil {
				t.Fatal(err)
			}
			w.settled(phone, "juliet")
			w.want(w.query(phone, room, set("<before/>")), "nurse: early", "nurse: unnamed early", "nurse: third", "nurse: named", "nurse: unnamed", "nurse: twice", "nurse: twice")
		})
	}
}

// What the archive answers by, says of itself, and refuses. IRC-M16. IRC-B9
func TestArchiveDescribes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	has := func(w *world, feature string) bool {
		a := w.get(phone, room, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		return strings.Contains(dump(a), "<feature var='"+feature+"'/>")
	}
	if !has(w, nsMAM) || !has(w, nsMAM+"#extended") {
		t.Error("the room does not say that it has an archive")
	}
	if a := w.get(phone, room, "<query xmlns='"+nsMAM+"'/>"); fault(a) != "auth/forbidden" {
		t.Errorf("before the first join: %s", dump(a))
	}
	w.join(phone, room, "juliet")
	if a := w.get(phone, room, "<query xmlns='"+nsMAM+"'/>"); !strings.Contains(dump(a), "var='before-id'") {
		t.Errorf("form %s", dump(a))
	}
	if a := w.get(phone, room, "<metadata xmlns='"+nsMAM+"'/>"); !strings.Contains(dump(a), "<metadata xmlns='"+nsMAM+"'/>") {
		t.Errorf("empty: %s", dump(a))
	}
	w.want(w.query(phone, room, ""))
	var ids []string
	for i := range 5 {
		text := fmt.Sprint("line ", i)
		w.say(phone, room, w.id(), text)
		ids = append(ids, w.sees(phone, text))
	}
	a := dump(w.get(phone, room, "<metadata xmlns='"+nsMAM+"'/>"))
	if !strings.Contains(a, "<start id='"+ids[0]+"'") || !strings.Contains(a, "<end id='"+ids[4]+"'") {
		t.Errorf("metadata %s", a)
	}
	p := w.query(phone, room, set("<max>2</max><before/>")+"<flip-page/>")
	w.want(p, "juliet: line 4", "juliet: line 3")
	if p.set("first") != ids[3] || p.set("last") != ids[4] || p.attr("complete") != "" || p.attr("stable") != "true" {
		t.Errorf("fin %s", dump(p.fin))
	}
	p = w.query(phone, room, filter("after-id", ids[3]))
	w.want(p, "juliet: line 4")
	if p.attr("complete") != "true" {
		t.Errorf("fin %s", dump(p.fin))
	}
	if p := w.query(phone, room, set("<max>0</max>")); p.set("count") != "5" {
		t.Errorf("count: %s", dump(p.fin))
	}
	for inside, want := range map[string]string{
		set("<after>?</after>"):      "cancel/item-not-found",
		filter("ids", "zzz"):         "cancel/item-not-found",
		filter("mood", "calm"):       "cancel/feature-not-implemented",
		filter("start", "yesterday"): "modify/bad-request",
		filter("with", "@"):          "modify/jid-malformed",
		set("<max>all of it</max>"):  "modify/bad-request",
	} {
		if p := w.query(phone, room, inside); fault(p.fin) != want {
			t.Errorf("%s: %s", inside, dump(p.fin))
		}
	}
	w.silent(phone)

	off := newWorld(t)
	off.join(phone, room, "juliet")
	if has(off, nsMAM) {
		t.Error("a room without archive says it has one")
	}
	if p := off.query(phone, room, ""); fault(p.fin) != "cancel/feature-not-implemented" {
		t.Errorf("no archive: %s", dump(p.fin))
	}
}

// A page is no longer than it may be, paced like all else in rooms, and its end
// comes behind it. IRC-B35
func TestArchivePagesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	const lines = 600
	for i := range lines {
		w.net.Say(address, "nurse", fmt.Sprint("line ", i))
	}
	w.sees(phone, fmt.Sprint("line ", lines-1))
	var all []string
	last := ""
	for {
		p := w.query(phone, room, set("<max>100000</max>"+last))
		if len(p.lines) > 250 {
			t.Fatalf("a page of %d", len(p.lines))
		}
		all = append(all, p.lines...)
		last = "<after>" + p.set("last") + "</after>"
		if p.attr("complete") == "true" {
			break
		}
	}
	if len(all) != lines || all[0] != "nurse: line 0" || all[lines-1] != fmt.Sprint("nurse: line ", lines-1) {
		t.Errorf("%d lines", len(all))
	}
	if p := w.query(phone, room, ""); len(p.lines) != 100 {
		t.Errorf("a usual page has %d", len(p.lines))
	}
}

// Who joins is shown the past from the archive, after a restart too, as far as
// the client wants it. XEP-0045 §7.2.14. IRC-B34
func TestArchiveAtJoin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording)
	w.people("nurse")
	w.join(phone, room, "juliet")
	for i := range 30 {
		w.net.Say(address, "nurse", fmt.Sprintf("%02d", i))
	}
	id := w.sees(phone, "29")
	w.say(phone, room, "m1", "/me waves")
	w.sees(phone, "/me waves")
	w.restart()
	for inside, want := range map[string]int{
		"":                                        20,
		"<history maxstanzas='0'/>":               0,
		"<history maxstanzas='3'/>":               3,
		"<history maxstanzas='25'/>":              25,
		"<history maxchars='9'/>":                 1,
		"<history maxchars='13'/>":                3,
		"<history since='2000-01-01T00:00:00Z'/>": 31,
		"<history since='2100-01-01T00:00:00Z'/>": 0,
		"<history seconds='3600'/>":               31,
	} {
		w.ask(phone, room, "juliet", inside)
		var past []*stanza.Message
		for _, st := range w.shown(phone) {
			if m, ok := st.(*stanza.Message); ok && m.Child("", "body") != nil {
				past = append(past, m)
			}
		}
		if len(past) != want {
			t.Errorf("%s: shown %d lines", inside, len(past))
			continue
		}
		if want > 2 {
			m, end := past[want-2], past[want-1]
			if body(m) != "29" || m.Child(nsSID, "stanza-id").Attr("id") != id || m.Child(nsDelay, "delay") == nil || body(end) != "/me waves" {
				t.Errorf("%s: the end is %s %s", inside, dump(m), dump(end))
			}
		}
	}
}

// What goes upstream in parts is kept as others are told of it, and shown to its
// sender by the last part's id. An account takes its archive along.
func TestArchiveOfOwnLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.join(phone, room, "juliet")
	w.join(romeo, room, "romeo")
	w.say(phone, room, "m1", "one *and* a half\ntwo")
	own := w.sees(phone, "one *and* a half\ntwo")
	w.sees(romeo, "one *and* a half")
	if got := w.sees(romeo, "two"); got != own {
		t.Errorf("sender is shown %s, the other %s", own, got)
	}
	for _, full := range []string{phone, romeo} {
		w.want(w.query(full, room, ""), "juliet: one *and* a half", "juliet: two")
	}
	accounts, err := w.domain().Accounts(t.Context(), jid.MustParse(romeo))
	if err != nil || len(accounts) == 0 {
		t.Fatal(err)
	}
	after, err := w.domain().Unregister(t.Context(), jid.MustParse(romeo), "")
	if err != nil {
		t.Fatal(err)
	}
	after()
	for _, a := range accounts {
		own, shared, err := w.store.LogsOf(t.Context(), a.ID, address.Name)
		if err != nil || len(own)+len(shared) > 0 {
			t.Errorf("left of the account: %v %v %v", own, shared, err)
		}
	}
	w.join(romeo, room, "romeo")
	w.want(w.query(romeo, room, ""))
	w.want(w.query(phone, room, ""), "juliet: one *and* a half", "juliet: two")
}

// A line that the network refuses after it was taken is not left in what others
// read, unless the network told them of it; the next equal one is kept.
func TestArchiveOfRefusedLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.join(phone, room, "juliet")
	refuse := func(id string) {
		w.Helper()
		failed := transports.Status{Chat: address, ID: id, State: transports.Failed, Err: &transports.Error{Kind: transports.Forbidden}}
		if err := w.session("juliet").Emit(failed); err != nil {
			t.Fatal(err)
		}
		w.message(room, phone, "error")
	}
	w.say(phone, room, "m1", "wait")
	w.sees(phone, "wait")
	w.say(phone, room, "m2", "refused")
	w.sees(phone, "refused")
	refuse("2")
	w.want(w.query(phone, room, ""), "juliet: wait")
	w.join(romeo, room, "romeo")
	w.say(phone, room, "m3", "refused")
	w.sees(romeo, "refused")
	refuse("3")
	for _, full := range []string{romeo, phone} {
		p := w.query(full, room, "")
		if n := len(p.lines); n == 0 || p.lines[n-1] != "juliet: refused" || n > 2 {
			t.Errorf("%s reads %q", full, p.lines)
		}
	}
}

// An answer is one in the archive too, and for who joins later. XEP-0461 §3, IRC-M19
func TestArchiveOfAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, recording, proving(network))
	w.net.SetAble(allCan)
	w.people("nurse")
	w.join(phone, room, "juliet")
	first := stanzaID(w.line("n1", "Who calls?", ""))
	w.line("n2", "Your mother.", "n1")
	w.line("n3", "Hm.", "unknown")
	w.gesture("m1", "<body>I am here.</body><reply xmlns='"+nsReply+"' to='"+room+"/nurse' id='"+first+"'/>")
	w.sees(phone, "I am here.")
	replies := func(all []stanza.Stanza) (got []string) {
		for _, st := range all {
			m, ok := st.(*stanza.Message)
			if !ok {
				continue
			}
			if result := m.Child(nsMAM, "result"); result != nil {
				said := result.Child("urn:xmpp:forward:0", "forwarded").Child("", "message")
				m = &stanza.Message{Payload: said.Children}
			}
			if hasText := m.Child("", "body"); hasText != nil {
				r := m.Child(nsReply, "reply")
				got = append(got, r.Attr("id")+" "+r.Attr("to"))
			}
		}
		return got
	}
	answer := first + " " + room + "/nurse"
	want := []string{" ", answer, " ", answer}
	w.query(phone, room, "") // all of it is in the store
	id := w.id()
	w.send("<iq type='set' id='%s' from='%s' to='%s'><query xmlns='%s'/></iq>", id, phone, room, nsMAM)
	var all []stanza.Stanza
	for {
		st := w.to(phone)
		if all = append(all, st); st.Head().ID == id {
			break
		}
	}
	if got := replies(all); !slices.Equal(got, want) {
		t.Errorf("in the archive %q, want %q", got, want)
	}
	if got := replies(w.join(laptop, room, "juliet")); !slices.Equal(got, want) {
		t.Errorf("at joining %q, want %q", got, want)
	}
}
