package message_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"wherry/transports/email/message"
)

// dsn returns a report of RFC 3464 with these fields, about a mail a@b.
func dsn(fields string) string {
	return `From: MAILER-DAEMON@mx.example.org
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

It could not be delivered.

--x
Content-Type: message/delivery-status

` + fields + `
--x
Content-Type: message/rfc822

From: me@example.org
Message-ID: <a@b>
Subject: s

Hello
--x--
`
}

var reports = []struct {
	name, in string
	want     *message.Report
}{
	{"Postfix", dsn("Reporting-MTA: dns; mx.example.org\nX-Postfix-Queue-ID: 1\nOriginal-Envelope-Id: env1\n\nFinal-Recipient: rfc822; ann@example.com\nOriginal-Recipient: rfc822;Ann@example.com\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mail.example.com\nDiagnostic-Code: smtp; 550 5.1.1\n    <ann@example.com>: no such user\n"),
		&message.Report{Standard: true, EnvelopeID: "env1", MessageID: "a@b", Outcomes: []message.Outcome{
			{Status: "5.1.1", Recipient: "ann@example.com", Original: "Ann@example.com", Diagnostic: "550 5.1.1 <ann@example.com>: no such user"}}}},
	{"two recipients, actions of all kinds", dsn("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; b@x\nAction: delivered\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; c@x\nAction: relayed\nStatus: 2.0.0\n\nFinal-Recipient: rfc822; d@x\nAction: expanded\nStatus: 2.0.0\n"),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{
			{Action: message.Delayed, Status: "4.4.1", Recipient: "a@x"}, {Action: message.Delivered, Status: "2.0.0", Recipient: "b@x"},
			{Action: message.Relayed, Status: "2.0.0", Recipient: "c@x"}, {Action: message.Expanded, Status: "2.0.0", Recipient: "d@x"}}}},
	{"no blank lines, vague status", dsn("Reporting-MTA: dns; x\nFinal-Recipient: RFC822; <a@x>\nAction: Failed (bounced)\nStatus: 5.0.0 (undefined)\nDiagnostic-Code: smtp;552 5.2.2 full\nFinal-Recipient: rfc822;b@x\nAction: failed\nStatus: 5.7.1\n"),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{
			{Status: "5.2.2", Recipient: "a@x", Diagnostic: "552 5.2.2 full"}, {Status: "5.7.1", Recipient: "b@x"}}}},
	{"no action", dsn("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x\nStatus: 4.2.2\n"),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{{Action: message.Delayed, Status: "4.2.2", Recipient: "a@x"}}}},
	{"international", strings.Replace(dsn("Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; m\\x{FC}ller@x\nAction: failed\nStatus: 5.1.1\n"), "message/delivery-status", "message/global-delivery-status", 1),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "müller@x"}}}},
	{"header alone returned", strings.Replace(dsn("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x\nAction: failed\nStatus: 5.1.1\n"), "message/rfc822", "text/rfc822-headers", 1),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "a@x"}}}},
	{"qmail", `From: MAILER-DAEMON@mail.example.org
Subject: failure notice

Hi. This is the qmail-send program at mail.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@example.com>:
203.0.113.5 does not like recipient.
Remote host said: 550 5.1.1 No such mailbox
Giving up on 203.0.113.5.

<bob@example.net>:
Sorry, I couldn't find any host named example.net. (#5.1.2)

--- Below this line is a copy of the message.

Return-Path: <me@example.org>
Message-ID: <a@b>
From: me@example.org
To: ann@example.com

Hello
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{
		{Status: "5.1.1", Recipient: "ann@example.com", Diagnostic: "203.0.113.5 does not like recipient. Remote host said: 550 5.1.1 No such mailbox Giving up on 203.0.113.5."},
		{Status: "5.1.2", Recipient: "bob@example.net", Diagnostic: "Sorry, I couldn't find any host named example.net. (#5.1.2)"}}}},
	{"Exim", `From: Mail Delivery System <Mailer-Daemon@mail.example.org>
X-Failed-Recipients: ann@example.com
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@example.com
    Unrouteable address

------ This is a copy of the message, including all the headers. ------

Message-Id: <a@b>
From: me@example.org
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "ann@example.com", Diagnostic: "Unrouteable address"}}}},
	{"Exim, delayed", `From: Mail Delivery System <Mailer-Daemon@mail.example.org>
Subject: Warning: message 1abc-0001 delayed 24 hours
In-Reply-To: <a@b>

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mail.example.org.

The address to which the message has not yet been delivered is:

  ann@example.com
    Delay reason: connection timed out

No action is required on your part. Delivery attempts will continue for
some time.
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{{Action: message.Delayed, Status: "4.4.1", Recipient: "ann@example.com", Diagnostic: "Delay reason: connection timed out"}}}},
	{"Postfix without MIME", `From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender

This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

                   The mail system

<ann@example.com>: host mail.example.com[203.0.113.5] said: 552 5.2.2
    Mailbox is full (in reply to RCPT TO command)
`, &message.Report{Outcomes: []message.Outcome{{Status: "5.2.2", Recipient: "ann@example.com", Diagnostic: "host mail.example.com[203.0.113.5] said: 552 5.2.2 Mailbox is full (in reply to RCPT TO command)"}}}},
	{"Exchange of old", `From: postmaster@corp.example
Subject: Undeliverable: Budget

Your message did not reach some or all of the intended recipients.

      Subject:  Budget
      Sent:     1/5/2026 10:12 AM

The following recipient(s) could not be reached:

      ann@corp.example on 1/5/2026 10:12 AM
            The e-mail account does not exist at the organization this message was sent to.
            <mail.corp.example #5.1.1>
`, &message.Report{Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "ann@corp.example", Diagnostic: "The e-mail account does not exist at the organization this message was sent to. <mail.corp.example #5.1.1>"}}}},
	{"Exchange", `From: postmaster@corp.example
Subject: Undeliverable: Budget

Delivery has failed to these recipients or groups:

ann@corp.example<mailto:ann@corp.example>
The email address you entered couldn't be found.
`, &message.Report{Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "ann@corp.example", Diagnostic: "The email address you entered couldn't be found."}}}},
	{"Google of old", `From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
X-Failed-Recipients: ann@example.com
Subject: Delivery Status Notification (Failure)

Delivery to the following recipient failed permanently:

     ann@example.com

Technical details of permanent failure:
The error that the other server returned was: 550 5.1.1 User unknown

----- Original message -----

Message-ID: <a@b>
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "ann@example.com", Diagnostic: "Technical details of permanent failure: The error that the other server returned was: 550 5.1.1 User unknown"}}}},
	{"an address within a line", `From: postmaster@mail.example.org
Subject: Undeliverable Mail

User mailbox exceeds allowed size: ann@example.com

Original message follows.

Message-ID: <a@b>
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.2.2", Recipient: "ann@example.com", Diagnostic: "User mailbox exceeds allowed size: ann@example.com"}}}},
	{"in HTML alone", `From: MAILER-DAEMON@mail.example.org
Subject: failure notice
In-Reply-To: <a@b>
Content-Type: text/html

I wasn't able to deliver your message to the following addresses.<br><br>ann@example.com<br>No such user<br><br>Sorry.
`, &message.Report{MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.1.1", Recipient: "ann@example.com", Diagnostic: "No such user"}}}},
	{"XWall", strings.Replace(dsn("Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.9.8\n"), "message/delivery-status", "message/xdelivery-status ; name=\"delivery-status.txt\"", 1),
		&message.Report{Standard: true, MessageID: "a@b", Outcomes: []message.Outcome{{Status: "5.9.8", Recipient: "ann@example.com"}}}},
	{"a person talks of it", `From: ann@example.org
Subject: my mail

My mail could not be delivered to

  bob@example.com

Can you help?
`, nil},
	{"a daemon says something else", `From: postmaster@example.org
Subject: Maintenance

Please write to

  help@example.org

if anything is unclear.
`, nil},
	{"a daemon answers with an address", `From: postmaster@example.org
Subject: Re: Help

Please write to the email address: help@example.org
`, nil},
	{"a receipt", "From: ann@example.org\nContent-Type: multipart/report; report-type=disposition-notification; boundary=x\n\n--x\n\nRead.\n--x\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <a@b>\nDisposition: x; displayed\n--x--\n", nil},
}

// MAIL-D2, MAIL-E1
func TestReport(t *testing.T) {
	t.Parallel()
	for _, c := range reports {
		m, err := message.Read(strings.NewReader(c.in))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, m.Report); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func FuzzReport(f *testing.F) {
	for _, c := range reports {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := message.Read(strings.NewReader(s))
		if err != nil {
			t.Fatal(err)
		}
		if m.Report == nil {
			return
		}
		for _, o := range m.Report.Outcomes {
			if len(o.Diagnostic) > 4000 || strings.ContainsAny(o.Diagnostic+o.Recipient+o.Original, "\r\n\x00") || !utf8.ValidString(o.Diagnostic+o.Recipient+o.Original) {
				t.Errorf("%+v", o)
			}
		}
	})
}
