package irc_test

import (
	"crypto/sha1" //nolint:gosec // fingerprints as users have them
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// secured returns the transport to a network with TLS.
func secured(n *ircv3test.Network) *irc.Transport {
	return irc.New(irc.Config{TLSPorts: []int{n.Port()}, CAs: n.CAs(), AllowPrivateHosts: true, ThrottleLimit: -1})
}

// ways are the mechanisms that a client tried.
func ways(n *ircv3test.Network, nick string) (all []string) {
	for _, line := range n.Received(nick) {
		if m, ok := strings.CutPrefix(line, "AUTHENTICATE "); ok && strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789") == "" && len(m) < 20 {
			all = append(all, m)
		}
	}
	return all
}

// The best way to log in is taken, and the next where it fails; a way that was
// asked for is the only one. IRC-B41
func TestSASLMechanisms(t *testing.T) {
	for name, tt := range map[string]struct {
		offered  string // by the network
		settings transports.Settings
		tried    []string
		field    string // that is to blame; empty: it works
		kind     transports.ErrorKind
	}{
		"best":               {"PLAIN,EXTERNAL,SCRAM-SHA-256", nil, []string{"SCRAM-SHA-256"}, "", 0},
		"plain only":         {"PLAIN,EXTERNAL", nil, []string{"PLAIN"}, "", 0},
		"plain wanted":       {"PLAIN,SCRAM-SHA-256", transports.Settings{"sasl_mechanism": "PLAIN"}, []string{"PLAIN"}, "", 0},
		"scram wanted":       {"PLAIN,SCRAM-SHA-256", transports.Settings{"sasl_mechanism": "scram-sha-256"}, []string{"SCRAM-SHA-256"}, "", 0},
		"scram is not there": {"PLAIN", transports.Settings{"sasl_mechanism": "SCRAM-SHA-256"}, nil, "sasl_mechanism", transports.Unsupported},
		"nothing is there":   {"EXTERNAL", nil, nil, "sasl_password", transports.Unsupported},
		"wrong":              {"PLAIN,SCRAM-SHA-256", transports.Settings{"sasl_password": "wrong"}, []string{"SCRAM-SHA-256", "PLAIN"}, "sasl_password", transports.Credentials},
		"wrong, one way":     {"PLAIN,SCRAM-SHA-256", transports.Settings{"sasl_password": "wrong", "sasl_mechanism": "SCRAM-SHA-256"}, []string{"SCRAM-SHA-256"}, "sasl_password", transports.Credentials},
		"another account":    {"SCRAM-SHA-256", transports.Settings{"nick": "someone", "sasl_username": "alice"}, []string{"SCRAM-SHA-256"}, "", 0},
		"unknown":            {"PLAIN", transports.Settings{"sasl_mechanism": "MAGIC"}, nil, "sasl_mechanism", transports.Unsupported},
		"no certificate":     {"EXTERNAL", transports.Settings{"sasl_mechanism": "EXTERNAL"}, nil, "sasl_mechanism", transports.Incomplete},
		"an odd certificate": {"EXTERNAL", transports.Settings{"client_certificate": "x.y"}, nil, "client_certificate", transports.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}, Mechanisms: tt.offered}, irctest.Host)
			settings := transports.Settings{"nick": "alice", "sasl_password": "sesame"}
			maps.Copy(settings, tt.settings)
			_, err := secured(n).Verify(t.Context(), irctest.Host, settings)
			var field *transports.FieldError
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("Verify = %v", err)
			case tt.field != "" && (!errors.As(err, &field) || field.Field != tt.field || field.Err.Kind != tt.kind):
				t.Errorf("Verify = %v, want %s at %s", err, tt.kind, tt.field)
			}
			if got := ways(n, settings["nick"]); !slices.Equal(got, tt.tried) && (tt.tried != nil || len(got) > 0) {
				t.Errorf("tried %v, want %v", got, tt.tried)
			}
			for _, line := range n.Received(settings["nick"]) {
				if strings.Contains(line, "sesame") {
					t.Errorf("the password is in %q", line)
				}
			}
		})
	}
}

// A server that would keep us busy with hashing is left.
func TestSASLRounds(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice", "sasl_password": "sesame", "sasl_mechanism": "SCRAM-SHA-256"})
	conn := server.Accept()
	for range 3 {
		conn.Next()
	}
	conn.Send(":irc.test CAP * LS :sasl=SCRAM-SHA-256")
	conn.Expect("CAP REQ sasl")
	conn.Send(":irc.test CAP * ACK :sasl")
	conn.Expect("AUTHENTICATE SCRAM-SHA-256")
	conn.Send("AUTHENTICATE +")
	first, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(conn.Next(), "AUTHENTICATE "))
	if err != nil {
		t.Fatal(err)
	}
	_, nonce, _ := strings.Cut(string(first), "r=")
	conn.Send("AUTHENTICATE " + base64.StdEncoding.EncodeToString([]byte("r="+nonce+"x,s=c2FsdA==,i=2000000000")))
	if line := conn.Next(); line != "AUTHENTICATE *" {
		t.Errorf("the client says %q", line)
	}
	conn.Send(":irc.test 906 alice :SASL authentication aborted")
	wantKind(t, alice.end(), transports.Unsupported)
}

// A server that says that we are logged in must have shown that it knows the
// password. RFC 5802 §3
func TestSASLUnproven(t *testing.T) {
	server := irctest.Listen(t)
	alice := live(t, plainly(server), transports.Settings{"nick": "alice", "sasl_password": "sesame", "sasl_mechanism": "SCRAM-SHA-256"})
	conn := server.Accept()
	for range 3 {
		conn.Next()
	}
	conn.Send(":irc.test CAP * LS :sasl=SCRAM-SHA-256")
	conn.Expect("CAP REQ sasl")
	conn.Send(":irc.test CAP * ACK :sasl")
	conn.Expect("AUTHENTICATE SCRAM-SHA-256")
	conn.Send("AUTHENTICATE +")
	conn.Next()
	conn.Send(":irc.test 903 alice :SASL authentication successful")
	wantKind(t, alice.end(), transports.Unreachable)
	conn.ExpectEOF()
}

// A certificate is made once, is known by its fingerprint, and logs in; its key
// is shown to nobody. IRC-B51
func TestCertificateLogIn(t *testing.T) {
	certificates := map[string]string{}
	n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}, Certificates: certificates}, irctest.Host)
	tr := secured(n)
	made, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "sasl_password": "sesame", "make_certificate": "true"})
	if err != nil {
		t.Fatal(err)
	}
	print := made.Settings["certificate_fingerprint"]
	if len(print) != 64 || made.Settings["client_certificate"] == "" || made.Settings["make_certificate"] != "" {
		t.Fatalf("kept %v", made.Settings)
	}
	form := tr.Form(irctest.Host, transports.Settings{"nick": "alice", "certificate_fingerprint": print})
	if !slices.ContainsFunc(form.Fields, func(f transports.Field) bool { return f.Kind == transports.Info && f.Value == print }) ||
		!slices.Contains(form.Secrets(), "client_certificate") {
		t.Error("the form does not show the fingerprint, or shows the key")
	}
	external := maps.Clone(made.Settings)
	delete(external, "sasl_password")
	external["sasl_mechanism"], external["nick"] = "EXTERNAL", "eve"
	_, err = tr.Verify(t.Context(), irctest.Host, external)
	var field *transports.FieldError
	if !errors.As(err, &field) || field.Field != "sasl_mechanism" || !strings.Contains(err.Error(), print) {
		t.Errorf("one that nobody knows: %v", err)
	}
	known := ircv3test.StartTLS(t, ircv3test.Config{Certificates: map[string]string{print: "alice"}}, irctest.Host)
	again, err := secured(known).Verify(t.Context(), irctest.Host, external)
	if err != nil || again.Settings["client_certificate"] != made.Settings["client_certificate"] || again.Settings["certificate_fingerprint"] != print {
		t.Errorf("Verify = %v, %v", again.Settings, err)
	}
	if got := ways(known, "eve"); !slices.Equal(got, []string{"EXTERNAL"}) {
		t.Errorf("tried %v", got)
	}
}

// A pinned certificate is trusted, whoever signed it, and no other is. IRC-B50
func TestPinnedCertificate(t *testing.T) {
	n := ircv3test.StartTLS(t, ircv3test.Config{}, "irc.elsewhere.example")
	tr := irc.New(irc.Config{TLSPorts: []int{n.Port()}, AllowPrivateHosts: true})
	verify := func(pins string) error {
		_, err := tr.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "fingerprint": pins})
		return err
	}
	der := leaf(t, n.Port())
	one, two, three := sha1.Sum(der), sha256.Sum256(der), sha512.Sum512(der)
	err := verify("")
	if err == nil || !strings.Contains(err.Error(), hex.EncodeToString(two[:])) {
		t.Errorf("without a pin, the fingerprint is not told: %v", err)
	}
	colons := strings.ToUpper(hex.EncodeToString(two[:]))
	for i := len(colons) - 2; i > 0; i -= 2 {
		colons = colons[:i] + ":" + colons[i:]
	}
	other := strings.Repeat("ab", sha256.Size)
	for _, pins := range []string{hex.EncodeToString(one[:]), colons, other + ", " + hex.EncodeToString(three[:])} {
		if err := verify(pins); err != nil {
			t.Errorf("pinned by %s: %v", pins, err)
		}
	}
	if err := verify(other); err == nil || !strings.Contains(err.Error(), "not the one") {
		t.Errorf("another one: %v", err)
	}
	for _, odd := range []string{"abc", "zz", strings.Repeat("ab", 21)} {
		var field *transports.FieldError
		if err := verify(odd); !errors.As(err, &field) || field.Field != "fingerprint" {
			t.Errorf("%q: %v", odd, err)
		}
	}
	fixed := irc.New(irc.Config{TLSPorts: []int{n.Port()}, Networks: []string{irctest.Host}, AllowPrivateHosts: true})
	if _, err := fixed.Verify(t.Context(), irctest.Host, transports.Settings{"nick": "alice", "fingerprint": hex.EncodeToString(two[:])}); err == nil {
		t.Error("a user overrides what the administrator says of networks")
	}
}

// leaf returns the certificate of a server, whoever signed it.
func leaf(t *testing.T, port int) []byte {
	t.Helper()
	conn, err := tls.Dial("tcp", hostPort(port), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].Raw
}

// Another host is connected to under the network's name, and the certificate is
// that of the host. IRC-B40
func TestAddressElsewhere(t *testing.T) {
	n := ircv3test.StartTLS(t, ircv3test.Config{}, irctest.Host)
	tr := secured(n)
	if _, err := tr.Verify(t.Context(), "irc.example.org", transports.Settings{"nick": "alice", "address": irctest.Host}); err != nil {
		t.Errorf("Verify = %v", err)
	}
	var field *transports.FieldError
	_, err := tr.Verify(t.Context(), "irc.example.org", transports.Settings{"nick": "alice", "address": "not a host"})
	if !errors.As(err, &field) || field.Field != "address" {
		t.Errorf("an odd one: %v", err)
	}
	strict := irc.New(irc.Config{TLSPorts: []int{n.Port()}, CAs: n.CAs()})
	_, err = strict.Verify(t.Context(), "irc.example.org", transports.Settings{"nick": "alice", "address": irctest.Host})
	wantKind(t, err, transports.NotAllowed)
}

// What the user wants done is done at each log-in, and not at the trial. IRC-B40
func TestAfterConnecting(t *testing.T) {
	n := ircv3test.StartTLS(t, ircv3test.Config{}, irctest.Host)
	services := n.Puppet("NickServ")
	tr := secured(n)
	settings := transports.Settings{
		"nick": "alice", "nickserv_password": "sesame", "sasl_username": "ally", "after_connect_commands": "/MODE alice +x\n\nPRIVMSG NickServ :hello there\n",
	}
	if _, err := tr.Verify(t.Context(), irctest.Host, settings); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(n.Received("alice"), "\n"); strings.Contains(got, "IDENTIFY") || strings.Contains(got, "+x") {
		t.Errorf("the trial says %s", got)
	}
	alice := live(t, tr, settings)
	next[transports.Online](alice)
	n.AwaitTold(services, "*PRIVMSG NickServ :IDENTIFY ally sesame")
	n.AwaitTold(services, "*PRIVMSG NickServ :hello there")
	for field, bad := range map[string]string{
		"after_connect_commands": "QUIT", "nickserv_password": "two words",
	} {
		wrong := maps.Clone(settings)
		wrong[field] = bad
		var e *transports.FieldError
		if _, err := tr.Verify(t.Context(), irctest.Host, wrong); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s %q: %v", field, bad, err)
		}
	}
	plain := irc.New(irc.Config{PlainPorts: []int{n.Plain()}, AllowPrivateHosts: true})
	var e *transports.FieldError
	if _, err := plain.Verify(t.Context(), irctest.Host, settings); !errors.As(err, &e) || e.Field != "nickserv_password" {
		t.Errorf("over a port without TLS: %v", err)
	}
}
