package autoconfig_test

import (
	"fmt"
	"strings"
	"testing"

	"wherry/transports/email/autoconfig"
)

// Files are read as far as they can be read. MAIL-R2
func TestParse(t *testing.T) {
	t.Parallel()
	const server = `<incomingServer type="imap"><hostname>h</hostname><port>993</port><socketType>SSL</socketType>%s</incomingServer>`
	plain := fmt.Sprintf(server, "")
	for _, tt := range []struct {
		in         string
		imap, smtp string
	}{
		{plain, "h:993 tls", ""},
		{"<clientConfig>" + plain + "<broken", "h:993 tls", ""},
		{"<clientConfig>" + plain + "</other></clientConfig>", "h:993 tls", ""},
		{"\xef\xbb\xbf<?xml version='1.0'?><x>" + plain + "&nbsp;&undefined;</x>", "h:993 tls", ""},
		{`<?xml version="1.0" encoding="iso-8859-1"?><x><displayName>K` + "\xf6" + `ln</displayName>` + plain + `</x>`, "h:993 tls", ""},
		{`<?xml version="1.0" encoding="none-such"?><x>` + plain + `</x>`, "", ""},
		{"<c:clientConfig xmlns:c='x'>" + strings.NewReplacer("</", "</c:", "<", "<c:").Replace(plain) + "</c:clientConfig>", "h:993 tls", ""},
		{`<INCOMINGSERVER TYPE=" IMAP "><hostname> h </hostname><PORT>
			143 </PORT><socketType>starttls</socketType></INCOMINGSERVER>`, "h:143 starttls", ""},
		{fmt.Sprintf(server, "<authentication>OAuth2</authentication>"), "h:993 tls oauth", ""},
		{fmt.Sprintf(server, "<authentication>OAuth2</authentication><authentication>plain</authentication>"), "h:993 tls oauth", ""},
		{fmt.Sprintf(server, "<authentication>TLS-client-cert</authentication>"), "", ""},
		{fmt.Sprintf(server, "<x><hostname>inner</hostname></x>"), "h:993 tls", ""},
		{`<outgoingServer type="smtp"><hostname>s</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>`, "", "s:587 starttls"},
		{`<outgoingServer type="imap"><hostname>s</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>`, "", ""},
		{`<incomingServer type="imap"><port>993</port><socketType>SSL</socketType></incomingServer>`, "", ""},
		{`<incomingServer type="imap"><hostname>h</hostname><port>nine</port><socketType>SSL</socketType></incomingServer>`, "h:0 tls", ""},
		{strings.Repeat("<a>", 50) + plain, "", ""},
		{strings.Repeat(plain, 30), strings.TrimSpace(strings.Repeat("h:993 tls ", 10)), ""},
		{"", "", ""},
		{"<!DOCTYPE html><html><body>404<br>", "", ""},
		{`<!DOCTYPE x [<!ENTITY a "b">]>` + plain, "h:993 tls", ""},
	} {
		got := autoconfig.Parse(tt.in)
		line := func(list []autoconfig.Server) string {
			var out []string
			for _, s := range list {
				w := s.Address() + " " + string(s.TLS)
				if s.OAuth {
					w += " oauth"
				}
				out = append(out, w)
			}
			return strings.Join(out, " ")
		}
		if line(got.IMAP) != tt.imap || line(got.SMTP) != tt.smtp {
			t.Errorf("%s\n%s | %s", tt.in, line(got.IMAP), line(got.SMTP))
		}
	}
}

// Whatever a file holds, what it leads to is a server that mail is asked for, by a
// name that is a name.
func FuzzFind(f *testing.F) {
	f.Add("<incomingServer type='imap'><hostname>h.example</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%\n</username></incomingServer>")
	f.Add("<outgoingServer type='smtp'><hostname>127.0.0.1</hostname><port>22</port><socketType>STARTTLS</socketType></outgoingServer>")
	f.Fuzz(func(t *testing.T, file string) {
		finder, _ := finder(nil, map[string]string{"https://autoconfig.example.org/mail/config-v1.1.xml": file})
		found, err := finder.Find(t.Context(), "ann@example.org")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append(found.IMAP, found.SMTP...) {
			if strings.ContainsAny(c.Username, "\r\n\x00") || strings.ContainsAny(c.Name, " \r\n\x00/@:") || c.Name == "" || c.Port != 993 && c.Port != 143 && c.Port != 465 && c.Port != 587 {
				t.Errorf("%+v", c)
			}
		}
		if len(found.IMAP) > 10 || len(found.SMTP) > 10 {
			t.Error("too many")
		}
	})
}
