package sms

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// overrides, in the fragment of a URL, have Twilio try again where a call
// failed to connect, took too long or was answered by an error of the server:
// five times. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
const overrides = "#rc=5&rp=ct,rt,5xx"

// statusPath is behind the hook where the provider tells what became of a
// message of ours.
const statusPath = "/status"

// installed is what is saved of a line whose calls come to us: where they went
// before, where we had them go, and at which account.
type installed struct {
	Old     provider.Hook `json:"old"`
	Ours    string        `json:"ours"`
	Account string        `json:"account,omitempty"`
}

func readInstalled(saved []byte) (installed, bool) {
	var in installed
	if len(saved) == 0 || json.Unmarshal(saved, &in) != nil {
		return installed{}, false
	}
	return in, true
}

// sameHook tells whether two URLs are one, their fragments aside.
func sameHook(a, b string) bool {
	a, _, _ = strings.Cut(a, "#")
	b, _, _ = strings.Cut(b, "#")
	return a == b
}

// isOurs tells whether a URL is the hook of the account that ours is of, though
// perhaps as the gateway was reached before: what it ends in only that one has.
func isOurs(url, ours string) bool {
	key := func(s string) string {
		s, _, _ = strings.Cut(s, "#")
		return s[strings.LastIndexByte(s, '/')+1:]
	}
	return sameHook(url, ours) || key(url) != "" && key(url) == key(ours)
}

// hooks has the provider call us for each line, or no longer, as the account
// wants it.
func (s *Session) hooks(ctx context.Context, emit emitter) error {
	if err := s.restoreOthers(ctx, emit); err != nil {
		return err
	}
	switch {
	case !s.calls():
		return nil
	case s.webhook == webhookManual:
		s.tellOnce("manual", transports.T("Messages come to this gateway where %s calls it: set this address for incoming messages of your numbers: %s", s.t.about.Name, s.hook))
		return nil
	}
	for _, line := range s.lines {
		if err := s.install(ctx, emit, line); err != nil {
			return err
		}
	}
	return nil
}

// install has the provider call us for a line. What it did before is saved
// first, so that it can be put back whatever happens.
func (s *Session) install(ctx context.Context, emit emitter, line string) error {
	now, err := s.t.provider.Hooked(ctx, s.creds, line)
	if err != nil {
		return s.notInstalled(line, err)
	}
	s.unsure[line] = !now.Problem.IsZero()
	if s.unsure[line] {
		s.tellOnce("problem."+line, now.Problem)
	}
	if sameHook(now.URL, s.hook) {
		return nil
	}
	before, known := readInstalled(s.save(saveHook + line))
	if !isOurs(now.URL, s.hook) && !(known && isOurs(now.URL, before.Ours)) {
		before.Old = now
		before.Old.Problem = transports.Text{}
	}
	before.Ours, before.Account = s.hook, s.creds.Account
	value, err := json.Marshal(before)
	if err != nil {
		return &transports.Error{Kind: transports.Internal, Err: err}
	}
	if err := s.commit(ctx, emit, transports.Batch{Saves: []transports.Save{{Name: saveHook + line, Value: value, Secret: true}}}); err != nil {
		return err
	}
	hook := provider.Hook{URL: s.hook + overrides, Method: http.MethodPost}
	return s.notInstalled(line, s.t.provider.SetHook(ctx, s.creds, line, hook))
}

// notInstalled decides what a failure to have a line's calls means: for what
// will not pass, the line is asked instead, and the user told.
func (s *Session) notInstalled(line string, err error) error {
	e := transports.AsError(err)
	if e == nil || e.Temporary() || e.Kind == transports.Credentials {
		return err
	}
	s.t.log.Warn("hook", "line", line, "err", err)
	s.unsure[line] = true
	s.tellOnce("hook."+line, transports.T("%s does not let this gateway set where it calls for %s. Until you set it yourself, it is asked instead. The address is %s", s.t.about.Name, line, s.hook))
	return nil
}

// restoreOthers puts back where the provider called for lines that are not to
// call us any more. What is saved of one stays until that is done, or hopeless.
func (s *Session) restoreOthers(ctx context.Context, emit emitter) error {
	for _, name := range s.savedHooks() {
		line := strings.TrimPrefix(name, saveHook)
		in, _ := readInstalled(s.save(name))
		elsewhere := in.Account != "" && in.Account != s.creds.Account
		if s.calls() && slices.Contains(s.lines, line) && !elsewhere {
			continue
		}
		err := s.t.restore(ctx, &s.account, line, s.save(name))
		switch e := transports.AsError(err); {
		case e == nil:
		case elsewhere && e.Temporary():
			s.t.log.Warn("put a hook back", "line", line, "err", err)
			continue // at the next connection
		case !elsewhere && (e.Temporary() || e.Kind == transports.Credentials):
			return err
		default: // what does not pass by itself is not tried again for ever
			s.t.log.Warn("put a hook back", "line", line, "err", err)
		}
		if err := s.commit(ctx, emit, transports.Batch{Saves: []transports.Save{{Name: name}}}); err != nil {
			return err
		}
	}
	return nil
}

// savedHooks returns the names of what is saved of hooks, in order.
func (s *Session) savedHooks() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return hookNames(s.saved)
}

func hookNames(saved transports.Saved) []string {
	var names []string
	for name := range saved {
		if strings.HasPrefix(name, saveHook) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// restore puts back where the provider called for a line, if it is still us, at
// the account where that was changed.
func (t *Transport) restore(ctx context.Context, a *account, line string, saved []byte) error {
	before, ok := readInstalled(saved)
	if !ok {
		return nil
	}
	creds, ok := a.of(before.Account)
	if !ok {
		return &transports.Error{Kind: transports.NotFound, Err: errors.New("nothing to log in with to the account of before")}
	}
	now, err := t.provider.Hooked(ctx, creds, line)
	if err != nil {
		return err
	}
	if !isOurs(now.URL, before.Ours) {
		return nil
	}
	return t.provider.SetHook(ctx, creds, line, before.Old)
}

// Forget puts back where the provider called for the account's lines, and has it
// call for their groups no longer.
func (t *Transport) Forget(ctx context.Context, in transports.Account, saved transports.Saved) error {
	t.forget(in.Key)
	a := t.account(in)
	var all []error
	for _, name := range hookNames(saved) {
		all = append(all, t.restore(ctx, &a, strings.TrimPrefix(name, saveHook), saved[name]))
	}
	for _, g := range readJoined(saved) {
		all = append(all, unhook(ctx, t.grouper, a.creds, g))
	}
	return errors.Join(all...)
}
