package component

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wherry/store"
	"wherry/transports"
)

func FuzzItem(f *testing.F) {
	kinds := []itemKind{itemMessage, itemReceipt, itemFailure, itemNotice, itemSeen, itemRetraction, itemReaction}
	f.Add(uint8(1), "id", "text", "name", int64(1700000000123), true)
	f.Add(uint8(3), "", "<&>\x00", "☃", int64(0), false)
	f.Add(uint8(6), "id", "👍", "name", int64(0), true)
	f.Fuzz(func(t *testing.T, kind uint8, id, text, name string, at int64, flag bool) {
		if !utf8.ValidString(id) || !utf8.ValidString(text) || !utf8.ValidString(name) {
			t.Skip("what is stored is text")
		}
		it := &item{Kind: kinds[int(kind)%len(kinds)], ID: id, Chat: transports.Address{Kind: transports.Contact, Scope: "s", Name: name}, Lang: "de"}
		switch it.Kind {
		case itemMessage:
			it.Replaces = flag
			it.Message = &transports.Message{ID: id, Chat: it.Chat, Nick: name, Text: text, Markup: flag, Delayed: !flag}
			if at > 0 && at < 1<<45 {
				it.Message.Time = time.UnixMilli(at).UTC()
			}
		case itemFailure:
			it.Stanza, it.Sender, it.Quote = id, name, text
			it.Err = &transports.Error{Kind: transports.Busy, Text: transports.T("%s", text)}
		case itemReceipt:
			it.Stanza, it.Sender = id, name
		case itemReaction:
			it.Answers, it.Signs = reply{ID: id, Whose: store.Ours}, []string{text, name}
		case itemNotice:
			it.Text = transports.T("%s: %s", name, text)
		}
		got, err := decodeItem(it.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(it, got); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzDecodeItem(f *testing.F) {
	f.Add([]byte(`{"v":1,"k":1,"id":"a","m":{"c":{"k":2,"n":"x"},"t":"hello"}}`))
	f.Add([]byte(`{"v":2,"k":1}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, b []byte) {
		it, err := decodeItem(b)
		if err != nil {
			return
		}
		again, err := decodeItem(it.encode())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(it, again); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzDecodeMessage(f *testing.F) {
	f.Add([]byte(`{"v":1,"c":{"k":2,"n":"x"},"t":"hello","o":"m1"}`))
	f.Add([]byte(`{"v":1,"c":{"k":2,"n":"x"},"t":"👍","ge":{"d":1,"s":["👍"],"b":[]}}`))
	f.Add([]byte(`{"v":1,"c":{"k":2,"n":"x"},"t":"hello","jo":{"w":[2,3],"b":"e30="}}`))
	f.Add([]byte(`{"v":1,"c":{"k":2,"n":"x"},"t":"hello","jo":{"i":2}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, posted, err := decodeMessage(b)
		if err != nil {
			return
		}
		again, same, err := decodeMessage(encodeMessage(m, posted))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(posted, same, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBeginning(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "short": "short", "two\nlines": "two…",
		"äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü":  "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü",
		"äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüx": "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü…",
	} {
		if got := beginning(in); got != want {
			t.Errorf("beginning(%q) = %q", in, got)
		}
	}
}
