package message

import "strings"

// Protection is a way to encrypt or sign mail. Nothing is decrypted here, and no
// signature checked.
type Protection uint8

// The ways to protect a mail.
const (
	Unprotected Protection = iota
	PGP                    // RFC 3156, or RFC 9580's armour in the text
	SMIME                  // RFC 8551
)

// protection tells how a mail is encrypted, and how it is signed.
func protection(root *entity, m *Mail) (encrypted, signed Protection) {
	protocol := strings.ToLower(root.params["protocol"])
	switch root.kind {
	case "multipart/encrypted":
		if strings.Contains(protocol, "pkcs7") {
			return SMIME, Unprotected
		}
		return PGP, Unprotected
	case "multipart/signed":
		if strings.Contains(protocol, "pkcs7") {
			return Unprotected, SMIME
		}
		return Unprotected, PGP
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		if strings.EqualFold(root.params["smime-type"], "signed-data") || strings.EqualFold(root.params["smime-type"], "certs-only") {
			return Unprotected, SMIME
		}
		return SMIME, Unprotected
	}
	for _, b := range m.Bodies {
		switch text := strings.TrimSpace(b.Plain); {
		case strings.HasPrefix(text, "-----BEGIN PGP MESSAGE-----"):
			return PGP, Unprotected
		case strings.HasPrefix(text, "-----BEGIN PGP SIGNED MESSAGE-----"):
			return Unprotected, PGP
		}
	}
	for _, p := range m.Parts { // a mail that went through a list or a scanner
		if p.Type == "application/pgp-encrypted" {
			return PGP, Unprotected
		}
	}
	return Unprotected, Unprotected
}
