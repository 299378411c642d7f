package twiliotest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"wherry/transports/sms/twiliotest"
)

var png = []byte("\x89PNG\r\n\x1a\nrest of a picture")

// TestMediaComesIn is for SMS-X4: credentials are needed for the API, and a
// client that takes them along to the media host is found out.
func TestMediaComesIn(t *testing.T) {
	w := open(t, twiliotest.Config{})
	h := newHook(t, nil)
	w.hooked(twiliotest.Number{SMSURL: h.URL})
	sid := w.Receive(phone, line, "", twiliotest.Media{Type: "image/png", Data: png, Hops: 2}, twiliotest.Media{Type: "text/vcard", Served: "text/html", Data: []byte("BEGIN:VCARD"), Chunked: true})
	w.settle()
	forms, _ := h.came()
	f := forms[0]
	if !strings.HasPrefix(sid, "MM") || f.Get("NumMedia") != "2" || f.Get("MediaContentType1") != "text/vcard" {
		t.Errorf("the webhook got %v", f)
	}
	path := strings.TrimPrefix(f.Get("MediaUrl0"), w.URL)
	if resp, body := w.as("", "", http.MethodGet, path, nil); resp.StatusCode != 401 || body.code() != 20003 {
		t.Errorf("without credentials: %d %v", resp.StatusCode, body)
	}
	resp, _ := w.as(w.account.SID, w.account.Token, http.MethodGet, path, nil)
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(to, w.CDN+"/") {
		t.Fatalf("with credentials: %d to %q", resp.StatusCode, to)
	}
	for _, leak := range []bool{false, true} {
		r, _ := http.NewRequest(http.MethodGet, to, nil)
		if leak {
			r.SetBasicAuth("a", "b")
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if all := w.Fetches(); all[len(all)-1].Authorization != leak || resp.StatusCode != http.StatusFound {
			t.Errorf("fetched as %+v, answered %d", all[len(all)-1], resp.StatusCode)
		}
	}
	got, err := http.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if data, _ := io.ReadAll(got.Body); !bytes.Equal(data, png) || got.Header.Get("Content-Type") != "image/png" || got.ContentLength != int64(len(png)) {
		t.Errorf("got %q of %v", data, got.Header)
	}
	_, list := w.do(http.MethodGet, "/Messages/"+sid+"/Media.json", nil)
	media := list.list("media_list")
	if len(media) != 2 || media[1].text("content_type") != "text/vcard" || media[0].text("parent_sid") != sid {
		t.Fatalf("the list is %v", list)
	}
	one := "/Messages/" + sid + "/Media/" + media[0].text("sid")
	if _, shown := w.do(http.MethodGet, one+".json", nil); shown.text("sid") != media[0].text("sid") {
		t.Errorf("one medium is %v", shown)
	}
	if resp, _ := w.do(http.MethodDelete, one+".json", nil); resp.StatusCode != http.StatusNoContent {
		t.Errorf("deleting answered %d", resp.StatusCode)
	}
	if resp, _ := w.do(http.MethodGet, one, nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("what is deleted answers %d", resp.StatusCode)
	}
	if gone, err := http.Get(to); err != nil || gone.StatusCode != http.StatusNotFound {
		t.Errorf("the media host answers %v, %v", gone, err)
	}
}

func TestMediaHostFails(t *testing.T) {
	w := open(t, twiliotest.Config{})
	w.Fail(twiliotest.OpContent, 1, twiliotest.Broken(503))
	for _, want := range []int{503, 404} {
		resp, err := http.Get(w.CDN + "/nothing")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("answered %d, want %d", resp.StatusCode, want)
		}
	}
}

// TestMediaGoesOut is for SMS-S6: what Twilio does with a MediaUrl.
func TestMediaGoesOut(t *testing.T) {
	big := append(bytes.Clone(png), make([]byte, 5<<20)...)
	host := func(kind string, data []byte) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				t.Error("credentials came along")
			}
			rw.Header().Set("Content-Type", kind)
			rw.Header().Set("Content-Length", strconv.Itoa(len(data)))
			if r.Method != http.MethodHead {
				_, _ = rw.Write(data)
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/good", host("image/png", png))
	mux.HandleFunc("/lies", host("image/jpeg", png))
	mux.HandleFunc("/page", host("text/html", []byte("<html>")))
	mux.HandleFunc("/pdf", host("application/pdf", []byte("%PDF-1.4")))
	mux.HandleFunc("/big", host("image/png", big))
	mux.HandleFunc("/get-only", func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			rw.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		host("image/png", png)(rw, r)
	})
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	for _, test := range []struct {
		paths []string
		code  any
		media int
	}{
		{[]string{"/good"}, nil, 1},
		{[]string{"/good", "/pdf"}, nil, 2},
		{[]string{"/lies"}, 12300.0, 0},
		{[]string{"/good", "/page"}, 12300.0, 0},
		{[]string{"/big"}, 11751.0, 0},
		{[]string{"/missing"}, 11200.0, 0},
		{[]string{"/get-only"}, 11200.0, 0},
	} {
		w := open(t, twiliotest.Config{FetchMedia: true})
		form := fields("From", line, "To", phone)
		for _, path := range test.paths {
			form.Add("MediaUrl", h.URL+path)
		}
		_, sent := w.do(http.MethodPost, "/Messages.json", form)
		w.settle()
		_, now := w.do(http.MethodGet, "/Messages/"+sent.text("sid")+".json", nil)
		texts := w.Texted(phone)
		if now["error_code"] != test.code || (test.code == nil) != (len(texts) == 1) {
			t.Errorf("%v: it became %v; on the phone %v", test.paths, now, texts)
			continue
		}
		if len(texts) == 1 && (len(texts[0].Media) != test.media || !bytes.Equal(texts[0].Media[0].Data, png)) {
			t.Errorf("%v: on the phone %v", test.paths, texts)
		}
	}
}
