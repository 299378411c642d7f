package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/transports/email/message"
)

// MAIL-A4, MAIL-L1
func TestList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		want   *message.List
	}{
		{"List-Id: Paint lovers <Paint.Lists.example.org>\nList-Post: <mailto:paint@lists.example.org>\nList-Unsubscribe: <https://e.org/u>,\n <mailto:u@e.org>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click",
			&message.List{ID: "paint.lists.example.org", Name: "Paint lovers", Post: "paint@lists.example.org"}},
		{"List-Id: \"Paint\" <p.example.org>\nList-Post: NO (read only)", &message.List{ID: "p.example.org", Name: "Paint", Shut: true}},
		{"List-ID: p.example.org", &message.List{ID: "p.example.org"}},
		{"List-Id: =?utf-8?q?F=C3=A4rben?= <p.example.org>\nList-Post: <https://e.org/post>, <mailto:p%2Bx@e.org?subject=a>", &message.List{ID: "p.example.org", Name: "Färben", Post: "p+x@e.org"}},
		{"List-Id: <>", nil},
		{"List-Id: some words", nil},
		{"List-Unsubscribe: <https://e.org/u>", nil},
	} {
		if diff := cmp.Diff(c.want, read(t, c.header, "", "x").List()); diff != "" {
			t.Errorf("%q: %s", c.header, diff)
		}
	}
}

// MAIL-L3
func TestOrigin(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]message.Origin{
		"From: ann@example.org":                                           message.Person,
		"Auto-Submitted: no":                                              message.Person,
		"Auto-Submitted: auto-replied (vacation)":                         message.Replied,
		"Auto-Submitted: auto-replied; owner-email=a@b":                   message.Replied,
		"Auto-Submitted: auto-generated":                                  message.Generated,
		"Auto-Submitted: auto-notified":                                   message.Generated,
		"Precedence: bulk":                                                message.Bulk,
		"Precedence: auto_reply":                                          message.Replied,
		"X-Autoreply: yes":                                                message.Replied,
		"X-Autoreply: no":                                                 message.Person,
		"List-Unsubscribe: <https://e.org>":                               message.Bulk,
		"X-Auto-Response-Suppress: All\nSubject: Automatische Antwort: x": message.Replied,
		"X-Auto-Response-Suppress: All\nSubject: Invoice":                 message.Person,
		"From: MAILER-DAEMON@example.org":                                 message.Generated,
		"Return-Path: <>":                                                 message.Generated,
	} {
		if got := read(t, header, "", "x").Origin(); got != want {
			t.Errorf("%q: %d, want %d", header, got, want)
		}
	}
}

// MAIL-O1
func TestProtection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in                string
		encrypted, signed message.Protection
		parts             int
	}{
		{"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x\nContent-Type: application/octet-stream\n\nabc\n--x--", message.PGP, 0, 2},
		{"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n\nabc", message.SMIME, 0, 1},
		{"Content-Type: application/x-pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nabc", 0, message.SMIME, 1},
		{"Content-Type: multipart/signed; protocol=\"application/pgp-signature\"; boundary=x\n\n--x\n\nHello\n--x\nContent-Type: application/pgp-signature\n\nabc\n--x--", 0, message.PGP, 1},
		{"Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=x\n\n--x\n\nHello\n--x\nContent-Type: application/pkcs7-signature; name=smime.p7s\n\nabc\n--x--", 0, message.SMIME, 1},
		{"Subject: s\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----", message.PGP, 0, 0},
		{"Subject: s\n\n-----BEGIN PGP SIGNED MESSAGE-----\n\nabc", 0, message.PGP, 0},
		{"Subject: s\n\nHello", 0, 0, 0},
	} {
		m := read(t, c.in)
		if m.Encrypted != c.encrypted || m.Signed != c.signed || len(m.Parts) != c.parts {
			t.Errorf("%q: %d, %d, %d parts", c.in, m.Encrypted, m.Signed, len(m.Parts))
		}
		if strings.Contains(c.in, "multipart/signed") && (!m.Parts[0].Signature || m.Text(false) != "Hello") {
			t.Errorf("%q: %+v, %q", c.in, m.Parts[0], m.Text(false))
		}
	}
}

// MAIL-M3
func TestReaction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     *message.Reaction
	}{
		{"RFC 9078", "In-Reply-To: <a@b>\nContent-Disposition: Reaction\nContent-Type: text/plain; charset=utf-8\n\n👍 ❤️\n", &message.Reaction{To: "a@b", Signs: []string{"👍", "❤️"}}},
		{"a part", "In-Reply-To: <a@b>\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\nAnn liked it\n--x\nContent-Disposition: reaction\nContent-Transfer-Encoding: base64\nContent-Type: text/plain; charset=utf-8\n\n8J+RjQ==\n--x--", &message.Reaction{To: "a@b", Signs: []string{"👍"}}},
		{"taken back", "In-Reply-To: <a@b>\nContent-Disposition: reaction\n\n\n", &message.Reaction{To: "a@b"}},
		{"Gmail", "In-Reply-To: <a@b>\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\nAnn reacted\n--x\nContent-Type: text/vnd.google.email-reaction+json\n\n{\"version\":1,\"emoji\":\"🎉\"}\n--x--", &message.Reaction{To: "a@b", Signs: []string{"🎉"}}},
		{"words", "In-Reply-To: <a@b>\nContent-Disposition: reaction\n\nvery nice\n", nil},
		{"to nothing", "Content-Disposition: reaction\n\n👍\n", nil},
		{"an answer", "In-Reply-To: <a@b>\n\n👍\n", nil},
	} {
		if diff := cmp.Diff(c.want, read(t, c.in).Reaction); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// MAIL-D2
func TestReceipt(t *testing.T) {
	t.Parallel()
	mdn := func(fields string) string {
		return "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nIt was read.\n--x\nContent-Type: message/disposition-notification\n\n" + fields + "\n--x--"
	}
	for in, want := range map[string]*message.Receipt{
		mdn("Final-Recipient: rfc822; ann@example.org\nOriginal-Message-ID: <a@b>\nDisposition: manual-action/MDN-sent-manually; displayed"): {Of: "a@b", Displayed: true, Recipient: "ann@example.org"},
		mdn("Original-Message-ID: <a@b>\nDisposition: automatic-action/MDN-sent-automatically; displayed/error"):                             {Of: "a@b", Displayed: true},
		mdn("Original-Message-ID:\n <a@b>\nDisposition: manual-action/MDN-sent-automatically; deleted"):                                      {Of: "a@b"},
		mdn("Disposition: manual-action/MDN-sent-manually; displayed"):                                                                       nil,
		"Subject: Read: x\n\nYour message was read.":                                                                                         nil,
	} {
		if diff := cmp.Diff(want, read(t, in).Receipt); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
	if who := read(t, "Disposition-Notification-To: Ann <ann@example.org>", "", "x").WantsReceipt(); len(who) != 1 || who[0].Spec != "ann@example.org" {
		t.Error(who)
	}
}

// MAIL-M2
func TestChat(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]*message.Chat{
		"Chat-Version: 1.0\nChat-Group-ID: abcdefghijk\nChat-Group-Name: =?utf-8?q?T=C3=BCr?=": {Version: "1.0", GroupID: "abcdefghijk", GroupName: "Tür"},
		"Chat-Version: 1.0\nChat-Edit: <a@b>":                                                  {Version: "1.0", Edits: "a@b"},
		"Chat-Version: 1.0\nChat-Delete: <a@b> <c@d>":                                          {Version: "1.0", Deletes: []string{"a@b", "c@d"}},
		"Message-ID: <Gr.abcdefghijk.xyz@example.org>":                                         {GroupID: "abcdefghijk"},
		"Chat-Group-ID: no/such/id/at/all":                                                     nil,
		"Subject: s":                                                                           nil,
	} {
		if diff := cmp.Diff(want, read(t, header, "", "x").Chat()); diff != "" {
			t.Errorf("%q: %s", header, diff)
		}
	}
}

// MAIL-V1
func TestVerdict(t *testing.T) {
	t.Parallel()
	const id = "mx.example.org"
	inside := "Received: from mx.example.org by store.example.org; x\n"
	at := "Received: from out.sender.example by mx.example.org; x\n"
	foreign := "Received: from pc by out.sender.example; x\n"
	for _, c := range []struct {
		name, header string
		want         message.Verdict
	}{
		{"none", at + foreign, message.Unchecked},
		{"passed", inside + at + "Authentication-Results: mx.example.org; dmarc=pass header.from=sender.example\n" + foreign, message.Verified},
		{"above all", "Authentication-Results: MX.example.org 1; spf=pass smtp.mailfrom=x\n" + at, message.Verified},
		{"failed", at + "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=x; dmarc=fail (p=none) header.from=y\n", message.Doubtful},
		{"nothing passed", at + "Authentication-Results: mx.example.org; spf=softfail; dkim=none\n", message.Doubtful},
		{"nothing done", at + "Authentication-Results: mx.example.org; none\n", message.Doubtful},
		{"of two signatures one", at + "Authentication-Results: mx.example.org; dkim=fail header.d=a; dkim=pass header.d=b\n", message.Verified},
		{"in several fields", at + "Authentication-Results: mx.example.org; dkim=none\nAuthentication-Results: mx.example.org; dmarc=pass\n", message.Verified},
		{"somebody else's", at + "Authentication-Results: evil.example; dmarc=pass\n", message.Unchecked},
		{"below a foreign server", at + foreign + "Authentication-Results: mx.example.org; dmarc=pass\n", message.Unchecked},
		{"forged below the real one", at + "Authentication-Results: mx.example.org; dmarc=fail\n" + foreign + "Authentication-Results: mx.example.org; dmarc=pass\n", message.Doubtful},
		{"forged beside the real one", at + "Authentication-Results: mx.example.org; dmarc=fail; dkim=none; spf=none\nAuthentication-Results: mx.example.org; dmarc=pass; spf=pass\n", message.Doubtful},
		{"in a comment", at + "Authentication-Results: mx.example.org (dmarc=pass;); spf=fail (dkim=pass; x)\n", message.Doubtful},
		{"in quotes", at + "Authentication-Results: mx.example.org; spf=fail reason=\"; dkim=pass\"\n", message.Doubtful},
		{"delivered inside by name", "Received: from localhost by box (Dovecot)\n" + at + "Authentication-Results: mx.example.org; spf=pass\n", message.Verified},
		{"inside by a name of the inside", "Received: from mx1.example.org by compute.nyi.internal (Cyrus)\n" + at + "Authentication-Results: mx2.example.org; spf=pass\n", message.Verified},
		{"of several servers", at + "Authentication-Results: bimi.example.org; bimi=skipped\nAuthentication-Results: dmarc.example.org; dmarc=pass\n", message.Verified},
		{"by address", "Received: by 2002:a05:6520 with SMTP id x\n" + at + "Authentication-Results: mx.example.org; spf=pass\n", message.Verified},
	} {
		if got := read(t, c.header+"From: a@sender.example", "", "x").Verdict(id); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	m := read(t, at+"Authentication-Results: MX.Example.org 1; spf=pass", "", "x")
	if got := m.ServerID(); got != id {
		t.Errorf("id %q", got)
	}
	if m.Verdict("") != message.Unchecked {
		t.Error("nobody's word counts")
	}
}

// Only what the user's own server wrote says under which addresses a mail came. MAIL-A6
func TestDeliveredTo(t *testing.T) {
	t.Parallel()
	const at = "Received: from out.sender.example by mx.example.org; x\n"
	for _, c := range []struct{ name, header, want string }{
		{"postfix", "Return-Path: <a@b>\nX-Original-To: Sales@example.org\nDelivered-To: ann@example.org\n" + at, "sales@example.org ann@example.org"},
		{"exim", "Envelope-to: <sales@example.org>\n" + at, "sales@example.org"},
		{"nothing", at, ""},
		{"a forwarder's", "Delivered-To: ann@example.org\n" + at + "Delivered-To: ann@old.example\nReceived: by old.example\n", "ann@example.org"},
		{"the sender's", at + "Delivered-To: carl@sender.example\n", ""},
		{"a server that looks like ours", at + "Delivered-To: carl@x\nReceived: from a by mx.example.org; x\n", ""},
		{"received by nobody", "Delivered-To: carl@sender.example\n", ""},
		{"broken", "Delivered-To: a b, =?utf-8?q?x?=, <>\nDelivered-To:\n" + at, ""},
		{"many", "Delivered-To: " + strings.Repeat("a@x, ", 50) + "a@x\n" + at, strings.TrimSpace(strings.Repeat("a@x ", 10))},
	} {
		if got := strings.Join(read(t, c.header+"From: a@sender.example", "", "x").DeliveredTo(), " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzVerdict(f *testing.F) {
	f.Add("mx.example.org; dmarc=pass (x) header.from=\"a\\\"b\"; spf=fail", "from x by mx.example.org")
	f.Fuzz(func(t *testing.T, results, received string) {
		m, err := message.Read(strings.NewReader("Received: " + received + "\nAuthentication-Results: " + results + "\nAuthentication-Results: mx.example.org; spf=pass\n\n"))
		if err != nil {
			t.Fatal(err)
		}
		m.ServerID()
		m.Verdict("mx.example.org")
		m.DeliveredTo()
	})
}

// MAIL-H1
func TestThread(t *testing.T) {
	t.Parallel()
	for header, want := range map[string][2]string{
		"Message-ID: <c@x>\nIn-Reply-To: <b@x>\nReferences: <a@x> <b@x>": {"a@x", "b@x"},
		"Message-ID: <c@x>\nIn-Reply-To: <b@x>":                          {"b@x", "b@x"},
		"Message-ID: <c@x>\nReferences: <a@x> <b@x>":                     {"a@x", "b@x"},
		"Message-ID: <c@x>": {"c@x", ""},
		"Subject: none":     {"", ""},
	} {
		m := read(t, header, "", "x")
		if got := [2]string{m.Root(), m.Parent()}; got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
	id := message.ThreadID("account", "a@x")
	if len(id) != 26 || id != message.ThreadID("account", "a@x") || id == message.ThreadID("other", "a@x") || message.ThreadID("ab", "c") == message.ThreadID("a", "bc") {
		t.Errorf("%q", id)
	}
}

// MAIL-I5, MAIL-K2
func TestStableID(t *testing.T) {
	t.Parallel()
	mail := func(lines ...string) string { return read(t, append(lines, "", "x")...).StableID("account") }
	base := mail("Message-ID: <a@x>", "From: ann@x", "Date: Mon, 5 Jan 2026 10:12:00 +0100")
	if again := mail("From: Ann <ann@x>", "Message-ID: <a@x>", "Date: Mon, 5 Jan 2026 09:12:00 GMT", "Received: by y"); again != base {
		t.Error("the same mail has two ids")
	}
	for _, other := range []string{
		mail("Message-ID: <b@x>", "From: ann@x", "Date: Mon, 5 Jan 2026 10:12:00 +0100"),
		mail("Message-ID: <a@x>", "From: eve@x", "Date: Mon, 5 Jan 2026 10:12:00 +0100"),
		mail("Message-ID: <a@x>", "From: ann@x", "Date: Mon, 5 Jan 2026 10:12:01 +0100"),
		mail("From: ann@x"), mail("From: ann@y"),
	} {
		if other == base {
			t.Error("two mails have one id")
		}
	}
	if mail("From: ann@x") == mail("From: ann@y") {
		t.Error("two mails without Message-ID have one id")
	}
}

// MAIL-I4
func TestSubject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]struct {
		bare           string
		reply, forward bool
	}{
		"Lunch":                    {"Lunch", false, false},
		"Re: Lunch":                {"Lunch", true, false},
		"RE: AW: Sv: Lunch":        {"Lunch", true, false},
		"Re[2]: Lunch":             {"Lunch", true, false},
		"Re (3): Lunch":            {"Lunch", true, false},
		"Fwd: Lunch":               {"Lunch", false, true},
		"WG: Lunch":                {"Lunch", false, true},
		"TR : Déjeuner":            {"Déjeuner", false, true},
		"Re: Fwd: Lunch":           {"Lunch", true, false},
		"[paint] Re: [paint] Blue": {"Blue", true, false},
		"回复：你好":                    {"你好", true, false},
		"Отв: Обед":                {"Обед", true, false},
		"[only a tag]":             {"[only a tag]", false, false},
		"Re:":                      {"", true, false},
		"Reply: no prefix":         {"Reply: no prefix", false, false},
		"Result: 5":                {"Result: 5", false, false},
		"  two   blanks ":          {"two blanks", false, false},
	} {
		bare, reply, forward := message.Subject(in)
		if bare != want.bare || reply != want.reply || forward != want.forward {
			t.Errorf("%q: %q, %v, %v", in, bare, reply, forward)
		}
	}
	for _, c := range []struct {
		before, now string
		want        bool
	}{
		{"", "Lunch", true}, {"Lunch", "Re: Lunch", false}, {"Re: Lunch", "AW: lunch", false}, {"Lunch", "Dinner (was: Lunch)", true}, {"Lunch", "", false}, {"Lunch", "Re:", false},
	} {
		if got := message.SubjectChanged(c.before, c.now); got != c.want {
			t.Errorf("%q after %q: %v", c.now, c.before, got)
		}
	}
}

// MAIL-X1, MAIL-X4
func TestText(t *testing.T) {
	t.Parallel()
	m := read(t, "Subject: Re: x", "Content-Type: multipart/alternative; boundary=x", "", "--x", "Content-Type: text/plain; format=flowed", "",
		"Yes, \nof course.", "", "On Mon, 5 Jan 2026, Ann wrote:", "> Will you \n> come?", "--x", "Content-Type: text/html", "", "<p>Yes</p>", "--x--")
	if got := m.Text(true); got != "Yes, of course." {
		t.Errorf("%q", got)
	}
	if got := m.WholeText(); got != "Yes, of course.\n\nOn Mon, 5 Jan 2026, Ann wrote:\n> Will you come?" {
		t.Errorf("%q", got)
	}
	m = read(t, "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "Look:", "--x", "Content-Type: image/png", "", "a", "--x", "", "Nice?", "--x--")
	if got := m.Text(false); got != "Look:\n\nNice?" {
		t.Errorf("%q", got)
	}
	m = read(t, "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "Blue.", "--x", "", strings.Repeat("_", 47), "paint mailing list", "paint@lists.example.org", "--x--")
	if got := m.Text(false); got != "Blue." {
		t.Errorf("%q", got)
	}
}

// MAIL-F3
func TestCalendar(t *testing.T) {
	t.Parallel()
	m := read(t, "Content-Type: multipart/alternative; boundary=x", "", "--x", "", "Please come.", "--x", "Content-Type: text/calendar; charset=utf-8; method=REQUEST", "",
		"BEGIN:VCALENDAR", "METHOD:REQUEST", "BEGIN:VEVENT", "SUMMARY:Tee für zwei", "DTSTART:20260105T150000Z", "END:VEVENT", "END:VCALENDAR", "--x--")
	if m.Calendar == nil || m.Calendar.Summary() != "Tee für zwei · 2026-01-05 15:00 (UTC)" || len(m.Parts) != 1 {
		t.Errorf("%+v, %d parts", m.Calendar, len(m.Parts))
	}
}
