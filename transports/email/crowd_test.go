package email_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
	"wherry/transports/email/smtptest"
)

// crowdVariable has this test program be the server of so many accounts, in another
// process: what it takes is not to be counted.
const crowdVariable = "WHERRY_EMAIL_TEST_CROWD"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(crowdVariable)); err == nil {
		if err := serveCrowd(n); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func memberName(i int) string { return fmt.Sprintf("member%d@mail.test", i) }

// serveCrowd is the servers, until its input ends: it tells where they are, and does
// what it reads: "idle N" is answered once so many connections are in IDLE, "mail N"
// has a mail with a file of N bytes come to the first member.
func serveCrowd(n int) error {
	secure := mailtest.Config{Security: mailtest.TLS}
	in, err := imaptest.Start(imaptest.Config{Config: secure, Dialect: imaptest.Dovecot})
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := smtptest.Start(smtptest.Config{Config: secure})
	if err != nil {
		return err
	}
	defer out.Close()
	for i := range n {
		in.AddUser(memberName(i), imaptest.Account{Password: secret})
		out.AddUser(memberName(i), smtptest.Account{Password: secret})
	}
	for _, l := range []*mailtest.Listener{in.Listener, out.Listener} {
		certificate, err := l.Certificate()
		if err != nil {
			return err
		}
		fmt.Printf("%d %x\n", l.Port(), certificate.Raw)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var what string
		var size int
		if _, err := fmt.Sscan(lines.Text(), &what, &size); err != nil {
			return err
		}
		if what == "mail" {
			in.Add(memberName(0), "INBOX", imaptest.Mail{Raw: parcel(size)})
			continue
		}
		if err := in.WaitIdle(context.Background(), size); err != nil {
			return err
		}
		fmt.Println("idle")
	}
	return nil
}

var parcels atomic.Int64

// parcel is a mail with a file of about so many bytes; without one where that is 0.
func parcel(size int) []byte {
	id := fmt.Sprintf("parcel%d@other.test", parcels.Add(1))
	if size == 0 {
		return incoming(id, "A few words, as people write them.")
	}
	line := strings.Repeat("YWhv", 19)
	lines := []string{"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "Here it is.", "--x",
		"Content-Type: application/zip; name=a.zip", "Content-Transfer-Encoding: base64", ""}
	lines = append(lines, slices.Repeat([]string{line}, size/57)...)
	return incoming(id, append(lines, "--x--")...)
}

// crowd are accounts that are connected to a server in another process.
type crowd struct {
	tb     testing.TB
	tr     *email.Transport
	ports  [2]string // of IMAP and SMTP
	in     io.Writer
	out    *bufio.Scanner
	live   []transports.Session
	came   chan transports.Message
	ctx    context.Context
	ending sync.WaitGroup
}

func gather(tb testing.TB, most int) *crowd {
	tb.Helper()
	self, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crowdVariable+"="+strconv.Itoa(most))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &crowd{tb: tb, in: in, out: bufio.NewScanner(out), ctx: ctx, came: make(chan transports.Message, 1)}
	tb.Cleanup(func() {
		cancel()
		c.ending.Wait()
		in.Close()
		if err := cmd.Wait(); err != nil {
			tb.Error(err)
		}
	})
	roots := x509.NewCertPool()
	for i := range c.ports {
		port, raw, _ := strings.Cut(c.line(), " ")
		der, err := hex.DecodeString(raw)
		if err != nil {
			tb.Fatal(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			tb.Fatal(err)
		}
		roots.AddCert(certificate)
		c.ports[i] = port
	}
	c.tr = email.New(email.Config{Roots: roots, AllowPrivateHosts: true})
	return c
}

func (c *crowd) line() string {
	c.tb.Helper()
	if !c.out.Scan() || strings.HasPrefix(c.out.Text(), "failed") {
		c.tb.Fatalf("the server ended: %q, %v", c.out.Text(), c.out.Err())
	}
	return c.out.Text()
}

// grow connects accounts, a few at a time, until there are n, and all of them idle.
func (c *crowd) grow(n int) {
	c.tb.Helper()
	turn := make(chan struct{}, 8)
	for i := len(c.live); i < n; i++ {
		s, err := c.tr.Open(transports.Account{Key: memberName(i), Owner: memberName(i), Settings: transports.Settings{
			"address": memberName(i), "password": secret, "imap_host": mailtest.Host, "imap_port": c.ports[0], "imap_tls": "tls",
			"smtp_host": mailtest.Host, "smtp_port": c.ports[1], "smtp_tls": "tls",
		}}, nil)
		if err != nil {
			c.tb.Fatal(err)
		}
		c.live = append(c.live, s)
		turn <- struct{}{}
		c.ending.Go(func() {
			err := s.Run(c.ctx, func(_ context.Context, b transports.Batch) error {
				for _, ev := range b.Events {
					switch ev := ev.(type) {
					case transports.Online:
						<-turn
					case transports.Received:
						c.came <- ev.Message
					}
				}
				return nil
			})
			if err != nil {
				c.tb.Error(err)
			}
		})
	}
	fmt.Fprintln(c.in, "idle", n)
	c.line()
}

// footprint is what this process has in use.
type footprint struct{ heap, stacks, goroutines int }

// settle returns what is in use once nothing is left over: stacks are halved by each
// collection that finds them mostly empty.
func settle() footprint {
	var m runtime.MemStats
	for range 6 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return footprint{int(m.HeapAlloc), int(m.StackInuse), runtime.NumGoroutine()}
}

// per returns what one of n accounts takes of what came since an earlier look.
func (f footprint) per(n int, before footprint) footprint {
	return footprint{(f.heap - before.heap) / n, (f.stacks - before.stacks) / n, (f.goroutines - before.goroutines) / n}
}

func (c *crowd) cost(few, many int) footprint {
	c.grow(few)
	before := settle()
	c.grow(many)
	cost := settle().per(many-few, before)
	runtime.KeepAlive(c.live)
	return cost
}

// TestIdleCost bounds what an account takes that waits for mail over TLS. With the
// core's share it is to be 40 KiB. The race detector doubles the stacks.
func TestIdleCost(t *testing.T) {
	const few, many = 10, 60
	cost := gather(t, many).cost(few, many)
	if cost.heap > 28<<10 || cost.stacks > 26<<10 || cost.goroutines > 3 {
		t.Errorf("an account takes %d bytes, %d of stacks, and %d goroutines", cost.heap, cost.stacks, cost.goroutines)
	}
}

// BenchmarkIdle tells what an account takes that waits for mail over TLS.
func BenchmarkIdle(b *testing.B) {
	const few, many = 20, 520
	var cost footprint
	for b.Loop() {
		cost = gather(b, many).cost(few, many)
	}
	b.ReportMetric(float64(cost.heap), "heap-B/account")
	b.ReportMetric(float64(cost.stacks), "stack-B/account")
	b.ReportMetric(float64(cost.goroutines), "goroutines/account")
}

// BenchmarkArrives is the way of a mail from the server's mailbox to the core: a
// letter, and one with a file, of which nothing is kept.
func BenchmarkArrives(b *testing.B) {
	for _, size := range []int{0, 40 << 20} {
		b.Run(fmt.Sprintf("%dMB", size>>20), func(b *testing.B) {
			c := gather(b, 1)
			c.grow(1)
			b.ReportAllocs()
			for b.Loop() {
				fmt.Fprintln(c.in, "mail", size)
				if m := <-c.came; len(m.Attachments) != min(size, 1) {
					b.Fatalf("%+v", m)
				}
			}
		})
	}
}

// BenchmarkSend is the way of a letter to the server that takes mails, on a connection
// that is there.
func BenchmarkSend(b *testing.B) {
	c := gather(b, 1)
	c.grow(1)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		_, err := c.live[0].Send(b.Context(), transports.Message{
			ID: fmt.Sprintf("m%d", n), Chat: transports.Address{Kind: transports.Contact, Name: "bob@other.test"},
			Text: "A few words, as people write them.", Time: time.Unix(1_790_000_000, 0),
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
