//go:build soak

package soak

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

const (
	mailFew      = 50               // accounts that others are compared to
	mailQuiet    = 50 * time.Second // until what a start left is collected: see package heap
	mailPassword = "a password of a mailbox"
)

// TestMailIdle measures what mailboxes cost the gateway while nothing comes: it is
// started with a few accounts and with many, each connected over TLS and in IDLE,
// and looked at from outside. The servers of mail are in this process, and scripted,
// or with MAIL_REAL=1 a Dovecot. It judges the memory by its budget.
//
//	MAIL_ACCOUNTS=N  default 500
//	MAIL_SECONDS=N   how long it is looked at; default 60
//	MAIL_REAL=1      with Dovecot and Postfix
func TestMailIdle(t *testing.T) {
	many, seconds := number(t, "MAIL_ACCOUNTS", 500), number(t, "MAIL_SECONDS", 60)
	w := worldtest.New(t)
	const gateway, people = "mail.example.test", "crowd.example.test"
	x := startServer(t, w, plan{server: prosody}, gateway, people)
	post := newPost(t, w)
	metrics, err := world.FreePort("127.0.0.1")
	must(t, err)
	path, err := binary()
	must(t, err)
	g, err := w.Gateway(world.GatewayConfig{
		Binary: path,
		Components: []world.Component{{
			Domain: gateway, Secret: secret(gateway), Server: x.ComponentAddr, Transport: "email", Lines: fmt.Sprintf("allow = [%q]", people),
			Network: post.trust,
		}},
		Lines: fmt.Sprintf("[http]\nmetrics_listen = \"127.0.0.1:%d\"\n", metrics),
	})
	must(t, err)
	c := gather(t, x.ComponentAddr, people, gateway)
	c.await(userName(0))
	url := fmt.Sprintf("http://127.0.0.1:%d/metrics", metrics)

	idle := func(accounts, from int) idleCost {
		enrolMail(t, c, post, from, accounts)
		post.wait(t, url, accounts)
		must(t, g.Stop())
		post.wait(t, "", 0)
		must(t, g.Start())
		began := time.Now()
		post.busy = 0
		post.wait(t, url, accounts)
		cost := idleCost{accounts: accounts, start: time.Since(began), logins: post.busy}
		time.Sleep(mailQuiet)
		before := usage(t, g.PID())
		time.Sleep(time.Duration(seconds) * time.Second)
		after := usage(t, g.PID())
		cost.rss, cost.cpu = after.rss, (after.cpu-before.cpu)*60/time.Duration(seconds)
		cost.look(t, url)
		cost.mail = post.deliver(t, c)
		return cost
	}
	few := idle(mailFew, 0)
	all := idle(many, mailFew)
	per := (all.rss - few.rss) / int64(many-mailFew)
	t.Logf("idle mail accounts, after %v:\n%sone account: %.1f KiB", mailQuiet, idleTable(few, all), float64(per)/1024)
	if per > 40<<10 {
		t.Errorf("one account takes %d bytes", per)
	}
	if all.cpu*100 > 2*time.Minute {
		t.Errorf("idling takes %v a minute", all.cpu)
	}
}

// idleCost is what a gateway uses while nothing happens.
type idleCost struct {
	accounts int
	start    time.Duration // from the start until all are in IDLE
	logins   int           // connections at a time that were not in IDLE
	rss      int64         // bytes
	cpu      time.Duration // in a minute
	mail     time.Duration // from the mailbox to the user, in the median

	goroutines, objects, heap, stacks, kept int64 // bytes but for the first; kept is what the runtime has and does not use
}

// look reads the gateway's metrics.
func (i *idleCost) look(t *testing.T, url string) {
	t.Helper()
	m, err := readMetrics(url)
	must(t, err)
	i.goroutines = int64(m["go_goroutines"])
	i.objects, i.heap, i.stacks = int64(m["go_memstats_heap_alloc_bytes"]), int64(m["go_memstats_heap_inuse_bytes"]), int64(m["go_memstats_stack_inuse_bytes"])
	i.kept = int64(m["go_memstats_heap_idle_bytes"] - m["go_memstats_heap_released_bytes"])
}

func idleTable(all ...idleCost) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "accounts\tall in IDLE after\tbusy at a time\tRSS\tobjects\theap\tstacks\tunused\tgoroutines\tCPU a minute\ta mail takes")
	for _, i := range all {
		fmt.Fprintf(w, "%d\t%v\t%d\t%s\t%s\t%s\t%s\t%s\t%d\t%v\t%v\n", i.accounts, i.start.Round(100*time.Millisecond), i.logins,
			mega(i.rss), mega(i.objects), mega(i.heap), mega(i.stacks), mega(i.kept), i.goroutines, i.cpu, i.mail.Round(100*time.Microsecond))
	}
	w.Flush() // a strings.Builder takes everything
	return b.String()
}

// readMetrics returns the metrics that have no labels, and the sums of the others.
func readMetrics(url string) (map[string]float64, error) {
	r, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(url)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	all := make(map[string]float64)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if at := strings.LastIndexByte(line, '}'); at >= 0 && !strings.HasPrefix(line, "#") {
			value = strings.TrimSpace(line[at+1:])
		}
		name, _, _ = strings.Cut(name, "{")
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] += v
		}
	}
	return all, nil
}

// post is where the mail of the users is.
type post struct {
	imap  *imaptest.Server // nil with a real one
	smtp  *smtptest.Server
	real  *world.Mail
	trust string // lines of a [component.email] table
	busy  int    // connections that were open and not in IDLE, at a time
}

func newPost(t *testing.T, w *world.World) *post {
	t.Helper()
	if os.Getenv("MAIL_REAL") != "" {
		real, err := w.Mail(world.MailConfig{})
		must(t, err)
		return &post{real: real, trust: w.TrustsMail(real)}
	}
	secure := mailtest.Config{Security: mailtest.TLS}
	p := &post{imap: imaptest.New(t, imaptest.Config{Config: secure, Dialect: imaptest.Dovecot}), smtp: smtptest.New(t, smtptest.Config{Config: secure})}
	roots := filepath.Join(t.TempDir(), "roots.pem")
	var all []byte
	for _, l := range []*mailtest.Listener{p.imap.Listener, p.smtp.Listener} {
		certificate, err := l.Certificate()
		must(t, err)
		all = append(all, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})...)
	}
	must(t, os.WriteFile(roots, all, 0o600))
	p.trust = fmt.Sprintf("ca_file = %q\nallow_private_hosts = true\n[[component.email.provider]]\ndomains = [\"mail.test\"]\n"+
		"imap_host = %q\nimap_port = %d\nimap_tls = \"tls\"\nsmtp_host = %q\nsmtp_port = %d\nsmtp_tls = \"tls\"\n",
		roots, mailtest.Host, p.imap.Port(), mailtest.Host, p.smtp.Port())
	return p
}

// add makes a mailbox, and returns what its user registers with.
func (p *post) add(t *testing.T, name string) [][2]string {
	t.Helper()
	if p.real != nil {
		a, err := p.real.AddUser(name)
		must(t, err)
		return [][2]string{{"address", a.Address}, {"password", a.Password}}
	}
	address := name + "@mail.test"
	p.imap.AddUser(address, imaptest.Account{Password: mailPassword})
	p.smtp.AddUser(address, smtptest.Account{Password: mailPassword})
	return [][2]string{{"address", address}, {"password", mailPassword}}
}

// wait returns when so many accounts are in IDLE: with a real server, when the
// gateway says so.
func (p *post) wait(t *testing.T, metrics string, accounts int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if p.imap != nil {
		must(t, p.imap.Wait(ctx, func(s imaptest.Stats) bool {
			p.busy = max(p.busy, s.Open-s.Idling)
			return s.Idling == accounts && s.Open == accounts
		}))
		return
	}
	for metrics != "" {
		m, err := readMetrics(metrics)
		if err == nil && m["wherry_sessions_online"] == float64(accounts) {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			t.Fatal(ctx.Err(), err) // before it listens, nothing answers
		}
	}
}

// deliver has mails come to the first user, one after the other, and returns how long
// they take in the median; nothing with a real server.
func (p *post) deliver(t *testing.T, c *crowd) time.Duration {
	t.Helper()
	if p.imap == nil {
		return 0
	}
	const mails = 20
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var took []time.Duration
	c.mu.Lock()
	shown := len(c.logs.Shown)
	c.mu.Unlock()
	for i := range mails {
		raw := fmt.Sprintf("From: bob@other.test\r\nTo: ann@mail.test\r\nSubject: Hello\r\nMessage-ID: <%d.%d@other.test>\r\n\r\nA few words.\r\n", shown, i)
		began := time.Now()
		p.imap.Add(userName(0)+"@mail.test", "INBOX", imaptest.Mail{Raw: []byte(raw)})
		must(t, c.until(ctx, func(l *Logs) bool { return len(l.Shown) > shown+i }))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[mails/2]
}

// enrolMail registers users from a number up to another, each with a mailbox.
func enrolMail(t *testing.T, c *crowd, p *post, from, to int) {
	t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	some := make(chan struct{}, 8)
	for i := from; i < to; i++ {
		fields := p.add(t, userName(i))
		some <- struct{}{}
		all.Go(func() {
			defer func() { <-some }()
			c.signUp(userName(i), fields)
		})
	}
	all.Wait()
	t.Logf("%d users registered in %v", to-from, time.Since(began).Round(100*time.Millisecond))
}
