package component

import (
	"strings"
	"testing"
	"unicode"

	"wherry/transports"
)

func TestDescribe(t *testing.T) {
	nurse := transports.Address{Kind: transports.Contact, Scope: "irc.example.net", Name: "nurse"}
	for _, test := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"nothing", nil, ""},
		{"another program's", []byte("{}"), "2 bytes that cannot be read"},
		{"of the network", (&item{Kind: itemMessage, ID: "1", Chat: nurse, Message: &transports.Message{Chat: nurse, Nick: "nurse", Text: "hello"}}).encode(),
			`message of "nurse": "hello"`},
		{"receipt", (&item{Kind: itemReceipt, ID: "2", Chat: nurse, Stanza: "m1"}).encode(), `receipt for "m1"`},
		{"failure", (&item{Kind: itemFailure, ID: "3", Chat: nurse, Stanza: "m1", Quote: "good…", Err: &transports.Error{Kind: transports.NotFound}}).encode(),
			`failure of "m1", which began "good…": "There is nobody and nothing of that name."`},
		{"read", (&item{Kind: itemSeen, ID: "5", Chat: nurse, Stanza: "m1"}).encode(), `mark of "m1" as read`},
		{"file", (&item{Kind: itemFile, ID: "6", Chat: nurse, Message: &transports.Message{Chat: nurse, Attachments: []transports.Attachment{{Ref: "r", Type: "image/png"}}}}).encode(),
			`file "image/png" ""`},
		{"notice", (&item{Kind: itemNotice, ID: "4", Text: transports.T("%s waits", "one")}).encode(), `notice "one waits"`},
		{"of the user", encodeMessage(transports.Message{Chat: nurse, Text: "hello"}, posted{}), `message "hello"`},
		{"correction", encodeMessage(transports.Message{Chat: nurse, Text: "hello"}, posted{Corrects: "m0"}), `in place of "m0", message "hello"`},
		{"several lines", encodeMessage(transports.Message{Chat: nurse, Text: "a\nb\x1b[2J\u202e"}, posted{}), `message "a\nb\x1b[2J\u202e"`},
		{"long", encodeMessage(transports.Message{Chat: nurse, Text: strings.Repeat("ü", 300)}, posted{}), `message "` + strings.Repeat("ü", 200) + `"…`},
	} {
		if got := Describe(test.content); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add([]byte(`{"v":1,"k":3,"id":"a","st":"m1"}`))
	f.Add([]byte(`{"v":1,"c":{"k":2,"n":"x"},"t":"hello\u001b","o":"m1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range Describe(b) {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q is described as %q", b, Describe(b))
			}
		}
	})
}
