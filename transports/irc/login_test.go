package irc_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
)

// IRC-B41
func TestLoginRefused(t *testing.T) {
	network := irctest.NewNetwork(t)
	network.Password = "let-me-in"
	tr := plainly(network.Server)
	_, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "pass": "let-them-in"})
	var field *transports.FieldError
	if !errors.As(err, &field) || field.Field != "pass" || field.Err.Kind != transports.Credentials {
		t.Errorf("Verify with a wrong server password = %v", err)
	}
	_, err = tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "pass": "let-me-in", "sasl_password": "x"})
	if !errors.As(err, &field) || field.Field != "sasl_password" || field.Err.Kind != transports.Unsupported {
		t.Errorf("Verify with SASL where there is none = %v", err)
	}
	if _, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "pass": "let-me-in"}); err != nil {
		t.Errorf("Verify = %v", err)
	}
	alice := live(t, tr, transports.Settings{"nick": "alice", "pass": "let-me-in", "sasl_password": "x"})
	if err := alice.end(); !transports.AsError(err).Temporary() {
		t.Errorf("services that are away end the log-in for good: %v", err)
	}
}

// IRC-B50
func TestCertificates(t *testing.T) {
	good := irctest.NewTLSNetwork(t, irctest.Host)
	other := irctest.NewTLSNetwork(t, "irc.elsewhere.example")
	for _, tt := range []struct {
		name string
		cfg  irc.Config
		text string
	}{
		{"nobody we trust", irc.Config{TLSPorts: []int{good.Port()}}, "signed by nobody"},
		{"another host", irc.Config{TLSPorts: []int{other.Port()}, CAs: other.CAs()}, "for another host"},
		{"plain port after", irc.Config{TLSPorts: []int{good.Port()}, PlainPorts: []int{irctest.NewNetwork(t).Port()}}, "signed by nobody"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.AllowPrivateHosts = true
			_, err := irc.New(tt.cfg).Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice"})
			wantKind(t, err, transports.Unreachable)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Verify = %v, want a text with %q", err, tt.text)
			}
		})
	}
}

func TestPrivateHosts(t *testing.T) {
	network := irctest.NewNetwork(t)
	tr := irc.New(irc.Config{PlainPorts: []int{network.Port()}})
	for _, host := range []transports.Scope{irctest.Host, "localhost"} {
		_, err := tr.Verify(t.Context(), host, transports.Settings{"nick": "alice"})
		wantKind(t, err, transports.NotAllowed)
	}
	if network.Dials() != 0 {
		t.Error("the gateway reached into its own network")
	}
}

// IRC-B40
func TestPortsInTurn(t *testing.T) {
	network := irctest.NewNetwork(t)
	tr := irc.New(irc.Config{TLSPorts: []int{6697}, AllowPrivateHosts: true})
	settings := transports.Settings{"nick": "alice", "tls_ports": fmt.Sprint(freePort(t)), "ports": fmt.Sprintf("%d, %d", freePort(t), network.Port())}
	if _, err := tr.Verify(t.Context(), irctest.Host, settings); err != nil {
		t.Errorf("Verify: %v", err)
	}
	for name, value := range map[string]string{
		"pass": "sesame", "sasl_password": "sesame", "nickserv_password": "sesame", "fingerprint": strings.Repeat("ab", 32),
	} {
		before := network.Dials()
		secret := maps.Clone(settings)
		secret[name] = value
		_, err := tr.Verify(t.Context(), irctest.Host, secret)
		wantKind(t, err, transports.Unreachable)
		if network.Dials() != before {
			t.Errorf("with %s, a port without TLS is tried where those with TLS do not answer", name)
		}
	}
	var field *transports.FieldError
	_, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"ports": "25"})
	if !errors.As(err, &field) || field.Field != "ports" {
		t.Errorf("Verify with the port of mail = %v", err)
	}
	limited := irc.New(irc.Config{Networks: []string{"127.0.0.1"}, PlainPorts: []int{freePort(t)}, AllowPrivateHosts: true})
	if _, err := limited.Verify(t.Context(), irctest.Host, settings); err == nil {
		t.Error("a user's ports are tried where the administrator chose the networks")
	}
}

// A nick that is too long is cut by some networks.
func TestNickIsCut(t *testing.T) {
	alice, conn := meet(t)
	letIn(alice, conn, "bob!b@h")
	renamed := make(chan error, 1)
	go func() { renamed <- alice.Rename(t.Context(), channel("#room"), "Alexandria") }()
	conn.Expect("NICK Alexandria")
	fence := strings.TrimPrefix(conn.Expect("PING *"), "PING ")
	conn.Send(":alice!a@h NICK Alexandri", ":irc.test PONG irc.test "+fence)
	if err := <-renamed; err != nil {
		t.Errorf("Rename: %v", err)
	}
	if e := next[transports.Renamed](alice); e.New != "Alexandri" {
		t.Errorf("renamed %+v", e)
	}
}
