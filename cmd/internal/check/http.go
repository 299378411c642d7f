package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/web"
	"wherry/transports/dial"
)

const (
	visitWithin = 10 * time.Second
	renewBefore = 14 * 24 * time.Hour // a certificate that ends sooner should have been renewed

	// visited is a path that leads nowhere. Who is behind it is told by a header.
	visited = "/check"
)

// checkHTTP looks at what networks and clients reach by HTTP. Running tells
// that a wherry listens there already.
func checkHTTP(ctx context.Context, conf *config.Config, running bool, r *Report) {
	h := conf.HTTP
	if h.Listen == "" {
		checkPolled(conf, r)
		return
	}
	checkMedia(h.MediaDir, r)
	if h.TLSCert != "" && !checkCertificate(h, time.Now(), r) {
		return
	}
	instance, done := checkListener(ctx, h, running, r)
	defer done()
	if instance != "" {
		checkPublic(ctx, h.PublicURL, instance, r)
	}
}

// checkPolled tells of domains whose network cannot call.
func checkPolled(conf *config.Config, r *Report) {
	for _, c := range conf.Components {
		if c.Transport == "sms" && c.SMS.Webhook != "poll" {
			r.Warn(c.Domain, "texts are asked for every %s, because no network can call: set listen and public_url in [http], or webhook = \"poll\" to leave it so", c.SMS.PollEvery)
		}
	}
}

// checkMedia tells whether this user may put files into the folder, or make it.
func checkMedia(dir string, r *Report) {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		r.Fail("media", "%s is no folder: set another media_dir", dir)
	case err == nil && syscall.Access(dir, mayCreate) != nil:
		r.Fail("media", "the folder %s cannot be written by this user: give it to the user that wherry runs as (chown)", dir)
	case err == nil:
		r.OK("media", "%s is writable", dir)
	case !errors.Is(err, fs.ErrNotExist):
		r.Fail("media", "%v", err)
	case syscall.Access(existing(filepath.Dir(dir)), mayCreate) != nil:
		r.Fail("media", "%s cannot be made by this user: make it, and give it to the user that wherry runs as (chown)", dir)
	default:
		r.OK("media", "%s is not there yet; wherry run makes it", dir)
	}
}

// existing returns dir, or the nearest folder above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// checkCertificate looks at the certificate itself.
func checkCertificate(h config.HTTP, now time.Time, r *Report) bool {
	pair, err := tls.LoadX509KeyPair(h.TLSCert, h.TLSKey)
	if err != nil {
		r.Fail("certificate", "%v: correct tls_cert and tls_key, or let this user read the files", err)
		return false
	}
	host := hostOf(h.PublicURL)
	switch leaf := pair.Leaf; {
	case leaf.VerifyHostname(host) != nil:
		r.Fail("certificate", "%s is not for %s, the host in public_url: it is for %q", h.TLSCert, host, leaf.DNSNames)
	case now.After(leaf.NotAfter):
		r.Fail("certificate", "%s is no longer valid since %s: renew it", h.TLSCert, day(leaf.NotAfter))
	case now.Before(leaf.NotBefore):
		r.Fail("certificate", "%s is not valid before %s: is this machine's clock right?", h.TLSCert, day(leaf.NotBefore))
	case now.Add(renewBefore).After(leaf.NotAfter):
		r.Warn("certificate", "%s is valid until %s only: renew it; wherry takes the new files by itself", h.TLSCert, day(leaf.NotAfter))
	default:
		r.OK("certificate", "valid until %s", day(leaf.NotAfter))
	}
	return true
}

func day(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// checkListener asks the listener of the running wherry who it is. Where none
// runs, it listens in its place until done is called.
func checkListener(ctx context.Context, h config.HTTP, running bool, r *Report) (instance string, done func()) {
	about := "listener " + h.Listen
	if running {
		instance, err := who(ctx, local(h), &tls.Config{InsecureSkipVerify: true}) // this machine's own, whatever its name
		var other *statusError
		switch {
		case errors.As(err, &other):
			r.Fail(about, "something that is no wherry answers there: set another port in listen, or stop that and restart wherry")
		case err != nil:
			r.Fail(about, "the running wherry does not answer there (%v): restart it, if listen was changed", err)
		default:
			r.OK(about, "the running wherry answers")
		}
		return instance, func() {}
	}
	l, err := web.Listen(web.Config{Listen: h.Listen, PublicURL: h.PublicURL, Cert: h.TLSCert, Key: h.TLSKey, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.Fail(about, "%v: stop what listens there, or set another port in listen", err)
		return "", func() {}
	}
	r.OK(about, "is free")
	return l.Instance(), func() { _ = l.Close() }
}

// local returns the URL of the listener on this machine.
func local(h config.HTTP) string {
	host, port, _ := net.SplitHostPort(h.Listen)
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		host = "localhost"
	}
	scheme := "http"
	if h.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// checkPublic tells whether the public URL leads to the listener.
func checkPublic(ctx context.Context, public, instance string, r *Report) {
	about := "public URL " + public
	got, err := who(ctx, public, &tls.Config{MinVersion: tls.VersionTLS12})
	var status *statusError
	var dns *net.DNSError
	switch {
	case err == nil && got == instance:
		r.OK(about, "leads here")
	case err == nil:
		r.Fail(about, "another wherry answers there: let it lead to the listen of this one")
	case errors.As(err, &status):
		r.Fail(about, "something else answers there, with status %d: let the proxy pass all below it to listen, with the path unchanged", status.code)
	case errors.As(err, &dns):
		r.Fail(about, "%v: correct the name, or give it to the DNS", dns)
	case dial.CertificateError(err) != nil:
		r.Fail(about, "its certificate is not valid: %v: networks refuse it%s", dial.CertificateError(err), unknownHint(err))
	default:
		r.Fail(about, "cannot be reached from this machine: %v: open the port, or start the proxy", err)
	}
}

func unknownHint(err error) string {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "; if it is from a known authority, its file lacks the chain"
	}
	return ""
}

// statusError tells that who answered is no wherry.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("status %d of no wherry", e.code) }

// who returns which wherry answers at a URL.
func who(ctx context.Context, address string, conf *tls.Config) (instance string, err error) {
	ctx, cancel := context.WithTimeout(ctx, visitWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+visited, nil)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	answer, err := transport.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	instance = answer.Header.Get(web.InstanceHeader)
	if answer.StatusCode != http.StatusNotFound || instance == "" {
		return "", &statusError{answer.StatusCode}
	}
	return instance, nil
}
