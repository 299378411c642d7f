package component_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports/transporttest"
)

// A stop tells rooms by 110 and 332, and those who see our presence, then ends
// the stream. XEP-0045 §15.6.2. IRC-M5, IRC-B46
func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.together()
	w.sub(juliet, domain, "subscribe")
	w.sub(juliet, nurse, "subscribe")
	w.calm()
	w.stop()
	w.Disconnected(domain)
	for _, full := range []string{phone, laptop} {
		if p := w.presence(room+"/juliet", full, "unavailable"); codes(p) != "110 332" {
			t.Errorf("told %s", dump(p))
		}
	}
	if p := w.presence(room+"/romeo", romeo, "unavailable"); codes(p) != "110 332" {
		t.Errorf("told %s", dump(p))
	}
	w.presence(domain+"/gateway", juliet, "unavailable")
	w.presence(nurse+"/gateway", juliet, "unavailable")
	for _, st := range w.Drain(domain) {
		t.Errorf("unexpected: %s", dump(st))
	}
}

// Also who does not read is told, though its window is full.
func TestStopBehindAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.chatter(1000, phone, "juliet")
	w.stop()
	if p := w.presence(room+"/juliet", phone, "unavailable"); codes(p) != "110 332" {
		t.Errorf("told %s", dump(p))
	}
}

// Nothing that was said is lost silently: each line went to the network, or came
// back.
func TestStopInAFlood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	const n = 500
	for i := range n {
		w.say(phone, room, fmt.Sprint("m", i), fmt.Sprint("line ", i))
	}
	w.stop()
	w.Disconnected(domain)
	sent, back := map[string]bool{}, map[string]bool{}
	for _, c := range w.net.Calls(transporttest.OpSend) {
		sent[c.Message.Text] = true
	}
	for _, st := range w.Drain(domain) {
		if st.Head().Type == "error" {
			back[st.Head().ID] = true
		}
	}
	lost := 0
	for i := range n {
		if !sent[fmt.Sprint("line ", i)] && !back[fmt.Sprint("m", i)] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d lost: %d sent, %d came back", lost, n, len(sent), len(back))
	}
	t.Logf("%d sent, %d came back", len(sent), len(back))
}

// A server that is seconds behind gets to the end of the stream all the same, and
// what it sends meanwhile is answered.
func TestStopOfASlowServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.AnswerResources(func(jid.JID) bool { return true })
	w.join(phone, room, "juliet")
	w.Drain(domain)
	catchUp := w.FallBehind()
	w.say(phone, room, "m1", "before the stop")
	w.net.AwaitCall(t, transporttest.OpSend, 0)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.stop()
	}()
	time.AfterFunc(3*time.Second, func() {
		w.say(phone, room, "m2", "while it stops")
		catchUp()
	})
	<-stopped
	w.Disconnected(domain)
	for _, st := range w.Drain(domain) {
		if st.Head().Type == "error" && st.Head().ID == "m2" {
			return
		}
	}
	t.Error("what came while the gateway stopped is not answered")
}

// Lines for a network itself that wait for it come back at a stop.
func TestStopWithLinesWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	defer w.net.Stall(transporttest.OpRun)()
	w.chat(phone, network+"@"+domain, "p1", "<body>VERSION</body>")
	w.barrier(phone)
	w.stop()
	if m := w.message(network+"@"+domain, phone, "error"); m.ID != "p1" {
		t.Errorf("told %s", dump(m))
	}
}

// After a stop and a start rooms are joined again, and put back for those who
// are still there. IRC-M13
func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people("nurse")
	w.join(phone, room, "juliet")
	w.join(laptop, room, "juliet")
	w.join(phone, "#other%"+network+"@"+domain, "juliet")
	w.barrier(phone)
	w.restart()
	for range 3 {
		st := w.Expect(domain, func(st stanza.Stanza) bool {
			iq, ok := st.(*stanza.IQ)
			return ok && iq.Child(nsPing, "ping") != nil
		})
		if st.Head().To.Resource == "phone" {
			w.SendStanza(domain, stanza.Result(st.(*stanza.IQ)))
			continue
		}
		w.SendStanza(domain, stanza.ErrorReply(st, &stanza.Error{Condition: stanza.ServiceUnavailable}))
	}
	subjects := 0
	for subjects < 2 {
		m := componenttest.Await(w.Server, domain, func(m *stanza.Message) bool { return m.To.String() == phone })
		if m.Child("", "subject") != nil {
			subjects++
		}
	}
	w.barrier(laptop)
	n := 0
	for _, st := range w.rest(phone) {
		if st.Head().To.Resource != "phone" || st.Name() != "presence" {
			t.Errorf("unexpected: %s", dump(st))
		}
		if codes(st) == "110" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("put back into %d rooms, want 2", n)
	}
	// What was dropped is dropped for good; what was put back is kept.
	all, err := w.domain().Accounts(context.Background(), jid.MustParse(juliet))
	if err != nil || len(all) != 1 {
		t.Fatalf("accounts %v, %v", all, err)
	}
	rooms, err := w.store.Rooms(context.Background(), all[0].ID)
	if err != nil || len(rooms) != 2 || len(rooms[0].Resources) != 1 || len(rooms[1].Resources) != 1 {
		t.Errorf("rooms on file: %v, %v", rooms, err)
	}
	if a := w.get(phone, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); a.Type != "result" {
		t.Errorf("self-ping: %s", dump(a))
	}
	if a := w.get(laptop, room+"/juliet", "<ping xmlns='"+nsPing+"'/>"); fault(a) != "cancel/not-acceptable" {
		t.Errorf("self-ping of who was dropped: %s", dump(a))
	}
}

// A stop while there is no server ends all the same.
func TestStopWithoutAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	w.StopListening()
	w.Server.Drop(domain)
	w.Disconnected(domain)
	w.stop()
}

// Reload takes over who may use the domain, at once: who no longer may is told
// so and has no life on the network; who may again finds all as it was. IRC-B45
func TestReload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.register(network, "pw")
	w.join(phone, room, "juliet")
	w.calmJuliet()
	change := func(allow ...string) {
		next := w.conf
		next.Allow, next.Server = allow, "127.0.0.1:1"
		later, err := w.gate.Reload(component.Config{Domains: []component.DomainConfig{next}})
		if err != nil || len(later) != 1 || later[0] != "server of "+domain {
			t.Errorf("Reload = %q, %v", later, err)
		}
	}
	change("elsewhere.example")
	if p := w.presence(room+"/juliet", phone, "unavailable"); codes(p) != "110" {
		t.Errorf("told %s", dump(p))
	}
	w.ask(phone, room, "juliet", "")
	if p := w.presence(room+"/juliet", phone, "error"); fault(p) != "auth/forbidden" {
		t.Errorf("a join: %s", dump(p))
	}
	if s := w.gate.Status()[0]; s.Sessions != 0 {
		t.Errorf("sessions of who may not: %+v", s)
	}
	change("example.org")
	w.join(phone, room, "juliet")
	if online, problem := w.domain().Online(context.Background(), jid.MustParse(juliet), network); !online {
		t.Errorf("not online: %v", problem)
	}
}

// calmJuliet waits until all is said that concerns Juliet, and forgets it.
func (w *world) calmJuliet() {
	w.Helper()
	w.settled(phone, "juliet")
	w.Drain(domain)
}

// What the gateway says of itself.
func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.join(phone, room, "juliet")
	s := w.gate.Status()
	if len(s) != 1 || s[0].Domain != domain || !s[0].Connected || s[0].Sessions != 1 || s[0].Online != 1 || s[0].Users < 1 || s[0].Err != "" {
		t.Errorf("Status = %+v", s)
	}
	w.StopListening()
	w.Server.Drop(domain)
	w.Disconnected(domain)
}

// Whoever was started has ended when Run returns. What ends by itself soon
// after, the wait of a request that was cut off, is given a moment.
func TestNothingLeftRunning(t *testing.T) {
	w := newWorld(t)
	w.together()
	w.chat(phone, romeoNick, "p", "<body>psst</body>")
	w.calm()
	w.stop()
	w.Disconnected(domain)
	stacks := make([]byte, 1<<20)
	for deadline := time.Now().Add(within); ; runtime.Gosched() {
		all := string(stacks[:runtime.Stack(stacks, true)])
		if !strings.Contains(all, "wherry/component.(") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(all)
		}
	}
}
