package world

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"time"
)

// authority is a certificate authority of one world.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the authority's key: %w", err)
	}
	template := certificate("Wherry test authority")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the authority's certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the authority's certificate: %w", err)
	}
	return &authority{cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

func certificate(name string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		serial = big.NewInt(time.Now().UnixNano())
	}
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(30 * 24 * time.Hour),
	}
}

// issue returns a certificate for the given names and addresses, and its key.
func (a *authority) issue(hosts ...string) (certPEM, keyPEM []byte, err error) {
	return a.sign(certificate(hosts[0]), hosts)
}

// issueOver is issue for a certificate whose time is over.
func (a *authority) issueOver(hosts ...string) (certPEM, keyPEM []byte, err error) {
	template := certificate(hosts[0])
	template.NotBefore, template.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	return a.sign(template, hosts)
}

func (a *authority) sign(template *x509.Certificate, hosts []string) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certPEM, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), nil
}

// certify writes cert.pem and key.pem for hosts into dir.
func (w *World) certify(dir string, hosts ...string) error {
	cert, key, err := w.ca.issue(hosts...)
	if err != nil {
		return fmt.Errorf("certificate of %s: %w", hosts[0], err)
	}
	if err := w.write(filepath.Join(dir, "cert.pem"), cert); err != nil {
		return err
	}
	return w.write(filepath.Join(dir, "key.pem"), key)
}

// Certify makes a folder with a certificate for hosts that the world's authority
// signed, and returns the files of it and of its key.
func (w *World) Certify(name string, hosts ...string) (certFile, keyFile string, err error) {
	dir, err := w.Folder(name)
	if err == nil {
		err = w.certify(dir, hosts...)
	}
	return filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), err
}
