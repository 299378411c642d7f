package component_test

import (
	"errors"
	"fmt"
	"testing"

	"wherry/component"
	"wherry/component/stanza"
	"wherry/component/text"
	"wherry/transports"
)

// Every kind of error, at the log-in and at work, and at a sign-up with its
// numeric code. RFC 6120 §8.3.3, XEP-0045 §7.2, XEP-0077 §7, XEP-0086 §3,
// XEP-0100 §4.1.2.
func TestStanzaError(t *testing.T) {
	rows := []struct {
		kind   transports.ErrorKind
		want   string
		signUp string
		code   int
	}{
		{transports.Internal, "wait/internal-server-error", "wait/internal-server-error", 500},
		{transports.Unreachable, "wait/remote-server-timeout", "wait/remote-server-timeout", 504},
		{transports.Busy, "wait/resource-constraint", "wait/resource-constraint", 500},
		{transports.Credentials, "auth/not-authorized", "modify/not-acceptable", 406},
		{transports.NotFound, "cancel/item-not-found", "cancel/item-not-found", 404},
		{transports.Malformed, "modify/jid-malformed", "modify/not-acceptable", 406},
		{transports.NotAllowed, "cancel/not-allowed", "cancel/not-allowed", 405},
		{transports.Forbidden, "auth/forbidden", "auth/forbidden", 403},
		{transports.Uninvited, "auth/registration-required", "auth/registration-required", 407},
		{transports.PasswordWant, "auth/not-authorized", "modify/not-acceptable", 406},
		{transports.Conflict, "cancel/conflict", "cancel/conflict", 409},
		{transports.Full, "wait/service-unavailable", "wait/service-unavailable", 503},
		{transports.TooLong, "modify/policy-violation", "modify/policy-violation", 406},
		{transports.Unsupported, "cancel/feature-not-implemented", "cancel/feature-not-implemented", 501},
		{transports.Absent, "cancel/not-acceptable", "cancel/not-acceptable", 406},
		{transports.Unfit, "modify/not-acceptable", "modify/not-acceptable", 406},
		{transports.Impossible, "cancel/not-acceptable", "cancel/not-acceptable", 406},
		{transports.NoRoute, "cancel/service-unavailable", "cancel/service-unavailable", 503},
		{transports.Incomplete, "modify/bad-request", "modify/bad-request", 400},
		{transports.Away, "wait/recipient-unavailable", "wait/recipient-unavailable", 404},
		{transports.Blocked, "cancel/forbidden", "cancel/forbidden", 403},
		{transports.Filtered, "cancel/policy-violation", "cancel/policy-violation", 406},
		{transports.Undelivered, "cancel/undefined-condition", "cancel/undefined-condition", 500},
		{transports.Unlicensed, "auth/policy-violation", "auth/policy-violation", 406},
	}
	if last := rows[len(rows)-1].kind; len(rows) != int(last)+1 || (last+1).String() != "unknown" {
		t.Errorf("%d rows: not every kind has its own", len(rows))
	}
	said := map[string]bool{}
	for _, r := range rows {
		err := fmt.Errorf("while testing: %w", &transports.Error{Kind: r.kind, Err: errors.New("for the log")})
		e := component.StanzaError(err, "en")
		if got := string(e.Type) + "/" + string(e.Condition); got != r.want || e.Code != 0 {
			t.Errorf("%s is %s with code %d, want %s", r.kind, got, e.Code, r.want)
		}
		if e.Text == "" || e.Lang != "en" || said[e.Text] {
			t.Errorf("%s says %q in %q", r.kind, e.Text, e.Lang)
		}
		said[e.Text] = true
		s := component.SignUpError(err, "en")
		if got := string(s.Type) + "/" + string(s.Condition); got != r.signUp || s.Code != r.code || s.Text != e.Text {
			t.Errorf("%s at sign-up is %s with code %d and %q, want %s with %d", r.kind, got, s.Code, s.Text, r.signUp, r.code)
		}
		own := component.StanzaError(&transports.Error{Kind: r.kind, Text: transports.T("It is %s.", "so")}, "en")
		if own.Text != "It is so." || string(own.Type)+"/"+string(own.Condition) != r.want {
			t.Errorf("%s with a text is %v", r.kind, own)
		}
	}
}

// Texts are in the language that was asked for, where there is one.
func TestStanzaErrorLanguage(t *testing.T) {
	for _, tt := range []struct{ lang, want string }{{"de", "de"}, {"de-AT", "de"}, {"fr", "en"}, {"", "en"}} {
		e := component.StanzaError(&transports.Error{Kind: transports.Absent}, tt.lang)
		if e.Lang != tt.want || e.Text != text.In(tt.lang, transports.T("You are not in that room.")) {
			t.Errorf("in %q: %q in %q", tt.lang, e.Text, e.Lang)
		}
	}
}

// What is ready passes; what is nobody's business tells nothing of itself.
func TestStanzaErrorOfOthers(t *testing.T) {
	ready := &stanza.Error{Type: stanza.Cancel, Condition: stanza.Gone, Text: "Elsewhere."}
	if got := component.StanzaError(fmt.Errorf("wrapped: %w", ready), "en"); got != ready {
		t.Errorf("a stanza error became %v", got)
	}
	e := component.StanzaError(errors.New("password is hunter2"), "en")
	if e.Condition != stanza.InternalServerError || e.Text != "Something went wrong inside the gateway." {
		t.Errorf("an error of somewhere is %v", e)
	}
	field := &transports.FieldError{Field: "nick", Err: &transports.Error{Kind: transports.Conflict}}
	if e := component.SignUpError(field, "en"); e.Condition != stanza.Conflict || e.Code != 409 {
		t.Errorf("an error of a field is %v", e)
	}
	if e := component.SignUpError(ready, "en"); e == ready || e.Code != 302 || ready.Code != 0 {
		t.Errorf("a ready error at sign-up is %v, and was changed: %v", e, ready)
	}
}
