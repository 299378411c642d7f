package sms_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
)

// Each field that is at fault is blamed, and why.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		settings transports.Settings
		set      func(*carrier)
		field    string
		kind     transports.ErrorKind
		says     string
	}{
		"no account":  {settings: settings("account_sid", " "), field: "account_sid", kind: transports.Malformed},
		"no secret":   {settings: settings("auth_token", ""), field: "auth_token", kind: transports.Malformed},
		"half a key":  {settings: settings("auth_token", "", "api_key", "SK1"), field: "api_secret", kind: transports.Malformed},
		"other half":  {settings: settings("api_secret", "x"), field: "api_key", kind: transports.Malformed},
		"region":      {settings: settings("region", "America"), field: "region", kind: transports.Malformed},
		"webhook":     {settings: settings("webhook", "sometimes"), field: "webhook", kind: transports.Malformed},
		"segments":    {settings: settings("max_segments", "0"), field: "max_segments", kind: transports.Malformed},
		"limit":       {settings: settings("daily_limit", "-1"), field: "daily_limit", kind: transports.Malformed},
		"numbered":    {settings: settings("numbered", "perhaps"), field: "numbered", kind: transports.Malformed},
		"wrong token": {settings: settings("auth_token", "wrong"), field: "auth_token", kind: transports.Credentials, says: "(Carrier 7)"},
		// The carrier takes the token whatever the key is.
		"wrong key":   {settings: settings("api_key", "SK1", "api_secret", "x"), set: func(c *carrier) { c.refuseKey = true }, field: "api_secret", kind: transports.Credentials},
		"both wrong":  {settings: settings("api_key", "SK1", "api_secret", "x", "auth_token", "y"), field: "auth_token", kind: transports.Credentials},
		"unreachable": {settings: settings(), set: func(c *carrier) { c.errs["Verify"] = &transports.Error{Kind: transports.Unreachable} }, kind: transports.Unreachable},
		"suspended":   {settings: settings(), set: func(c *carrier) { c.errs["Verify"] = &transports.Error{Kind: transports.Forbidden} }, kind: transports.Forbidden},
		"no line":     {settings: settings(), set: func(c *carrier) { c.account.Lines = nil }, kind: transports.Unfit},
		"no number":   {settings: settings("line", "x"), field: "line", kind: transports.Malformed},
		"strange":     {settings: settings("line", "+15550009999"), field: "line", kind: transports.NotFound, says: home},
		"strange too": {settings: settings("lines", work+"\n+15550009999"), field: "lines", kind: transports.NotFound, says: "+15550009999"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			carrier := newCarrier()
			if c.set != nil {
				c.set(carrier)
			}
			answer, err := sms.New(sms.Config{Provider: carrier}).Verify(t.Context(), "", c.settings)
			e := transports.AsError(err)
			var f *transports.FieldError
			if e == nil || e.Kind != c.kind || errors.As(err, &f) != (c.field != "") || f != nil && f.Field != c.field {
				t.Fatalf("Verify = %+v, %v, want %v of %q", answer, err, c.kind, c.field)
			}
			if !strings.Contains(e.Text.String(), c.says) || strings.Contains(err.Error(), token) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

// SMS-R1: one usable number is taken, of several the user chooses, a typed one
// is read as any other.
func TestVerifyLines(t *testing.T) {
	t.Parallel()
	c := newCarrier()
	tr := sms.New(sms.Config{Provider: c})
	for typed, want := range map[string]string{home: home, "(555) 000-2222": work, " +1 555 000 1111 ": home} {
		answer, err := tr.Verify(t.Context(), "", settings("line", typed, "lines", home+"\n"+work+", "+home))
		if err != nil || answer.Settings["line"] != want || strings.Contains(answer.Settings["lines"], want) || len(answer.Settings["lines"]) != len(home) {
			t.Errorf("%q: %+v, %v", typed, answer.Settings, err)
		}
	}
	answer, err := tr.Verify(t.Context(), "", settings("line", ""))
	if err != nil || answer.Next == nil || answer.Settings != nil {
		t.Fatalf("of several: %+v, %v", answer, err)
	}
	line, further := answer.Next.Fields[0], answer.Next.Fields[1]
	if line.Name != "line" || line.Kind != transports.Choice || len(line.Options) != 2 || line.Options[1].Value != work || further.Name != "lines" || further.Kind != transports.Choices {
		t.Errorf("the form asks %+v", answer.Next)
	}
	if answer, err = tr.Verify(t.Context(), "", settings("line", work, "lines", home)); err != nil || answer.Settings["line"] != work || answer.Settings["lines"] != home {
		t.Errorf("chosen: %+v, %v", answer, err)
	}
	c.account.Lines = c.account.Lines[:1]
	if answer, err = tr.Verify(t.Context(), "", settings("line", "")); err != nil || answer.Settings["line"] != home {
		t.Errorf("the only one: %+v, %v", answer, err)
	}
}

// A secret that was left empty is the one on file only for the same account and
// the same key: another's is never tried.
func TestSecretsBelong(t *testing.T) {
	t.Parallel()
	c := newCarrier()
	tr := sms.New(sms.Config{Provider: c})
	first, err := tr.Verify(t.Context(), "", settings("api_key", "SK1", "api_secret", "key-secret"))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change []string
		field  string // to blame; none: it is fine
	}{
		"nothing new":     {nil, ""},
		"another line":    {[]string{"line", work}, ""},
		"another account": {[]string{"account_sid", "AC2", "api_key", ""}, "auth_token"},
		"another key":     {[]string{"api_key", "SK2"}, "api_secret"},
	} {
		t.Run(name, func(t *testing.T) {
			s := cloned(first.Settings)
			for i := 0; i < len(test.change); i += 2 {
				s[test.change[i]] = test.change[i+1]
			}
			if name == "another account" {
				s["api_secret"] = ""
			}
			c.done()
			_, err := tr.Verify(t.Context(), "", s)
			var f *transports.FieldError
			switch {
			case test.field == "" && err != nil:
				t.Errorf("Verify = %v", err)
			case test.field != "" && (!errors.As(err, &f) || f.Field != test.field || len(c.done()) != 0):
				t.Errorf("Verify = %v, want nobody asked, and %s blamed", err, test.field)
			}
		})
	}
}

// SMS-R6: the token before is kept for a day, of the same account only.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier()
		tr := sms.New(sms.Config{Provider: c})
		answer, err := tr.Verify(t.Context(), "", settings())
		if err != nil || answer.Settings["old_token"] != "" {
			t.Fatalf("%+v, %v", answer, err)
		}
		c.token = "second"
		next := cloned(answer.Settings)
		next["auth_token"] = "second"
		if answer, err = tr.Verify(t.Context(), "", next); err != nil {
			t.Fatal(err)
		}
		until, err := time.Parse(time.RFC3339, answer.Settings["old_token_until"])
		if answer.Settings["old_token"] != token || err != nil || time.Until(until) != 24*time.Hour {
			t.Errorf("kept %q until %v, %v", answer.Settings["old_token"], until, err)
		}
		if same, err := tr.Verify(t.Context(), "", cloned(answer.Settings)); err != nil || same.Settings["old_token_until"] != answer.Settings["old_token_until"] {
			t.Errorf("a change of something else: %+v, %v", same, err)
		}
		c.token = "third"
		next = cloned(answer.Settings)
		next["account_sid"], next["auth_token"] = "AC2", "third"
		if answer, err = tr.Verify(t.Context(), "", next); err != nil || answer.Settings["old_token"] != "" {
			t.Errorf("another account: %+v, %v", answer.Settings, err)
		}
	})
}

// The form shows what is on file, never a secret, and takes what it shows.
func TestForm(t *testing.T) {
	t.Parallel()
	tr := sms.New(sms.Config{Provider: newCarrier(), Webhook: "poll"})
	for _, on := range []transports.Settings{nil, settings("region", "US", "long", "send"), settings("long", "what", "daily_limit", "-3", "webhook", "x")} {
		f := tr.Form("", on)
		back := transports.Settings{}
		for _, field := range f.Fields {
			back[field.Name] = field.Value
		}
		if on["long"] == "send" && (back["long"] != "send" || back["region"] != "US") || back["webhook"] != "poll" {
			t.Errorf("the form shows %v of %v", back, on)
		}
		if fmt.Sprint(f) != strings.ReplaceAll(fmt.Sprint(f), token, "") {
			t.Error("the form shows a secret")
		}
		maps.Copy(back, transports.Settings{"account_sid": "AC1", "auth_token": token, "line": home})
		if _, err := tr.Verify(t.Context(), "", back); err != nil {
			t.Errorf("what the form shows is refused: %v", err)
		}
	}
	if got := tr.Form("", nil).Secrets(); !slices.Equal(got, []string{"auth_token", "api_secret"}) {
		t.Errorf("secrets: %q", got)
	}
}

// SMS-R4: no secret is in what is printed of credentials.
func TestCredentialsPrintNothing(t *testing.T) {
	t.Parallel()
	c := provider.Credentials{Account: "AC1", Token: token, Key: "SK1", Secret: token, OldToken: token}
	if s := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, c.LogValue()); strings.Contains(s, token) {
		t.Errorf("printed %s", s)
	}
}

// What is as it is anyway is not kept: a default that is changed later holds for
// who did not choose. A token that signs nothing any more is dropped.
func TestVerifyKeepsNoDefaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCarrier()
		tr := sms.New(sms.Config{Provider: c})
		submitted := settings("max_segments", "5", "daily_limit", "0", "receipts", "delivered", "old_token", "x",
			"old_token_until", time.Now().UTC().Format(time.RFC3339), "kept_account", "AC1", "kept_token", token)
		for _, f := range tr.Form("", submitted).Fields {
			if submitted[f.Name] == "" {
				submitted[f.Name] = f.Value
			}
		}
		answer, err := tr.Verify(t.Context(), "", submitted)
		if err != nil {
			t.Fatal(err)
		}
		want := settings("max_segments", "5", "kept_account", "AC1", "kept_token", token, "kept_key", "", "kept_secret", "")
		if !maps.Equal(answer.Settings, want) {
			t.Errorf("kept %v", slices.Sorted(maps.Keys(answer.Settings)))
		}
		for _, webhook := range []string{"auto", "poll"} {
			f := sms.New(sms.Config{Provider: c, Webhook: webhook}).Form("", answer.Settings)
			if i := slices.IndexFunc(f.Fields, func(f transports.Field) bool { return f.Name == "webhook" }); f.Fields[i].Value != webhook {
				t.Errorf("the form shows %s, want %s", f.Fields[i].Value, webhook)
			}
		}
	})
}

// SMS-R3: an account with a number is one user's, whichever of theirs it is.
func TestClaims(t *testing.T) {
	t.Parallel()
	var claimer transports.Claimer = sms.New(sms.Config{Provider: newCarrier()})
	for want, on := range map[string]transports.Settings{
		"AC1/" + home:                  settings(),
		"AC1/" + home + " AC1/" + work: settings("lines", work+"\n"+home),
		"AC2/" + work + " AC2/" + home: settings("account_sid", "AC2", "line", work, "lines", home),
		"":                             nil,
	} {
		if got := strings.Join(claimer.Claims(on), " "); got != want {
			t.Errorf("claims %q, want %q", got, want)
		}
	}
}
