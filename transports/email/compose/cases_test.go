package compose_test

import (
	"strings"
	"time"

	"wherry/transports/email/compose"
)

// sample is a mail, and what any program must read from it.
type sample struct {
	name string
	mail compose.Mail
	seen *compose.Seen // instead of mail

	subject string   // empty: mail's
	text    string   // empty: mail's
	names   []string // of files; empty: mail's
	types   []string // of files; empty: mail's
	from    string   // the name of the sender; empty: mail's
	utf8    bool
	headers []string // lines that are in it
	lacks   []string // what is not
}

var (
	ann  = compose.Mailbox{Name: "Ann Lee", Addr: "ann@example.org"}
	bob  = compose.Mailbox{Addr: "bob@example.net"}
	noon = time.Date(2026, 11, 28, 12, 34, 56, 0, time.FixedZone("", 3600))
)

const id = "nbswy3dpeb3w64tmmqqq@example.org"

// file is a file whose reader is made anew for each test.
func file(name, kind, body string) compose.File {
	return compose.File{Name: name, Type: kind, Size: int64(len(body)), Body: strings.NewReader(body)}
}

// letter is a mail with the values that most have.
func letter(m compose.Mail) compose.Mail {
	if m.From.Addr == "" {
		m.From = ann
	}
	if len(m.To)+len(m.Bcc) == 0 {
		m.To = []compose.Mailbox{bob}
	}
	m.Date, m.ID = noon, id
	return m
}

func many(n int, s string) []string {
	var out []string
	for i := range n {
		out = append(out, strings.ReplaceAll(s, "#", string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	return out
}

var original = &compose.Original{
	ID: "one@example.net", References: []string{"zero@example.net"}, Subject: "AW: Re[2]: Lunch",
	From: compose.Mailbox{Name: "Bob", Addr: "bob@example.net"}, Date: noon.Add(-time.Hour),
	Text: "Shall we?\n\n> earlier words\nAt noon, at the usual place, if the weather and the trains and all the other things that could come between do let us.\nOr later.\nOr never.\n-- \nBob\nhttps://example.net\n",
}

const quotedLong = "> At noon, at the usual place, if the weather and the trains and all the other things that could come between do let us."

func samples() []sample {
	pangram := "The quick brown fox jumps over the lazy dog, and then it does so again, because one line was not enough. "
	return []sample{
		{name: "plain", mail: compose.Mail{Subject: "Hello", Text: "Hi Bob,\n\nhow are you?\n"}, text: "Hi Bob,\n\nhow are you?",
			headers: []string{"Content-Transfer-Encoding: 7bit", "Date: Sat, 28 Nov 2026 12:34:56 +0100", "Message-ID: <" + id + ">"}, lacks: []string{"flowed", "Chat-", "Auto-", "Disposition"}},
		{name: "firstline", mail: compose.Mail{Text: "This is the first line of something that somebody wrote on a phone\nand more"},
			subject: "This is the first line of something that somebody wrote ..."},
		{name: "oneword", mail: compose.Mail{Text: strings.Repeat("ab", 50)}, subject: strings.Repeat("ab", 28) + "..."},
		{name: "answer", mail: compose.Mail{Text: "Yes.", Answers: original}, subject: "Re: Lunch",
			headers: []string{"In-Reply-To: <one@example.net>", "References: <zero@example.net> <one@example.net>"}},
		{name: "quoteshort", mail: compose.Mail{Text: "Yes.", Answers: original, Quote: compose.QuoteShort}, subject: "Re: Lunch",
			text: "On Sat, 28 Nov 2026 at 11:34 +0100, Bob wrote:\n> Shall we?\n" + quotedLong + "\n> Or later.\n> [...]\n\nYes."},
		{name: "quotefull", mail: compose.Mail{Text: "Ja, schön.", Answers: original, Quote: compose.QuoteFull, Lang: "de-AT"}, subject: "Re: Lunch",
			text:    "Ja, schön.\n\nAm 28.11.2026 um 11:34 +0100 schrieb Bob:\n> Shall we?\n>\n>> earlier words\n" + quotedLong + "\n> Or later.\n> Or never.",
			headers: []string{"Content-Language: de-AT"}},
		{name: "references", mail: compose.Mail{Text: "x", Answers: &compose.Original{ID: "last@x", References: many(30, "r#@example.org")}}, subject: "Re:",
			headers: []string{"References: <raa@example.org>", " <last@x>"}, lacks: []string{"<rba@", "<rla@"}},
		{name: "oddids", mail: compose.Mail{Text: "x", Answers: &compose.Original{ID: "a>\r\nBcc: eve@example.org", References: []string{"b c", "ok@x", "ümlaut@x", ""}, Subject: "\xff\nX-Evil: 1"}},
			subject: "Re: \uFFFD X-Evil: 1", headers: []string{"References: <ok@x>"}, lacks: []string{"In-Reply-To", "\nBcc", "\nX-Evil"}},
		{name: "umlauts", mail: compose.Mail{From: compose.Mailbox{Name: "Jörg Müller", Addr: "joerg@example.org"}, Subject: "Grüße aus Köln", Text: "Schöne Grüße!\n= 1.5 €\n"}, text: "Schöne Grüße!\n= 1.5 €",
			headers: []string{"Content-Transfer-Encoding: quoted-printable", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?="}},
		{name: "japanese", mail: compose.Mail{From: compose.Mailbox{Name: "山田太郎", Addr: "taro@example.org"}, Subject: strings.Repeat("長い件名の", 8), Text: strings.Repeat("日本語には空白がない。", 30)},
			headers: []string{"Content-Transfer-Encoding: base64"}},
		{name: "emoji", mail: compose.Mail{Subject: "👩‍👩‍👧‍👦 family 🇩🇪", Text: "👍🏽\nwith tab\there"}},
		{name: "paragraph", mail: compose.Mail{Subject: "Long", Text: strings.TrimSpace(strings.Repeat(pangram, 4)) + "\n\nAnd  two  spaces."}, headers: []string{"format=flowed"}},
		{name: "paragraph8", mail: compose.Mail{Subject: "Long", Text: strings.TrimSpace(strings.Repeat(pangram, 2)) + " für\n" + pangram + "x"}, headers: []string{"format=flowed", "quoted-printable"}},
		{name: "quotes", mail: compose.Mail{Subject: "Quotes", Text: "> " + strings.TrimSpace(pangram) + "\n>>deeper\n> > also\n>\nmine\n  indented\n>:-) "},
			text: "> " + strings.TrimSpace(pangram) + "\n>> deeper\n>> also\n>\nmine\n  indented\n> :-)"},
		{name: "from", mail: compose.Mail{Subject: "From", Text: "From here\nFrom there\n.\n..\n-- \nAnn"}, headers: []string{"format=flowed"}, lacks: []string{"\nFrom "}},
		{name: "dashes", mail: compose.Mail{Subject: "Dashes", Text: "word " + strings.Repeat("x", 68) + " -- " + strings.Repeat("y", 80) + " end"}},
		{name: "longword", mail: compose.Mail{Subject: strings.Repeat("s", 200), Text: "https://example.org/" + strings.Repeat("z", 2000)}, headers: []string{"quoted-printable"}},
		{name: "link", mail: compose.Mail{Subject: "Link", Text: "https://example.org/" + strings.Repeat("z", 200)}, headers: []string{"7bit"}},
		{name: "foldedsubject", mail: compose.Mail{Subject: strings.TrimSpace(strings.Repeat("many words ", 20)), Text: "x"}},
		{name: "encodedlook", mail: compose.Mail{Subject: "=?utf-8?q?no?= word", Text: "--=_boundary\r\n.\r\nend"}, text: "--=_boundary\n.\nend", headers: []string{"quoted-printable"}},
		{name: "injection", mail: compose.Mail{From: compose.Mailbox{Name: "Ann\r\nBcc: eve@example.org\r\n\r\nbody\x00", Addr: "ann@example.org"}, Subject: "a\r\nBcc: eve@example.org\x00\u2028b", Text: "a\r\n.\r\nQUIT\rb\x00\x1bc",
			Lang: "de\r\nX: y", Files: []compose.File{file("../../etc/pass\r\nwd\";x=\"", "text/html\r\nX: y", "x")}},
			subject: "a Bcc: eve@example.org b", text: "a\n.\nQUIT\nbc", from: "Ann Bcc: eve@example.org body", names: []string{"pass wd\";x=\""}, types: []string{"application/octet-stream"}, lacks: []string{"\nBcc", "\nX:", "\x00", "\x1b"}},
		{name: "people", mail: compose.Mail{Subject: "All", Text: "x", To: []compose.Mailbox{{Name: "Lee, Ann \"A\" \\", Addr: "Ann.Lee@example.org"}, {Name: "bob@example.net", Addr: "bob@example.net"}, {Name: "O'Hara", Addr: "ohara@example.com"}, {Name: "Zoë Ångström", Addr: "zoe@example.com"}},
			Cc: []compose.Mailbox{{Addr: `"a b"@example.org`}}, Bcc: []compose.Mailbox{{Addr: "secret@example.org"}}}, lacks: []string{"secret", "Bcc"}},
		{name: "blind", mail: compose.Mail{Subject: "Blind", Text: "x", Bcc: []compose.Mailbox{{Addr: "secret@example.org"}}}, headers: []string{"To: undisclosed-recipients:;"}, lacks: []string{"secret"}},
		{name: "idn", mail: compose.Mail{Subject: "IDN", Text: "x", To: []compose.Mailbox{{Addr: "ann@bücher.example"}}}, headers: []string{"To: ann@xn--bcher-kva.example"}},
		{name: "smtputf8", mail: compose.Mail{Subject: "Grüße", Text: "x", To: []compose.Mailbox{{Name: "Jörg", Addr: "jörg@bücher.example"}}}, utf8: true, headers: []string{"<jörg@xn--bcher-kva.example>"}},
		{name: "files", mail: compose.Mail{Subject: "Files", Text: "See these.", Files: []compose.File{
			file("a.txt", "text/plain; charset=utf-8", "some text\n"), file("mein schöner Urlaub, Teil 2.jpg", "image/jpeg", strings.Repeat("\x00\xff\x10", 100)),
			file(strings.Repeat("sehr lang ", 30)+".pdf", "application/pdf", strings.Repeat("p", 57)), file("C:\\temp\\mail.eml", "message/rfc822", "Subject: x\r\n\r\ny"),
			file("", "nonsense", "z"), file("evil\u202egpj.exe", "", "z")}},
			names:   []string{"a.txt", "mein schöner Urlaub, Teil 2.jpg", strings.Repeat("sehr lang ", 19) + "sehr l.pdf", "mail.eml", "", "evilgpj.exe"},
			headers: []string{"Content-Type: text/plain; charset=utf-8"},
			types:   []string{"text/plain", "image/jpeg", "application/pdf", "application/octet-stream", "application/octet-stream", "application/octet-stream"}},
		{name: "fileonly", mail: compose.Mail{Files: []compose.File{file("voice.ogg", "audio/ogg", "OggS")}}, subject: "voice.ogg"},
		{name: "emptyfile", mail: compose.Mail{Subject: "Empty", Text: "x", Files: []compose.File{file("empty", "application/x-empty", "")}}},
		{name: "chat", mail: compose.Mail{Subject: "Chat", Text: "x", Chat: true, ChatReceipt: true, Receipt: true}, headers: []string{"Chat-Version: 1.0", "Disposition-Notification-To: ann@example.org", "Chat-Disposition-Notification-To: ann@example.org"}},
		{name: "auto", mail: compose.Mail{Subject: "Auto", Text: "x", Auto: compose.Generated}, headers: []string{"Auto-Submitted: auto-generated"}},
		{name: "seen", seen: &compose.Seen{From: ann, To: bob, ID: id, Date: noon, MailID: "mail@example.net", Subject: "Lunch\r\nX: y", Original: "rfc822; list@example.org"}, subject: "Read: Lunch X: y",
			text:    "The message was displayed. That is no promise that it was read or understood.",
			headers: []string{"Original-Recipient: rfc822;list@example.org", "Final-Recipient: rfc822;ann@example.org", "Original-Message-ID: <mail@example.net>", "Disposition: manual-action/MDN-sent-automatically; displayed", "Auto-Submitted: auto-replied"}, lacks: []string{"\nX:"}},
		{name: "seende", seen: &compose.Seen{From: compose.Mailbox{Addr: "jörg@example.org"}, To: bob, ID: id, Date: noon, MailID: "mail@example.net", Subject: "Käse", Lang: "de"}, subject: "Gelesen: Käse", utf8: true,
			text: "Die Nachricht wurde angezeigt. Das heißt nicht, dass sie gelesen oder verstanden wurde.", headers: []string{"Final-Recipient: utf-8;jörg@example.org"}},
	}
}
