package metrics_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"wherry/cmd/internal/metrics"
	"wherry/component"
	"wherry/component/componenttest"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/transporttest"
)

const (
	domain  = "sms.example.org"
	network = "sms.example.net"
	juliet  = "juliet@example.org"
	within  = 10 * time.Second
)

var nurse = transports.Address{Kind: transports.Contact, Scope: network, Name: "nurse"}

// world is a gateway to a network that stores and forwards, which is watched.
type world struct {
	*testing.T
	server *componenttest.Server
	net    *transporttest.Network
	store  *store.Store
	gate   *component.Component
	url    string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, server: componenttest.NewServer(t, "secret", domain), net: transporttest.NewNetwork()}
	about := w.net.About()
	about.Attended, about.Guests = false, false
	w.net.SetAbout(about)
	dir := t.TempDir()
	var err error
	w.store, err = store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "wherry.db"), KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.gate, err = component.New(component.Config{Store: w.store, Domains: []component.DomainConfig{
		{Domain: domain, Secret: "secret", Server: w.server.Addr(), Transport: w.net},
	}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := metrics.Listen("127.0.0.1:0", metrics.Source{
		Component: w.gate, Store: w.store, Transports: map[string]string{domain: "sms"}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.url = "http://" + l.Addr()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.gate.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if _, err := http.Get(w.url + "/healthz"); err == nil {
			t.Error("closed, it still answers")
		}
	})
	w.server.Connected(domain, 1)
	w.until("the stream is known", func() bool { return w.gate.Status()[0].Connected })
	return w
}

// until waits for a condition.
func (w *world) until(what string, condition func() bool) {
	w.Helper()
	for deadline := time.Now().Add(within); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("not in time: %s", what)
		}
	}
}

// session registers Juliet and returns her session.
func (w *world) session() *transporttest.Session {
	w.Helper()
	err := w.gate.Domain(domain).Register(w.Context(), store.Account{User: juliet, Scope: network, Settings: map[string]string{"nick": "juliet"}})
	if err != nil {
		w.Fatal(err)
	}
	for _, s := range w.net.Sessions() {
		if s.Account.Scope == network {
			return w.net.AwaitSession(w, s.Account.Key)
		}
	}
	w.Fatal("no session")
	return nil
}

// get returns status and text of a page.
func (w *world) get(page string) (int, string) {
	w.Helper()
	r, err := http.Get(w.url + page)
	if err != nil {
		w.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		w.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// page is what a scrape has, by the names of the metrics.
type page map[string]*dto.MetricFamily

func (w *world) scrape() page {
	w.Helper()
	status, text := w.get("/metrics")
	if status != http.StatusOK {
		w.Fatalf("status %d:\n%s", status, text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		w.Fatalf("%v:\n%s", err, text)
	}
	if strings.Contains(text, "juliet") || strings.Contains(text, "nurse") {
		w.Errorf("somebody is named:\n%s", text)
	}
	return all
}

// value returns the value of the metric whose labels have these values.
func (p page) value(t *testing.T, name string, values ...string) float64 {
	t.Helper()
	for _, m := range p[name].GetMetric() {
		var got []string
		for _, l := range m.Label {
			got = append(got, l.GetValue())
		}
		if strings.Join(got, " ") == strings.Join(values, " ") {
			return m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	t.Errorf("no %s of %q", name, values)
	return -1
}

func TestMetrics(t *testing.T) {
	w := newWorld(t)
	s := w.session()

	// One message waits for Juliet, of whom no client is there, and one of hers.
	w.server.AnswerPings(false)
	if err := s.Emit(transports.Received{Message: transports.Message{ID: "1", Chat: nurse, Nick: "nurse", Text: "hello"}}); err != nil {
		t.Fatal(err)
	}
	w.server.Expect(domain, func(st stanza.Stanza) bool { return st.Name() == "message" && st.Head().To == jid.MustParse(juliet) })
	w.net.Refuse(transporttest.OpSend, &transports.Error{Kind: transports.Busy, After: time.Hour})
	w.server.Send(domain, "<message type='chat' id='m1' from='"+juliet+"/phone' to='nurse%"+network+"@"+domain+"'><body>hello</body></message>")
	w.until("the try is stored", func() bool { return w.gate.Status()[0].Delivery.Retried == 1 })

	p := w.scrape()
	for name, want := range map[string]float64{
		"wherry_stream_up": 1, "wherry_stream_reconnects_total": 0, "wherry_panics_total": 0,
		"wherry_users": 1, "wherry_sessions": 1, "wherry_sessions_online": 1,
		"wherry_stanzas_withheld_total": 0, "wherry_stanzas_dropped_total": 0,
		"wherry_inbox_rows": 1, "wherry_inbox_written_total": 1, "wherry_inbox_settled_total": 0,
		"wherry_inbox_rewritten_total": 0, "wherry_inbox_bounced_total": 0, "wherry_inbox_dropped_total": 0,
		"wherry_outbox_sent_total": 0, "wherry_outbox_failed_total": 0, "wherry_outbox_lost_total": 0,
		"wherry_outbox_unsure_total": 0, "wherry_outbox_retried_total": 1,
		"wherry_barrier_seconds": 0,
	} {
		if got := p.value(t, name, domain, "sms"); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	for state, want := range map[string]float64{"queued": 1, "sending": 0, "delivered": 0, "lost": 0} {
		if got := p.value(t, "wherry_outbox_rows", domain, state, "sms"); got != want {
			t.Errorf("%s rows: %v, want %v", state, got, want)
		}
	}
	for _, name := range []string{"wherry_inbox_oldest_seconds", "wherry_outbox_oldest_seconds"} {
		if got := p.value(t, name, domain, "sms"); got <= 0 || got > within.Seconds() {
			t.Errorf("%s is %v", name, got)
		}
	}
	for _, name := range []string{"process_resident_memory_bytes", "go_goroutines"} {
		if p[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
	if n := len(p["wherry_barrier_seconds"].GetMetric()[0].GetHistogram().GetBucket()); n < 10 {
		t.Errorf("%d buckets", n)
	}
}

// A question that is answered is in the histogram, and a new stream counted.
func TestMetricsMove(t *testing.T) {
	w := newWorld(t)
	s := w.session()
	w.server.AnswerResources(func(jid.JID) bool { return true })
	w.server.Send(domain, "<presence from='"+juliet+"/phone' to='"+domain+"'/>")
	if err := s.Emit(transports.Received{Message: transports.Message{ID: "1", Chat: nurse, Nick: "nurse", Text: "hello"}}); err != nil {
		t.Fatal(err)
	}
	w.until("it is settled", func() bool { return w.gate.Status()[0].Delivery.Settled == 1 })
	w.server.Drop(domain)
	w.server.Connected(domain, 2)
	w.until("the new stream is known", func() bool { s := w.gate.Status()[0]; return s.Connected && s.Streams == 2 })
	p := w.scrape()
	for name, least := range map[string]float64{"wherry_stream_reconnects_total": 1, "wherry_inbox_settled_total": 1, "wherry_barrier_seconds": 1} {
		if got := p.value(t, name, domain, "sms"); got < least {
			t.Errorf("%s is %v, want %v", name, got, least)
		}
	}
}

func TestHealth(t *testing.T) {
	w := newWorld(t)
	if status, text := w.get("/healthz"); status != http.StatusOK || text != "All is well.\n" {
		t.Errorf("%d %q", status, text)
	}
	w.server.Refuse("system-shutdown")
	w.server.Drop(domain)
	w.until("the stream is gone", func() bool { s := w.gate.Status()[0]; return !s.Connected && s.Err != "" })
	status, text := w.get("/healthz")
	if status != http.StatusServiceUnavailable || !strings.HasPrefix(text, domain+" has no stream to its XMPP server since ") || strings.Count(text, "\n") != 1 {
		t.Errorf("%d %q", status, text)
	}
}

func TestHealthOfTheStore(t *testing.T) {
	w := newWorld(t)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	if status, text := w.get("/healthz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(text, "The store takes no writes: ") {
		t.Errorf("%d %q", status, text)
	}
	// What the component knows is shown all the same.
	if p := w.scrape(); p.value(t, "wherry_stream_up", domain, "sms") != 1 || p["wherry_inbox_rows"] != nil {
		t.Error("not what is known is shown")
	}
}

func TestOtherRequests(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{"/": http.StatusNotFound, "/metrics/x": http.StatusNotFound} {
		if status, _ := w.get(path); status != want {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	r, err := http.Post(w.url+"/healthz", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", r.Status)
	}
	request, err := http.NewRequest("GET", w.url+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Long", strings.Repeat("x", 64<<10))
	if r, err := http.DefaultClient.Do(request); err == nil {
		r.Body.Close()
		if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a long header: %s", r.Status)
		}
	}
}

// TestNames holds the metrics to Prometheus' rules for their names.
func TestNames(t *testing.T) {
	w := newWorld(t)
	_, text := w.get("/metrics")
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "wherry_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestListenTwice(t *testing.T) {
	w := newWorld(t)
	_, err := metrics.Listen(strings.TrimPrefix(w.url, "http://"), metrics.Source{Component: w.gate, Store: w.store, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("%v", err)
	}
}
