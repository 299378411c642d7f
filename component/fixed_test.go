package component_test

import (
	"context"
	"testing"
	"time"

	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

// fixed is a gateway to one network only: addresses have no scope.
type fixed struct{ *transporttest.Network }

func (f fixed) About() transports.About {
	a := f.Network.About()
	a.Scoped = false
	return a
}

func (f fixed) Address(text string, in transports.Account) (transports.Address, error) {
	a, err := f.Network.Address(text+"%"+network, in)
	a.Scope = ""
	return a, err
}

const (
	fixedRoom  = "#room@" + domain
	fixedNurse = "nurse@" + domain
)

var fixedAddress = transports.Address{Kind: transports.Room, Name: "#room"}

// onlyOne makes the world's gateway one to a single network.
func onlyOne(w *world) { w.conf.Transport = fixed{w.net} }

// Guests of a gateway to one network: an account by mere use, under the
// gateway's own address, which leaves with its last room. IRC-B54
func TestOneNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onlyOne, with(func(c *component.Component) { component.ShortenWaits(c, 100*time.Millisecond) }))
	w.net.SetOccupant(fixedAddress, transports.Occupant{Nick: "nurse"})
	w.sub(juliet, fixedNurse, "subscribe")
	w.barrier(phone)
	w.Drain(domain)
	w.ask(phone, fixedRoom, "juliet", "")
	w.presence(fixedRoom+"/juliet", phone, "")
	w.presence(fixedNurse+"/gateway", juliet, "")
	w.chat(phone, fixedNurse, "p1", "<body>psst</body>")
	if c := w.net.AwaitCall(t, transporttest.OpSend, 0); c.Message.Chat != (transports.Address{Kind: transports.Contact, Name: "nurse"}) {
		t.Errorf("sent %+v", c)
	}
	w.barrier(phone)
	w.restart()
	w.pong(phone, true)
	w.presence(fixedRoom+"/juliet", phone, "")
	w.send("<presence type='unavailable' from='%s' to='%s'/>", phone, fixedRoom)
	w.presence(fixedRoom+"/juliet", phone, "unavailable")
	w.gone("juliet")
	if all, err := w.domain().Accounts(context.Background(), jid.MustParse(juliet)); err != nil || len(all) != 0 {
		t.Errorf("on file: %v, %v", all, err)
	}
}

// Where guests are not taken, the registered use it, and are connected always. IRC-B54
func TestOneNetworkForTheRegistered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, onlyOne, settings(func(c *component.DomainConfig) { c.Required = true }))
	w.ask(phone, fixedRoom, "juliet", "")
	if p := w.presence(fixedRoom+"/juliet", phone, "error"); fault(p) != "auth/registration-required" {
		t.Errorf("a guest is told %s", dump(p))
	}
	a := store.Account{User: juliet, Settings: map[string]string{"nick": "juliet"}, Secrets: map[string]string{"password": "pw"}}
	if err := w.domain().Register(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	w.net.AwaitCall(t, transporttest.OpRun, 0)
	w.ask(phone, fixedRoom, "juliet", "")
	w.presence(fixedRoom+"/juliet", phone, "")
	w.restart()
	w.net.AwaitCall(t, transporttest.OpRun, 1)
	w.net.AwaitCall(t, transporttest.OpJoin, 1)
	after, err := w.domain().Unregister(t.Context(), jid.MustParse(juliet), "")
	if err != nil {
		t.Fatal(err)
	}
	after()
	w.barrier(phone)
	w.ask(phone, fixedRoom, "juliet", "")
	w.presence(fixedRoom+"/juliet", phone, "error")
	if s := w.gate.Status()[0]; s.Sessions != 0 {
		t.Errorf("Status = %+v", s)
	}
}
