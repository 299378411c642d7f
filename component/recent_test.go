package component

import (
	"fmt"
	"testing"

	"wherry/component/stanza"
	"wherry/transports"
)

// A failure that is told later finds its message, once; old ones are forgotten.
func TestRecent(t *testing.T) {
	var r recent
	chat := transports.Address{Kind: transports.Contact, Name: "nurse"}
	for i := range recentSize + 5 {
		m := &stanza.Message{Header: stanza.Header{ID: fmt.Sprint("m", i)}}
		r.add(chat, []string{fmt.Sprint("a", i), fmt.Sprint("b", i)}, m)
	}
	r.add(chat, nil, &stanza.Message{})
	for _, tt := range []struct{ id, want string }{{"a4", ""}, {"a5", "m5"}, {"b5", ""}, {"b20", "m20"}, {"b20", ""}, {"", ""}} {
		got := ""
		if m, _ := r.failed(transports.Status{Chat: chat, ID: tt.id}); m != nil {
			got = m.ID
		}
		if got != tt.want {
			t.Errorf("failed(%s) = %q, want %q", tt.id, got, tt.want)
		}
	}
	if m, _ := r.failed(transports.Status{ID: "a7"}); m != nil {
		t.Errorf("found in another chat: %v", m)
	}
}

// A failure that is told before its message is known to be sent waits for it.
func TestRecentEarly(t *testing.T) {
	var r recent
	chat := transports.Address{Kind: transports.Contact, Name: "nurse"}
	for i := range recentSize + 1 {
		r.failed(transports.Status{Chat: chat, ID: fmt.Sprint("a", i), State: transports.Failed})
	}
	m := &stanza.Message{Header: stanza.Header{ID: "m"}}
	if st := r.add(chat, []string{"a0"}, m); st != nil {
		t.Errorf("the oldest was kept: %v", st)
	}
	if st := r.add(transports.Address{}, []string{"a3"}, m); st != nil {
		t.Errorf("found in another chat: %v", st)
	}
	if st := r.add(chat, []string{"x", "a3"}, m); st == nil || st.ID != "a3" {
		t.Errorf("add returned %v, want the failure of a3", st)
	}
	if st := r.add(chat, []string{"a3"}, m); st != nil {
		t.Errorf("told twice: %v", st)
	}
}
