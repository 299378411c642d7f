package upload_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"wherry/component/upload"
)

const (
	png  = "\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR"
	jpeg = "\xff\xd8\xff\xe0\x00\x10JFIF"
	html = "<!DOCTYPE html><script>alert(1)</script>"
	svg  = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`
)

// SMS-X5: what a file holds is held against what was told of it.
func TestTypeOf(t *testing.T) {
	for _, test := range []struct{ told, head, want string }{
		{"image/png", png, "image/png"},
		{"IMAGE/PNG; name=x", png, "image/png"},
		{"image/jpg", jpeg, "image/jpeg"},
		{"image/png", jpeg, "image/jpeg"},
		{"", png, "image/png"},
		{"application/octet-stream", png, "image/png"},
		{"binary/octet-stream", jpeg, "image/jpeg"},
		{"nonsense", png, "image/png"},
		{"a/b/c", png, "image/png"},
		{"image/" + strings.Repeat("x", 200), png, "image/png"},
		{"", "", "text/plain"},
		{"", "hello", "text/plain"},
		{"", html, "application/octet-stream"},
		{"", svg, "application/octet-stream"},
		{"", "%PDF-1.7", "application/pdf"},
		{"", "\x00\x01\x02", "application/octet-stream"},
		{"image/png", html, "application/octet-stream"},
		{"image/png", svg, "application/octet-stream"},
		{"image/png", "hello", "text/plain"},
		{"image/png", "%PDF-1.7", "application/pdf"},
		{"video/mp4", html, "application/octet-stream"},
		{"image/png", "PK\x03\x04", "application/zip"},
		{"image/png", "\x00\x01\x02\x03", "image/png"}, // nobody knows it, and no browser takes it for a document
		{"image/svg+xml", svg, "image/svg+xml"},
		{"text/html", png, "text/html"},
		{"text/plain", html, "text/plain"},
		{"text/x-vcard", "BEGIN:VCARD", "text/x-vcard"},
		{"audio/amr", "#!AMR\n\x3c", "audio/amr"},
		{"audio/AMR-NB", "#!AMR\n\x3c", "audio/amr"},
		{"", "#!AMR\n\x3c", "audio/amr"},
		{"video/3gpp", "\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00", "video/3gpp"},
		{"audio/3gpp", "\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00", "audio/3gpp"},
		{"video/mp4", "\x00\x00\x00\x18ftyp3gp4\x00\x00\x00\x00", "video/mp4"},
		{"video/3gpp", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00", "video/3gpp"},
		{"", "\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", "video/mp4"},
		{"image/jpeg", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "image/heic"},
		{"audio/mpeg", "\xff\xfb\x90\x00", "audio/mpeg"},
		{"audio/mp3", "ID3\x03\x00", "audio/mpeg"},
		{"audio/opus", "OggS\x00", "audio/opus"},
		{"", "OggS\x00", "audio/ogg"},
		{"audio/wav", "RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav"},
		{"", "RIFF\x00\x00\x00\x00WEBPVP", "image/webp"},
	} {
		if got := upload.TypeOf(test.told, []byte(test.head)); got != test.want {
			t.Errorf("told %q of %q: %s, want %s", test.told, test.head, got, test.want)
		}
	}
}

// SMS-X5: nothing that is text of any kind is called a picture.
func FuzzTypeOf(f *testing.F) {
	f.Add("image/png", []byte(png))
	f.Add("image/png", []byte(html))
	f.Add("a/b; c", []byte(svg))
	f.Add("text/\x00", []byte{})
	f.Fuzz(func(t *testing.T, told string, head []byte) {
		got := upload.TypeOf(told, head)
		if got == "" || strings.ContainsAny(got, "\r\n;\" ") || strings.Count(got, "/") != 1 || len(got) > 100 {
			t.Fatalf("type %q", got)
		}
		if again := upload.TypeOf(got, head); again != got {
			t.Fatalf("%q, then %q", got, again)
		}
		if upload.Inline(got) && len(head) > 0 && head[0] == '<' {
			t.Fatalf("%q is shown as %s", head, got)
		}
	})
}

// SMS-X5: names are of files, and end as their types do.
func TestFileName(t *testing.T) {
	for _, test := range []struct{ told, typ, want string }{
		{"cat.jpg", "image/jpeg", "cat.jpg"},
		{"cat.JPEG", "image/jpeg", "cat.JPEG"},
		{"cat", "image/jpeg", "cat.jpg"},
		{"", "image/jpeg", "image.jpg"},
		{"", "audio/amr", "audio.amr"},
		{"", "video/3gpp", "video.3gp"},
		{"", "text/plain", "file.txt"},
		{"", "application/octet-stream", "file.bin"},
		{"", "application/x-unheard-of", "file"},
		{"cat.html", "image/jpeg", "cat.html.jpg"},
		{"report.pdf", "application/octet-stream", "report.pdf"},
		{"report.v2", "text/plain", "report.v2"},
		{"../../etc/passwd", "text/plain", "passwd.txt"},
		{`C:\dir\cat.png`, "image/png", "cat.png"},
		{"..", "image/png", "image.png"},
		{".htaccess", "text/plain", "htaccess.txt"},
		{"a b\tc\x00\r\n.png", "image/png", "a_bc.png"},
		{"ca\u202egnp.exe", "application/x-x", "cagnp.exe"},
		{"naïve 日本.png", "image/png", "naïve_日本.png"},
		{"\xff\xfe.png", "image/png", "image.png"},
		{`a"b<c>&d?e#f%.png`, "image/png", "a_b_c__d_e_f_.png"},
		{"a.tar.gz", "application/gzip", "a.tar.gz"},
		{"sentence. with a dot", "image/png", "sentence._with_a_dot.png"},
		{strings.Repeat("é", 100) + ".png", "image/png", strings.Repeat("é", 38) + ".png"},
		{strings.Repeat("a", 100), "application/x-x", strings.Repeat("a", 80)},
	} {
		if got := upload.FileName(test.told, test.typ); got != test.want {
			t.Errorf("%q of %s: %q, want %q", test.told, test.typ, got, test.want)
		}
	}
}

func TestFileNameIsOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom([]string{"image/png", "text/plain", "application/x-x", "", "video/mp4"}).Draw(t, "type")
		name := upload.FileName(rapid.String().Draw(t, "told"), typ)
		switch {
		case name == "", name == ".", name == "..", len(name) > 80, !utf8.ValidString(name), name[0] == '.',
			strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`/\"'<>&;:?#% `, r) }):
			t.Fatalf("%q", name)
		}
		if again := upload.FileName(name, typ); again != name {
			t.Fatalf("%q, then %q", name, again)
		}
	})
}
