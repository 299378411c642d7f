package message_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"runtime"
	"strings"
	"testing"

	"wherry/transports/email/message"
)

// letter is a mail of about 10 kB, as people write them: text in two forms, and
// what it answers.
func letter() []byte {
	plain := strings.Repeat("A line of a letter that somebody wrote, with s=C3=B6me words.\r\n", 30)
	html := strings.Repeat("<p>A line of a <b>letter</b> that somebody wrote, with s=C3=B6me <a href=3D\"https://e.org/\">words</a>.</p>\r\n", 40)
	quote := "\r\nOn Mon, 5 Jan 2026 at 10:12, Ann Lee <ann@example.org> wrote:\r\n" + strings.Repeat("> What was written before.\r\n", 30)
	return []byte("Received: from a.example by b.example; Mon, 5 Jan 2026 10:12:00 +0100\r\nMessage-ID: <a@example.org>\r\nReferences: <b@example.org> <c@example.org>\r\n" +
		"From: =?utf-8?q?Ann_L=C3=A9e?= <ann@example.org>\r\nTo: bob@example.com\r\nSubject: Re: =?utf-8?q?L=C3=BCnch?=\r\nDate: Mon, 5 Jan 2026 10:12:00 +0100\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n--=_x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + plain + quote +
		"--=_x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + html + "--=_x--\r\n")
}

// parcel is a mail with a file of that many bytes.
func parcel(size int) io.Reader {
	head := "Subject: A file\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHere it is.\r\n--x\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("abc"), 19)) + "\r\n"
	block := strings.Repeat(line, 1024)
	readers := []io.Reader{strings.NewReader(head)}
	for n := 0; n < size; n += 57 * 1024 {
		readers = append(readers, strings.NewReader(block))
	}
	return io.MultiReader(append(readers, strings.NewReader("--x--\r\n"))...)
}

func BenchmarkRead10kB(b *testing.B) {
	raw := letter()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		m, err := message.Read(bytes.NewReader(raw))
		if err != nil || len(m.Bodies) != 1 {
			b.Fatal(err)
		}
	}
}

func BenchmarkText10kB(b *testing.B) {
	m, err := message.Read(bytes.NewReader(letter()))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Text(true)
	}
}

func BenchmarkRead40MB(b *testing.B) {
	b.SetBytes(40 << 20 * 78 / 57)
	b.ReportAllocs()
	for b.Loop() {
		m, err := message.Read(parcel(40 << 20))
		if err != nil || len(m.Parts) != 1 || m.Parts[0].Size < 40<<20 {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen40MB(b *testing.B) {
	b.SetBytes(40 << 20 * 78 / 57)
	b.ReportAllocs()
	for b.Loop() {
		r, _, err := message.OpenPart(parcel(40<<20), "2")
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n < 40<<20 {
			b.Fatal(n, err)
		}
	}
}

// TestLongMailIsNotHeld: reading a mail of 40 MB takes little memory. MAIL-T8
func TestLongMailIsNotHeld(t *testing.T) {
	allocated := func(f func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	const size = 40 << 20
	if n := allocated(func() {
		if m, err := message.Read(parcel(size)); err != nil || !m.Whole {
			t.Error(err)
		}
	}); n > 2<<20 {
		t.Errorf("reading took %d bytes", n)
	}
	if n := allocated(func() {
		r, _, err := message.OpenPart(parcel(size), "2")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, r)
	}); n > 2<<20 {
		t.Errorf("opening a part took %d bytes", n)
	}
}
