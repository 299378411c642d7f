package message

import "path"

// decoration is how many bytes a picture has at most that is only part of a
// text's looks: a logo, a pixel that tells who read it.
const decoration = 10 << 10

// fileNames are names of files that have none.
var fileNames = map[string]string{
	"message/rfc822": "message.eml", "message/global": "message.eml", typeCalendar: "invitation.ics", "application/ics": "invitation.ics",
	"application/ms-tnef": "winmail.dat", "application/pkcs7-mime": "smime.p7m", "application/x-pkcs7-mime": "smime.p7m",
	"text/rfc822-headers": "header.txt", "application/pgp-keys": "key.asc", typeHTML: "page.html", typePlain: "text.txt",
}

// Files returns the parts of a mail that a person would call its files: without
// signatures, small pictures that its text shows, and what tells programs only
// how the rest is encrypted.
func (m *Mail) Files() (files []Part) {
	for _, p := range m.Parts {
		if p.Signature || p.Used && p.Size < decoration || p.Type == "application/pgp-encrypted" {
			continue
		}
		if p.Name == "" {
			p.Name = fileNames[p.Type]
		}
		if m.Encrypted == PGP && p.Type == "application/octet-stream" && path.Ext(p.Name) == "" {
			p.Name = "encrypted.asc"
		}
		files = append(files, p)
	}
	return files
}
