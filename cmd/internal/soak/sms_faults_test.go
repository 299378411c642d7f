package soak

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"wherry/cmd/internal/web"
	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/component"
	"wherry/registration"
	"wherry/store"
	"wherry/transports/sms"
	"wherry/transports/sms/provider"
	"wherry/transports/sms/twilio"
	"wherry/transports/sms/twiliotest"
)

// hasty is a provider that is certain after a moment whether it has a message.
type hasty struct{ provider.Provider }

func (h hasty) About() provider.About {
	about := h.Provider.About()
	about.Settled = 2 * time.Second
	return about
}

// answerIn is how long an answer of Twilio's is waited for here.
const answerIn = 2 * time.Second

// serve runs a gateway for all exchanges in this process.
func serve(t *testing.T, all []*exchange) {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + filepath.Join(dir, "db"), KeyFile: filepath.Join(dir, "key")})
	must(t, err)
	port, err := world.FreePort("127.0.0.1")
	must(t, err)
	listen, log := fmt.Sprintf("127.0.0.1:%d", port), slog.New(slog.DiscardHandler)
	conf := component.Config{Store: st, Log: log, HookURL: "http://" + listen + "/hooks"}
	for _, e := range all {
		conf.Domains = append(conf.Domains, component.DomainConfig{
			Domain: e.domain, Secret: secret(e.domain), Server: e.tap.addr(),
			Transport: sms.New(sms.Config{
				Provider:       hasty{twilio.New(twilio.Config{URL: e.twilio.URL, AllowPrivate: true, Timeout: answerIn, Log: log})},
				ReconcileEvery: time.Hour, AllowPrivateHosts: true, Log: log,
			}),
		})
	}
	c, err := component.New(conf)
	must(t, err)
	sign := registration.Attach(c, log)
	l, err := web.Listen(web.Config{Listen: listen, PublicURL: "http://" + listen, Hooks: c, Media: http.NotFoundHandler(), Log: log})
	must(t, err)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		sign.Close()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// after429 is what a Retry-After may say: what makes no sense is as if it were
// missing.
func after429() (storm []twiliotest.Fault) {
	for _, after := range []string{
		"-5", "99999999999999999999", "soon", "", "0", "1", "1.5", "0x10", "１",
		time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat),
		time.Now().Add(-24 * time.Hour).UTC().Format(http.TimeFormat),
	} {
		storm = append(storm, twiliotest.TooMany(after))
	}
	return storm
}

// html is a page of a proxy's that failed after it had passed a request on.
func html(status int) twiliotest.Fault {
	f := twiliotest.Broken(status)
	f.Work = true
	return f
}

// troubles are what goes wrong with requests to send, by the name of the
// exchange where it does. A zero Fault is a request that goes well.
func troubles() map[string][]twiliotest.Fault {
	all := map[string][]twiliotest.Fault{
		"busy":       after429(),
		"cut-before": {twiliotest.CutBefore(), twiliotest.CutBefore(), twiliotest.CutBefore()},
		"cut-after":  {twiliotest.CutAfter(), twiliotest.CutAfter(), twiliotest.CutAfter()},
		"broken":     {twiliotest.Broken(500), html(502), twiliotest.Broken(503), html(504)},
		"null":       {twiliotest.Null(false), twiliotest.Null(true), twiliotest.Null(true)},
		"hang":       {twiliotest.Hang(false), twiliotest.Hang(true), twiliotest.Hang(true)},
		"half":       {{Half: true}, {Work: true, Half: true}, {Work: true, Half: true}},
	}
	mixed := []twiliotest.Fault{{}, {}}
	for _, name := range []string{"busy", "cut-before", "cut-after", "broken", "null", "hang", "half"} {
		mixed = append(mixed, all[name][0], twiliotest.Fault{}, all[name][1])
	}
	all["mixed"] = mixed
	return all
}

// trouble has requests to send go wrong, each by its own fault.
func (e *exchange) trouble(faults []twiliotest.Fault) {
	pass := 0
	for _, f := range faults {
		if f.Status == 0 && !f.Cut && !f.Half {
			pass++
			continue
		}
		e.twilio.FailAfter(twiliotest.OpSend, pass, 1, f)
		pass = 0
	}
}

// undone counts the faults that keep a request from being done.
func undone(faults []twiliotest.Fault) (n int) {
	for _, f := range faults {
		if !f.Work && (f.Status != 0 || f.Cut || f.Half) {
			n++
		}
	}
	return n
}

const (
	talkers = 3 // side by side, at each exchange
	talks   = 2 // of each
	lines   = 3 // in each
)

// Whatever becomes of requests to send, each text is sent once, in the order of
// its conversation, and has its tick when it arrived; conversations do not wait
// for each other.
//
// SMS-S10: what was certainly not sent is sent again, after what Retry-After
// says or a pause; one of unknown outcome is looked for, and sent again only
// when it is not there. SMS-S3: the next text of a conversation waits for that.
// SMS-D1: ticks are for what was delivered.
func TestSMSFaults(t *testing.T) { onServers(t, smsFaults) }

func smsFaults(t *testing.T, s server) {
	var all []*exchange
	var domains []string
	faults := troubles()
	for name := range faults {
		domains = append(domains, name+".example.test")
	}
	slices.Sort(domains)
	w := worldtest.New(t)
	x := startServer(t, w, plan{server: s, users: talkers}, domains...)
	for _, domain := range domains {
		all = append(all, newExchange(t, x, domain, twiliotest.Config{}))
	}
	populateExchanges(t, x, all)
	serve(t, all)
	for _, e := range all {
		for _, p := range e.people {
			e.register(p)
		}
	}
	for _, e := range all {
		for _, p := range e.people {
			e.called(p)
		}
	}
	phones := make([]string, talks)
	for i := range phones {
		phones[i] = freshNumber()
	}
	for _, e := range all {
		e.trouble(faults[e.name()])
		for range lines {
			for _, p := range e.people {
				for _, phone := range phones {
					p.say(phone)
					e.receive(p, phone)
				}
			}
		}
	}
	const each = talks * lines
	for _, e := range all {
		for _, p := range e.people {
			p.until(t, "all ticks", func() bool { return len(p.said) == each && len(p.ticks) >= each })
			p.until(t, "all that was texted", func() bool { return len(p.shown) >= each })
			p.Sync(e.domain)
		}
		e.settled()
		toNetwork, toXMPP := Judge(e.logs(), Rules{})
		for _, v := range []*Verdict{&toNetwork, &toXMPP} {
			for _, example := range v.Examples {
				t.Errorf("%s: %s: %s", e.domain, v.Direction, example)
			}
			if v.Messages != talkers*each || v.Arrived != v.Messages || v.Refused > 0 {
				t.Errorf("%s: %s: %d of %d arrived, %d refused", e.domain, v.Direction, v.Arrived, v.Messages, v.Refused)
			}
		}
		want := talkers*each + undone(faults[e.name()])
		if got := e.twilio.Count(twiliotest.OpSend); got != want {
			t.Errorf("%s: %d requests to send, want %d", e.domain, got, want)
		}
	}
}

// name is the first label of the domain.
func (e *exchange) name() string { return e.domain[:len(e.domain)-len(".example.test")] }

// populateExchanges logs people in, once for all exchanges.
func populateExchanges(t *testing.T, x *world.XMPP, all []*exchange) {
	t.Helper()
	for i := range talkers {
		var roles []*person
		for _, e := range all {
			p := newPerson(userName(i), e.domain)
			roles = append(roles, p)
			e.people = append(e.people, p)
		}
		client := worldtest.Client(t, x, world.Login{Name: userName(i), Password: password, Journal: func(entry world.Entry) {
			for _, p := range roles {
				p.note(entry)
			}
		}})
		for _, p := range roles {
			p.User = client
		}
	}
}

// An equal text that was sent before is never taken for one of unknown outcome:
// a phone to which the same was said again and again has it as often, and each
// has its tick. SMS-S10
func TestSMSEqualTexts(t *testing.T) { onServers(t, smsEqualTexts) }

func smsEqualTexts(t *testing.T, s server) {
	w := worldtest.New(t)
	const domain = "equal.example.test"
	x := startServer(t, w, plan{server: s, users: talkers}, domain)
	e := newExchange(t, x, domain, twiliotest.Config{})
	populateExchanges(t, x, []*exchange{e})
	serve(t, []*exchange{e})
	me := e.people[0]
	e.register(me)
	e.called(me)
	faults := []twiliotest.Fault{
		twiliotest.CutAfter(), twiliotest.CutBefore(), twiliotest.Null(true), twiliotest.Null(false), html(502), twiliotest.Broken(502),
	}
	type conversation struct {
		phone string
		ids   []string
	}
	var all []*conversation
	for range faults {
		c := &conversation{phone: freshNumber()}
		c.ids = append(c.ids, e.text(me, c.phone, again))
		all = append(all, c)
	}
	for _, c := range all {
		me.ticked(t, c.ids[0])
	}
	for i, c := range all {
		sends := e.twilio.Count(twiliotest.OpSend)
		e.trouble(faults[i : i+1])
		c.ids = append(c.ids, e.text(me, c.phone, again), e.text(me, c.phone, again))
		e.until("the second to be sent", func() bool { return e.twilio.Count(twiliotest.OpSend) > sends })
	}
	for _, c := range all {
		for _, id := range c.ids {
			me.ticked(t, id)
		}
	}
	me.Sync(domain)
	e.settled()
	for i, c := range all {
		if got := e.texted(c.phone); !slices.Equal(got, []string{again, again, again}) {
			t.Errorf("%+v: texted %q", faults[i], got)
		}
		for _, id := range c.ids {
			if ticks, noes := me.told(id); ticks != 1 || noes > 0 {
				t.Errorf("%+v: %d ticks and %d errors for one text", faults[i], ticks, noes)
			}
		}
	}
}

// Twilio may ask for more time than anybody has: the text waits, and is neither
// lost nor told to have failed; and other conversations do not wait with it.
// SMS-S10, SMS-X7
func TestSMSLongRetryAfter(t *testing.T) { onServers(t, smsLongRetryAfter) }

func smsLongRetryAfter(t *testing.T, s server) {
	w := worldtest.New(t)
	const domain = "long.example.test"
	x := startServer(t, w, plan{server: s, users: talkers}, domain)
	e := newExchange(t, x, domain, twiliotest.Config{})
	populateExchanges(t, x, []*exchange{e})
	serve(t, []*exchange{e})
	me := e.people[0]
	e.register(me)
	e.called(me)
	waits := freshNumber()
	e.trouble([]twiliotest.Fault{twiliotest.TooMany("2147483647")})
	id := e.text(me, waits, again)
	e.until("the first to be refused", func() bool { return e.twilio.Count(twiliotest.OpSend) == 1 })
	for range 5 {
		me.ticked(t, e.text(me, freshNumber(), "beside it"))
	}
	me.Sync(domain)
	if ticks, noes := me.told(id); ticks+noes > 0 || len(e.texted(waits)) > 0 {
		t.Errorf("%d ticks and %d errors for what waits, and texted %q", ticks, noes, e.texted(waits))
	}
	if got := e.twilio.Count(twiliotest.OpSend); got != 6 {
		t.Errorf("%d requests to send, want 6", got)
	}
}
