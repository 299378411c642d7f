package dial_test

import (
	"crypto/sha1" //nolint:gosec // as in what is tested
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wherry/transports/dial"
)

// Fingerprints are read as people write them.
func TestParsePins(t *testing.T) {
	t.Parallel()
	der := []byte("a certificate")
	one, two, three := sha1.Sum(der), sha256.Sum256(der), sha512.Sum512(der)
	for _, list := range []string{fmt.Sprintf("%x", one), fmt.Sprintf("%X", two), strings.ReplaceAll(fmt.Sprintf("% x", three), " ", ":"), strings.Repeat("00", 20) + ",\n" + fmt.Sprintf("%x", two)} {
		if pins, ok := dial.ParsePins(list); !ok || !pins.Fits(der) || pins.Fits(der[1:]) {
			t.Errorf("%s is %v", list, pins)
		}
	}
	if pins, ok := dial.ParsePins(" \n"); !ok || len(pins) != 0 || pins.Fits(der) {
		t.Errorf("nothing is %v", pins)
	}
	for _, list := range []string{"x", "abcd", fmt.Sprintf("%x0", two), strings.Repeat(fmt.Sprintf("%x ", two), 11)} {
		if pins, ok := dial.ParsePins(list); ok {
			t.Errorf("%s is %v", list, pins)
		}
	}
}

// Pins let in what they name, and else nothing that would not be let in without them;
// the error says which certificate it was.
func TestPinsBesides(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	print := fmt.Sprintf("%x", sha256.Sum256(server.Certificate().Raw))
	trusted := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	try := func(pins, host string, config *tls.Config) error {
		t.Helper()
		p, _ := dial.ParsePins(pins)
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		config.ServerName = host
		secured, err := dial.Handshake(t.Context(), conn, p.Besides(config))
		if err == nil {
			_ = secured.Close()
		}
		return err
	}
	other := strings.Repeat("ab", sha256.Size)
	for _, tt := range []struct {
		pins, host string
		config     *tls.Config
		good       bool
	}{
		{"", "example.com", &tls.Config{}, false},
		{print, "example.com", &tls.Config{}, true},
		{print, "mail.test", &tls.Config{}, true},
		{other, "example.com", &tls.Config{}, false},
		{other, "example.com", &tls.Config{RootCAs: trusted}, true},
		{other, "mail.test", &tls.Config{RootCAs: trusted}, false},
	} {
		err := try(tt.pins, tt.host, tt.config)
		if (err == nil) != tt.good {
			t.Errorf("%s at %s: %v", tt.pins, tt.host, err)
		}
		if !tt.good && (dial.CertificateError(err) == nil || dial.Fingerprint(err) != print) {
			t.Errorf("%s at %s: %v, of %s", tt.pins, tt.host, err, dial.Fingerprint(err))
		}
	}
	if got := dial.Fingerprint(errors.New("x")); got != "" {
		t.Errorf("the fingerprint of nothing: %s", got)
	}
}
