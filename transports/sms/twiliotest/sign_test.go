package twiliotest_test

import (
	"io"
	"net/url"
	"testing"

	"pgregory.net/rapid"

	"wherry/transports/sms/twiliotest"
)

// TestDocumentedSignature is the example of Twilio's documentation.
func TestDocumentedSignature(t *testing.T) {
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"},
		"From": {"+14158675309"}, "To": {"+18005551212"},
	}
	const want = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
	if got := twiliotest.Sign("https://mycompany.com/myapp.php?foo=1&bar=2", form, "12345"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSignedRequest is for SMS-X1: the request carries what is signed, and what
// is signed changes with every part.
func TestSignedRequest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := url.Values{rapid.String().Draw(t, "name"): rapid.SliceOfN(rapid.String(), 1, 3).Draw(t, "values"), "Body": {rapid.String().Draw(t, "body")}}
		r, err := twiliotest.SignedRequest(t.Context(), "https://gw.example.org/in?x=1#rc=2", form, "token")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		sent, err := url.ParseQuery(string(body))
		if err != nil || sent.Encode() != form.Encode() {
			t.Fatalf("sent %q, %v", body, err)
		}
		signature := r.Header.Get("X-Twilio-Signature")
		if want := twiliotest.Sign("https://gw.example.org/in?x=1", sent, "token"); signature != want {
			t.Fatalf("signed %s, want %s", signature, want)
		}
		sent.Set("Body", sent.Get("Body")+"x")
		for _, other := range []string{
			twiliotest.Sign("https://gw.example.org/in?x=1", sent, "token"),
			twiliotest.Sign("https://gw.example.org/in?x=1", form, "other"),
			twiliotest.Sign("https://gw.example.org/in?x=1", form, ""),
			twiliotest.Sign("https://gw.example.org/in?x=2", form, "token"),
		} {
			if other == signature {
				t.Fatal("something else has the same signature")
			}
		}
	})
}
