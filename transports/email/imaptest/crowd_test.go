package imaptest_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"wherry/transports/email/imaptest"
	"wherry/transports/email/mailtest"
)

// TestCrowd has many clients in IDLE over TLS, IMAPTEST_CROWD or 100, each of whom
// gets a mail.
func TestCrowd(t *testing.T) {
	t.Parallel()
	n := 100
	if text := os.Getenv("IMAPTEST_CROWD"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	s := imaptest.New(t, imaptest.Config{Config: mailtest.Config{Security: mailtest.TLS}, Dialect: imaptest.Dovecot})
	name := func(i int) string { return fmt.Sprintf("user%d@mail.test", i) }
	for i := range n {
		s.AddUser(name(i), imaptest.Account{Password: secret})
	}
	ctx := within(t)
	errs := make(chan error, n)
	turn := make(chan struct{}, 8)
	var all sync.WaitGroup
	for i := range n {
		turn <- struct{}{}
		all.Go(func() {
			conn, err := tls.Dial("tcp", s.Addr(), &tls.Config{RootCAs: s.Roots(), ServerName: mailtest.Host})
			if err != nil {
				<-turn
				errs <- err
				return
			}
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "1 LOGIN %s %s\r\n2 SELECT INBOX\r\n3 IDLE\r\n", name(i), secret)
			lines := bufio.NewScanner(conn)
			for err == nil && lines.Scan() && !strings.HasPrefix(lines.Text(), "+") {
			}
			<-turn
			for err == nil && lines.Scan() && lines.Text() != "* 1 EXISTS" {
			}
			if err == nil && lines.Text() != "* 1 EXISTS" {
				err = fmt.Errorf("client %d: %q, %w", i, lines.Text(), lines.Err())
			}
			errs <- err
		})
	}
	if err := s.WaitIdle(ctx, n); err != nil {
		t.Fatalf("%v: %+v", err, s.Stats())
	}
	if os.Getenv("IMAPTEST_CROWD") != "" {
		status, _ := os.ReadFile("/proc/self/status")
		for line := range strings.Lines(string(status)) {
			if strings.HasPrefix(line, "VmRSS") {
				t.Logf("%d clients and their servers: %s", n, line)
			}
		}
	}
	for i := range n {
		s.Add(name(i), "INBOX", imaptest.Mail{Raw: raw("one")})
	}
	for range n {
		if err := next(t, errs, "a client's end"); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
}
