package main

import (
	"context"
	"errors"
	"fmt"

	"wherry/cmd/internal/check"
	"wherry/cmd/internal/config"
	"wherry/cmd/internal/paste"
)

func (p *program) check(ctx context.Context, args []string) error {
	set, name := p.flags("check", configHelp)
	show := set.Bool("show-secret", false, "show the secrets in the lines for the XMPP server")
	if err := p.parse(set, args); err != nil {
		return err
	}
	report := check.NewReport(p.stdout)
	conf, err := p.load(*name)
	if err != nil {
		failConfig(report, err)
		return errFailed
	}
	report.OK("configuration", "%s", conf.File)
	check.Run(ctx, conf, report)
	fmt.Fprint(p.stdout, "\nWhat the XMPP server needs:\n\n")
	if err := paste.Write(p.stdout, components(conf, *show)); err != nil {
		return err
	}
	faults, err := report.Faults()
	if err != nil {
		return err
	}
	if faults > 0 {
		fmt.Fprintf(p.stdout, "\nSomething is wrong: see FAIL above (%d).\n", faults)
		return errFailed
	}
	return nil
}

// failConfig reports each problem of the configuration.
func failConfig(r *check.Report, err error) {
	var problems config.Problems
	if !errors.As(err, &problems) {
		r.Fail("configuration", "%v", err)
		return
	}
	for _, problem := range problems {
		r.Fail("configuration", "%v", problem)
	}
}

// components returns the domains for the server's configuration.
func components(conf *config.Config, show bool) []paste.Component {
	var all []paste.Component
	for _, c := range conf.Components {
		secret := "the secret of " + c.Domain + ": wherry check -show-secret shows it"
		if show {
			secret = c.Secret.Reveal()
		}
		all = append(all, paste.Component{Domain: c.Domain, Secret: secret, Server: c.Server, TLS: c.TLS != nil})
	}
	return all
}
