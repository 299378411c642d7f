// Command wherry-demo shows what Wherry does, on one machine and with nothing
// to set up: it starts an XMPP server, an IRC server, a stand-in for Twilio, and
// the gateway between them in a temporary folder, has a scripted user of XMPP
// meet a scripted user of IRC and text with a phone, and tells what happens, step
// by step. Then it stays, so that one can try it with a client of one's own, and
// removes everything at Ctrl-C.
//
// With DEMO_ONCE=1 it ends after the script. The exit status is 0 only if every
// step passed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"wherry/cmd/internal/world"
)

func main() {
	gateway := flag.String("wherry", "bin/wherry", "the built gateway")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := demo(ctx, *gateway, os.Getenv("DEMO_ONCE") == "1"); err != nil {
		fmt.Fprintf(os.Stderr, "\nwherry-demo: %v\n", err)
		os.Exit(1)
	}
}

// demo returns nil when every step passed and nothing was left behind.
func demo(ctx context.Context, gateway string, once bool) (err error) {
	w, err := world.New()
	if err != nil {
		return err
	}
	defer func() {
		fmt.Println("\nStopping what was started, removing its files.")
		if closing := w.Close(); err == nil {
			err = closing
		}
	}()
	done := make(chan error, 1)
	var s *stage
	go func() {
		var err error
		if s, err = setUp(w, gateway); err == nil {
			err = play(s)
		}
		done <- err
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		return fmt.Errorf("interrupted")
	}
	if err != nil {
		fmt.Printf("\nWhat the servers logged last:\n%s", w.Logs())
		return err
	}
	fmt.Println("\nAll steps passed.")
	if !once {
		s.invite(w)
		<-ctx.Done()
	}
	return nil
}
