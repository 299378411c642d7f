package sharing_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"wherry/component/sharing"
	"wherry/component/stanza"
)

const url = "https://upload.example.org/a/cat.jpg"

func oob(u string) stanza.Element {
	return stanza.E(sharing.NSOOB, "x", stanza.T(sharing.NSOOB, "url", u))
}

func sims(u string) stanza.Element {
	const ns, file, ref = "urn:xmpp:sims:1", "urn:xmpp:jingle:apps:file-transfer:5", "urn:xmpp:reference:0"
	return stanza.E(ref, "reference", stanza.E(ns, "media-sharing",
		stanza.E(file, "file", stanza.T(file, "media-type", "image/jpeg"), stanza.T(file, "name", "cat.jpg"), stanza.T(file, "size", "1234")),
		stanza.E(ns, "sources",
			stanza.E(ref, "reference").With("type", "data").With("uri", "xmpp:rose@example.org"),
			stanza.E(ref, "reference").With("type", "data").With("uri", u)))).With("type", "data")
}

// SMS-S6: each file once, whichever of the three ways tell of it.
func TestFiles(t *testing.T) {
	t.Parallel()
	full := sharing.File{URL: url, Name: "cat.jpg", Type: "image/jpeg", Size: 1234}
	other := "https://upload.example.org/b/dog.png"
	for name, row := range map[string]struct {
		payload []stanza.Element
		want    []sharing.File
	}{
		"none":          {nil, nil},
		"oob":           {[]stanza.Element{oob(url)}, []sharing.File{{URL: url}}},
		"two oob":       {[]stanza.Element{oob(url), oob(other)}, []sharing.File{{URL: url}, {URL: other}}},
		"empty oob":     {[]stanza.Element{oob(" "), stanza.E(sharing.NSOOB, "x")}, nil},
		"sfs":           {sharing.Elements(full), []sharing.File{full}},
		"sims":          {[]stanza.Element{sims(url)}, []sharing.File{full}},
		"all":           {append(sharing.Elements(full), sims(url), oob(url), oob(other)), []sharing.File{full, {URL: other}}},
		"sims, no web":  {[]stanza.Element{sims("cid:1")}, nil},
		"sfs, no place": {[]stanza.Element{stanza.E(sharing.NSShare, "file-sharing")}, nil},
		"odd size": {[]stanza.Element{stanza.E(sharing.NSShare, "file-sharing",
			stanza.E("urn:xmpp:file:metadata:0", "file", stanza.T("urn:xmpp:file:metadata:0", "size", "-5")),
			stanza.E(sharing.NSShare, "sources", stanza.E("http://jabber.org/protocol/url-data", "url-data").With("target", url)))},
			[]sharing.File{{URL: url}}},
	} {
		if diff := cmp.Diff(row.want, sharing.Files(&stanza.Message{Payload: row.payload})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	sealed := stanza.E(sharing.NSShare, "file-sharing", stanza.E(sharing.NSShare, "sources", stanza.E(sharing.NSEncrypted, "encrypted")))
	if !sharing.Encrypted(&stanza.Message{Payload: []stanza.Element{oob(url), sealed}}) {
		t.Error("an encrypted file passes as a plain one")
	}
	if sharing.Encrypted(&stanza.Message{Payload: sharing.Elements(sharing.File{URL: url})}) {
		t.Error("a plain file passes as an encrypted one")
	}
}

// SMS-S6: a URL that a file has anyway is no text; all other text stays.
func TestWithoutURLs(t *testing.T) {
	t.Parallel()
	files := []sharing.File{{URL: url}, {URL: "https://b.example/x"}}
	for body, want := range map[string]string{
		"":                                     "",
		url:                                    "",
		" " + url + "\n":                       "",
		"look: " + url:                         "look:",
		"look\n\n" + url:                       "look",
		url + " is nice":                       url + " is nice",
		url + "\nhttps://b.example/x":          "",
		"both " + url + " https://b.example/x": "both",
		"x" + url:                              "x" + url,
		"plain, with a blank at its end ":      "plain, with a blank at its end ",
	} {
		if got := sharing.WithoutURLs(body, files); got != want {
			t.Errorf("%q became %q, want %q", body, got, want)
		}
	}
}

func TestWithoutURLsKeepsOtherText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.String().Draw(t, "body")
		if got := sharing.WithoutURLs(body, []sharing.File{{URL: url}}); got != body {
			t.Fatalf("%q became %q", body, got)
		}
	})
}
