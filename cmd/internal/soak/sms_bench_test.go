package soak

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/sms"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
)

// sink is an XMPP server for one component, of which only what a benchmark needs
// is there: it counts what is written, and answers pings for everybody.
type sink struct {
	listener net.Listener
	serving  sync.WaitGroup
	bodies   atomic.Int64
	conn     atomic.Pointer[net.Conn] // of the component, once it is there
}

func newSink(b *testing.B) *sink {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &sink{listener: l}
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.serving.Go(func() {
				defer conn.Close()
				s.serve(conn)
			})
		}
	})
	b.Cleanup(func() {
		l.Close()
		s.serving.Wait()
	})
	return s
}

// serve takes a component without a look at its secret (XEP-0114 §3), and then
// all that it says.
func (s *sink) serve(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 1<<16)
	for _, step := range []struct{ until, say string }{
		{"streams'", "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='" + benchDomain + "'>"},
		{"</handshake>", "<handshake/>"},
	} {
		if !readUntil(in, step.until) {
			return
		}
		if _, err := conn.Write([]byte(step.say)); err != nil {
			return
		}
	}
	s.conn.Store(&conn)
	var answers bytes.Buffer
	for {
		tag, err := in.ReadSlice('>')
		if err != nil {
			return
		}
		switch {
		case bytes.HasPrefix(tag, []byte("</stream:stream")):
			_, _ = conn.Write([]byte("</stream:stream>"))
			return
		case bytes.HasSuffix(tag, []byte("<body>")):
			s.bodies.Add(1)
		case bytes.HasPrefix(tag, []byte("<iq ")):
			fmt.Fprintf(&answers, "<iq type='result' from='%s' to='%s' id='%s'/>", attr(tag, "to"), attr(tag, "from"), attr(tag, "id"))
		}
		if answers.Len() > 0 && in.Buffered() == 0 {
			if _, err := answers.WriteTo(conn); err != nil {
				return
			}
		}
	}
}

// readUntil reads up to a tag that ends in, or has, a mark.
func readUntil(in *bufio.Reader, mark string) bool {
	for {
		tag, err := in.ReadString('>')
		if err != nil {
			return false
		}
		if strings.Contains(tag, mark) {
			return true
		}
	}
}

// attr returns an attribute of a tag as our writer makes them.
func attr(tag []byte, name string) []byte {
	_, rest, _ := bytes.Cut(tag, []byte(" "+name+"='"))
	value, _, _ := bytes.Cut(rest, []byte("'"))
	return value
}

// commits counts the transactions of SQLite that are committed in this process:
// each is one fsync of the log, a checkpoint now and then aside.
var commits = sync.OnceValues(func() (*atomic.Int64, error) {
	db, err := sql.Open("sqlite3", "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	n := new(atomic.Int64)
	db.Driver().(*sqlite3.SQLiteDriver).ConnectHook = func(c *sqlite3.SQLiteConn) error {
		c.RegisterCommitHook(func() int { n.Add(1); return 0 })
		return nil
	}
	return n, nil
})

const (
	benchDomain = "sms.example.test"
	benchUsers  = 64
)

// caller is one line, and how Twilio calls for it.
type caller struct {
	key  string // of the hook
	hook string // the whole URL as it is signed
	line string
}

// BenchmarkWebhook is the way of a text from Twilio's request to the stream:
// believed, committed, written. Beside it goes what settles texts: the user's
// client is asked, and answers. Texts come many at once, or one by one.
// SMS-I1
func BenchmarkWebhook(b *testing.B) {
	for _, atOnce := range []int{benchUsers, 1} {
		b.Run(fmt.Sprintf("at-once=%d", atOnce), func(b *testing.B) { benchWebhook(b, atOnce) })
	}
}

func benchWebhook(b *testing.B, atOnce int) {
	count, err := commits()
	if err != nil {
		b.Fatal(err)
	}
	tw := twiliotest.New(b, twiliotest.Config{})
	account := tw.AddAccount(twiliotest.Account{})
	s := newSink(b)
	c, callers := benchGateway(b, tw, account, s)
	requests := make([]transports.Request, b.N)
	for i := range requests {
		requests[i] = benchCall(account, callers[i%benchUsers], i)
	}
	var all sync.WaitGroup
	b.ReportAllocs()
	before, bodies, committed := processorTime(b), s.bodies.Load(), count.Load()
	b.ResetTimer()
	for u := range atOnce {
		all.Go(func() {
			for i := u; i < b.N; i += atOnce {
				if reply := c.Hook(context.Background(), benchDomain, callers[i%benchUsers].key, requests[i]); reply.Status != http.StatusOK {
					b.Errorf("answered %d", reply.Status)
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	for s.bodies.Load()-bodies < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(processorTime(b)-before)/1e3/float64(b.N), "cpu-µs/message")
	b.ReportMetric(float64(count.Load()-committed)/float64(b.N), "commits/message")
}

// benchGateway runs a gateway in this process, for users with a line each.
func benchGateway(b *testing.B, tw *twiliotest.Server, account twiliotest.Account, s *sink) (*component.Component, []caller) {
	b.Helper()
	fatal := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	dir, log := b.TempDir(), slog.New(slog.DiscardHandler)
	st, err := store.Open(b.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	fatal(err)
	const hooks = "https://gateway.example/hooks"
	c, err := component.New(component.Config{Store: st, Log: log, HookURL: hooks, Domains: []component.DomainConfig{{
		Domain: benchDomain, Secret: "any", Server: s.listener.Addr().String(),
		Transport: sms.New(sms.Config{Provider: twilio.New(twilio.Config{URL: tw.URL, AllowPrivate: true, Log: log}), Log: log}),
	}}})
	fatal(err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	b.Cleanup(func() {
		stop()
		running.Wait()
		fatal(st.Close())
	})
	callers := make([]caller, benchUsers)
	for i := range callers {
		callers[i].line = freshNumber()
		tw.AddNumber(twiliotest.Number{Account: account.SID, Number: callers[i].line, SMS: true})
		fatal(c.Domain(benchDomain).Register(ctx, store.Account{
			User:     jid.JID{Local: userName(i), Domain: "example.test"}.String(),
			Settings: map[string]string{"account_sid": account.SID, "line": callers[i].line},
			Secrets:  map[string]string{"auth_token": account.Token},
		}))
	}
	waiting, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for i := range callers {
		fatal(tw.Wait(waiting, func() bool {
			n, _ := tw.Number(callers[i].line)
			callers[i].hook = n.SMSURL
			return n.SMSURL != ""
		}))
		bare, _, _ := strings.Cut(callers[i].hook, "#")
		callers[i].key = strings.TrimPrefix(bare, hooks+"/"+benchDomain+"/")
	}
	fatal(tw.Wait(waiting, func() bool { return tw.Count(twiliotest.OpList) >= 2*benchUsers })) // nothing else goes on
	for i := range callers {
		fmt.Fprintf(*s.conn.Load(), "<presence from='%s@example.test/phone' to='%s'/>", userName(i), benchDomain)
	}
	return c, callers
}

// benchCall is the call of a text as Twilio makes it.
func benchCall(account twiliotest.Account, c caller, i int) transports.Request {
	sid := twiliotest.NewSID("SM")
	f := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "AccountSid": {account.SID},
		"From": {fmt.Sprintf("+1628555%04d", i/benchUsers%8)}, "To": {c.line}, "NumMedia": {"0"}, "NumSegments": {"1"},
		"Body":      {fmt.Sprintf("a text of the usual length, which is about so long, %d", i)},
		"SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"}, "FromCountry": {"US"}, "ToCountry": {"US"},
		"FromCity": {""}, "FromState": {"CA"}, "FromZip": {""}, "ToCity": {""}, "ToState": {"CA"}, "ToZip": {""},
	}
	bare, _, _ := strings.Cut(c.hook, "#")
	return transports.Request{Method: http.MethodPost, Body: []byte(f.Encode()), Header: http.Header{
		"Content-Type":       {"application/x-www-form-urlencoded; charset=UTF-8"},
		"X-Twilio-Signature": {twiliotest.Sign(bare, f, account.Token)},
	}}
}

// processorTime is what this process has used.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
