package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"wherry/cmd/internal/biboumi"
	"wherry/cmd/internal/config"
	"wherry/component/jid"
	"wherry/store"
	"wherry/transports"
)

// importing is one run of "wherry import biboumi".
type importing struct {
	p       *program
	from    *biboumi.DB
	to      *store.Store // nil: there is none yet, and it is not to be made
	net     biboumi.Network
	options biboumi.Options
	dry     bool
	roster  map[string][]biboumi.Contact // by owner
	total   struct{ accounts, rooms, lines, contacts, left int }
}

func (p *program) importFrom(ctx context.Context, args []string) (err error) {
	set, name := p.flags("import biboumi", configHelp)
	domain := set.String("domain", "", "component to import to, where several are for IRC: its `DOMAIN`")
	all := set.Bool("all", false, "make accounts also for networks of which there is only history")
	dry := set.Bool("dry-run", false, "say what would be imported, and write nothing")
	if err := parseMore(set, args); err != nil {
		return err
	}
	switch set.Arg(0) {
	case "biboumi":
	case "":
		return p.misused(set, "say from what: wherry import biboumi DB")
	default:
		return p.misused(set, "nothing can be imported from %q, only from biboumi", set.Arg(0))
	}
	if err := parseMore(set, set.Args()[1:]); err != nil { // flags may follow
		return err
	}
	switch {
	case set.NArg() == 0:
		return p.misused(set, "biboumi's database is missing: its path, or its address in PostgreSQL")
	case set.NArg() > 1:
		return p.misused(set, "%q is one word too many", set.Arg(1))
	}
	conf, err := p.load(*name)
	if err != nil {
		return err
	}
	c, err := ircComponent(conf, *domain)
	if err != nil {
		return err
	}
	net, ok := newIRC(c, process{log: slog.New(slog.DiscardHandler)}).(biboumi.Network)
	if !ok {
		return errors.New("this transport takes nothing from biboumi")
	}
	from, err := biboumi.Open(ctx, set.Arg(0))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	i := &importing{
		p: p, from: from, net: net, dry: *dry, roster: map[string][]biboumi.Contact{},
		options: biboumi.Options{Domain: c.Domain, All: *all, Now: time.Now()},
	}
	if i.to, err = openFor(ctx, storeConfig(conf, newLog(p.stderr, conf.Log, slog.LevelWarn)), *dry); err != nil {
		return err
	}
	if i.to != nil {
		defer func() { err = errors.Join(err, i.to.Close()) }()
	}
	return i.run(ctx)
}

// parseMore reads flags up to a word that is none.
func parseMore(set *flag.FlagSet, args []string) error {
	err := set.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return errUsage // the flag package has told it
	}
	return err
}

// openFor opens the store: for a dry run what there is, for reading.
func openFor(ctx context.Context, conf store.Config, dry bool) (*store.Store, error) {
	if !dry {
		return store.Open(ctx, conf)
	}
	s, err := store.OpenReadOnly(ctx, conf)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return s, err
}

// ircComponent returns the component that takes the import.
func ircComponent(conf *config.Config, domain string) (config.Component, error) {
	var found []config.Component
	for _, c := range conf.Components {
		if c.Transport == "irc" && (domain == "" || strings.EqualFold(c.Domain, domain)) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return config.Component{}, errors.New("several components are for IRC: name one with -domain")
	case domain != "":
		return config.Component{}, fmt.Errorf("the configuration has no component %s for IRC", domain)
	}
	return config.Component{}, errors.New("the configuration has no component for IRC")
}

func (i *importing) run(ctx context.Context) error {
	owners, err := i.from.Owners(ctx)
	if err != nil {
		return err
	}
	contacts, err := i.from.Roster(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, name := range owners {
		seen[name] = true
	}
	for _, c := range contacts {
		user := c.Remote
		if j, err := jid.Parse(user); err == nil {
			user = j.Bare().String()
		}
		i.roster[user] = append(i.roster[user], c)
		if !seen[user] {
			seen[user] = true
			owners = append(owners, user)
		}
	}
	for _, name := range owners {
		if err := i.owner(ctx, name); err != nil {
			return fmt.Errorf("import %q: %w", name, err)
		}
	}
	t, did := i.total, "Imported"
	if i.dry {
		did = "Would import"
	}
	fmt.Fprintf(i.p.stdout, "%s to %s: %d accounts, %d channels to stay in, %d lines of history, %d contacts. Left out: %d, as told above.\n",
		did, i.options.Domain, t.accounts, t.rooms, t.lines, t.contacts, t.left)
	return nil
}

// owner imports what there is of one user, all or nothing.
func (i *importing) owner(ctx context.Context, name string) error {
	o, err := i.from.Owner(ctx, name)
	if err != nil {
		return err
	}
	o.Contacts = i.roster[name]
	have, err := i.have(ctx, name)
	if err != nil {
		return err
	}
	plan, err := biboumi.Make(o, i.net, have, i.options)
	if err != nil {
		return err
	}
	if !i.dry && !plan.Empty() {
		err := i.to.Update(ctx, func(t *store.Tx) error { return plan.Write(t, i.options.Domain, i.options.Now) })
		if err != nil {
			return err
		}
	}
	i.tell(plan)
	return nil
}

// have reads what the store has of a user.
func (i *importing) have(ctx context.Context, user string) (biboumi.Have, error) {
	h := biboumi.Have{
		Accounts: map[transports.Scope]int64{}, Rooms: map[transports.Address]bool{}, Contacts: map[string]bool{},
	}
	if i.to == nil {
		return h, nil
	}
	accounts, err := i.to.UserAccounts(ctx, i.options.Domain, user)
	if err != nil {
		return h, err
	}
	for _, a := range accounts {
		h.Accounts[transports.Scope(a.Scope)] = a.ID
		rooms, err := i.to.Rooms(ctx, a.ID)
		if err != nil {
			return h, err
		}
		for _, r := range rooms {
			h.Rooms[transports.Address{Kind: transports.Room, Scope: transports.Scope(a.Scope), Name: r.Name}] = true
		}
	}
	contacts, err := i.to.Contacts(ctx, i.options.Domain, user)
	if err != nil {
		return h, err
	}
	for _, c := range contacts {
		h.Contacts[c.Name] = true
	}
	logs := map[transports.Address]int64{}
	h.Line = func(room transports.Address, place int64) (bool, error) {
		log, known := logs[room]
		if !known {
			var err error
			log, _, err = i.to.FindLog(ctx, store.Log{
				Domain: i.options.Domain, Host: string(room.Scope), Room: room.Name, Account: h.Accounts[room.Scope],
			})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return false, err
			}
			logs[room] = log
		}
		if log == 0 {
			return false, nil
		}
		_, err := i.to.Line(ctx, log, place)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	return h, nil
}

// tell prints a plan, without secrets.
func (i *importing) tell(plan biboumi.Plan) {
	w, t := i.p.stdout, &i.total
	for _, a := range plan.Accounts {
		if a.ID == 0 {
			t.accounts++
			fmt.Fprintf(w, "%s: account on %s\n", plan.User, a.Host)
		}
		for _, r := range a.Rooms {
			t.rooms++
			fmt.Fprintf(w, "%s: stays in %s of %s as %s\n", plan.User, r.Name, a.Host, r.Nick)
		}
		for _, l := range a.Logs {
			t.lines += len(l.Lines)
			fmt.Fprintf(w, "%s: %d lines of %s of %s\n", plan.User, len(l.Lines), l.Room, a.Host)
		}
	}
	for _, name := range plan.Contacts {
		t.contacts++
		if name == "" {
			name = "the gateway"
		}
		fmt.Fprintf(w, "%s: contact %s\n", plan.User, name)
	}
	for _, text := range plan.Left {
		t.left++
		fmt.Fprintf(w, "%s: left out: %s\n", plan.User, text)
	}
}
