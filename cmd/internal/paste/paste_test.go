package paste_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/paste"
)

func TestWrite(t *testing.T) {
	var b strings.Builder
	err := paste.Write(&b, []paste.Component{
		{Domain: "irc.example.org", Secret: `a"b\c`, Server: "127.0.0.1:5347"},
		{Domain: "sms.example.org", Secret: "other", Server: "127.0.0.1:5347"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `Prosody (prosody.cfg.lua, at its end):

    Component "irc.example.org"
        component_secret = "a\"b\\c"

    Component "sms.example.org"
        component_secret = "other"

ejabberd (ejabberd.yml, under the listen: that is there):

      -
        port: 5347
        ip: "127.0.0.1"
        module: ejabberd_service
        access: all
        global_routes: false
        hosts:
          "irc.example.org":
            password: "a\"b\\c"
          "sms.example.org":
            password: "other"
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProsodyElsewhere(t *testing.T) {
	got := paste.Prosody([]paste.Component{
		{Domain: "irc.example.org", Secret: "s", Server: "xmpp.example.org:5348"},
		{Domain: "sms.example.org", Secret: "s", Server: "[::1]:5349"},
	})
	want := `-- this above the first VirtualHost or Component:
component_ports = { 5348, 5349 }
-- this above the first VirtualHost or Component; nothing on the way encrypts, so keep it in a network of your own:
component_interfaces = { "*" }

Component "irc.example.org"
    component_secret = "s"

Component "sms.example.org"
    component_secret = "s"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEjabberdElsewhere(t *testing.T) {
	got := paste.Ejabberd([]paste.Component{
		{Domain: "irc.example.org", Secret: "s", Server: "xmpp.example.org:5348", TLS: true},
		{Domain: "sms.example.org", Secret: "s", Server: "[::1]:5349"},
		{Domain: "mail.example.org", Secret: "s", Server: "localhost:5350"},
	})
	want := `  -
    port: 5348
    module: ejabberd_service
    access: all
    global_routes: false
    tls: true
    hosts:
      "irc.example.org":
        password: "s"
  -
    port: 5349
    ip: "::1"
    module: ejabberd_service
    access: all
    global_routes: false
    hosts:
      "sms.example.org":
        password: "s"
  -
    port: 5350
    ip: "127.0.0.1"
    module: ejabberd_service
    access: all
    global_routes: false
    hosts:
      "mail.example.org":
        password: "s"
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
