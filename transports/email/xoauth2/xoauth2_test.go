package xoauth2_test

import (
	"errors"
	"testing"

	"wherry/transports/email/xoauth2"
)

func TestStart(t *testing.T) {
	t.Parallel()
	mech, first, err := xoauth2.New("ann@example.org", "tok").Start()
	if want := "user=ann@example.org\x01auth=Bearer tok\x01\x01"; mech != "XOAUTH2" || string(first) != want || err != nil {
		t.Errorf("%q %q %v", mech, first, err)
	}
	for _, bad := range []string{"a\x01b", "a\r\n"} {
		if _, _, err := xoauth2.New("ann", bad).Start(); err == nil {
			t.Errorf("token %q", bad)
		}
		if _, _, err := xoauth2.New(bad, "tok").Start(); err == nil {
			t.Errorf("name %q", bad)
		}
	}
}

// A challenge is a refusal, whatever is in it. MAIL-T3
func TestNext(t *testing.T) {
	t.Parallel()
	for challenge, want := range map[string]string{
		`{"status":"401","schemes":"bearer mac","scope":"https://mail.google.com/"}`: "401",
		`{"status":"` + "x\r\ny" + `"}`:                                              "", `{"status":401}`: "", "": "", "garbage": "", `{"status":"99"}`: "", `{"status":"abc"}`: "",
	} {
		answer, err := xoauth2.New("ann", "secret").Next([]byte(challenge))
		var refused *xoauth2.Error
		if answer != nil || !errors.As(err, &refused) || refused.Status != want {
			t.Errorf("%q: %q, %v", challenge, answer, err)
		}
	}
}
