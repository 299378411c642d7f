package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// picture returns a JPEG.
func picture(t *testing.T) []byte {
	t.Helper()
	pixels := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range 32 {
		pixels.Set(i, i, color.RGBA{R: 200, G: uint8(8 * i), A: 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, pixels, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fetched gets a URL.
func fetched(t *testing.T, url string) (typ string, content []byte) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err = io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, answer.StatusCode, err)
	}
	return answer.Header.Get("Content-Type"), content
}

// SMS-I3, SMS-I4: the text comes first, then each picture as a message whose
// body is its URL, for clients to show it in its place. The gateway keeps the
// picture itself, or gives it to the user's server, as it is configured.
func TestSMSPictureIn(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		for name, at := range map[string]struct {
			e    *exchange
			host string
		}{"own": {e, e.public + "/media/"}, "server": {e.other, e.xmpp.UploadURL}} {
			t.Run(name, func(t *testing.T) {
				c, phone, first, second := at.e.caller(t), freshNumber(), picture(t), bytes.Repeat(picture(t), 2)
				at.e.twilio.Receive(phone, c.line, "look at these",
					twiliotest.Media{Type: "image/jpeg", Data: first, Hops: 1}, twiliotest.Media{Type: "image/jpeg", Data: second})
				words := c.told(c.contact(phone), "look at these")
				var urls []string
				for i, want := range [][]byte{first, second} {
					m := c.Expect("a picture", func(m *world.Element) bool {
						return m.Name() == "message" && m.From() == c.contact(phone) && m.Has("x", "jabber:x:oob")
					})
					url := m.Child("x", "jabber:x:oob").Child("url").Text
					if m.Body() != url || !strings.HasPrefix(url, at.host) || m.ID() != fmt.Sprintf("%s-%d", words.ID(), i+1) {
						t.Errorf("picture %d of %s: %v", i+1, words.ID(), m)
					}
					if !m.Has("file-sharing", "urn:xmpp:sfs:0") {
						t.Errorf("no file sharing (XEP-0447): %v", m)
					}
					if typ, got := fetched(t, url); typ != "image/jpeg" || !bytes.Equal(got, want) {
						t.Errorf("%s is %s, of %d bytes, not the picture of %d", url, typ, len(got), len(want))
					}
					urls = append(urls, url)
				}
				c.Sync(at.e.domain)
				if got := c.texts(phone); !slices.Equal(got, append([]string{"look at these"}, urls...)) {
					t.Errorf("came %q", got)
				}
				for _, f := range at.e.twilio.Fetches() {
					if f.Authorization {
						t.Errorf("credentials went to the host of media: %+v", f) // SMS-X4
					}
				}
				c.quiet(c.account.Token)
			})
		}
	})
}

// SMS-I3: a picture without words makes no empty message.
func TestSMSPictureInAlone(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone := e.caller(t), freshNumber()
		c.hook()
		e.twilio.Receive(phone, c.line, "", twiliotest.Media{Type: "image/jpeg", Data: picture(t)})
		c.Expect("the picture", func(m *world.Element) bool { return m.From() == c.contact(phone) && m.Has("x", "jabber:x:oob") })
		c.Sync(e.domain)
		if got := c.texts(phone); len(got) != 1 || !strings.HasPrefix(got[0], e.public) {
			t.Errorf("came %q", got)
		}
	})
}

// SMS-S6: a picture goes as one, without its URL in the text; what else is said
// is kept.
func TestSMSPictureOut(t *testing.T) {
	onEachExchange(t, func(t *testing.T, e *exchange) {
		c, phone, cat := e.caller(t), freshNumber(), picture(t)
		host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "image/jpeg")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(cat))
		}))
		defer host.Close()
		url := host.URL + "/cat.jpg"
		id := c.text(phone, "our cat\n"+url, world.XML(`<x xmlns="jabber:x:oob"><url>%s</url></x>`, url))
		got := c.shows(phone, 1)[0]
		if got.Body != "our cat" || !slices.Equal(got.URLs, []string{url}) || len(got.Media) != 1 || !bytes.Equal(got.Media[0].Data, cat) {
			t.Errorf("the phone shows %q with %q, %d files", got.Body, got.URLs, len(got.Media))
		}
		c.ticked(phone, id)

		c.text(phone, url, world.XML(`<x xmlns="jabber:x:oob"><url>%s</url></x>`, url))
		if got := c.shows(phone, 2)[1]; got.Body != "" || len(got.Media) != 1 {
			t.Errorf("a picture alone: %q with %d files", got.Body, len(got.Media))
		}
	})
}
