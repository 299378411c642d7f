package compose

import (
	"crypto/sha256"
	"mime"
	"strings"
)

// build puts a mail together: the text alone, or with files behind it.
func (m *Message) build(h *header, content string, files []File) {
	h.raw("MIME-Version", "1.0")
	t := layText(content)
	if len(files) == 0 {
		h.body(t)
		m.parts = []part{{known: h.bytes()}}
		return
	}
	boundary := boundaryOf(h.String(), t.String())
	h.params("Content-Type", "multipart/mixed", param{"boundary", boundary})
	h.end()
	open := h
	if cleanText(content) != "" {
		open.line("--" + boundary)
		open.body(t)
	}
	for i := range files {
		open.line("--" + boundary)
		open.file(&files[i])
		m.parts = append(m.parts, part{known: open.bytes(), file: &files[i]})
		open = new(header)
	}
	m.end = []byte("--" + boundary + "--\r\n")
}

// boundaryOf returns what stands between the parts of a mail. "=_" is in no
// encoding, and a text that holds "--=_" at the start of a line is encoded. It
// hangs on all of the text, so that nobody can write a text that holds it.
func boundaryOf(content ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(content, "\x00")))
	return "=_" + idEncoding.EncodeToString(sum[:16])
}

// body writes the headers and the body of a part of text.
func (h *header) body(t laidText) {
	params := []param{{"charset", t.charset}}
	if t.flowed {
		params = append(params, param{"format", "flowed"})
	}
	h.params("Content-Type", "text/plain", params...)
	h.raw("Content-Transfer-Encoding", t.encoding)
	h.end()
	h.b.WriteString(t.body)
}

// file writes the headers of a file's part.
func (h *header) file(f *File) {
	kind, params := fileType(f.Type)
	h.params("Content-Type", kind, params...)
	h.raw("Content-Transfer-Encoding", "base64")
	if name := cleanName(f.Name); name != "" {
		h.params("Content-Disposition", "attachment", param{"filename", name})
	} else {
		h.raw("Content-Disposition", "attachment")
	}
	h.end()
}

const unknownType = "application/octet-stream"

// fileType returns the media type of a file, of its parameters only the charset of
// a text. What must not be in base64 (RFC 2045 §6.4) goes as bytes.
func fileType(s string) (string, []param) {
	t, params, err := mime.ParseMediaType(s)
	top, sub, ok := strings.Cut(t, "/")
	if err != nil || !ok || !token(top) || !token(sub) || len(t) > 100 || top == "multipart" || top == "message" {
		return unknownType, nil
	}
	if charset := params["charset"]; top == "text" && token(charset) && len(charset) <= 40 {
		return t, []param{{"charset", charset}}
	}
	return t, nil
}

// token tells whether a word may stand without quotes in a header of MIME
// (RFC 2045 §5.1).
func token(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&+-.^_") == ""
}
