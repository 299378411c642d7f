package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"

	"wherry/store"
)

func (p *program) users(ctx context.Context, args []string) (err error) {
	set, name := p.flags("users", configHelp)
	if err := p.parse(set, args); err != nil {
		return err
	}
	conf, err := p.load(*name)
	if err != nil {
		return err
	}
	// Without the key file no secret can be opened: none is needed.
	s, err := store.OpenReadOnly(ctx, store.Config{URL: conf.Store.URL})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store %s yet: wherry run makes it", conf.Store.Path())
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "DOMAIN\tUSER\tACCOUNTS\tREGISTERED\tSUSPENDED")
	for _, c := range conf.Components {
		users, err := s.Users(ctx, c.Domain)
		if err != nil {
			return err
		}
		for _, u := range users {
			fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\n", c.Domain, u.User, u.Accounts, u.Registered, u.Suspended)
		}
	}
	return w.Flush()
}
