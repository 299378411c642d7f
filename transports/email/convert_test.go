package email_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/compose"
)

// asleep is a session that was never run.
func asleep(t *testing.T) transports.Session {
	t.Helper()
	s, err := email.New(email.Config{}).Open(transports.Account{Key: "account", Settings: transports.Settings{
		"address": user, "aliases": "ann.lee@mail.test", "password": secret,
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// converted is the one message that a mail is.
func converted(t *testing.T, s transports.Session, raw []byte) transports.Message {
	t.Helper()
	events := email.Convert(s, raw, noon)
	if len(events) != 1 {
		t.Fatalf("%d events of\n%s", len(events), raw)
	}
	m, ok := events[0].(transports.Received)
	if !ok {
		t.Fatalf("%+v", events[0])
	}
	return m.Message
}

// notes are those of a message, in English.
func notes(m transports.Message) string {
	var all []string
	for _, n := range m.Notes {
		all = append(all, n.String())
	}
	return strings.Join(all, "|")
}

// MAIL-A5, MAIL-A6, MAIL-P1, MAIL-L1, MAIL-L3, MAIL-V1, MAIL-V2, MAIL-V4, MAIL-M3,
// MAIL-O1
func TestNotes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw  []byte
		want string
		text string
	}{
		"plain":     {incoming("1@x.test", "hi"), "Subject: Hello", "hi"},
		"empty":     {incoming("1@x.test", "Subject:", "", ""), "[empty mail]", ""},
		"many":      {incoming("1@x.test", "To: ann@mail.test, Carl <c@x.test>", "Cc: ann.lee@mail.test, d@x.test", "", "hi"), "Subject: Hello|Also to Carl <c@x.test>, d@x.test", "hi"},
		"two":       {incoming("1@x.test", "From: bob@x.test, eve@x.test", "", "hi"), "⚠ This mail names several senders: bob@x.test, eve@x.test|Subject: Hello", "hi"},
		"elsewhere": {incoming("1@x.test", "Reply-To: eve@y.test", "", "hi"), "Answers go to eve@y.test|Subject: Hello", "hi"},
		"away":      {incoming("1@x.test", "Auto-Submitted: auto-replied", "", "away"), "[automatic reply]|Subject: Hello", "away"},
		"list":      {incoming("1@x.test", "List-Id: The list <dev.x.test>", "Reply-To: dev@x.test", "To: dev@x.test", "", "hi"), "From Bob Brown <Bob@Other.test>:|Subject: Hello", "hi"},
		"doubtful":  {incoming("1@x.test", "Authentication-Results: mx.mail.test; dmarc=fail", "", "hi"), "⚠ The sender of this mail is not verified.|Subject: Hello", "hi"},
		"others":    {incoming("1@x.test", "Authentication-Results: mx.evil.test; dmarc=fail", "", "hi"), "Subject: Hello", "hi"},
		"reaction":  {incoming("1@x.test", "In-Reply-To: <0@x.test>", "Content-Type: text/plain; charset=utf-8", "Content-Disposition: reaction", "", "👍"), "Subject: Hello", "👍"},
		"no author": {[]byte("Subject: odd\r\n\r\nhi\r\n"), "Subject: odd", "hi"},
	} {
		s := asleep(t)
		email.SetServer(s, "mx.mail.test")
		m := converted(t, s, tt.raw)
		if notes(m) != tt.want || m.Text != tt.text {
			t.Errorf("%s: %q, %q", name, notes(m), m.Text)
		}
	}
}

// Under which address a mail came is not told, but whoever answers all writes there, too: it
// may be one of several people. Others cannot have themselves left out. MAIL-A6
func TestDeliveredUnder(t *testing.T) {
	t.Parallel()
	const received = "Received: from x.test by mx.mail.test; x"
	for name, tt := range map[string]struct {
		head []string
		want string
	}{
		"ours":   {[]string{"X-Original-To: sales@mail.test", "Delivered-To: ann@mail.test", received}, "Subject: Hello|Also to c@x.test"},
		"theirs": {[]string{received, "X-Original-To: sales@mail.test"}, "Subject: Hello|Also to Sales@mail.test, c@x.test"},
	} {
		m := converted(t, asleep(t), incoming("1@x.test", append(tt.head, "To: Sales@mail.test, c@x.test", "", "hi")...))
		trail, _ := email.ReadTrail(m.Trail)
		if notes(m) != tt.want || len(trail.All) != 2 || trail.As != "" {
			t.Errorf("%s: %q, %+v", name, notes(m), trail)
		}
	}
}

// A subject is shown where a conversation begins and where it changes; who else gets
// the mail as well. MAIL-I4, MAIL-H1, MAIL-P1
func TestHeads(t *testing.T) {
	t.Parallel()
	s := asleep(t)
	for i, tt := range []struct {
		head string
		want string
	}{
		{"Subject: Lunch", "Subject: Lunch"},
		{"Subject: Re: Lunch", ""},
		{"Subject: AW: Re: lunch", ""},
		{"Subject: Dinner (was: Lunch)", "Subject: Dinner (was: Lunch)"},
		{"Subject: Re: Dinner (was: Lunch)", ""},
	} {
		head := []string{tt.head}
		if i > 0 {
			head = append(head, "References: <0@x.test>")
		}
		m := converted(t, s, incoming(string(rune('0'+i))+"@x.test", append(head, "", "hi")...))
		if notes(m) != tt.want || m.Thread != converted(t, asleep(t), incoming("0@x.test", "hi")).Thread {
			t.Errorf("%d: %q in %s", i, notes(m), m.Thread)
		}
	}
	m := converted(t, s, incoming("9@x.test", "Subject: Re: Dinner (was: Lunch)", "References: <0@x.test>", "Cc: carl@x.test", "", "hi"))
	if notes(m) != "Subject: Re: Dinner (was: Lunch)|Also to carl@x.test" {
		t.Errorf("somebody more: %q", notes(m))
	}
}

// MAIL-A1, MAIL-A2, MAIL-A4, MAIL-V3
func TestChats(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]string{
		"From: Ann Lee <Ann.LEE@X.test>":                "ann.lee@x.test",
		`From: "a b"@x.test`:                            "a b@x.test",
		"From: nobody":                                  "",
		"From: Ann <ann@mail.test>":                     user, // who forges it poses as nobody but a contact
		"List-Id: <Dev.X.test>":                         "dev.x.test",
		"List-Id: <odd/one>":                            "",
		"List-Id: <a@b.test>":                           "",
		"From: =?utf-8?q?B=C3=BCcher?= <b@bücher.test>": "b@xn--bcher-kva.test",
	} {
		m := converted(t, asleep(t), incoming("1@x.test", head, "", "hi"))
		tr := email.New(email.Config{})
		again, err := tr.Address(m.Chat.String(), transports.Account{})
		if err != nil || again != m.Chat || m.Chat.Kind != transports.Contact {
			t.Errorf("%s: %v is not an address: %v", head, m.Chat, err)
		}
		if want != "" && m.Chat.Name != want {
			t.Errorf("%s: %v", head, m.Chat)
		}
	}
}

// MAIL-A6, MAIL-P2, MAIL-L2
func TestTrails(t *testing.T) {
	t.Parallel()
	s := asleep(t)
	m := converted(t, s, incoming("3@x.test", "References: <1@x.test> <2@x.test>", "To: Ann <Ann.Lee@mail.test>, carl@x.test", "Reply-To: Desk <desk@x.test>", "Chat-Version: 1.0", "", "hi"))
	got, ok := email.ReadTrail(m.Trail)
	if !ok || got.ID != "3@x.test" || !slices.Equal(got.References, []string{"1@x.test", "2@x.test"}) || got.As != "Ann.Lee@mail.test" || !got.Chat || got.List ||
		got.From.Addr != "Bob@Other.test" || got.Subject != "Hello" || !got.Time.Equal(noon) ||
		!slices.Equal(got.To, []compose.Mailbox{{Name: "Desk", Addr: "desk@x.test"}}) || !slices.Equal(got.All, []compose.Mailbox{{Addr: "carl@x.test"}}) {
		t.Errorf("%+v", got)
	}
	m = converted(t, s, incoming("3@x.test", "List-Id: <dev.x.test>", "List-Post: <mailto:dev@x.test>", "Reply-To: eve@x.test", "", "hi"))
	if got, _ = email.ReadTrail(m.Trail); !got.List || len(got.To) != 1 || got.To[0].Addr != "dev@x.test" {
		t.Errorf("of a list: %+v", got)
	}
	huge := incoming("3@x.test", "References: "+strings.Repeat("<"+strings.Repeat("x", 700)+"@x.test> ", 60), "Subject: "+strings.Repeat("s", 900), "To: "+strings.Repeat("a@x.test, ", 400)+"ann@mail.test", "", "hi")
	if m = converted(t, s, huge); len(m.Trail) > transports.TrailMost {
		t.Errorf("%d bytes", len(m.Trail))
	}
	if _, ok := email.ReadTrail(m.Trail); !ok {
		t.Error("a long trail cannot be read")
	}
}

// report is a bounce of a mail.
func report(envelope, returned, action, code, words string) []byte {
	lines := []string{
		"From: MAILER-DAEMON@mx.test", "Auto-Submitted: auto-replied", `Content-Type: multipart/report; report-type=delivery-status; boundary="b"`, "MIME-Version: 1.0", "",
		"--b", "Content-Type: text/plain", "", "Sorry.", "--b", "Content-Type: message/delivery-status", "",
		"Reporting-MTA: dns; mx.test",
	}
	if envelope != "" {
		lines = append(lines, "Original-Envelope-Id: "+envelope)
	}
	lines = append(lines, "", "Final-Recipient: rfc822; bob@other.test", "Action: "+action, "Status: "+code, "Diagnostic-Code: smtp; "+words,
		"--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <"+returned+">", "Subject: x", "--b--")
	return incoming("bounce@mx.test", lines...)
}

// What becomes of mail of ours is told of it; reports about mail of others, or
// forged ones, are mail. MAIL-I1, MAIL-D2, MAIL-E1, MAIL-E2, MAIL-E3
func TestReports(t *testing.T) {
	t.Parallel()
	s := asleep(t)
	own := compose.StableID("account", "7", user)
	bob := transports.Address{Kind: transports.Contact, Name: "bob@other.test"}
	for name, tt := range map[string]struct {
		raw   []byte
		state transports.State
		kind  transports.ErrorKind
	}{
		"by its envelope": {report(own, "other@x.test", "failed", "5.1.1", "550 5.1.1 no such user"), transports.Failed, transports.NotFound},
		"by its id":       {report("", own, "failed", "5.2.2", "552 5.2.2 full"), transports.Failed, transports.Full},
		"too late":        {report(own, own, "failed", "4.4.7", "expired"), transports.Failed, transports.Busy},
		"relayed":         {report(own, own, "relayed", "2.1.5", "250 ok"), transports.Delivered, 0},
	} {
		events := email.Convert(s, tt.raw, noon)
		if len(events) != 1 {
			t.Errorf("%s: %+v", name, events)
			continue
		}
		st, ok := events[0].(transports.Status)
		if !ok || st.ID != own || st.State != tt.state || st.Chat != bob || tt.state == transports.Failed && st.Err.Kind != tt.kind {
			t.Errorf("%s: %+v", name, events[0])
		}
	}
	if told, ok := email.Convert(s, report(own, own, "delayed", "4.4.1", "no answer"), noon)[0].(transports.Told); !ok || told.Chat != bob || told.ID == "" {
		t.Error("a delay is not told")
	}
	for _, forged := range []string{"guess@mail.test", compose.StableID("another", "7", user), own[:10] + "x" + own[11:]} {
		if m := converted(t, s, report(forged, forged, "failed", "5.1.1", "no")); m.Text == "" {
			t.Errorf("%q: %+v", forged, m)
		}
	}
	mdn := func(of, disposition string) []byte {
		return incoming("mdn@x.test", `Content-Type: multipart/report; report-type=disposition-notification; boundary="b"`, "MIME-Version: 1.0", "",
			"--b", "Content-Type: text/plain", "", "I read it.", "--b", "Content-Type: message/disposition-notification", "",
			"Final-Recipient: rfc822; bob@other.test", "Original-Message-ID: <"+of+">", "Disposition: manual-action/MDN-sent-manually; "+disposition, "--b--")
	}
	if st, ok := email.Convert(s, mdn(own, "displayed"), noon)[0].(transports.Status); !ok || st.State != transports.Read || st.ID != own {
		t.Error("that it was read is not told")
	}
	if events := email.Convert(s, mdn(own, "deleted"), noon); len(events) != 0 {
		t.Errorf("%+v", events)
	}
	converted(t, s, mdn("else@x.test", "displayed"))
}
