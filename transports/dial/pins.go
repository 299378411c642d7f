package dial

import (
	"crypto/sha1" //nolint:gosec // fingerprints as users have them
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
)

// Pins are fingerprints of certificates that a user trusts, whoever signed them: SHA-1,
// SHA-256 or SHA-512, in hexadecimal and lower case.
type Pins []string

// pinsMost is how many there are at most.
const pinsMost = 10

// ParsePins reads fingerprints in hexadecimal, with colons or without. It reports false
// where one is none, or there are too many.
func ParsePins(list string) (all Pins, ok bool) {
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) }) {
		sum, err := hex.DecodeString(strings.ReplaceAll(word, ":", ""))
		if err != nil || len(all) == pinsMost || len(sum) != sha1.Size && len(sum) != sha256.Size && len(sum) != sha512.Size {
			return nil, false
		}
		all = append(all, hex.EncodeToString(sum))
	}
	return all, true
}

// Fits tells whether a certificate is one of them.
func (p Pins) Fits(der []byte) bool {
	for _, want := range p {
		var got string
		switch len(want) {
		case 2 * sha1.Size:
			sum := sha1.Sum(der)
			got = hex.EncodeToString(sum[:])
		case 2 * sha256.Size:
			sum := sha256.Sum256(der)
			got = hex.EncodeToString(sum[:])
		default:
			sum := sha512.Sum512(der)
			got = hex.EncodeToString(sum[:])
		}
		if got == want {
			return true
		}
	}
	return false
}

// Besides returns a config that takes these certificates, too, and any other as config
// does: its error is then the same.
func (p Pins) Besides(config *tls.Config) *tls.Config {
	if len(p) == 0 {
		return config
	}
	own := config.Clone()
	own.InsecureSkipVerify = true // whom to trust is told by what follows
	own.VerifyConnection = func(state tls.ConnectionState) error {
		chain := state.PeerCertificates
		if len(chain) > 0 && p.Fits(chain[0].Raw) {
			return nil
		}
		if len(chain) == 0 {
			return errors.New("no certificate")
		}
		options := x509.VerifyOptions{Roots: config.RootCAs, DNSName: config.ServerName, Intermediates: x509.NewCertPool()}
		for _, c := range chain[1:] {
			options.Intermediates.AddCert(c)
		}
		if _, err := chain[0].Verify(options); err != nil {
			return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
		}
		return nil
	}
	return own
}

// Fingerprint returns the SHA-256 of a certificate that was refused, where that is why
// err came; else nothing.
func Fingerprint(err error) string {
	var refused *tls.CertificateVerificationError
	if !errors.As(err, &refused) || len(refused.UnverifiedCertificates) == 0 {
		return ""
	}
	sum := sha256.Sum256(refused.UnverifiedCertificates[0].Raw)
	return hex.EncodeToString(sum[:])
}
