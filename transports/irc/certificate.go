package irc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/dial"
)

// certificate is by what an account shows who it is, where it has one: CertFP
// and SASL EXTERNAL.
type certificate struct {
	pair *tls.Certificate
}

// certificateLife is how long one is good. Networks look at its fingerprint only.
const certificateLife = 30 * 365 * 24 * time.Hour

// newCertificate makes a certificate with a key of its own, as a setting that is
// kept secret: key and certificate in base64, a dot between.
func newCertificate(name string) (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return "", err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	encode := base64.StdEncoding.EncodeToString
	return encode(secret) + "." + encode(cert), nil
}

// readCertificate reads what newCertificate made. Nothing is no certificate.
func readCertificate(setting string) (certificate, error) {
	if setting == "" {
		return certificate{}, nil
	}
	secret, cert, _ := strings.Cut(setting, ".")
	key, err1 := base64.StdEncoding.DecodeString(secret)
	der, err2 := base64.StdEncoding.DecodeString(cert)
	if err := errors.Join(err1, err2); err != nil {
		return certificate{}, errNoCertificate
	}
	private, err1 := x509.ParsePKCS8PrivateKey(key)
	leaf, err2 := x509.ParseCertificate(der)
	if errors.Join(err1, err2) != nil {
		return certificate{}, errNoCertificate
	}
	return certificate{&tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private, Leaf: leaf}}, nil
}

var errNoCertificate = fieldError(fieldCertificate, transports.Malformed, transports.T("That is no certificate that was made here. Leave it empty."))

// fingerprint is what services know a certificate by: SHA-256 in hexadecimal, as
// most take it.
func (c certificate) fingerprint() string {
	if c.pair == nil {
		return ""
	}
	sum := sha256.Sum256(c.pair.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// parsePins reads the fingerprints of the certificates that a network may have, and no
// other.
func parsePins(list string) (dial.Pins, error) {
	all, ok := dial.ParsePins(list)
	if !ok {
		return nil, fieldError(fieldFingerprint, transports.Malformed,
			transports.T("A fingerprint is SHA-1, SHA-256 or SHA-512 in hexadecimal."))
	}
	return all, nil
}

// errPin refuses a certificate that is none of those that the user named.
var errPin = errors.New("another certificate than the one that was named")

// tlsFor returns our side of TLS for an account: that of its network where the
// account asks for nothing else.
func (t *Transport) tlsFor(who *identity) *tls.Config {
	shared := t.tlsConfig(who.dialled())
	if who.certificate.pair == nil && len(who.pins) == 0 {
		return shared
	}
	own := shared.Clone()
	if who.certificate.pair != nil {
		own.Certificates = []tls.Certificate{*who.certificate.pair}
	}
	if len(who.pins) > 0 {
		own.InsecureSkipVerify = true // whom to trust is told by what follows
		own.VerifyConnection = func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !who.pins.Fits(state.PeerCertificates[0].Raw) {
				return errPin
			}
			return nil
		}
	}
	return own
}
