package transporttest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
)

// Harness is a transport under test, and a network that it reaches.
type Harness struct {
	Transport transports.Transport

	// Account can log in. Its settings hold a secret in each secret field.
	Account transports.Account

	// Addresses are typed texts and what they mean to Account; Garbage means
	// nothing.
	Addresses map[string]transports.Address
	Garbage   []string

	// Refusals are settings that Verify refuses.
	Refusals []Refusal

	// Contact is somebody to whom a message can be sent; Room can be joined,
	// where the network has rooms.
	Contact, Room transports.Address

	// Label is that of a further account, where there are such.
	Label string

	// Alone tells that Send does not need Run: it goes by a connection of its own.
	Alone bool

	// Break makes the network end the account's connection.
	Break func()

	// Dials counts the connections made to the network so far.
	Dials func() int

	// Logs returns all that the transport logged so far.
	Logs func() string
}

// Refusal is a trial log-in that fails.
type Refusal struct {
	Name     string
	Scope    transports.Scope
	Settings transports.Settings
	Field    string // to blame; empty where none is
	Kind     transports.ErrorKind
}

// Conformance checks what every transport owes. Each part gets a harness of
// its own.
func Conformance(t *testing.T, setUp func(*testing.T) Harness) {
	t.Helper()
	for _, part := range []struct {
		name  string
		check func(*Harness, *testing.T)
	}{
		{"About", (*Harness).about},
		{"Form", (*Harness).form},
		{"Address", (*Harness).address},
		{"Garbage", (*Harness).garbage},
		{"Further", (*Harness).further},
		{"Verify", (*Harness).verify},
		{"VerifyRefuses", (*Harness).verifyRefuses},
		{"VerifyCancelled", (*Harness).verifyCancelled},
		{"OpenDialsNothing", (*Harness).open},
		{"OfflineIsUnreachable", (*Harness).offline},
		{"RunEndsWithContext", (*Harness).runEnds},
		{"RunEndsWithEmit", (*Harness).emitFails},
		{"RunSaysWhyItEnded", (*Harness).broken},
		{"RunAgain", (*Harness).runAgain},
		{"RequestsEndWithContext", (*Harness).cancelled},
		{"RoomOfAStranger", (*Harness).absent},
		{"Room", (*Harness).room},
		{"Beside", (*Harness).beside},
		{"Split", (*Harness).split},
		{"Commands", (*Harness).commands},
		{"Gather", (*Harness).gather},
	} {
		t.Run(part.name, func(t *testing.T) {
			h := setUp(t)
			part.check(&h, t)
			h.noSecret(t, "the log", h.Logs())
		})
	}
}

// secrets returns the values of the account's secret fields.
func (h *Harness) secrets() []string {
	var secrets []string
	for _, name := range h.Transport.Form(h.Account.Scope, h.Account.Settings).Secrets() {
		if value := h.Account.Settings[name]; value != "" {
			secrets = append(secrets, value)
		}
	}
	return secrets
}

func (h *Harness) noSecret(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range h.secrets() {
		if strings.Contains(text, secret) {
			t.Errorf("%s holds a secret", where)
		}
	}
}

// refusal checks that err is typed, says something to the user, and tells no
// secret.
func (h *Harness) refusal(t *testing.T, err error, kind transports.ErrorKind) {
	t.Helper()
	var e *transports.Error
	if !errors.As(err, &e) {
		t.Errorf("error %v is no *transports.Error", err)
		return
	}
	if e.Kind != kind {
		t.Errorf("error %v is of kind %v, want %v", err, e.Kind, kind)
	}
	h.readable(t, e)
}

func (h *Harness) readable(t *testing.T, e *transports.Error) {
	t.Helper()
	if e.Text.IsZero() {
		t.Errorf("error %v has no text for the user", e)
	}
	if strings.Contains(e.Text.String(), "%s") {
		t.Errorf("text %q lacks an argument", e.Text.String())
	}
	h.noSecret(t, "an error", e.Error()+e.Text.String())
}

func (h *Harness) about(t *testing.T) {
	a := h.Transport.About()
	if a.Name == "" || a.Title == "" || a.Contact == "" || a.Prompt.IsZero() || a.Describe.IsZero() {
		t.Errorf("About leaves something out: %+v", a)
	}
	if diff := cmp.Diff(a, h.Transport.About()); diff != "" {
		t.Errorf("About changed:\n%s", diff)
	}
}

func (h *Harness) form(t *testing.T) {
	if len(h.secrets()) == 0 {
		t.Error("the harness has no secret to look for")
	}
	for _, scope := range []transports.Scope{"", h.Account.Scope} {
		f := h.Transport.Form(scope, h.Account.Settings)
		if f.Title.IsZero() || len(f.Fields) == 0 {
			t.Errorf("scope %q: a form without title or fields", scope)
		}
		seen := make(map[string]bool)
		for _, field := range f.Fields {
			if field.Name == "" || seen[field.Name] {
				t.Errorf("scope %q: the name %q is empty or not the only one", scope, field.Name)
			}
			seen[field.Name] = true
			h.field(t, field)
		}
	}
}

func (h *Harness) field(t *testing.T, f transports.Field) {
	t.Helper()
	if f.Label.IsZero() {
		t.Errorf("field %s has no label", f.Name)
	}
	if f.Kind == transports.Secret && f.Value != "" {
		t.Errorf("field %s shows its secret", f.Name)
	}
	h.noSecret(t, "field "+f.Name, f.Value)
	if f.Kind == transports.Choice {
		offered := slices.ContainsFunc(f.Options, func(o transports.Option) bool { return o.Value == f.Value })
		if len(f.Options) == 0 || f.Value != "" && !offered {
			t.Errorf("field %s: %q is none of its options", f.Name, f.Value)
		}
	}
}

func (h *Harness) address(t *testing.T) {
	for text, want := range h.Addresses {
		got, err := h.Transport.Address(text, h.Account)
		if err != nil || got != want {
			t.Errorf("Address(%q) = %v, %v, want %v", text, got, err, want)
			continue
		}
		again, err := h.Transport.Address(got.String(), h.Account)
		if err != nil || again != got {
			t.Errorf("Address(%q) = %v, %v, want %v again", got.String(), again, err, got)
		}
	}
}

// further checks the addresses of further accounts, where there are such: what is typed at
// one of them, or by its label, is a contact of that one.
func (h *Harness) further(t *testing.T) {
	if h.Transport.About().Further.IsZero() {
		return
	}
	label := transports.Scope(h.Label)
	for typed, want := range map[string]transports.Address{
		h.Label:        {Kind: transports.Network, Scope: label},
		h.Contact.Name: {Kind: h.Contact.Kind, Scope: label, Name: h.Contact.Name},
	} {
		for _, text := range []string{typed, want.String()} {
			if got, err := h.Transport.Address(text, transports.Account{Scope: label}); err != nil || got != want {
				t.Errorf("Address(%q) at %s = %v, %v, want %v", text, label, got, err, want)
			}
		}
		if got, err := h.Transport.Address(want.String(), h.Account); err != nil || got != want {
			t.Errorf("Address(%q) = %v, %v, want %v", want.String(), got, err, want)
		}
	}
	if d, ok := h.Transport.(transports.Distinguisher); ok && len(d.Distinct(h.Account.Settings)) == 0 {
		t.Error("nothing tells the account from others")
	}
}

func (h *Harness) garbage(t *testing.T) {
	for _, text := range append(slices.Clone(h.Garbage), "", " ", "\x00", "\xff\xfe", strings.Repeat("a", 5000), "a\nb@c", "\u200b \x7f") {
		a, err := h.Transport.Address(text, h.Account)
		if err == nil {
			t.Errorf("Address(%q) = %v, want an error", text, a)
			continue
		}
		e := transports.AsError(err)
		if e.Kind != transports.Malformed && e.Kind != transports.NotAllowed {
			t.Errorf("Address(%q): %v, want malformed or not allowed", text, err)
		}
		h.readable(t, e)
	}
}

func (h *Harness) verify(t *testing.T) {
	answer, err := h.Transport.Verify(t.Context(), h.Account.Scope, h.Account.Settings)
	if err != nil {
		t.Fatalf("Verify: %v", err)
	}
	if answer.Settings == nil || answer.Next != nil || answer.Link != nil {
		t.Fatalf("Verify = %+v, want settings only", answer)
	}
	for _, name := range h.Transport.Form(h.Account.Scope, nil).Secrets() {
		if got, want := answer.Settings[name], h.Account.Settings[name]; got != want {
			t.Errorf("Verify changed the secret %s", name)
		}
	}
}

func (h *Harness) verifyRefuses(t *testing.T) {
	for _, r := range h.Refusals {
		t.Run(r.Name, func(t *testing.T) {
			answer, err := h.Transport.Verify(t.Context(), r.Scope, r.Settings)
			if err == nil {
				t.Fatalf("Verify = %+v, want an error", answer)
			}
			h.refusal(t, err, r.Kind)
			var field *transports.FieldError
			if errors.As(err, &field) != (r.Field != "") || field != nil && field.Field != r.Field {
				t.Errorf("Verify blames %v, want the field %q", err, r.Field)
			}
		})
	}
}

func (h *Harness) verifyCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Transport.Verify(ctx, h.Account.Scope, h.Account.Settings); err != nil {
		h.readable(t, transports.AsError(err))
	}
}
