//go:build soak

package e2e

import (
	"slices"
	"testing"
	"time"
)

// TestMailLatency measures how long a mail takes each way, through the gateway and
// the mail server. It judges nothing.
func TestMailLatency(t *testing.T) {
	onEachOffice(t, func(t *testing.T, o *office) {
		const mails = 20
		b, w := o.subscriber(t), o.writer(t)
		var in, out []time.Duration
		for range mails {
			n := o.newNote("tide")
			began := time.Now()
			n.send(w, b.box.Address)
			b.comes(w.Address, n.text)
			in = append(in, time.Since(began))

			began = time.Now()
			_, text := b.writes(w.Address)
			gets(t, w, text)
			out = append(out, time.Since(began))
		}
		slices.Sort(in)
		slices.Sort(out)
		t.Logf("%s: of %d mails, mail to XMPP %d ms (at most %d), XMPP to mail %d ms (at most %d), in the median", o.xmpp.Kind, mails,
			in[mails/2].Milliseconds(), in[mails-1].Milliseconds(), out[mails/2].Milliseconds(), out[mails-1].Milliseconds())
	})
}
