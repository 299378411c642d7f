package transporttest_test

import (
	"context"
	"errors"
	"testing"

	"wherry/transports"
	"wherry/transports/transporttest"
)

var (
	_ transports.Transport = (*transporttest.Network)(nil)
	_ transports.Session   = (*transporttest.Session)(nil)
	_ transports.Rooms     = (*transporttest.Session)(nil)
	_ transports.Splitter  = (*transporttest.Session)(nil)
	_ transports.Pinger    = (*transporttest.Session)(nil)
)

const scope = transports.Scope("net.example")

func account(nick string) transports.Account {
	return transports.Account{
		Key: nick, Scope: scope,
		Settings: transports.Settings{transporttest.FieldNick: nick, transporttest.FieldPassword: "hunter2-secret"},
	}
}

var room = transports.Address{Kind: transports.Room, Scope: scope, Name: "#room"}

func contact(nick string) transports.Address {
	return transports.Address{Kind: transports.Contact, Scope: scope, Name: nick}
}

func TestConformance(t *testing.T) {
	transporttest.Conformance(t, func(*testing.T) transporttest.Harness {
		n := transporttest.NewNetwork()
		alice := account("alice")
		return transporttest.Harness{
			Transport: n,
			Account:   alice,
			Addresses: map[string]transports.Address{
				"#Room%net.example": room,
				"#room":             room,
				"BOB":               contact("bob"),
				"net.example":       {Kind: transports.Network, Scope: scope},
			},
			Garbage: []string{"#", "%net.example", "a b", "bob%", "bob@x"},
			Refusals: []transporttest.Refusal{{
				Name:     "password",
				Scope:    scope,
				Settings: transports.Settings{transporttest.FieldNick: "alice", transporttest.FieldPassword: transporttest.Wrong},
				Field:    transporttest.FieldPassword,
				Kind:     transports.Credentials,
			}},
			Contact: contact("bob"),
			Room:    room,
			Break: func() {
				n.Session("alice").Break(&transports.Error{Kind: transports.Unreachable, Text: transports.T("Gone.")})
			},
			Dials: func() int { return len(n.Calls(transporttest.OpRun)) },
			Logs:  func() string { return "" },
		}
	})
}

// start runs a session of an account, and returns its events.
func start(t *testing.T, n *transporttest.Network, nick string) (*transporttest.Session, <-chan transports.Event) {
	t.Helper()
	s, err := n.Open(account(nick), nil)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan transports.Event, 100)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Run(ctx, func(_ context.Context, b transports.Batch) error {
			for _, e := range b.Events {
				events <- e
			}
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	n.AwaitSession(t, nick)
	if _, ok := (<-events).(transports.Online); !ok {
		t.Fatal("the first event is not Online")
	}
	return s.(*transporttest.Session), events
}

func TestTwoSessionsMeetInARoom(t *testing.T) {
	n := transporttest.NewNetwork()
	alice, toAlice := start(t, n, "alice")
	bob, toBob := start(t, n, "bob")
	for _, s := range []*transporttest.Session{alice, bob} {
		if err := s.Join(t.Context(), transports.Join{Room: room}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := alice.Send(t.Context(), transports.Message{Chat: room, Text: "hi"}); err != nil {
		t.Fatal(err)
	}
	n.Say(room, "puppet", "hello both")
	if err := alice.Moderate(t.Context(), transports.Moderation{Room: room, Nick: "bob", Do: transports.Kick}); err != nil {
		t.Fatal(err)
	}
	if len((<-toAlice).(transports.Joined).Occupants) != 1 {
		t.Error("alice is not alone at first")
	}
	if e := (<-toAlice).(transports.Entered); e.Occupants[0].Nick != "bob" {
		t.Errorf("%+v entered", e)
	}
	if len((<-toBob).(transports.Joined).Occupants) != 2 {
		t.Error("bob does not see both")
	}
	if m := (<-toBob).(transports.Received).Message; m.Text != "hi" || m.Nick != "alice" {
		t.Errorf("bob received %+v", m)
	}
	if m := (<-toBob).(transports.Received).Message; m.Nick != "puppet" {
		t.Errorf("bob received %+v", m)
	}
	if e := (<-toBob).(transports.Left); e.How != transports.Kicked || e.By != "alice" {
		t.Errorf("bob left by %+v", e)
	}
}

func TestRefuseAndStall(t *testing.T) {
	n := transporttest.NewNetwork()
	alice, _ := start(t, n, "alice")
	want := &transports.Error{Kind: transports.Full}
	n.Refuse(transporttest.OpJoin, want)
	if err := alice.Join(t.Context(), transports.Join{Room: room}); !errors.Is(err, want) {
		t.Errorf("Join = %v, want %v", err, want)
	}
	release := n.Stall(transporttest.OpSend)
	sent := make(chan error)
	go func() {
		_, err := alice.Send(t.Context(), transports.Message{Chat: contact("bob")})
		sent <- err
	}()
	n.AwaitCall(t, transporttest.OpSend, 0)
	release()
	if err := <-sent; err != nil {
		t.Errorf("Send = %v after the stall", err)
	}
}

func TestEmitReturnsItsOutcome(t *testing.T) {
	n := transporttest.NewNetwork()
	alice, events := start(t, n, "alice")
	if err := alice.Emit(transports.Invited{Room: room}); err != nil {
		t.Fatal(err)
	}
	if _, ok := (<-events).(transports.Invited); !ok {
		t.Error("the event did not come")
	}
}
