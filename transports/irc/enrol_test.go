package irc_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/irc/irctest"
	"wherry/transports/irc/ircv3test"
)

// able returns the next abilities that are told.
func able(l *life) transports.Ability {
	l.t.Helper()
	return await[transports.Able](l).Can & (transports.CanEnrol | transports.CanConfirm)
}

// asked are the names of a form's fields.
func asked(f transports.Form) (names []string) {
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

// An account is made without anything to confirm: the settings log in by it.
func TestEnrol(t *testing.T) {
	t.Parallel()
	n := ircv3test.StartTLS(t, ircv3test.Config{}, irctest.Host)
	tr := secured(n)
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	if able(alice) != transports.CanEnrol {
		t.Error("nothing tells that accounts are made")
	}
	f, err := alice.Enrolment(false)
	if err != nil || !cmp.Equal(asked(f), []string{"email", "password"}) || f.Fields[0].Required {
		t.Fatalf("%v, %+v", err, f)
	}
	if _, err := alice.Enrolment(true); err == nil {
		t.Error("there is something to confirm before it was begun")
	}
	got, err := alice.Enrol(t.Context(), false, transports.Settings{"password": "a long sesame"})
	want := transports.Settings{"sasl_username": "alice", "sasl_password": "a long sesame", "sasl_mechanism": "AUTO", "nickserv_password": ""}
	if err != nil || !cmp.Equal(got.Settings, want) {
		t.Fatalf("%v, %+v", err, got)
	}
	if _, err := n.Wait(t.Context(), "alice", func(line string) bool { return line == "REGISTER * * :a long sesame" }); err != nil {
		t.Errorf("said %q", n.Received("alice"))
	}
	got.Settings["nick"] = "alice"
	alice.stop()
	<-alice.ended
	if _, err := tr.Verify(t.Context(), irctest.Host, got.Settings); err != nil {
		t.Errorf("these do not log in: %v", err)
	}
}

// A code has to be told, at once or later: the account is kept, sealed, until
// then, and forgotten by who logs in by it.
func TestEnrolConfirmed(t *testing.T) {
	t.Parallel()
	n := ircv3test.StartTLS(t, ircv3test.Config{Registration: "custom-account-name,email-required", VerifyCode: "4711"}, irctest.Host)
	tr := secured(n)
	saved, saves := transports.Saved{}, sync.Mutex{}
	keep := func(b transports.Batch) {
		saves.Lock()
		defer saves.Unlock()
		for _, s := range b.Saves {
			if saved[s.Name] = s.Value; s.Name == "enrolment" && !s.Secret {
				t.Error("the password is not sealed")
			}
		}
	}
	open := func(settings transports.Settings) *life {
		saves.Lock()
		defer saves.Unlock()
		session, err := tr.Open(transports.Account{Key: "alice", Scope: irctest.Host, Settings: settings}, saved)
		if err != nil {
			t.Fatal(err)
		}
		return run(t, session, keep)
	}
	alice := open(transports.Settings{"nick": "alice"})
	able(alice)
	f, err := alice.Enrolment(false)
	if err != nil || !cmp.Equal(asked(f), []string{"account", "email", "password"}) || !f.Fields[1].Required {
		t.Fatalf("%v, %+v", err, f)
	}
	got, err := alice.Enrol(t.Context(), false, transports.Settings{"account": "ally", "email": "a@irc.test", "password": "sesame"})
	if err != nil || got.Next == nil || !cmp.Equal(asked(*got.Next), []string{"code"}) || !strings.Contains(got.Next.Instructions.String(), "a@irc.test") {
		t.Fatalf("%v, %+v", err, got)
	}
	if able(alice) != transports.CanEnrol|transports.CanConfirm {
		t.Error("nothing tells that there is something to confirm")
	}
	var field *transports.FieldError
	if _, err := alice.Enrol(t.Context(), true, transports.Settings{"code": "4712"}); !errors.As(err, &field) || field.Field != "code" || field.Err.Text.String() != "The code is wrong" {
		t.Errorf("another code: %v", err)
	}
	alice.stop()
	<-alice.ended

	alice = open(transports.Settings{"nick": "alice"})
	if able(alice) != transports.CanEnrol|transports.CanConfirm {
		t.Error("what was begun is forgotten")
	}
	if f, err := alice.Enrolment(true); err != nil || !cmp.Equal(asked(f), []string{"code"}) {
		t.Errorf("%v, %+v", err, f)
	}
	got, err = alice.Enrol(t.Context(), true, transports.Settings{"code": " 4711 "})
	if err != nil || got.Settings["sasl_username"] != "ally" || got.Settings["sasl_password"] != "sesame" {
		t.Fatalf("%v, %+v", err, got)
	}
	again, err := alice.Enrol(t.Context(), true, nil) // its answer was not heard
	if err != nil || !cmp.Equal(again, got) {
		t.Errorf("once more: %v, %+v", err, again)
	}
	alice.stop()
	<-alice.ended

	got.Settings["nick"] = "alice"
	alice = open(got.Settings)
	if able(alice) != 0 {
		t.Error("who is logged in may make another account")
	}
	alice.stop()
	<-alice.ended
	if saved["enrolment"] != nil {
		t.Errorf("who logs in by it has still %s", saved["enrolment"])
	}
}

// What the network refuses comes with its own words, at the field that is to
// blame.
func TestEnrolRefused(t *testing.T) {
	t.Parallel()
	server := irctest.ListenTLS(t, irctest.Host)
	tr := irc.New(irc.Config{TLSPorts: []int{server.Port()}, CAs: server.CAs(), AllowPrivateHosts: true, ThrottleLimit: -1})
	alice := live(t, tr, transports.Settings{"nick": "alice"})
	conn := server.Accept()
	conn.Expect("CAP LS 302")
	conn.Expect("NICK alice")
	conn.Expect("USER *")
	conn.Send(":irc.test CAP * LS :sasl draft/account-registration=custom-account-name,new-key=1,before-connect")
	conn.Expect("CAP REQ draft/account-registration")
	conn.Send(":irc.test CAP * ACK :draft/account-registration")
	conn.Expect("CAP END")
	conn.Send(irctest.Greeting("alice")...)
	able(alice)
	var want transports.Answer
	for _, tt := range []struct {
		code, field string
		kind        transports.ErrorKind
	}{
		{"ACCOUNT_EXISTS ally", "account", transports.Conflict},
		{"BAD_ACCOUNT_NAME ally", "account", transports.Malformed},
		{"ACCOUNT_NAME_MUST_BE_NICK ally", "account", transports.Malformed},
		{"NEED_NICK *", "", transports.Unfit},
		{"ALREADY_AUTHENTICATED ally", "", transports.Conflict},
		{"WEAK_PASSWORD ally", "password", transports.Malformed},
		{"UNACCEPTABLE_PASSWORD ally", "password", transports.Malformed},
		{"INVALID_EMAIL ally", "email", transports.Malformed},
		{"UNACCEPTABLE_EMAIL ally", "email", transports.Malformed},
		{"COMPLETE_CONNECTION_REQUIRED", "", transports.Busy},
		{"TEMPORARILY_UNAVAILABLE ally", "", transports.Busy},
		{"SOMETHING_NEW ally", "", transports.Forbidden},
	} {
		got := make(chan error, 1)
		go func() {
			answer, err := alice.Enrol(t.Context(), false, transports.Settings{"account": "ally", "password": "sesame"})
			if !cmp.Equal(answer, want) {
				t.Errorf("%s: %+v", tt.code, answer)
			}
			got <- err
		}()
		conn.Expect("REGISTER ally [*] sesame")
		conn.Send(":irc.test FAIL REGISTER " + tt.code + " :In plain words")
		err := <-got
		var field *transports.FieldError
		if at := ""; errors.As(err, &field) {
			if at = field.Field; at != tt.field {
				t.Errorf("%s blames %s, want %s", tt.code, at, tt.field)
			}
		} else if tt.field != "" {
			t.Errorf("%s blames nothing: %v", tt.code, err)
		}
		wantKind(t, err, tt.kind)
		if said := transports.AsError(err).Text.String(); said != "In plain words" {
			t.Errorf("%s says %q", tt.code, said)
		}
	}
	for _, bad := range []struct{ field, value string }{
		{"account", "two words"}, {"account", ":ally"}, {"email", "nowhere"}, {"email", "a@b c"}, {"password", ""}, {"password", "a\nb"}, {"password", strings.Repeat("x", 301)},
	} {
		answered := transports.Settings{"account": "ally", "email": "", "password": "sesame"}
		answered[bad.field] = bad.value
		var field *transports.FieldError
		if _, err := alice.Enrol(t.Context(), false, answered); !errors.As(err, &field) || field.Field != bad.field {
			t.Errorf("%s %q: %v", bad.field, bad.value, err)
		}
	}
	conn.Send(":irc.test CAP alice DEL :sasl")
	if able(alice) != 0 {
		t.Error("without SASL, the account would be of no use")
	}
}

// Nothing is asked where the password could be read by others, or would be of no
// use.
func TestEnrolNowhere(t *testing.T) {
	t.Parallel()
	n := ircv3test.StartTLS(t, ircv3test.Config{Accounts: map[string]string{"alice": "sesame"}}, irctest.Host)
	bare := ircv3test.StartTLS(t, ircv3test.Config{Caps: []string{"sasl"}}, irctest.Host)
	bouncer := ircv3test.StartTLS(t, ircv3test.Config{Networks: []ircv3test.BouncerNetwork{{ID: "1"}}}, irctest.Host)
	for name, tt := range map[string]struct {
		tr       *irc.Transport
		settings transports.Settings
		kind     transports.ErrorKind
	}{
		"without TLS":   {irc.New(irc.Config{PlainPorts: []int{n.Plain()}, AllowPrivateHosts: true}), nil, transports.NotAllowed},
		"not offered":   {secured(bare), nil, transports.Unsupported},
		"a bouncer":     {secured(bouncer), nil, transports.Unsupported},
		"by SASL":       {secured(n), transports.Settings{"sasl_password": "sesame"}, transports.Conflict},
		"by NickServ":   {secured(n), transports.Settings{"nickserv_password": "sesame"}, transports.Conflict},
		"another host":  {secured(n), transports.Settings{"address": irctest.Host}, transports.Unsupported},
		"by a password": {secured(n), transports.Settings{"pass": "user:sesame"}, transports.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			settings := transports.Settings{"nick": "alice"}
			for field, value := range tt.settings {
				settings[field] = value
			}
			alice := live(t, tt.tr, settings)
			await[transports.Online](alice)
			for _, confirm := range []bool{false, true} {
				_, err := alice.Enrolment(confirm)
				wantKind(t, err, tt.kind)
				if _, err := alice.Enrol(t.Context(), confirm, transports.Settings{"password": "sesame", "code": "1"}); err == nil {
					t.Error("it is done all the same")
				}
			}
			if got := strings.Join(n.Received("alice"), "\n"); strings.Contains(got, "REGISTER") || strings.Contains(got, "VERIFY") {
				t.Errorf("said:\n%s", got)
			}
		})
	}
}
