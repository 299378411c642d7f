// Command wherry-demo shows what Wherry does, on one machine and with nothing
// to set up: it starts an XMPP server, an IRC server, a stand-in for Twilio, mail
// servers, and the gateway between them in a temporary folder, has a scripted user
// of XMPP meet a scripted user of IRC, text with a phone and answer a mail, and
// tells what happens, step by step. Then it stays, so that one can try it with a client of one's own, and
// removes everything at Ctrl-C.
//
// With -converse it shows a channel instead: a network that has all of IRCv3, and
// Converse in a headless Chromium, whose screen goes to the file of -picture.
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
	converse := flag.String("converse", "", "the `folder` with Converse, to show a channel in a browser")
	picture := flag.String("picture", "demo-browser.png", "the `file` for what Converse shows")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s := &stage{}
	begin := func(w *world.World) error { return s.begin(w, *gateway) }
	if *converse != "" {
		begin = func(w *world.World) error { return s.show(w, *gateway, *converse, *picture) }
	}
	if err := demo(ctx, s, begin, os.Getenv("DEMO_ONCE") == "1"); err != nil {
		fmt.Fprintf(os.Stderr, "\nwherry-demo: %v\n", err)
		os.Exit(1)
	}
}

// demo returns nil when every step passed and nothing was left behind.
func demo(ctx context.Context, s *stage, begin func(*world.World) error, once bool) (err error) {
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
	go func() { done <- begin(w) }()
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
