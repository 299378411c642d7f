package component_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

// Stanzas that cannot be taken are answered where they can be, and end nothing.
// RFC 6120 §8.2.3.
func TestOddStanzas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deep := strings.Repeat("<a xmlns='b'>", 200) + strings.Repeat("</a>", 200)
	long := strings.Repeat("x", 600<<10)
	for name, tt := range map[string]struct{ xml, want string }{
		"deep iq":         {"<iq type='get' id='x' from='" + phone + "' to='" + domain + "'>" + deep + "</iq>", "modify/policy-violation"},
		"long iq":         {"<iq type='set' id='x' from='" + phone + "' to='" + domain + "'><a xmlns='b'>" + long + "</a></iq>", "modify/policy-violation"},
		"long message":    {"<message type='chat' id='x' from='" + phone + "' to='" + nurse + "'><body>" + long + "</body></message>", "modify/policy-violation"},
		"long to room":    {"<message type='groupchat' id='x' from='" + phone + "' to='" + room + "'><body>" + long + "</body></message>", "modify/policy-violation"},
		"long error":      {"<message type='error' id='x' from='" + phone + "' to='" + nurse + "'><body>" + long + "</body></message>", ""},
		"long result":     {"<iq type='result' id='x' from='" + phone + "' to='" + nurse + "'><a xmlns='b'>" + long + "</a></iq>", ""},
		"no from":         {"<iq type='get' id='x' to='" + domain + "'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
		"bad from":        {"<iq type='get' id='x' from='@' to='" + domain + "'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
		"foreign domain":  {"<iq type='get' id='x' from='" + phone + "' to='elsewhere.example'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
		"no stanza":       {"<r xmlns='urn:xmpp:sm:3'/>", ""},
		"unknown element": {"<hello/>", ""},
		"odd type":        {"<iq type='frob' id='x' from='" + phone + "' to='" + domain + "'/>", ""},
		"odd presence":    {"<presence type='frob' from='" + phone + "' to='" + nurse + "'/>", ""},
		"odd message":     {"<message type='frob' from='" + phone + "' to='" + domain + "'/>", ""},
	} {
		w.Send(domain, tt.xml)
		for _, st := range w.rest(phone) {
			if got := fault(st); tt.want == "" || got != tt.want || st.Head().ID != "x" || st.Head().To.String() != phone {
				t.Errorf("%s: answered %.300s", name, dump(st))
			}
			tt.want = "taken"
		}
		if tt.want != "" && tt.want != "taken" {
			t.Errorf("%s: not answered", name)
		}
	}
}

// A message from an account with an odd name is answered: one odd
// address ends no stream.
func TestOddUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, settings(func(c *component.DomainConfig) { c.Allow = []string{"*"} }))
	for _, full := range []string{"☃@example.org/☃", "a'b\"<&>@example.org/'", "x@example.org/ space ", "y@[::1]/z", "example.org/res"} {
		if a := w.get(full, domain, "<ping xmlns='"+nsPing+"'/>"); a.Type != "result" || a.To != jid.MustParse(full) {
			t.Errorf("%s: %s", full, dump(a))
		}
	}
	all := w.join("☃@example.org/☃", room, "snow")
	if own := all[len(all)-2]; codes(own) != "110" {
		t.Errorf("joined as %s", dump(own))
	}
}

// What the network says is filtered before the stream: nothing of it ends the
// stream, and names that servers refuse are written in another way.
func TestOddNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	for _, nick := range []string{"a\x02b", "😀", "\u202eevil", "x\ufffe", "a/b@c", "N'<&>\"", " lead", "ﬁ", strings.Repeat("n", 900)} {
		w.people(nick)
		w.net.Say(address, nick, "text \x03\x1f\x00\ufffe\xff ok")
		w.net.RemoveOccupant(address, nick, 0, "bye \x02\x16")
	}
	w.settled(phone, "juliet")
	n := 0
	for _, st := range w.rest(phone) {
		if m, ok := st.(*stanza.Message); ok && strings.HasPrefix(body(m), "text ") && strings.HasSuffix(body(m), " ok") {
			n++
		}
	}
	if n != 9 {
		t.Errorf("%d of 9 lines came", n)
	}
	// What no stanza holds is shown in part, or dropped, and nothing else.
	w.net.Say(address, "nurse", strings.Repeat("x", 100<<10))
	if m := w.message(room+"/nurse", phone, "groupchat"); !strings.HasPrefix(body(m), "xxx") || !strings.HasSuffix(body(m), "…") {
		t.Errorf("got %.200s", dump(m))
	}
	if err := w.session("juliet").Emit(transports.Subject{Room: address, Text: strings.Repeat("x", 100<<10)}); err != nil {
		t.Fatal(err)
	}
	w.net.Say(address, "nurse", "after")
	if m := w.message(room+"/nurse", phone, "groupchat"); body(m) != "after" {
		t.Errorf("got %.200s", dump(m))
	}
}

// A server that refuses us is told of in plain words, and asked again slowly.
// XEP-0114 §3.
func TestRefusedStream(t *testing.T) {
	t.Parallel()
	heard := make(ear, 100)
	w := newWorld(t, func(w *world) { w.log = slog.New(heard) })
	w.Refuse("not-authorized")
	w.Server.Drop(domain)
	for !strings.Contains(heard.next(t), "the secret is wrong") {
	}
	if s := w.gate.Status()[0]; s.Connected || !strings.Contains(s.Err, "the secret is wrong") {
		t.Errorf("Status = %+v", s)
	}
}

// How long a stream has been missing does not begin anew with each try.
func TestSinceTheStreamEnded(t *testing.T) {
	t.Parallel()
	heard := make(ear, 100)
	w := newWorld(t, func(w *world) { w.log = slog.New(heard) })
	w.Refuse("system-shutdown")
	w.Server.Drop(domain)
	for !strings.Contains(heard.next(t), "no stream") {
	}
	ended := w.gate.Status()[0].Since
	w.Refuse("internal-server-error")
	for !strings.Contains(heard.next(t), "no stream") {
	}
	if s := w.gate.Status()[0]; s.Connected || ended.IsZero() || !s.Since.Equal(ended) {
		t.Errorf("ended at %v, then %+v", ended, s)
	}
}

// ear is a log's handler that passes on what is worth a warning.
type ear chan string

func (e ear) next(t testing.TB) string {
	t.Helper()
	select {
	case s := <-e:
		return s
	case <-time.After(within):
		t.Fatal("nothing in the log")
	}
	return ""
}

func (e ear) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (e ear) WithAttrs([]slog.Attr) slog.Handler           { return e }
func (e ear) WithGroup(string) slog.Handler                { return e }

func (e ear) Handle(_ context.Context, r slog.Record) error {
	s := r.Message
	r.Attrs(func(a slog.Attr) bool { s += " " + a.String(); return true })
	select {
	case e <- s:
	default:
	}
	return nil
}

// The server ends the stream: in order or not, it is opened again, and users are
// shown what lives here.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sub(juliet, domain, "subscribe")
	w.sub(juliet, domain, "subscribed")
	w.barrier(phone)
	w.Drain(domain)
	for i, end := range []func(){
		func() { w.End(domain, "") },
		func() { w.End(domain, "system-shutdown") },
		func() { w.Server.Drop(domain) },
	} {
		end()
		w.connected(i + 2)
		w.presence(domain+"/gateway", juliet, "")
		w.presence(domain, juliet, "probe")
		w.silent(phone)
	}
	// After a start too.
	w.restart()
	w.presence(domain+"/gateway", juliet, "")
	w.presence(domain, juliet, "probe")
	w.silent(phone)
}

// Two domains have a stream each; stanzas are routed by their to alone.
func TestWrongStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Send(domain, "<message type='chat' id='x' from='"+phone+"' to='a@sms.example.org'><body>hello</body></message>")
	w.silent(phone)
}
