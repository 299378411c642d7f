package twilio_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
)

const mediaPath = "/2010-04-01/Accounts/" + account + "/Messages/" + sid + "/Media/ME1"

func TestMedia(t *testing.T) {
	t.Parallel()
	at := serve(t, says(200, `{"media_list":[{"sid":"ME1","content_type":"image/png","uri":"https://evil.example.org/"},{"sid":"ME2"},{"sid":"../x"},{}]}`))
	got, err := with(at.URL).Media(t.Context(), byToken, sid)
	base := at.URL + "/2010-04-01/Accounts/" + account + "/Messages/" + sid + "/Media/"
	if want := []provider.Medium{{Ref: base + "ME1", Type: "image/png"}, {Ref: base + "ME2"}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	many := serve(t, says(200, `{"media_list":[`+strings.Repeat(`{"sid":"ME1"},`, 50)+`{}]}`))
	if got, err := with(many.URL).Media(t.Context(), byToken, sid); err != nil || len(got) != 10 {
		t.Errorf("%d, %v", len(got), err)
	}
}

// elsewhere serves at the loopback, called by another name than the API's.
func elsewhere(t *testing.T, answer http.HandlerFunc) (*stub, string) {
	s := serve(t, answer)
	return s, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

func listed(c *twilio.Config) { c.MediaHosts = []string{"localhost"} }

// SMS-X4: the API is told who asks, and nobody that it sends us on to.
func TestFetch(t *testing.T) {
	t.Parallel()
	cdn, base := elsewhere(t, says(200, "\x89PNG", "Content-Type", "image/png; x=y", "Content-Disposition", `inline; filename="../a/pic.png"`))
	at := serve(t, says(307, "", "Location", base+"/a?Signature=s"))
	content, err := with(at.URL, listed).Fetch(t.Context(), byKey, at.URL+mediaPath)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(content.Body)
	if err != nil || string(body) != "\x89PNG" || content.Type != "image/png" || content.Size != 4 || content.Name != "pic.png" {
		t.Errorf("%q, %+v, %v", body, content, err)
	}
	if err := content.Body.Close(); err != nil {
		t.Error(err)
	}
	if got := at.all()[0]; got.User != key || got.Password != secret {
		t.Errorf("asked %+v", got)
	}
	// A reference may lead there at once.
	if content, err = with(at.URL, listed).Fetch(t.Context(), byKey, base+"/b"); err != nil {
		t.Fatal(err)
	}
	_ = content.Body.Close()
	if n := len(cdn.all()); n != 2 {
		t.Errorf("%d requests elsewhere", n)
	}
	for _, asked := range cdn.all() {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if v := asked.Header.Get(name); v != "" {
				t.Errorf("%s was told: %s", name, v)
			}
		}
	}
}

// SMS-X4: a reference leads to a file of the account's, or to a host of the
// list. With credentials nothing else is ever asked for: the account itself
// would be shown with its token.
func TestFetchRefuses(t *testing.T) {
	t.Parallel()
	other, base := elsewhere(t, says(200, "x"))
	at := serve(t, says(200, `{"auth_token":"x"}`))
	for _, ref := range []string{
		"", "x", "::", "/relative", "ftp://127.0.0.1/x", "file:///etc/passwd", "https://", "http:///x",
		base + "/x", strings.Replace(base, "http://", "http://u:p@", 1),
		at.URL + "/2010-04-01/Accounts/" + account + ".json",
		at.URL + "/2010-04-01/Accounts/" + account + "/Messages/" + sid + ".json",
		at.URL + "/2010-04-01/Accounts/" + account + "/Messages/../../" + account + "/Media/x",
		at.URL + "/2010-04-01/Accounts/" + account + "/Messages/" + sid + "/Media/..%2f..%2fx",
		at.URL + "/2010-04-01/Accounts/" + account + "/Messages/" + sid + "/Media/" + "x/y",
		at.URL + "/2010-04-01/Accounts/AC00000000000000000000000000000009/Messages/" + sid + "/Media/ME1",
	} {
		content, err := with(at.URL, func(c *twilio.Config) { c.MediaHosts = []string{"media.example.org"} }).Fetch(t.Context(), byToken, ref)
		if e := transports.AsError(err); content != nil || e == nil || e.Kind != transports.NotAllowed && e.Kind != transports.Malformed || e.Text.IsZero() {
			t.Errorf("%s: %+v, %v", ref, content, err)
		}
	}
	if len(at.all())+len(other.all()) != 0 {
		t.Error("something was asked")
	}
	// Neither do redirects lead elsewhere, nor on and on.
	for name, c := range map[string]struct {
		to   string
		kind transports.ErrorKind
	}{"not listed": {base + "/x", transports.NotAllowed}, "loop": {mediaPath, transports.NotFound}, "nowhere": {"", transports.NotFound}, "no scheme of ours": {"gopher://localhost/", transports.Malformed}} {
		loop := serve(t, says(302, "", "Location", c.to))
		_, err := with(loop.URL).Fetch(t.Context(), byToken, loop.URL+mediaPath)
		if e := transports.AsError(err); e == nil || e.Kind != c.kind || len(loop.all()) > 4 {
			t.Errorf("%s: %v after %d", name, err, len(loop.all()))
		}
	}
	if len(other.all()) != 0 {
		t.Error("a redirect was followed elsewhere")
	}
	// Plain http and private addresses are for tests only.
	secured := quietTLS(t)
	for _, ref := range []string{at.URL + mediaPath, secured.URL + mediaPath} {
		p := with(strings.TrimSuffix(ref, mediaPath), func(c *twilio.Config) { c.AllowPrivate = false })
		if _, err := p.Fetch(t.Context(), byToken, ref); err == nil {
			t.Errorf("%s was fetched", ref)
		}
	}
}

// SMS-X4: the hosts of files, by name and below a domain.
func TestMediaHosts(t *testing.T) {
	t.Parallel()
	p := with("", func(c *twilio.Config) { c.Guard = deaf() })
	for ref, good := range map[string]bool{
		"https://api.twilio.com" + mediaPath: true, "https://API.twilio.com:443" + mediaPath: true, "https://mms.twiliocdn.com/x": true,
		"https://media.twiliocdn.com:443/x?y": true, "https://MCS.us1.twilio.com/x": true, "https://api.twilio.com:444" + mediaPath: false,
		"http://api.twilio.com" + mediaPath: false, "https://api.twilio.com./x": false,
		"https://api.twilio.com/x": false, "https://API.twilio.com:443/x": false, "https://twilio.com/x": false, "https://eviltwilio.com/x": false,
		"https://media.twiliocdn.com.evil.org/x": false, "http://media.twiliocdn.com/x": false, "https://media.twiliocdn.com:8443/x": false,
		"https://127.0.0.1/x": false, "https://[::1]/x": false, "https://twiliocdn.com/x": false,
	} {
		_, err := p.Fetch(t.Context(), byToken, ref)
		if e := transports.AsError(err); e == nil || (e.Kind == transports.Unreachable) != good {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

func TestFetchFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   transports.ErrorKind
	}{
		"gone":   {says(404, `{"code":20404}`), transports.NotFound},
		"wrong":  {says(401, `{"code":20003}`), transports.Credentials},
		"busy":   {says(429, ``), transports.Busy},
		"fault":  {says(502, ``), transports.Unreachable},
		"packed": {says(200, `x`, "Content-Encoding", "gzip"), transports.Unreachable},
	} {
		at := serve(t, c.answer)
		_, err := with(at.URL).Fetch(t.Context(), byToken, at.URL+mediaPath)
		if e := wants(t, err, c.kind, false); strings.Contains(e.Error(), "2010-04-01") {
			t.Errorf("%s: %v", name, e)
		}
	}
	never := make(chan struct{})
	defer close(never)
	silent := serve(t, func(http.ResponseWriter, *http.Request) { <-never })
	_, err := with(silent.URL, func(c *twilio.Config) { c.Timeout = 300 * time.Millisecond }).Fetch(t.Context(), byToken, silent.URL+mediaPath)
	wants(t, err, transports.Unreachable, false)
}

// SMS-X4: a file is not unpacked on its way, and its size is told only where it
// is known.
func TestFetchAsItIs(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip was asked for")
		}
		w.Header().Set("Content-Type", "application/gzip")
		w.(http.Flusher).Flush()
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte("inside"))
		_ = z.Close()
	})
	content, err := with(at.URL).Fetch(t.Context(), byToken, at.URL+mediaPath)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = content.Body.Close() }()
	body, err := io.ReadAll(content.Body)
	if err != nil || content.Size != -1 || strings.Contains(string(body), "inside") || !strings.HasPrefix(string(body), "\x1f\x8b") || content.Name != "" {
		t.Errorf("%+v, %q, %v", content, body, err)
	}
}

func TestFetchNames(t *testing.T) {
	t.Parallel()
	for disposition, want := range map[string]string{
		"": "", "inline": "", `attachment; filename=a.jpg`: "a.jpg", `attachment; filename*=UTF-8''%c3%a4.png`: "ä.png",
		`attachment; filename="..\\..\\b.gif"`: "b.gif", `attachment; filename=".."`: "", `attachment; filename="/"`: "", `;;;`: "",
		`attachment; filename="` + strings.Repeat("a", 300) + `"`: "",
	} {
		at := serve(t, says(200, "x", "Content-Disposition", disposition, "Content-Type", "//"))
		content, err := with(at.URL).Fetch(t.Context(), byToken, at.URL+mediaPath)
		if err != nil {
			t.Fatal(err)
		}
		_ = content.Body.Close()
		if content.Name != want || content.Type != "" {
			t.Errorf("%s: %+v", disposition, content)
		}
	}
}
