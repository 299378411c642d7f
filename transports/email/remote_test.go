package email_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"wherry/transports/email/imaptest"
)

// What a mail points to is not looked at, and nobody is told that it was read: not
// by what it shows, nor by what it asks for.
func TestNothingIsFetched(t *testing.T) {
	t.Parallel()
	trap, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	visits := make(chan string, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := trap.Accept()
			if err != nil {
				return
			}
			visits <- c.RemoteAddr().String()
			_ = c.Close()
		}
	}()
	url := fmt.Sprintf("http://%s/seen", trap.Addr())
	w, _, l := dwell(t, imaptest.Config{}, nil)
	l.await("a position", func() bool { return l.saved["inbox"] != nil })
	sent := w.smtp.Stats().Dials
	html := strings.ReplaceAll(`<html><head><base href="URL"><link rel="stylesheet" href="URL"><link rel="dns-prefetch" href="URL"><meta http-equiv="refresh" content="0; url=URL">
<style>@import url(URL); body { background: url('URL') } @font-face { src: url(URL) }</style><script src="URL"></script></head>
<body background="URL"><p>Hello <a href="https://example.org/">there</a></p><img src="URL" alt="A boat"><img src="URL" width="1" height="1"><img srcset="URL 2x"><picture><source srcset="URL"></picture>
<iframe src="URL"></iframe><object data="URL"></object><embed src="URL"><video poster="URL" src="URL"></video><audio src="URL" autoplay></audio><svg><image href="URL"/></svg>
<form action="URL"><input type="image" src="URL"></form><div style="background-image:url(URL)">Bye</div></body></html>`, "URL", url)
	w.imap.Add(user, "INBOX", imaptest.Mail{Raw: incoming("1@other.test", "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b",
		"Disposition-Notification-To: bob@other.test", "Return-Receipt-To: bob@other.test", "List-Unsubscribe: <"+url+">", "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
		"X-Image-URL: "+url, "Content-Location: "+url, "BIMI-Selector: v=BIMI1; s=x", "", "--b", "Content-Type: text/html; charset=utf-8", "", html,
		"--b", `Content-Type: message/external-body; access-type=URL; URL="`+url+`"`, "", "Content-Type: image/png", "", "--b--")},
		imaptest.Mail{Raw: incoming("2@other.test", "the next one")})
	got := l.got(2)
	if text := got[0].Text; !strings.Contains(text, "Hello there") || !strings.Contains(text, "A boat") || strings.Contains(text, url+"\"") {
		t.Errorf("%q", text)
	}
	l.stop()
	_ = trap.Close()
	<-ended
	if n := w.smtp.Stats().Dials; len(visits) > 0 || n != sent {
		t.Errorf("%d visits, %d connections to send", len(visits), n-sent)
	}
	for _, m := range w.imap.Mails(user, "INBOX") {
		if len(m.Flags) > 0 {
			t.Errorf("mail %d is %v", m.UID, m.Flags)
		}
	}
}
