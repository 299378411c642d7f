package component_test

import (
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// The network is told whom of its people the user wants to see: with each
// connection, and when that changes. A room or the network itself is nobody.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.sub(juliet, network+"@"+domain, "subscribe")
	w.sub(juliet, nurse, "subscribe")
	w.join(phone, room, "juliet")
	if c := w.net.AwaitCall(w, transporttest.OpWatch, 0); c.Text != "nurse" {
		t.Errorf("watched: %q", c.Text)
	}
	w.session("juliet").Break(&transports.Error{Kind: transports.Unreachable})
	if c := w.net.AwaitCall(w, transporttest.OpWatch, 1); c.Text != "nurse" {
		t.Errorf("watched on the next connection: %q", c.Text)
	}
	w.sub(juliet, nurse, "unsubscribe")
	if c := w.net.AwaitCall(w, transporttest.OpWatch, 2); c.Text != "" {
		t.Errorf("watched in the end: %q", c.Text)
	}
}
