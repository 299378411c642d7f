package check_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"fmt"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"
)

// mixer is a server that sends the stanzas of every domain over the stream that
// was opened first, as ejabberd may with global_routes. It takes any secret.
type mixer struct {
	addr     string
	greeting string // follows the handshake at once

	mu    sync.Mutex // guards what follows, and is held for a write
	first net.Conn
	seen  []string // start tags of all stanzas, without their namespace
}

func newMixer(t *testing.T, greeting string) *mixer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	m := &mixer{addr: l.Addr().String(), greeting: greeting}
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { m.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	return m
}

func (m *mixer) serve(conn net.Conn) {
	defer conn.Close()
	d := xml.NewDecoder(conn)
	if _, err := element(d); err != nil {
		return
	}
	io.WriteString(conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>")
	if _, err := element(d); err != nil || d.Skip() != nil {
		return
	}
	m.mu.Lock()
	if m.first == nil {
		m.first = conn
	}
	io.WriteString(conn, "<handshake/>"+m.greeting)
	m.mu.Unlock()
	for {
		start, err := element(d)
		if err != nil {
			io.WriteString(conn, "</stream:stream>")
			return
		}
		head := ""
		for _, a := range start.Attr {
			head += fmt.Sprintf(" %s='%s'", a.Name.Local, a.Value)
		}
		if d.Skip() != nil {
			return
		}
		m.mu.Lock()
		m.seen = append(m.seen, start.Name.Local+head)
		fmt.Fprintf(m.first, "<%s%s/>", start.Name.Local, head)
		m.mu.Unlock()
	}
}

// element reads up to the next start tag.
func element(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.EndElement:
			return xml.StartElement{}, io.EOF
		}
	}
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
