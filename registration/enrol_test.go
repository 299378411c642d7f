package registration_test

import (
	"context"
	"sync/atomic"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

// maker is a network that makes accounts.
type maker struct {
	*service
	begun *atomic.Bool
}

func (m maker) Open(account transports.Account, saved transports.Saved) (transports.Session, error) {
	s, err := m.service.Open(account, saved)
	return making{s.(*transporttest.Session), m.begun}, err
}

type making struct {
	*transporttest.Session
	begun *atomic.Bool
}

func (m making) Enrolment(confirm bool) (transports.Form, error) {
	f := transports.Form{Fields: []transports.Field{{Name: "secret", Kind: transports.Secret, Label: transports.Literal("Secret"), Required: true}}}
	if confirm {
		f.Fields[0].Name, f.Fields[0].Label = "code", transports.Literal("Code")
	}
	if confirm && !m.begun.Load() {
		return f, &transports.Error{Kind: transports.NotFound, Text: transports.Literal("Nothing was begun.")}
	}
	return f, nil
}

func (m making) Enrol(_ context.Context, confirm bool, answered transports.Settings) (transports.Answer, error) {
	switch {
	case answered["secret"] == bad:
		return transports.Answer{}, fault("secret", transports.Malformed, "Too weak.")
	case confirm && answered["code"] != code:
		return transports.Answer{}, fault("code", transports.Malformed, "Another code.")
	case !confirm:
		m.begun.Store(true)
		f, err := m.Enrolment(true)
		return transports.Answer{Next: &f}, err
	}
	return transports.Answer{Settings: transports.Settings{"password": good}}, nil
}

// An account is made on the network by a command, with a code that may come later;
// then it is in force, beside what was on file.
func TestEnrol(t *testing.T) {
	t.Parallel()
	begun := new(atomic.Bool)
	w := newWorld(t, asking(brief), func(w *world) {
		w.net.SetAble(transports.CanEnrol)
		w.conf.Transport = maker{w.net, begun}
	})
	if a := w.set(phone, domain, "<command xmlns='http://jabber.org/protocol/commands' node='create-account' action='execute'/>"); a.Type != "error" {
		t.Errorf("found by who is not connected: %v", dump(a))
	}
	w.signUp(phone, domain, "username", "juliet", "password", better)
	session := w.online(1)
	if err := session.Emit(); err != nil { // the first step is handed on by now
		t.Fatal(err)
	}
	w.barrier(phone)
	d := w.execute(phone, domain, "create-account")
	d.is("executing", "secret")
	d.next("secret", bad)
	d.note("error", "Secret: Too weak.")
	d.next("secret", good)
	d.is("executing", "code")
	d.next("code", wrongCode)
	d.note("error", "Code: Another code.")

	if a := w.set(phone, domain, "<command xmlns='http://jabber.org/protocol/commands' node='confirm-account' action='execute'/>"); a.Type != "error" {
		t.Errorf("found where the network does not say so: %v", dump(a))
	}
	able := transports.CanEnrol | transports.CanConfirm
	w.net.SetAble(able)
	if err := session.Emit(transports.Able{Can: able}); err != nil {
		t.Fatal(err)
	}
	w.barrier(phone)
	d = w.execute(phone, domain, "confirm-account")
	d.is("executing", "code")
	d.took(d.turn("complete", fields("code", code)))
	d.is("completed")
	d.note("info", "The account is yours.")
	if got := w.account(juliet, ""); got.Secrets["password"] != good || got.Settings["username"] != "juliet" {
		t.Errorf("on file: %v", got)
	}
	if got := w.online(2).Account.Settings["password"]; got != good {
		t.Error("the session goes on by what was on file before")
	}
}
