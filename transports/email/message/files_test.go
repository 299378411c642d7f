package message_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// MAIL-F2
func TestFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"pictures of the text", "Content-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n<img src=\"cid:a@b\"><img src='cid:c%40d'>\n" +
			"--x\nContent-Type: image/png; name=logo.png\nContent-ID: <a@b>\n\nsmall\n--x\nContent-Type: image/png; name=photo.png\nContent-ID: <c@d>\n\n" + strings.Repeat("large", 3000) +
			"\n--x\nContent-Type: image/png; name=other.png\nContent-ID: <e@f>\n\nsmall\n--x--", []string{"photo.png", "other.png"}},
		{"signed", "Content-Type: multipart/signed; boundary=x\n\n--x\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\nHello\n--y\nContent-Type: image/png; name=a.png\n\na\n--y--\n--x\nContent-Type: application/pgp-signature; name=signature.asc\n\nabc\n--x--", []string{"a.png"}},
		{"encrypted", "Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=x\n\n--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--x\nContent-Type: application/octet-stream\n\nabc\n--x--", []string{"encrypted.asc"}},
		{"S/MIME", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\nContent-Transfer-Encoding: base64\n\nAAAA", []string{"smime.p7m"}},
		{"a mail", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n--x\nContent-Type: message/rfc822\n\nSubject: s\n\nx\n--x\nContent-Type: application/octet-stream\n\nabc\n--x--", []string{"message.eml", ""}},
	} {
		var got []string
		for _, p := range read(t, c.in).Files() {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}
