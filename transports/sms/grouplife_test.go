package sms_test

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twiliotest"
)

// SMS-G3, SMS-I1: what somebody says in a group comes from the group, with who
// said it before it, by a signed call; so do files. What we say does not come
// back.
func TestGroupCalls(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	if hooks := w.twilio.GroupTexts()[0].Hooks; !slices.Equal(hooks, []string{w.account.Hook + "/group"}) {
		t.Fatalf("Twilio calls %v", hooks)
	}
	id := w.twilio.ReceiveGroup(bob, []string{carol, home}, "hi all")
	m := w.message("<" + bob + "> hi all")
	if m.Chat != contact(us) || m.ID != id || m.Own || m.Nick == "" {
		t.Errorf("%+v", m)
	}
	w.twilio.ReceiveGroup(carol, []string{bob, home}, "", twiliotest.Media{Type: "image/png", Data: []byte("picture")})
	m = w.message("<" + carol + ">")
	if m.Chat != contact(us) || len(m.Attachments) != 1 || m.Attachments[0].Type != "image/png" {
		t.Fatalf("%+v", m)
	}
	content, err := w.Fetch(t.Context(), m.Attachments[0].Ref)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Body.Close() }()
	if data, err := io.ReadAll(content.Body); err != nil || string(data) != "picture" {
		t.Errorf("%q, %v", data, err)
	}
	w.settled()
	calls := 0
	for _, c := range w.twilio.Calls() {
		if calls++; c.Kind != twiliotest.CallGroup || c.Status != 200 || c.Alert != 0 {
			t.Errorf("a call: %+v", c)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls", calls)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if r, ok := e.(transports.Received); ok && strings.Contains(r.Message.Text, "hello") {
			t.Errorf("our own: %+v", r)
		}
	}
}

// SMS-I12: what Twilio could not tell, it is asked for; in poll mode it is told
// to call nobody.
func TestGroupIsAsked(t *testing.T) {
	t.Parallel()
	w := groupWorld(t, "webhook", "poll")
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	if hooks := w.twilio.GroupTexts()[0].Hooks; len(hooks) != 0 {
		t.Errorf("Twilio calls %v", hooks)
	}
	w.twilio.ReceiveGroup(bob, []string{carol, home}, "lost")
	if m := w.message("<" + bob + "> lost"); m.Chat != contact(us) || !m.Delayed {
		t.Errorf("%+v", m)
	}
}

// A group from before is found by an account that knows nothing of it, and calls
// for it come to the account's hook then.
func TestGroupDiscovered(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		c.groups["G7"] = provider.Group{ID: "G7", Line: home, Self: home, Members: []string{carol, bob}}
		l.account.Hook = hook
		l.start()
		if got := c.hookOf("G7"); got != hook+"/group" {
			t.Errorf("it calls %q", got)
		}
		c.say("G7", "I1", bob, "hi")
		l.pass(30 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> hi") {
			t.Errorf("%q", got)
		}
		if did := c.done(); count(did, "Groups") != 1 || count(did, "ListGroup") > 5 {
			t.Errorf("%v", did)
		}
	})
}

// Accounts without groups are not asked for them again and again, nor after a
// restart; those that cannot be asked are, later.
func TestGroupsNone(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		most int
	}{
		"none":     {nil, 1},
		"disabled": {&transports.Error{Kind: transports.Unsupported}, 1},
		"down":     {&transports.Error{Kind: transports.Unreachable}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			talking(t, func(t *testing.T, l *life, k *talker) {
				k.fail("Groups", c.err)
				l.start()
				l.pass(time.Hour)
				did := k.done()
				if n := count(did, "Groups"); n > c.most || c.most > 1 && n < 5 || count(did, "List") < 5 {
					t.Errorf("%d times in an hour", n)
				}
				if err := l.stop(); err != nil {
					t.Fatal(err)
				}
				k.fail("Groups", nil)
				l.start()
				l.pass(time.Hour)
				want := 0
				if c.most > 1 {
					want = 1
				}
				if n := count(k.done(), "Groups"); n != want {
					t.Errorf("%d times after a restart", n)
				}
			})
		})
	}
}

// SMS-X7: that groups cannot be looked at keeps nothing else from coming, and
// nothing said meanwhile is missed.
func TestGroupOutage(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil {
			t.Fatal(err)
		}
		l.keep(sent.Saves)
		l.pass(time.Minute)
		c.fail("ListGroup", &transports.Error{Kind: transports.Unreachable})
		c.say("G1", "I9", bob, "meanwhile")
		c.add(provider.Item{ID: "M9", Line: home, Peer: bob, Inbound: true, Text: "alone", Time: time.Now()})
		l.pass(2 * time.Hour)
		if got := texts(l.took()); !slices.Contains(got, "alone") || slices.Contains(got, "<"+bob+"> meanwhile") {
			t.Errorf("%q", got)
		}
		c.fail("ListGroup", nil)
		l.pass(20 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> meanwhile") {
			t.Errorf("%q", got)
		}
		// It is told once.
		l.pass(time.Hour)
		if got := texts(l.took()); len(got) != 0 {
			t.Errorf("again: %q", got)
		}
	})
}

// SMS-D1: nobody tells whether a group got a text: it counts as received only
// where handing it on is enough.
func TestGroupReceipts(t *testing.T) {
	for receipts, want := range map[string]bool{"delivered": false, "sent": true} {
		talking(t, func(t *testing.T, l *life, _ *talker) {
			l.account.Settings = settings("receipts", receipts)
			l.start()
			sent, err := l.Send(t.Context(), to("1", "hello"))
			if err != nil {
				t.Fatal(err)
			}
			l.pass(time.Hour)
			got := false
			for _, e := range l.took() {
				if st, ok := e.(transports.Status); ok {
					got = st.ID == sent.IDs[0] && st.Chat == contact(us) && st.State == transports.Delivered
				}
			}
			if got != want {
				t.Errorf("%s: a receipt: %v", receipts, got)
			}
		})
	}
}

// A group that was taken away at the provider is made again.
func TestGroupLost(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	if _, err := w.Send(t.Context(), to("1", "hello")); err != nil {
		t.Fatal(err)
	}
	w.twilio.RemoveGroup(w.twilio.GroupTexts()[0].SID)
	_, err := w.Send(t.Context(), to("2", "again"))
	if e := transports.AsError(err); e != nil && (e.Unsure || !e.Temporary()) {
		t.Fatalf("Send = %v", err)
	}
	if err != nil {
		if _, err := w.Send(t.Context(), to("2", "again")); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.twilio.Texted(bob); len(got) != 2 || got[1].Body != "again" {
		t.Errorf("%+v", got)
	}
}

// A new hook takes the place of the old one; an account that is removed leaves
// none.
func TestGroupHooks(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil || c.hookOf("G1") != hook+"/group" {
			t.Fatalf("%v, calls %q", err, c.hookOf("G1"))
		}
		l.keep(sent.Saves)
		for name, save := range l.saved {
			if strings.HasPrefix(name, "group.") && !strings.Contains(string(save), hook) {
				t.Errorf("saved %s", save)
			}
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l.account.Hook = "https://gw.example/hook/new"
		l.start()
		if got := c.hookOf("G1"); got != "https://gw.example/hook/new/group" {
			t.Errorf("it calls %q", got)
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		if err := l.tr.Forget(t.Context(), l.account, l.saved); err != nil || c.hookOf("G1") != "" {
			t.Errorf("%v, calls %q", err, c.hookOf("G1"))
		}
	})
}

// A hook that cannot be set keeps no text from going: the group is asked for.
func TestGroupWithoutHook(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		c.fail("SetGroupHook", &transports.Error{Kind: transports.Forbidden})
		l.start()
		if _, err := l.Send(t.Context(), to("1", "hello")); err != nil {
			t.Fatal(err)
		}
		l.pass(20 * time.Minute)
		c.say("G1", "I9", bob, "hi")
		l.pass(3 * time.Minute)
		if got := texts(l.took()); !slices.Contains(got, "<"+bob+"> hi") {
			t.Errorf("%q", got)
		}
	})
}

// SMS-X2: a call for a group of somebody else's line makes nothing; one that
// cannot be looked up is to be made again.
func TestGroupCallOfOthers(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Hook = hook
		c.groups["G1"] = provider.Group{ID: "G1", Line: "+15550009999", Self: "+15550009999", Members: []string{carol, bob}}
		c.groups["G2"] = provider.Group{ID: "G2", Line: home, Self: home, Members: []string{carol, bob}}
		call := func(group, who, body string) (transports.Batch, transports.Reply) {
			c.calls, c.called = group, []provider.Item{{ID: "I1", Peer: who, Inbound: true, Text: "hi"}}
			return l.tr.Webhook(t.Context(), l.account, transports.Request{Method: "POST", Path: "/group", Body: []byte(body)})
		}
		if b, reply := call("G1", bob, token); len(b.Events) != 0 || reply.Status != 404 {
			t.Errorf("%+v, %+v", b, reply)
		}
		if b, reply := call("G2", bob, "forged"); len(b.Events) != 0 || reply.Status != 403 {
			t.Errorf("%+v, %+v", b, reply)
		}
		c.fail("Grouped", &transports.Error{Kind: transports.Unreachable})
		if b, reply := call("G2", bob, token); len(b.Events) != 0 || reply.Status != 503 {
			t.Errorf("%+v, %+v", b, reply)
		}
		c.fail("Grouped", nil)
		for _, who := range []string{home, "system", dave, ""} {
			if b, reply := call("G2", who, token); len(b.Events) != 0 || reply.Status != 200 {
				t.Errorf("%s: %+v, %+v", who, b, reply)
			}
		}
		if b, reply := call("G2", carol, token); len(b.Events) != 1 || reply.Status != 200 {
			t.Errorf("%+v, %+v", b, reply)
		}
	})
}

var _ provider.Grouper = (*talker)(nil)
