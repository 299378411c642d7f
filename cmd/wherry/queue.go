package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"wherry/cmd/internal/config"
	"wherry/component"
	"wherry/component/jid"
	"wherry/store"
)

// queue is one listing of what waits.
type queue struct {
	store   *store.Store
	domains []string
	user    string // bare; empty: sums of all
	bodies  bool
	now     time.Time
}

func (p *program) queue(ctx context.Context, args []string) (err error) {
	set, name := p.flags("queue", configHelp)
	domain := set.String("domain", "", "list this `DOMAIN` only")
	user := set.String("user", "", "list single messages, from and to this `JID`")
	bodies := set.Bool("bodies", false, "with -user: show what the messages say")
	if err := p.parse(set, args); err != nil {
		return err
	}
	q := queue{bodies: *bodies, now: time.Now()}
	if *bodies && *user == "" {
		return p.misused(set, "-bodies needs -user")
	}
	if *user != "" {
		who, err := jid.Parse(strings.ToLower(*user))
		if err != nil {
			return p.misused(set, "%q is no JID, like juliet@example.org", *user)
		}
		q.user = who.Bare().String()
	}
	conf, err := p.load(*name)
	if err != nil {
		return err
	}
	if q.domains, err = domainsOf(conf, *domain); err != nil {
		return err
	}
	// Without the key file no secret can be opened: none is needed.
	q.store, err = store.OpenReadOnly(ctx, store.Config{URL: conf.Store.URL})
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no store %s yet: wherry run makes it", conf.Store.Path())
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.store.Close()) }()
	w := tabwriter.NewWriter(p.stdout, 0, 8, 2, ' ', 0)
	if err := q.list(ctx, w); err != nil {
		return err
	}
	return w.Flush()
}

// domainsOf returns the configured domains, or the named one of them.
func domainsOf(conf *config.Config, only string) ([]string, error) {
	var all []string
	for _, c := range conf.Components {
		if only == "" || strings.EqualFold(c.Domain, only) {
			all = append(all, c.Domain)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no component %s", conf.File, only)
	}
	return all, nil
}

func (q queue) list(ctx context.Context, w io.Writer) error {
	list := q.sums
	if q.user != "" {
		list = q.rows
	}
	for i, domain := range q.domains {
		if err := list(ctx, w, domain, i == 0); err != nil {
			return err
		}
	}
	return nil
}

// unsettled is the state of all that is in the inbox.
const unsettled = "unsettled"

// sums lists how much waits, and since when.
func (q queue) sums(ctx context.Context, w io.Writer, domain string, first bool) error {
	if first {
		fmt.Fprintln(w, "DOMAIN\tUSER\tNETWORK\tBOX\tSTATE\tROWS\tOLDEST")
	}
	lines, err := q.store.Queue(ctx, domain)
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.State.Final() {
			continue // it is only remembered
		}
		state := unsettled
		if l.Box == "out" {
			state = l.State.String()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Domain, dash(l.User), dash(l.Scope), l.Box, state, l.Rows, q.age(l.Oldest))
	}
	return nil
}

// rows lists the single messages of a user.
func (q queue) rows(ctx context.Context, w io.Writer, domain string, first bool) error {
	if first {
		fmt.Fprint(w, "DOMAIN\tNUMBER\tBOX\tCONVERSATION\tSTATE\tATTEMPTS\tNEXT TRY\tAGE")
		if q.bodies {
			fmt.Fprint(w, "\tTEXT")
		}
		fmt.Fprintln(w)
	}
	out, in, err := q.store.QueuedOf(ctx, domain, q.user)
	if err != nil {
		return err
	}
	for _, o := range out {
		number := fmt.Sprint(o.Message)
		if o.Parts > 1 {
			number += fmt.Sprintf(" %d/%d", o.Part+1, o.Parts)
		}
		fmt.Fprintf(w, "%s\t%s\tout\t%s\t%s\t%d\t%s\t%s", domain, number, dash(o.Chat), o.State, o.Attempts, q.next(o), q.age(o.Created))
		q.end(w, o.Content)
	}
	for _, i := range in {
		fmt.Fprintf(w, "%s\t%d\tin\t%s\t%s\t-\t-\t%s", domain, i.ID, dash(i.Chat), unsettled, q.age(i.Created))
		q.end(w, i.Content)
	}
	return nil
}

// end ends a line, with what a message says only where that is asked for.
func (q queue) end(w io.Writer, content []byte) {
	if q.bodies {
		fmt.Fprintf(w, "\t%s", component.Describe(content))
	}
	fmt.Fprintln(w)
}

// next tells when a part is to be tried.
func (q queue) next(o store.Outgoing) string {
	switch {
	case o.State >= store.Sent:
		return "-"
	case o.Due.After(q.now):
		return "in " + short(o.Due.Sub(q.now))
	}
	return "now"
}

func (q queue) age(since time.Time) string { return short(q.now.Sub(since)) }

// short returns a duration to the second.
func short(d time.Duration) string { return max(d, 0).Round(time.Second).String() }

// dash returns a name of others as it can stand in a table.
func dash(s string) string {
	return cmp.Or(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s), "-")
}
