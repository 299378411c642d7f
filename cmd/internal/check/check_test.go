package check_test

import (
	"crypto/tls"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"wherry/cmd/internal/check"
	"wherry/cmd/internal/config"
	"wherry/cmd/internal/control"
	"wherry/component/componenttest"
	"wherry/store"
)

const (
	domain = "irc.example.org"
	sister = "irc2.example.org"
	secret = "hunter2"
)

// configuration returns one with a store of its own and a component for each
// domain on the server.
func configuration(t *testing.T, server string, domains ...string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "wherry.toml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	conf := &config.Config{File: file, Store: config.Store{URL: "sqlite:" + dir + "/wherry.db", KeyFile: dir + "/wherry.key"}}
	for _, d := range domains {
		conf.Components = append(conf.Components, config.Component{Domain: d, Secret: secret, Server: server})
	}
	return conf
}

// found checks conf and returns the report.
// ended holds, by configuration, what waits until the server sees that a stream of
// a check has ended: before, the next check would be another component.
var ended sync.Map

func found(t *testing.T, conf *config.Config) (report string, faults int) {
	t.Helper()
	if wait, ok := ended.Load(conf); ok {
		defer wait.(func())()
	}
	var b strings.Builder
	r := check.NewReport(&b)
	check.Run(t.Context(), conf, r)
	faults, err := r.Faults()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), secret) {
		t.Errorf("the secret is shown:\n%s", b.String())
	}
	return b.String(), faults
}

// expect checks conf and wants these lines, as patterns, among the report's,
// and no fault but those.
func expect(t *testing.T, conf *config.Config, lines ...string) {
	t.Helper()
	report, faults := found(t, conf)
	want := 0
	for _, line := range lines {
		if strings.HasPrefix(line, "FAIL") {
			want++
		}
		if !regexp.MustCompile("(?m)^" + line).MatchString(report) {
			t.Errorf("no line %q in\n%s", line, report)
		}
	}
	if faults != want {
		t.Errorf("%d faults, want %d:\n%s", faults, want, report)
	}
}

func openStore(t *testing.T, conf *config.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: conf.Store.URL, KeyFile: conf.Store.KeyFile})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestFine(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	expect(t, conf,
		`ok    store: .*/wherry.db is not there yet; wherry run makes it`,
		`ok    key file: .*/wherry.key is not there yet`,
		`ok    server 127.0.0.1:\d+: takes connections`,
		`ok    irc.example.org: the server accepts domain and secret`)
	if left, err := os.ReadDir(filepath.Dir(conf.File)); err != nil || len(left) != 1 {
		t.Errorf("check left files: %v, %v", left, err)
	}
	if err := openStore(t, conf).Close(); err != nil {
		t.Fatal(err)
	}
	server.Disconnected(domain)
	expect(t, conf,
		`ok    store: .*/wherry.db is readable and writable`,
		`ok    key file: .*/wherry.key opens the store`,
		`ok    irc.example.org: the server accepts domain and secret`)
}

func TestWarnings(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	conf.Warnings = []string{"something is odd"}
	expect(t, conf, `warn  configuration: something is odd`)
}

func TestRefusals(t *testing.T) {
	server := componenttest.NewServer(t, "another secret", domain)
	expect(t, configuration(t, server.Addr(), domain), `FAIL  irc.example.org: .*not-authorized.*: the secret is wrong`)
	expect(t, configuration(t, server.Addr(), "sms.example.org"), `FAIL  sms.example.org: .*host-unknown.*: the server knows no component of this domain; add it`)
	server.Refuse("conflict")
	expect(t, configuration(t, server.Addr(), domain), `FAIL  irc.example.org: .*conflict.*: another component is connected`)
	server.Refuse("invalid-namespace")
	expect(t, configuration(t, server.Addr(), domain), `FAIL  irc.example.org: .*invalid-namespace.*: this port is not for components`)
	server.StopListening()
	expect(t, configuration(t, server.Addr(), domain), `FAIL  server 127.0.0.1:\d+: .*connection refused: nothing answers there; start the XMPP server, or correct the port`)
}

func TestUnknownHost(t *testing.T) {
	expect(t, configuration(t, "no-such-host.invalid:5347", domain), `FAIL  server no-such-host.invalid:5347: .*: correct the name in server`)
}

// listen serves each connection by f.
func listen(t *testing.T, f func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

func TestWrongPort(t *testing.T) {
	addr := listen(t, func(conn net.Conn) {
		conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	})
	expect(t, configuration(t, addr, domain), `FAIL  irc.example.org: .*give the port of the component listener`)
	addr = listen(t, func(net.Conn) {})
	expect(t, configuration(t, addr, domain), `FAIL  irc.example.org: .*this may not be its component listener`)
}

func TestPortSpeaksTLS(t *testing.T) {
	certificate := selfSigned(t)
	addr := listen(t, func(conn net.Conn) {
		tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}}).Handshake()
	})
	expect(t, configuration(t, addr, domain), `FAIL  irc.example.org: .*; the port speaks TLS: set tls = true`)

	conf := configuration(t, addr, domain)
	conf.Components[0].TLS = &tls.Config{}
	expect(t, conf, `FAIL  irc.example.org: TLS with .*; name who signs it in tls_ca_file`)
}

func TestPortSpeaksNoTLS(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	server.SetStrict(false)
	addr := listen(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		conn.Write([]byte("<?xml version='1.0'?><stream:stream>"))
	})
	conf := configuration(t, addr, domain)
	conf.Components[0].TLS = &tls.Config{}
	expect(t, conf, `FAIL  irc.example.org: TLS with .*the port does not speak TLS`)
}

func TestSisters(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain, sister)
	expect(t, configuration(t, server.Addr(), domain, sister),
		`ok    irc.example.org: the server accepts domain and secret`,
		`ok    irc2.example.org: the server accepts domain and secret`,
		`ok    irc.example.org, irc2.example.org: each domain's stanzas come over its own stream`)
}

func TestMixedSisters(t *testing.T) {
	expect(t, configuration(t, newMixer(t, "").addr, domain, sister),
		`FAIL  irc.example.org, irc2.example.org: the server mixes these domains: 20 of 40 .*; set global_routes: false`)
}

// TestBounces holds that what users send during the check is returned.
func TestBounces(t *testing.T) {
	server := newMixer(t, `<message from='a@example.org/x' to='nick%net@irc.example.org' id='m' type='chat'><body>hi</body></message>`+
		`<message from='a@example.org/x' to='nick%net@irc.example.org' id='e' type='error'><error type='wait'/></message>`+
		`<presence from='a@example.org/x' to='irc.example.org'/>`+
		`<presence id='j' from='a@example.org/x' to='#c%net@irc.example.org/a'><x xmlns='http://jabber.org/protocol/muc'/></presence>`+
		`<iq from='a@example.org/x' to='irc.example.org' id='q' type='get'><ping xmlns='urn:xmpp:ping'/></iq>`)
	expect(t, configuration(t, server.addr, domain), `warn  irc.example.org: users sent something meanwhile: 3 stanzas were returned`)
	want := []string{
		"message from='nick%net@irc.example.org' to='a@example.org/x' id='m' type='error'",
		"presence from='#c%net@irc.example.org/a' to='a@example.org/x' id='j' type='error'",
		"iq from='irc.example.org' to='a@example.org/x' id='q' type='error'",
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	for _, tag := range want {
		if !slices.ContainsFunc(server.seen, func(got string) bool { return sameAttributes(got, tag) }) {
			t.Errorf("no %s among\n%s", tag, strings.Join(server.seen, "\n"))
		}
	}
}

func sameAttributes(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

func TestKeyFile(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	openStore(t, conf).Close()
	key := conf.Store.KeyFile
	fine := `ok    irc.example.org: the server accepts domain and secret`

	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, conf, `FAIL  key file: .*wherry.key is open to others .*run chmod 600`, fine)
	server.Disconnected(domain)
	if err := os.WriteFile(key, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(key, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, conf, `FAIL  key file: .*wherry.key is damaged`, fine)
	server.Disconnected(domain)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	expect(t, conf, `FAIL  key file: .*wherry.key is missing.*put it back from a copy`, fine)
	server.Disconnected(domain)
	if err := os.Mkdir(key, 0o700); err != nil {
		t.Fatal(err)
	}
	expect(t, conf, `FAIL  key file: .*wherry.key is not a file`, fine)
}

// TestKeyFileFirst holds that a key file is looked at before there is a store.
func TestKeyFileFirst(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	if err := os.WriteFile(conf.Store.KeyFile, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(t, conf, `FAIL  key file: .*wherry.key is open to others`, `ok    store: `)
	server.Disconnected(domain)
	other := configuration(t, server.Addr(), domain)
	openStore(t, other).Close()
	conf.Store.KeyFile = other.Store.KeyFile
	expect(t, conf, `ok    key file: .*wherry.key will be the new store's`)
}

func TestStoreFolder(t *testing.T) {
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	conf.Store.URL = "sqlite:" + filepath.Join(filepath.Dir(conf.File), "nowhere", "wherry.db")
	report, faults := found(t, conf)
	if faults != 1 || !strings.Contains(report, "FAIL  store: ") || !strings.Contains(report, "make the folder first") {
		t.Errorf("%d faults:\n%s", faults, report)
	}
}

// TestRunning holds that the wherry that has the store is asked.
func TestRunning(t *testing.T) {
	conf := configuration(t, "127.0.0.1:1", domain, sister)
	openStore(t, conf)
	var told atomic.Pointer[control.State]
	told.Store(&control.State{Version: "1.2.3", PID: 42, Config: conf.File, Domains: []control.Domain{
		{Name: domain, Connected: true, Users: 3, Sessions: 2, Online: 1},
		{Name: sister, Err: "the secret is wrong"},
	}})
	expect(t, conf, `FAIL  store: process \d+ has it open and does not answer`)
	l, err := control.Listen(control.SocketPath(conf.Store.Path()), func() control.State { return *told.Load() })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expect(t, conf,
		`ok    wherry: version 1.2.3 runs on the store as process 42`,
		`ok    irc.example.org: connected; users with something to do: 3; sessions: 2, of which online: 1`,
		`FAIL  irc2.example.org: not connected: the secret is wrong`)
	told.Store(&control.State{PID: 42, Config: conf.File, Domains: told.Load().Domains[:1]})
	expect(t, conf, `warn  irc2.example.org: the running wherry does not serve it: restart wherry`)
}

// TestSecondWherry holds that a store in use by another configuration is told.
func TestSecondWherry(t *testing.T) {
	conf := configuration(t, "127.0.0.1:1", domain)
	openStore(t, conf)
	other := configuration(t, "127.0.0.1:1", domain)
	var told atomic.Pointer[control.State]
	told.Store(&control.State{PID: 42, Config: other.File, Domains: []control.Domain{{Name: "sms.example.org", Connected: true}}})
	l, err := control.Listen(control.SocketPath(conf.Store.Path()), func() control.State { return *told.Load() })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expect(t, conf, `FAIL  store: a second wherry uses it: process 42 runs with .*, which does not serve irc.example.org; .*set another url and key_file`)
	told.Store(&control.State{PID: 42, Config: other.File, Domains: []control.Domain{{Name: domain, Connected: true}}})
	expect(t, conf, `warn  store: process 42 runs with another configuration`, `ok    irc.example.org: connected`)
}
