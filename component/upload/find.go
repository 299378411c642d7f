package upload

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"wherry/component/disco"
	"wherry/component/form"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/transports"
)

const (
	foundFor   = time.Hour        // a service is not looked for again
	missingFor = 5 * time.Minute  // where there is none, it is
	findWithin = 20 * time.Second // all questions of one search
	itemsMost  = 32               // entries of a server that are asked what they are
	domainMost = 1024             // domains whose service is known
)

// Service is an upload service.
type Service struct {
	JID jid.JID
	Max int64 // size of the largest file, in bytes; 0 where it did not tell
}

// Find returns the upload service of a domain: its server's, or that of an
// entity which the server lists (XEP-0363 §4). It asks in the name of from. What
// was found is known for an hour, and that there is none for five minutes; then
// the error is Unsupported.
func (c *Client) Find(ctx context.Context, from jid.JID, domain string) (Service, error) {
	f, mine := c.found.get(domain, time.Now())
	if mine {
		// Others may wait for it: it does not end with who asked first.
		go func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), findWithin)
			defer cancel()
			service, keep, err := c.search(ctx, from, domain)
			c.found.settle(domain, f, service, err, keep, time.Now())
		}()
	}
	select {
	case <-f.done:
		return f.service, f.err
	case <-ctx.Done():
		return Service{}, unanswered(ctx.Err())
	}
}

// search asks the server of a domain, and who it lists. It also tells for how
// long the outcome holds.
func (c *Client) search(ctx context.Context, from jid.JID, domain string) (Service, time.Duration, error) {
	server := jid.JID{Domain: domain}
	answer, err := c.asker.Ask(ctx, from, server, stanza.E(disco.NSItems, "query"))
	if err != nil {
		return Service{}, 0, unanswered(err)
	}
	list := append(items(answer.Child(disco.NSItems, "query"), from.Domain), server)
	type reply struct {
		service Service
		ok      bool
		err     error
	}
	replies := make([]reply, len(list))
	var asked sync.WaitGroup
	for i, to := range list {
		asked.Go(func() {
			answer, err := c.asker.Ask(ctx, from, to, stanza.E(disco.NSInfo, "query"))
			if err != nil {
				replies[i].err = err
				return
			}
			replies[i].service.JID = to
			replies[i].service.Max, replies[i].ok = offers(answer)
		})
	}
	asked.Wait()
	keep := missingFor
	for _, r := range replies {
		if r.ok {
			return r.service, foundFor, nil
		}
		if r.err != nil {
			keep = 0 // that one may be it
		}
	}
	return Service{}, keep, &transports.Error{Kind: transports.Unsupported, Text: textNone, Err: fmt.Errorf("%.100q offers no upload", domain)}
}

// items returns the entities of a disco#items answer, but for our own domain.
func items(query *stanza.Element, own string) []jid.JID {
	var list []jid.JID
	if query == nil {
		return nil
	}
	for i := range query.Children {
		e := &query.Children[i]
		if e.Space != disco.NSItems || e.Name != "item" || e.Attr("node") != "" {
			continue
		}
		j, err := jid.Parse(e.Attr("jid"))
		if err != nil || j.Domain == own {
			continue
		}
		if list = append(list, j.Clone()); len(list) == itemsMost {
			break
		}
	}
	return list
}

// offers reads a disco#info answer: whether it is an upload service's, and the
// largest file that it takes.
func offers(answer *stanza.IQ) (largest int64, ok bool) {
	query := answer.Child(disco.NSInfo, "query")
	if query == nil || answer.Type != stanza.TypeResult {
		return 0, false
	}
	for i := range query.Children {
		e := &query.Children[i]
		switch {
		case e.Space == disco.NSInfo && e.Name == "feature" && e.Attr("var") == NS:
			ok = true
		case e.Space == form.NS && e.Name == "x" && value(e, "FORM_TYPE") == NS:
			n, err := strconv.ParseInt(strings.TrimSpace(value(e, "max-file-size")), 10, 64)
			if err == nil && n > 0 {
				largest = n
			}
		}
	}
	return largest, ok
}

// value returns the first value of a form's field.
func value(x *stanza.Element, name string) string {
	for i := range x.Children {
		if f := &x.Children[i]; f.Space == form.NS && f.Name == "field" && f.Attr("var") == name {
			return f.ChildText(form.NS, "value")
		}
	}
	return ""
}

// forget has the service of a domain looked for again.
func (c *Client) forget(domain string) { c.found.drop(domain) }

// finds are the services that were found, and those that are looked for.
type finds struct {
	mu  sync.Mutex // guards all
	all map[string]*find
}

// find is one search. Service and err count once done is closed.
type find struct {
	done    chan struct{}
	until   time.Time // zero while it goes on
	service Service
	err     error
}

func newFinds() *finds { return &finds{all: map[string]*find{}} }

// get returns the search for a domain, and whether the caller is to make it.
func (s *finds) get(domain string, now time.Time) (f *find, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.all[domain]; f != nil && (f.until.IsZero() || now.Before(f.until)) {
		return f, false
	}
	if len(s.all) >= domainMost {
		for other, f := range s.all { // any that is not waited for
			if !f.until.IsZero() {
				delete(s.all, other)
				break
			}
		}
	}
	f = &find{done: make(chan struct{})}
	s.all[strings.Clone(domain)] = f
	return f, true
}

// settle ends a search, whose outcome is to be kept for a while.
func (s *finds) settle(domain string, f *find, service Service, err error, keep time.Duration, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.service, f.err, f.until = service, err, now.Add(keep)
	if keep == 0 && s.all[domain] == f {
		delete(s.all, domain)
	}
	close(f.done)
}

func (s *finds) drop(domain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.all[domain]; f != nil && !f.until.IsZero() {
		delete(s.all, domain)
	}
}
