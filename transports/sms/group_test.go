package sms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twiliotest"
)

// SMS-G1: people have one address together, in whatever order they are named and
// however often; one alone is that one.
func TestGroupAddress(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("+1555200%04d", i))
		}
		return names
	}
	for name, c := range map[string]struct {
		names []string
		want  string
		kind  transports.ErrorKind
	}{
		"two":          {[]string{bob, carol}, us, 0},
		"other order":  {[]string{carol, bob, carol}, us, 0},
		"with a group": {[]string{dave, us}, carol + "," + bob + "," + dave, 0},
		"one":          {[]string{bob, bob}, bob, 0},
		"by a line":    {[]string{bob + ";via=" + work, carol + ";via=" + work}, us + ";via=" + work, 0},
		"most":         {many(9), strings.Join(many(9), ","), 0},
		"too many":     {many(10), "", transports.NotAllowed},
		"far away":     {[]string{bob, "+4930901820"}, "", transports.NotAllowed},
		"two lines":    {[]string{bob, carol + ";via=" + work}, "", transports.NotAllowed},
		"short code":   {[]string{bob, "32665;phone-context=+1"}, "", transports.NotAllowed},
		"none":         {nil, "", transports.NotAllowed},
		"no number":    {[]string{bob, "x"}, "", transports.Malformed},
	} {
		var all []transports.Address
		for _, n := range c.names {
			all = append(all, contact(n))
		}
		got, err := tr.Group(all)
		if c.want == "" {
			if e := transports.AsError(err); e == nil || e.Kind != c.kind || e.Text.IsZero() {
				t.Errorf("%s: %v, %v", name, got, err)
			}
			continue
		}
		if err != nil || got != contact(c.want) {
			t.Errorf("%s: %v, %v, want %s", name, got, err, c.want)
		}
	}
	_, err := tr.Group([]transports.Address{contact(bob), contact("+4930901820")})
	if text := transports.AsError(err).Text.String(); !strings.Contains(text, "+1") || !strings.Contains(text, "9 people") {
		t.Errorf("the limits are not told: %s", text)
	}
}

// SMS-G1: own lines are no members, as typed and as a part of an address. Where
// nobody carries groups there are none.
func TestGroupTyped(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	account := transports.Account{Settings: settings("lines", work)}
	for typed, want := range map[string]string{
		us:                                     us,
		bob + "," + carol:                      us,
		"555-765-4321, (555) 123-4567":         us,
		home + "," + us:                        us,
		us + "," + work:                        us,
		home + "," + bob:                       bob,
		us + ";via=" + home:                    us,
		us + ";via=" + work:                    us + ";via=" + work,
		home + "," + work:                      "",
		us + ",+4930901820":                    "",
		us + ";via=+15550009999":               "",
		us + "," + strings.Repeat("+1555", 40): "",
	} {
		got, err := tr.Address(typed, account)
		if (err == nil) != (want != "") || got.Name != want {
			t.Errorf("Address(%q) = %v, %v, want %q", typed, got, err, want)
		}
		if err == nil {
			if again, err := tr.Address(got.String(), account); err != nil || again != got {
				t.Errorf("Address(%q) = %v, %v", got, again, err)
			}
		}
	}
	plain := sms.New(sms.Config{Provider: newCarrier()})
	if _, err := plain.Address(us, account); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("without groups: %v", err)
	}
	if _, err := plain.Group([]transports.Address{contact(bob), contact(carol)}); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
		t.Errorf("without groups: %v", err)
	}
}

// SMS-G1: whatever the order of the members, the address is one, and it is that
// which its text means.
func TestGroupProperty(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newTalker(newCarrier())})
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(rapid.IntRange(0, 30), 2, 9).Draw(t, "members")
		var all []transports.Address
		for _, n := range numbers {
			all = append(all, contact(fmt.Sprintf("+1555300%04d", n)))
		}
		one, err := tr.Group(all)
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(all)
		other, err := tr.Group(all)
		if err != nil || other != one {
			t.Fatalf("%v and %v, %v", one, other, err)
		}
		if again, err := tr.Address(one.String(), transports.Account{Settings: settings()}); err != nil || again != one {
			t.Fatalf("Address(%q) = %v, %v", one, again, err)
		}
	})
}

// groupWorld is a world whose account may text groups.
func groupWorld(t *testing.T, with ...string) *world {
	w := newWorld(t, with...)
	w.twilio.AddAccount(twiliotest.Account{
		SID: w.account.Settings["account_sid"], Token: w.account.Settings["auth_token"], GroupMMS: true,
	})
	return w
}

// SMS-G1, SMS-G3: a text goes to all of a group by one request, and each phone
// sees who else got it. The group is made once; a text of several parts is as
// many requests.
func TestGroupSend(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	long := to("2", strings.Repeat("word ", 500))
	for _, m := range append([]transports.Message{to("1", "hello")}, w.Split(long)...) {
		sent, err := w.Send(t.Context(), m)
		if err != nil || len(sent.IDs) != 1 || !strings.HasPrefix(sent.IDs[0], "IM") {
			t.Fatalf("Send = %+v, %v", sent, err)
		}
	}
	for _, p := range []string{bob, carol} {
		if got := w.twilio.Texted(p); len(got) != 3 || got[0].Body != "hello" || got[0].From != home || len(got[0].Group) != 2 {
			t.Errorf("%s got %+v", p, got)
		}
	}
	if n := len(w.twilio.Messages()); n != 0 {
		t.Errorf("%d texts were sent alone", n)
	}
	if n := w.twilio.Count(twiliotest.OpGroup); n != 1 {
		t.Errorf("made by %d requests", n)
	}
}

// SMS-G3: what is saved of a group is by who is in it, and is enough after a
// restart.
func TestGroupSaved(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		sent, err := l.Send(t.Context(), to("1", "hello"))
		if err != nil {
			t.Fatal(err)
		}
		l.keep(sent.Saves)
		if !slices.ContainsFunc(sent.Saves, func(s transports.Save) bool { return s.Name == "group."+home+","+us && s.Secret }) {
			t.Errorf("saves %+v", sent.Saves)
		}
		if err := l.stop(); err != nil {
			t.Fatal(err)
		}
		l.start()
		c.done()
		if _, err := l.Send(t.Context(), to("2", "again")); err != nil {
			t.Fatal(err)
		}
		if did := c.done(); !slices.Equal(did, []string{"SendGroup G1"}) {
			t.Errorf("asked %v", did)
		}
		// It is saved once.
		sent, err = l.Send(t.Context(), to("3", "more"))
		if err != nil || slices.ContainsFunc(sent.Saves, func(s transports.Save) bool { return strings.HasPrefix(s.Name, "group") }) {
			t.Errorf("saves %+v, %v", sent.Saves, err)
		}
	})
}

// SMS-A3: from another line it is another group.
func TestGroupByLine(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	for _, chat := range []string{us, us + ";via=" + work} {
		if _, err := w.Send(t.Context(), transports.Message{ID: chat, Chat: contact(chat), Text: "hi"}); err != nil {
			t.Fatal(err)
		}
	}
	got := w.twilio.Texted(bob)
	if len(got) != 2 || got[0].From != home || got[1].From != work || len(w.twilio.GroupTexts()) != 2 {
		t.Errorf("%+v", got)
	}
	w.twilio.ReceiveGroup(bob, []string{work, carol}, "by work")
	if m := w.message("<" + bob + "> by work"); m.Chat != contact(us+";via="+work) {
		t.Errorf("%+v", m)
	}
}

// SMS-G2: an account without groups is told so, and nothing goes to anybody.
func TestGroupRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Send(t.Context(), to("1", "hi"))
	e := transports.AsError(err)
	if e == nil || e.Kind != transports.Unsupported || e.Unsure || !strings.Contains(e.Text.String(), "write to each person alone") {
		t.Fatalf("Send = %v", err)
	}
	if n := len(w.twilio.Messages()) + len(w.twilio.Texted(bob)) + len(w.twilio.Texted(carol)); n != 0 {
		t.Errorf("%d texts went out", n)
	}
}

// What can be refused before is: no group is made for it.
func TestGroupSendRefuses(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.account.Settings = settings("daily_limit", "3")
		l.start()
		c.done()
		with := func(m transports.Message, ref string) transports.Message {
			m.Attachments = []transports.Attachment{{Ref: ref}}
			return m
		}
		for name, k := range map[string]struct {
			m    transports.Message
			kind transports.ErrorKind
		}{
			"nothing":   {to("1", " "), transports.Incomplete},
			"too long":  {to("1", strings.Repeat("long ", 1000)), transports.TooLong},
			"encrypted": {with(to("1", "x"), "aesgcm://h/x#00"), transports.Impossible},
			"long link": {with(to("1", "x"), "https://h/"+strings.Repeat("x", 1600)), transports.TooLong},
			"far away":  {transports.Message{ID: "1", Chat: contact(bob + ",+4930901820"), Text: "x"}, transports.NotAllowed},
			// Own lines are no members.
			"alone": {transports.Message{ID: "1", Chat: contact(home + "," + bob), Text: "x"}, transports.NotFound},
		} {
			_, err := l.Send(t.Context(), k.m)
			if e := transports.AsError(err); e == nil || e.Kind != k.kind || e.Unsure || e.Text.IsZero() {
				t.Errorf("%s: %v", name, err)
			}
		}
		if did := c.done(); len(did) != 0 {
			t.Errorf("asked %v", did)
		}
		// Each member counts.
		if _, err := l.Send(t.Context(), with(to("2", "see"), "https://h/x")); err != nil {
			t.Fatal(err)
		}
		if got := c.said["G1"]; len(got) != 1 || got[0].Text != "see\nhttps://h/x" {
			t.Errorf("said %+v", got)
		}
		if _, err := l.Send(t.Context(), to("3", "x")); transports.AsError(err) == nil || transports.AsError(err).Kind != transports.NotAllowed {
			t.Errorf("over the limit: %v", err)
		}
	})
}

// SMS-S10: a text whose answer was lost is found where it was said; one that was
// not said is known not to have been, in time.
func TestGroupFind(t *testing.T) {
	t.Parallel()
	w := groupWorld(t)
	none := func(string) bool { return false }
	first, err := w.Send(t.Context(), to("0", "hi"))
	if err != nil {
		t.Fatal(err)
	}
	w.twilio.ReceiveGroup(bob, []string{home, carol}, "hi")
	w.twilio.Fail(twiliotest.OpGroupSend, 1, twiliotest.CutAfter())
	before := time.Now()
	if _, err := w.Send(t.Context(), to("1", "hi")); err == nil || !transports.AsError(err).Unsure {
		t.Fatalf("Send = %v", err)
	}
	found, err := w.Find(t.Context(), to("1", "hi"), before, func(id string) bool { return id == first.IDs[0] })
	if err != nil || found == nil || found.IDs[0] == first.IDs[0] {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	if n := len(w.twilio.Texted(carol)); n != 3 {
		t.Errorf("the phone got %d texts", n)
	}
	// Not yet certain.
	if found, err := w.Find(t.Context(), to("2", "other"), time.Now(), none); err == nil || found != nil {
		t.Errorf("Find = %+v, %v", found, err)
	}
}

// The group of a text that was found is saved with it, if that was not done yet.
func TestGroupFindSaves(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		c.fail("SendGroup", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		tried := time.Now()
		if _, err := l.Send(t.Context(), to("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		c.fail("SendGroup", nil)
		if _, err := c.SendGroup(t.Context(), provider.Credentials{Token: token}, c.groups["G1"], "hi"); err != nil {
			t.Fatal(err)
		}
		found, err := l.Find(t.Context(), to("1", "hi"), tried, func(string) bool { return false })
		if err != nil || found == nil || !slices.ContainsFunc(found.Saves, func(s transports.Save) bool { return s.Name == "group."+home+","+us && s.Secret }) {
			t.Errorf("Find = %+v, %v", found, err)
		}
	})
}

// SMS-S10: that a text is not there is certain after a while.
func TestGroupFindNothing(t *testing.T) {
	talking(t, func(t *testing.T, l *life, c *talker) {
		l.start()
		c.fail("SendGroup", &transports.Error{Kind: transports.Unreachable, Unsure: true})
		tried := time.Now()
		if _, err := l.Send(t.Context(), to("1", "hi")); err == nil {
			t.Fatal("sent")
		}
		none := func(string) bool { return false }
		c.say("G1", "I9", bob, "hi")
		if found, err := l.Find(t.Context(), to("1", "hi"), tried, none); err == nil || found != nil {
			t.Errorf("at once: %+v, %v", found, err)
		}
		l.pass(2 * time.Minute)
		if found, err := l.Find(t.Context(), to("1", "hi"), tried, none); err != nil || found != nil {
			t.Errorf("in time: %+v, %v", found, err)
		}
	})
}
