package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/paste"
)

// Where a service has its files.
const (
	serviceConfig = "/etc/wherry"
	serviceStore  = "/var/lib/wherry"
)

func (p *program) init(_ context.Context, args []string) error {
	set, path := p.flags("init", "write to `FILE`; default "+config.Default[0])
	domain := set.String("domain", "", "the `DOMAIN` that wherry shall serve, like irc.example.org (required)")
	transport := set.String("transport", "", "the kind of network, irc, sms or email; default is what DOMAIN begins with (mail is email), else irc")
	server := set.String("server", "127.0.0.1:5347", "`HOST:PORT` where the XMPP server listens for components")
	folder := set.String("store", "", "`FOLDER` for database and key file; default "+serviceStore+" where FILE is in "+serviceConfig+", else FILE's folder")
	if err := p.parse(set, args); err != nil {
		return err
	}
	if *domain == "" {
		return p.misused(set, "-domain is missing")
	}
	if *path == "" {
		*path = config.Default[0]
	}
	if *folder == "" && filepath.Dir(*path) == serviceConfig {
		*folder = serviceStore
	}
	draft := config.Draft{Domain: *domain, Server: *server, Secret: config.NewSecret(), Store: *folder, Transport: *transport}
	text, err := draft.Text()
	if err != nil {
		return err
	}
	if err := config.Create(*path, text); err != nil {
		return err
	}
	if *folder != "" {
		if err := os.MkdirAll(*folder, 0o700); err != nil {
			return fmt.Errorf("make the store's folder: %w", err)
		}
	}
	fmt.Fprintf(p.stdout, "Wrote %s. Add these lines to the XMPP server's configuration, and restart it.\n\n", *path)
	err = paste.Write(p.stdout, []paste.Component{{Domain: *domain, Secret: draft.Secret.Reveal(), Server: *server}})
	if err != nil {
		return err
	}
	if draft.Calls() {
		fmt.Fprintf(p.stdout, "\nTexts come faster, and pictures in their place, where Twilio can call: fill in [http] in %s.\n", *path)
	}
	fmt.Fprintf(p.stdout, "\nThen run: wherry check -config %s\n", *path)
	return nil
}
