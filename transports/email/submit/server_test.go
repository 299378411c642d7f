package submit_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"wherry/transports/dial"
	"wherry/transports/email/hosts"
	"wherry/transports/email/submit"
)

// authority signs the certificates of servers.
type authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *x509.CertPool
}

var testAuthority = sync.OnceValue(func() *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	cert := certificate(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}, nil, key, key)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &authority{cert, key, roots}
})

func certificate(c, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: "test"}
	c.NotBefore = time.Now().Add(-2 * time.Hour)
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		panic(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return out
}

// leaf returns the certificate of a server at ip until a time.
func (a *authority) leaf(ip string, until time.Time) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := certificate(&x509.Certificate{IPAddresses: []net.IP{net.ParseIP(ip)}, NotAfter: until, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, a.cert, key, a.key)
	return tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: key}
}

var goodLeaf = sync.OnceValue(func() tls.Certificate { return testAuthority().leaf("127.0.0.1", time.Now().Add(time.Hour)) })

// line is one connection as the server sees it.
type line struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// say writes replies.
func (l *line) say(replies ...string) {
	_, _ = io.WriteString(l.conn, strings.Join(replies, "\r\n")+"\r\n") // who hung up is seen when reading
}

// want reads a command that begins so.
func (l *line) want(prefix string) string {
	l.t.Helper()
	s, err := l.r.ReadString('\n')
	if err != nil || !strings.HasPrefix(s, prefix) {
		l.t.Errorf("server got %q, %v, and not %q", s, err, prefix)
	}
	return strings.TrimRight(s, "\r\n")
}

// gone reads until the client hangs up, and returns what it still said.
func (l *line) gone() string {
	rest, _ := io.ReadAll(l.r)
	return string(rest)
}

// data reads a mail, dots and all.
func (l *line) data() string {
	var b strings.Builder
	for {
		s, err := l.r.ReadString('\n')
		if err != nil {
			l.t.Errorf("server: the mail ends in %q: %v", b.String(), err)
			return b.String()
		}
		if s == ".\r\n" {
			return b.String()
		}
		b.WriteString(s)
	}
}

func (l *line) secure(cert tls.Certificate) {
	l.conn = tls.Server(l.conn, &tls.Config{Certificates: []tls.Certificate{cert}})
	l.r = bufio.NewReader(l.conn)
}

// hello is the usual beginning with all extensions.
func (l *line) hello(extensions ...string) {
	l.t.Helper()
	l.say("220 mx ESMTP")
	l.ehlo(extensions...)
}

var usual = []string{"PIPELINING", "SIZE 1000000", "8BITMIME", "DSN", "SMTPUTF8", "ENHANCEDSTATUSCODES", "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER"}

func (l *line) ehlo(extensions ...string) {
	l.t.Helper()
	l.want("EHLO [127.0.0.1]")
	l.offer(extensions...)
}

func (l *line) offer(extensions ...string) {
	if extensions == nil {
		extensions = usual
	}
	l.say("250-mx")
	for _, e := range extensions {
		l.say("250-" + e)
	}
	l.say("250 HELP")
}

// login is hello and a log-in that is let in.
func (l *line) login(extensions ...string) {
	l.t.Helper()
	l.hello(extensions...)
	l.want("AUTH PLAIN AGFubgBzZWNyZXQ=")
	l.say("235 2.7.0 in")
}

// begin takes a mail up to its DATA.
func (l *line) begin() {
	l.t.Helper()
	l.want("MAIL FROM:<ann@example.org>")
	l.say("250 ok")
	l.want("RCPT TO:<bob@example.net>")
	l.say("250 ok")
	l.want("DATA")
}

func (l *line) quit() {
	l.t.Helper()
	l.want("QUIT")
	l.say("221 bye")
}

// serve runs a script for one connection, with TLS from the start or none. The
// test ends when the script has.
func serve(t *testing.T, mode hosts.Mode, cert tls.Certificate, script func(*line)) hosts.Host {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			t.Error("nobody came")
			return
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		c := &line{t: t, conn: conn, r: bufio.NewReader(conn)}
		if mode == hosts.TLS {
			c.secure(cert)
		}
		script(c)
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return hosts.Host{Name: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: mode}
}

// dialer may reach the servers of tests, and trusts their authority.
func dialer() *submit.Dialer {
	return &submit.Dialer{Dialer: hosts.Dialer{
		Guard: dial.Guard{AllowPrivate: true}, AnyPort: true,
		Config: func(host string) *tls.Config { return dial.TLSConfig(host, testAuthority().roots) },
	}}
}

var password = submit.Login{Username: "ann", Password: "secret"}
