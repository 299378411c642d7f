package component_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// branches is a network on which users have further accounts: a word without a dot is
// the label of one. Nobody can have two of one nick.
type branches struct{ *transporttest.Network }

func (branches) Address(text string, in transports.Account) (transports.Address, error) {
	if label := text; label != "" && !strings.ContainsAny(label, ".%@+") {
		return transports.Address{Kind: transports.Network, Scope: transports.Scope(label)}, nil
	}
	name, label, _ := strings.Cut(text, "%")
	if label == "" {
		label = string(in.Scope)
	}
	if !strings.Contains(name, ".") || strings.ContainsAny(label, ".@") {
		return transports.Address{}, &transports.Error{Kind: transports.Malformed}
	}
	return transports.Address{Kind: transports.Contact, Scope: transports.Scope(label), Name: name}, nil
}

func (branches) Distinct(s transports.Settings) []string { return []string{"nick " + s["nick"]} }

func (branches) AccountName(s transports.Settings) string { return s["nick"] + "@upstream" }

func (branches) Group(members []transports.Address) (transports.Address, error) {
	return grouping{}.Group(members)
}

const (
	atWork    = "work@" + domain
	nurseX    = "nurse.x@" + domain
	nurseWork = "nurse.x%work@" + domain
)

func nurseAt(scope transports.Scope) transports.Address {
	return transports.Address{Kind: transports.Contact, Scope: scope, Name: "nurse.x"}
}

// newBranchWorld is a world of mail in which Juliet has two accounts, both logged in, under
// the nicks juliet and work.
func newBranchWorld(t testing.TB, builds ...build) *world {
	t.Helper()
	further := stores(func(a *transports.About) {
		a.Scoped, a.Rooms, a.Trails, a.FoldsRepeats, a.AccountIDs = false, false, true, true, true
		a.Further = transports.T("Add a mailbox")
	})
	several := func(w *world) { w.conf.Transport = branches{w.net} }
	w := newWorld(t, append([]build{further, several, hurried}, builds...)...)
	w.AnswerResources(func(j jid.JID) bool { return j.Local == "juliet" })
	w.open("", "juliet")
	w.open("work", "work")
	w.Drain(domain)
	return w
}

// branch is one of Juliet's accounts, with a nick.
func branch(scope, nick string) store.Account {
	return store.Account{User: juliet, Scope: scope, Settings: map[string]string{"nick": nick}, Secrets: map[string]string{"password": "pw"}}
}

// child returns the text of a child of a presence.
func child(p *stanza.Presence, name string) string {
	if e := p.Child("", name); e != nil {
		return e.Text
	}
	return ""
}

// open registers one of Juliet's accounts, and returns when it is logged in.
func (w *world) open(scope, nick string) {
	w.Helper()
	if err := w.domain().Register(context.Background(), branch(scope, nick)); err != nil {
		w.Fatal(err)
	}
	if err := w.at(transports.Scope(scope)).Emit(); err != nil {
		w.Fatal(err)
	}
	w.barrier(phone)
}

// at returns Juliet's session of a scope, when it is logged in.
func (w *world) at(scope transports.Scope) *transporttest.Session {
	w.Helper()
	for _, s := range w.net.Sessions() {
		if s.Account.Scope == scope {
			return w.net.AwaitSession(w, s.Account.Key)
		}
	}
	w.Fatalf("no session of %q", scope)
	return nil
}

// writesAt has Juliet write to the nurse by one of her accounts, and returns the call.
func (w *world) writesAt(to, id, inside string) transporttest.Call {
	w.Helper()
	before := w.net.Count(transporttest.OpSend)
	w.chat(phone, to, id, "<body>text of "+id+"</body>"+inside)
	return w.net.AwaitCall(w, transporttest.OpSend, before)
}

// One person is two contacts, one of each account: what comes and goes there, with the same
// ids and Message-IDs, stays apart. MAIL-A8
func TestFurtherAccountsApart(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	jids := map[transports.Scope]string{"": nurseX, "work": nurseWork}
	for scope, from := range jids {
		m := transports.Message{ID: "1", Ref: "ref", Thread: "thread", Chat: nurseAt(scope), Text: "for " + string(scope), Trail: []byte("trail " + string(scope))}
		if err := w.at(scope).Emit(transports.Received{Message: m}); err != nil {
			t.Fatal(err)
		}
		if got := w.message(from, juliet, "chat"); body(got) != m.Text {
			t.Errorf("%s says %s", from, dump(got))
		}
	}
	keys := map[string]bool{}
	for scope, to := range jids {
		c := w.writesAt(to, "m1", wantsTick+inThread("thread"))
		if own := w.at(scope).Account; c.Account != own.Key || c.Message.Chat != nurseAt(scope) || string(c.Message.Trail) != "trail "+string(scope) {
			t.Errorf("to %s went %+v", to, c)
		}
		keys[c.Account] = true
	}
	w.concluded()
	if len(keys) != 2 || w.net.Count(transporttest.OpSend) != 2 {
		t.Errorf("%d messages went out by %d accounts", w.net.Count(transporttest.OpSend), len(keys))
	}
	var ids []string // by scope, as the network called them
	for _, c := range w.net.Calls(transporttest.OpSend) {
		ids = append(ids, string(c.Message.Chat.Scope))
	}
	for i, scope := range ids {
		st := transports.Status{Chat: nurseAt(transports.Scope(scope)), ID: string(rune('1' + i)), State: transports.Delivered}
		// The other account's word for it means nothing.
		other := transports.Scope("work")
		if scope == "work" {
			other = ""
		}
		if err := w.at(other).Emit(transports.Status{Chat: nurseAt(other), ID: st.ID, State: transports.Delivered}); err != nil {
			t.Fatal(err)
		}
		if err := w.at(transports.Scope(scope)).Emit(st); err != nil {
			t.Fatal(err)
		}
		w.tick(jids[transports.Scope(scope)], "m1")
	}
	w.barrier(phone)
	w.nothing()
}

// A failure comes back on the message of the account that it is about.
func TestFurtherFailure(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	w.writesAt(nurseX, "m1", "")
	w.writesAt(nurseWork, "m2", "")
	w.concluded()
	st := transports.Status{Chat: nurseAt("work"), ID: "2", State: transports.Failed, Err: &transports.Error{Kind: transports.NotFound}}
	if err := w.at("work").Emit(st); err != nil {
		t.Fatal(err)
	}
	if m := w.message(nurseWork, phone, "error"); m.ID != "m2" {
		t.Errorf("failed: %s", dump(m))
	}
	w.nothing()
}

// What befalls one account is told of that one, and the other goes on. MAIL-A8
func TestFurtherTrouble(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	for _, to := range []string{domain, atWork, nurseX, nurseWork} {
		w.sub(juliet, to, "subscribe")
		if p := w.presence(to+"/gateway", juliet, ""); p.Child("", "show") != nil {
			t.Errorf("%s is %s", to, dump(p))
		}
	}
	w.barrier(phone)
	w.Drain(domain)
	w.at("work").Break(&transports.Error{Kind: transports.Credentials, Text: transports.T("The password is wrong.")})
	if m := w.message(domain, juliet, "chat"); body(m) != atWork+": The password is wrong." {
		t.Errorf("told %s", dump(m))
	}
	w.barrier(phone)
	shown := map[string]string{}
	for _, st := range w.Drain(domain) {
		if p, ok := st.(*stanza.Presence); ok {
			shown[p.From.Bare().String()] += " " + p.Type + "/" + child(p, "show")
		}
	}
	if shown[atWork] != " /dnd error/" || shown[nurseWork] != " unavailable/" || strings.Contains(shown[domain], "dnd") || shown[nurseX] != "" {
		t.Errorf("shown %v", shown)
	}
	w.chat(phone, nurseWork, "m1", "<body>waits</body>")
	if c := w.writesAt(nurseX, "m2", ""); c.Message.Text != "text of m2" {
		t.Errorf("went out: %+v", c)
	}
	if err := w.at("").Emit(transports.Received{Message: transports.Message{ID: "1", Chat: nurseAt(""), Text: "hello"}}); err != nil {
		t.Fatal(err)
	}
	w.message(nurseX, juliet, "chat")
	// Registered again, what waited goes out, and by that account.
	w.open("work", "work")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 1); c.Message.Text != "waits" || c.Account != w.at("work").Account.Key {
		t.Errorf("went out: %+v", c)
	}
}

// An account that connects anew is away, and no contact of it is there.
func TestFurtherReconnects(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	w.sub(juliet, atWork, "subscribe")
	w.presence(atWork+"/gateway", juliet, "")
	w.net.Refuse(transporttest.OpRun, &transports.Error{Kind: transports.Unreachable})
	w.at("work").Break(&transports.Error{Kind: transports.Unreachable})
	if p := w.presence(atWork+"/gateway", juliet, ""); child(p, "show") != "away" || child(p, "status") == "" {
		t.Errorf("while it connects: %s", dump(p))
	}
}

// What is being sent when the gateway is stopped, or when the user's life breaks, goes out in
// the next one, each by its account.
func TestFurtherRestart(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*world){
		"stopped": (*world).restart,
		"broken":  func(w *world) { w.get(phone, domain, theBomb) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBranchWorld(t, bomb(false))
			for range 2 {
				w.net.Stall(transporttest.OpSend)
			}
			w.writesAt(nurseX, "m1", "")
			w.writesAt(nurseWork, "m2", "")
			end(w)
			went := map[string]string{}
			for i := 2; i < 4; i++ {
				c := w.net.AwaitCall(t, transporttest.OpSend, i)
				went[c.Message.Text] = c.Account
			}
			if went["text of m1"] != w.at("").Account.Key || went["text of m2"] != w.at("work").Account.Key {
				t.Errorf("went out: %v", went)
			}
		})
	}
}

// A further account asks to be in the roster, and is gone from it, with its contacts and
// what waits, when it is removed; the others stay. MAIL-A8
func TestFurtherRemoved(t *testing.T) {
	t.Parallel()
	for _, scope := range []transports.Scope{"work", ""} {
		t.Run("scope "+string(scope), func(t *testing.T) {
			t.Parallel()
			w := newBranchWorld(t)
			for _, to := range []string{domain, atWork, nurseX, nurseWork} {
				w.sub(juliet, to, "subscribe")
				w.presence(to, juliet, "subscribed")
			}
			gone, stays, other := nurseWork, nurseX, transports.Scope("")
			if scope == "" {
				gone, stays, other = nurseX, nurseWork, "work"
			}
			w.net.Stall(transporttest.OpSend)
			w.writesAt(gone, "m1", "")
			w.chat(phone, gone, "m2", "<body>never sent</body>")
			w.barrier(phone)
			w.Drain(domain)
			after, err := w.domain().UnregisterOne(t.Context(), jid.MustParse(phone), scope)
			if err != nil {
				t.Fatal(err)
			}
			after()
			w.message(gone, phone, "error")
			w.presence(gone, juliet, "unsubscribe")
			w.presence(gone, juliet, "unsubscribed")
			for _, st := range w.rest(phone) {
				if p, ok := st.(*stanza.Presence); ok && (p.From.Bare().String() == stays || p.From.Bare().String() == domain && p.Type != "") {
					t.Errorf("unexpected: %s", dump(p))
				}
			}
			contacts, err := w.store.Contacts(t.Context(), domain, juliet)
			if err != nil || slices.ContainsFunc(contacts, func(c store.Contact) bool { return c.Name == strings.TrimSuffix(gone, "@"+domain) }) {
				t.Errorf("contacts: %+v, %v", contacts, err)
			}
			w.chat(phone, gone, "m3", "<body>hello</body>")
			if m := w.message(gone, phone, "error"); m.ID != "m3" {
				t.Errorf("answered by %s", dump(m))
			}
			if c := w.writesAt(stays, "m4", ""); c.Account != w.at(other).Account.Key {
				t.Errorf("went out by %+v", c)
			}
			w.concluded()
			// With the last one, everything goes.
			after, err = w.domain().UnregisterOne(t.Context(), jid.MustParse(phone), other)
			if err != nil {
				t.Fatal(err)
			}
			after()
			w.presence(stays, juliet, "unsubscribed")
			w.presence(domain, juliet, "unsubscribed")
			if all := w.accounts(); len(all) != 0 {
				t.Errorf("left: %+v", all)
			}
		})
	}
}

// Nobody has the same upstream by two accounts; to change one is no second. MAIL-A8
func TestFurtherTwice(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	var twice *component.TwiceError
	err := w.domain().Register(t.Context(), branch("home", "work"))
	if !errors.As(err, &twice) || twice.Scope != "work" {
		t.Errorf("a second one: %v", err)
	}
	if err = w.domain().Register(t.Context(), branch("", "work")); !errors.As(err, &twice) {
		t.Errorf("the other one changed: %v", err)
	}
	if err := w.domain().Register(t.Context(), branch("work", "work")); err != nil {
		t.Errorf("itself: %v", err)
	}
	other := branch("", "work")
	other.User = romeo[:strings.IndexByte(romeo, '/')]
	if err := w.domain().Register(t.Context(), other); err != nil {
		t.Errorf("another user: %v", err)
	}
}

// Where there is no such account, everything says so.
func TestFurtherUnknown(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	for _, to := range []string{"nurse.x%home@" + domain, "home@" + domain} {
		id := w.id()
		w.chat(phone, to, id, "<body>hello</body>")
		m := w.message(to, phone, "error")
		if e := stanza.ParseError(m.Child("", "error")); m.ID != id || e.Condition != stanza.ItemNotFound || e.Text != "You have no account home@"+domain+" here." {
			t.Errorf("answered by %s", dump(m))
		}
		w.sub(juliet, to, "subscribe")
		if p := w.presence(to, juliet, "error"); fault(p) != "cancel/item-not-found" {
			t.Errorf("answered by %s", dump(p))
		}
	}
	w.chat(romeo, nurseWork, "m1", "<body>hello</body>")
	if m := w.message(nurseWork, romeo, "error"); fault(m) != "auth/registration-required" {
		t.Errorf("answered by %s", dump(m))
	}
	w.silent(phone)
}

// The gateway lists a user's further accounts, to that user; their addresses are gateways,
// not rooms' services. MAIL-A8
func TestFurtherFound(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	items := func(from, to string) (all []string) {
		for _, it := range w.get(from, to, "<query xmlns='http://jabber.org/protocol/disco#items'/>").Payload[0].Children {
			all = append(all, it.Attr("jid")+" "+it.Attr("name"))
		}
		return all
	}
	if got := items(phone, domain); !slices.Equal(got, []string{atWork + " work@upstream"}) {
		t.Errorf("her items: %v", got)
	}
	for from, to := range map[string]string{romeo: domain, phone: atWork} {
		if got := items(from, to); len(got) != 0 {
			t.Errorf("items of %s for %s: %v", to, from, got)
		}
	}
	var has []string
	for _, e := range w.get(phone, atWork, "<query xmlns='http://jabber.org/protocol/disco#info'/>").Payload[0].Children {
		has = append(has, e.Attr("category")+e.Attr("var"))
	}
	if !slices.Contains(has, "gateway") || !slices.Contains(has, nsAddress) || slices.Contains(has, "conference") || slices.Contains(has, nsMUC) {
		t.Errorf("info: %v", has)
	}
}

// What is addressed at an account by URI leaves from there; a group has one account.
func TestFurtherMulticast(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	for i, tt := range []struct {
		to, list string
		want     transports.Address
	}{
		{atWork, "<address type='to' uri='mailto:nurse.x'/>", nurseAt("work")},
		{domain, "<address type='to' uri='mailto:nurse.x'/>", nurseAt("")},
		{domain, "<address type='to' jid='" + nurseWork + "'/>", nurseAt("work")},
		{atWork, "<address type='to' jid='" + nurseX + "'/>", nurseAt("")},
	} {
		w.chat(phone, tt.to, w.id(), "<body>hello</body><addresses xmlns='"+nsAddress+"'>"+tt.list+"</addresses>")
		if c := w.net.AwaitCall(t, transporttest.OpSend, i); c.Message.Chat != tt.want || c.Account != w.at(tt.want.Scope).Account.Key {
			t.Errorf("%s at %s went to %+v", tt.list, tt.to, c.Message.Chat)
		}
	}
}

// Suspended, all of them are; each resumes by itself.
func TestFurtherSuspended(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	for _, to := range []string{domain, atWork} {
		w.sub(juliet, to, "subscribe")
		w.presence(to, juliet, "subscribed")
	}
	w.sub(juliet, domain, "unsubscribe")
	w.presence(domain, juliet, "unsubscribed")
	w.chat(phone, nurseWork, "m1", "<body>hello</body>")
	if m := w.message(nurseWork, phone, "error"); fault(m) != "auth/registration-required" || !strings.Contains(dump(m), atWork+" first") {
		t.Errorf("answered by %s", dump(m))
	}
	for _, it := range w.get(phone, domain, "<query xmlns='http://jabber.org/protocol/disco#items'/>").Payload[0].Children {
		t.Errorf("found while suspended: %s", it.Attr("name"))
	}
	w.open("work", "work")
	if c := w.writesAt(nurseWork, "m2", ""); c.Message.Chat != nurseAt("work") {
		t.Errorf("went to %+v", c)
	}
	w.chat(phone, nurseX, "m3", "<body>hello</body>")
	if m := w.message(nurseX, phone, "error"); fault(m) != "auth/registration-required" {
		t.Errorf("answered by %s", dump(m))
	}
}

// One that is not resumed in time is gone from the roster, and takes nothing else with it.
func TestFurtherPurged(t *testing.T) {
	t.Parallel()
	w := newBranchWorld(t)
	for _, to := range []string{domain, nurseX, nurseWork} {
		w.sub(juliet, to, "subscribe")
		w.presence(to, juliet, "subscribed")
	}
	w.sub(juliet, domain, "unsubscribe")
	w.presence(domain, juliet, "unsubscribed")
	w.open("work", "work")
	w.Drain(domain)
	if err := w.domain().Purge(t.Context(), jid.MustParse(juliet), ""); err != nil {
		t.Fatal(err)
	}
	w.presence(nurseX, juliet, "unsubscribed")
	for _, st := range w.rest(phone) {
		if from := st.Head().From.Bare().String(); from == nurseWork || from == domain && st.Head().Type == "unsubscribed" {
			t.Errorf("unexpected: %s", dump(st))
		}
	}
	if all := w.accounts(); len(all) != 1 || all[0].Scope != "work" {
		t.Errorf("left: %+v", all)
	}
}
