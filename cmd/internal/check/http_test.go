package check_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/control"
	"wherry/cmd/internal/web"
	"wherry/component/componenttest"
	"wherry/transports"
)

// free returns a loopback address that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// heard returns a configuration that listens for HTTP.
func heard(t *testing.T) *config.Config {
	t.Helper()
	server := componenttest.NewServer(t, secret, domain)
	conf := configuration(t, server.Addr(), domain)
	ended.Store(conf, func() { server.Disconnected(domain) })
	address := free(t)
	conf.HTTP = config.HTTP{Listen: address, PublicURL: "http://" + address, MediaDir: filepath.Join(t.TempDir(), "media")}
	return conf
}

// certified writes a certificate for host, valid from and until.
func certified(t *testing.T, conf *config.Config, host string, from, until time.Time) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: from, NotAfter: until}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	conf.HTTP.TLSCert, conf.HTTP.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, block := range map[string]*pem.Block{
		conf.HTTP.TLSCert: {Type: "CERTIFICATE", Bytes: der}, conf.HTTP.TLSKey: {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf.HTTP.PublicURL = "https://" + conf.HTTP.Listen
}

func TestHTTP(t *testing.T) {
	conf := heard(t)
	expect(t, conf,
		`ok    media: .*/media is not there yet; wherry run makes it`,
		`ok    listener 127.0.0.1:\d+: is free`,
		`ok    public URL http://127.0.0.1:\d+: leads here`)
	if _, err := os.Stat(conf.HTTP.MediaDir); err == nil {
		t.Error("check made the folder of media")
	}
	below := heard(t) // the stream to the first server may not have ended yet
	below.HTTP = conf.HTTP
	below.HTTP.PublicURL += "/below" // by a proxy that passes the path unchanged
	if err := os.Mkdir(conf.HTTP.MediaDir, 0o700); err != nil {
		t.Fatal(err)
	}
	expect(t, below, `ok    media: .*/media is writable`, `ok    public URL http://127.0.0.1:\d+/below: leads here`)
}

func TestHTTPTaken(t *testing.T) {
	conf := heard(t)
	l, err := net.Listen("tcp", conf.HTTP.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expect(t, conf, `FAIL  listener 127.0.0.1:\d+: .*address already in use: stop what listens there`)
}

func TestPublicURL(t *testing.T) {
	said := func(url, want string) {
		t.Helper()
		conf := heard(t) // each time another server: the stream to the one before may not have ended yet
		conf.HTTP.PublicURL = url
		expect(t, conf, want)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	said(other.URL, `FAIL  public URL http://127.0.0.1:\d+: something else answers there, with status 404: let the proxy pass all below it to listen, with the path unchanged`)

	moved := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer moved.Close()
	said(moved.URL, `FAIL  public URL .*: something else answers there, with status 302`)

	twin, err := web.Listen(web.Config{Listen: "127.0.0.1:0", PublicURL: "http://x", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer twin.Close()
	said("http://"+twin.Addr(), `FAIL  public URL .*: another wherry answers there`)

	said("http://"+free(t), `FAIL  public URL .*: cannot be reached from this machine: .*connection refused: open the port, or start the proxy`)
	said("https://no-such-host.invalid", `FAIL  public URL .*: .*: correct the name, or give it to the DNS`)

	secured := httptest.NewTLSServer(http.NotFoundHandler())
	defer secured.Close()
	said(secured.URL, `FAIL  public URL .*: its certificate is not valid: .*: networks refuse it; if it is from a known authority, its file lacks the chain`)
}

func TestMediaFolder(t *testing.T) {
	conf := heard(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	conf.HTTP.MediaDir = file
	expect(t, conf, `FAIL  media: .*/file is no folder: set another media_dir`)
	if os.Geteuid() == 0 {
		return // may write everywhere
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	conf.HTTP.MediaDir = dir
	expect(t, conf, `FAIL  media: the folder .* cannot be written by this user`)
	conf.HTTP.MediaDir = filepath.Join(dir, "a", "b")
	expect(t, conf, `FAIL  media: .*/a/b cannot be made by this user`)
}

func TestCertificate(t *testing.T) {
	now := time.Now()
	conf := heard(t)
	certified(t, conf, "127.0.0.1", now.Add(-time.Hour), now.Add(1000*time.Hour))
	expect(t, conf, `ok    certificate: valid until \d{4}-`, `ok    listener .*: is free`,
		`FAIL  public URL https://127.0.0.1:\d+: its certificate is not valid: .*unknown authority`)
	certified(t, conf, "127.0.0.1", now.Add(-time.Hour), now.Add(time.Hour))
	expect(t, conf, `warn  certificate: .* is valid until .* only: renew it`, `FAIL  public URL`)
	certified(t, conf, "other.example.org", now.Add(-time.Hour), now.Add(1000*time.Hour))
	expect(t, conf, `FAIL  certificate: .* is not for 127.0.0.1, the host in public_url: it is for \["other.example.org"\]`, `FAIL  public URL`)
	certified(t, conf, "127.0.0.1", now.Add(-2*time.Hour), now.Add(-time.Hour))
	expect(t, conf, `FAIL  certificate: .* is no longer valid since .*: renew it`, `FAIL  public URL`)
	certified(t, conf, "127.0.0.1", now.Add(time.Hour), now.Add(1000*time.Hour))
	expect(t, conf, `FAIL  certificate: .* is not valid before .*: is this machine's clock right`, `FAIL  public URL`)
	conf.HTTP.TLSKey = conf.HTTP.TLSCert
	expect(t, conf, `FAIL  certificate: .*: correct tls_cert and tls_key`)
}

// hookless knows no account.
type hookless struct{}

func (hookless) Hook(context.Context, string, string, transports.Request) transports.Reply {
	return transports.Reply{Status: http.StatusNotFound}
}

// Where a wherry runs, its own listener is asked.
func TestHTTPRunning(t *testing.T) {
	conf := heard(t)
	openStore(t, conf)
	socket, err := control.Listen(control.SocketPath(conf.Store.Path()), func() control.State {
		return control.State{Config: conf.File, Domains: []control.Domain{{Name: domain, Connected: true}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	expect(t, conf, `FAIL  listener .*: the running wherry does not answer there \(.*connection refused.*\): restart it`)
	certified(t, conf, "127.0.0.1", time.Now().Add(-time.Hour), time.Now().Add(1000*time.Hour))
	l, err := web.Listen(web.Config{
		Listen: conf.HTTP.Listen, PublicURL: conf.HTTP.PublicURL, Cert: conf.HTTP.TLSCert, Key: conf.HTTP.TLSKey,
		Hooks: hookless{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	expect(t, conf, `ok    listener .*: the running wherry answers`, `FAIL  public URL .*unknown authority`)
	conf.HTTP.TLSCert, conf.HTTP.TLSKey = "", ""
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	conf.HTTP.Listen = other.Listener.Addr().String()
	expect(t, conf, `FAIL  listener .*: something that is no wherry answers there`)
}

func TestPolled(t *testing.T) {
	conf := heard(t)
	conf.HTTP = config.HTTP{}
	conf.Components[0].Transport = "sms"
	conf.Components[0].SMS = config.SMS{Webhook: "auto", PollEvery: time.Minute}
	expect(t, conf, `warn  irc.example.org: texts are asked for every 1m0s, because no network can call`)
}
