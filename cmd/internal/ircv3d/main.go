// Command ircv3d runs the IRC server of transports/irc/ircv3test on a port until
// it is told to stop, for tests that need a server in a process of its own. It
// keeps nothing, and guards nothing: it is for loopback only.
//
//	ircv3d -listen 127.0.0.1:6667 -account alice:secret
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"wherry/transports/irc/ircv3test"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ircv3d:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. It writes "listening on <address>" to out once
// clients can connect.
func run(ctx context.Context, args []string, out io.Writer) error {
	cfg := ircv3test.Config{Accounts: make(map[string]string), Certificates: make(map[string]string)}
	flags := flag.NewFlagSet("ircv3d", flag.ContinueOnError)
	flags.SetOutput(out)
	listen := flags.String("listen", "127.0.0.1:6667", "the `address` to listen on; port 0 is any")
	cert := flags.String("tls-cert", "", "the `file` of a certificate, for TLS")
	key := flags.String("tls-key", "", "the `file` of its key")
	flags.StringVar(&cfg.Name, "name", "irc.test", "the server's `name`")
	flags.StringVar(&cfg.Password, "password", "", "the `password` that PASS must say")
	flags.StringVar(&cfg.STS, "sts", "", "the `value` of the sts capability")
	flags.StringVar(&cfg.Registration, "registration", "", "the `value` of draft/account-registration")
	flags.StringVar(&cfg.VerifyCode, "verify-code", "", "the `code` that confirms a registered account; none is asked for without")
	flags.Func("caps", "the capabilities to offer, separated by spaces, instead of all", func(list string) error {
		cfg.Caps = append([]string{}, strings.Fields(list)...)
		return nil
	})
	flags.Func("account", "an account as `name:password`; may be repeated", pairs(cfg.Accounts, false))
	flags.Func("certificate", "an account as `name:fingerprint`, the SHA-256 of a client's certificate in hex; may be repeated", pairs(cfg.Certificates, true))
	if err := flags.Parse(args); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	if *cert != "" || *key != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return errors.Join(err, l.Close())
		}
		l = tls.NewListener(l, ircv3test.TLS(pair))
	}
	server := ircv3test.New(cfg)
	go server.Serve(l)
	if _, err := fmt.Fprintln(out, "listening on", l.Addr()); err != nil {
		server.Close()
		return err
	}
	<-ctx.Done()
	server.Close()
	return nil
}

// pairs reads "name:value" into a map, turned around or not.
func pairs(into map[string]string, turned bool) func(string) error {
	return func(text string) error {
		name, value, ok := strings.Cut(text, ":")
		if !ok || name == "" || value == "" {
			return errors.New("want name:value")
		}
		if turned {
			name, value = strings.ToLower(value), name
		}
		into[name] = value
		return nil
	}
}
