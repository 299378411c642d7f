package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"wherry/cmd/internal/world"
	"wherry/cmd/internal/world/worldtest"
	"wherry/transports/sms/twiliotest"
)

// The domains of the tests of SMS. All gateways of one XMPP server are known to
// it from the start.
const (
	phonesDomain = "phones.test"
	smsGateway   = "sms." + phonesDomain    // is called; pictures stay with the gateway
	pollGateway  = "poll." + phonesDomain   // asks each second; pictures go to the XMPP server
	killGateway  = "killed." + phonesDomain // for a gateway of its own
	fullGateway  = "full." + phonesDomain   // for another
)

// exchange is a stand-in for Twilio, a component that texts through it, and the
// XMPP server that the component is attached to.
type exchange struct {
	*harbour // with no IRC
	twilio   *twiliotest.Server
	domain   string // of the component
	public   string // URL of the gateway's own HTTP
	other    *exchange

	mu      sync.Mutex // guards secrets
	secrets []string   // that must show nowhere
}

// onEachExchange runs a test on each XMPP server, with a gateway that all tests
// share.
func onEachExchange(t *testing.T, test func(*testing.T, *exchange)) {
	t.Parallel()
	for _, s := range servers {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			worldtest.Need(t, append(s.programs, "/usr/bin/python3")...)
			e, err := exchanges[s.name]()
			if err != nil {
				t.Fatal(err)
			}
			test(t, e)
			e.healthy(t)
			e.discreet(t)
			e.other.discreet(t)
		})
	}
}

var exchanges = func() map[string]func() (*exchange, error) {
	all := make(map[string]func() (*exchange, error))
	for _, s := range servers {
		all[s.name] = sync.OnceValues(func() (*exchange, error) {
			w, err := shared()
			if err != nil {
				return nil, err
			}
			return openExchange(w, s.start)
		})
	}
	return all
}()

// openExchange starts an XMPP server, and a gateway with two components, each
// with a Twilio of its own.
func openExchange(w *world.World, start server) (*exchange, error) {
	secrets := make(map[string]string)
	for _, domain := range []string{smsGateway, pollGateway, killGateway, fullGateway} {
		secrets[domain] = secretOf(domain)
	}
	xmpp, err := start(w, world.XMPPConfig{
		Domain: phonesDomain, Components: secrets, Users: map[string]string{"watch": password},
		Archive: true, Upload: true,
	})
	if err != nil {
		return nil, err
	}
	h := &harbour{world: w, xmpp: xmpp}
	e := &exchange{harbour: h, domain: smsGateway, other: &exchange{harbour: h, domain: pollGateway}}
	for _, e := range []*exchange{e, e.other} {
		if e.twilio, err = twiliotest.Start(twiliotest.Config{FetchMedia: true}); err != nil {
			return nil, err
		}
		w.OnClose(func() error { e.twilio.Close(); return nil })
	}
	return e, h.switchOn("wherry-sms-"+xmpp.Kind, []*exchange{e, e.other}, []string{
		e.component(`upload = "own"`, `reconcile_every = "1h"`),
		e.other.component(`upload = "auto"`, `poll_every = "1s"`, `webhook = "poll"`),
	})
}

// secretOf is what a component and the XMPP server know each other by.
func secretOf(domain string) string { return "secret of " + domain }

// component returns the tables of the exchange's component.
func (e *exchange) component(lines string, network ...string) string {
	return fmt.Sprintf("[[component]]\ndomain = %q\nsecret = %q\nserver = %q\ntransport = \"sms\"\n%s\n"+
		"[component.sms]\ntwilio_url = %q\nallow_private_hosts = true\nmedia_hosts = [\"127.0.0.1\"]\n%s\n",
		e.domain, secretOf(e.domain), e.xmpp.ComponentAddr, lines, e.twilio.URL, strings.Join(network, "\n"))
}

// switchOn starts a gateway with components of the given tables.
func (h *harbour) switchOn(name string, all []*exchange, tables []string) error {
	path, err := binary()
	if err != nil {
		return err
	}
	port, err := world.FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	for _, e := range all {
		e.public = "http://" + listen
	}
	h.gateway, err = h.world.Gateway(world.GatewayConfig{
		Name: name, Binary: path, Debug: true,
		Lines: fmt.Sprintf("[http]\nlisten = %q\npublic_url = %q\n\n", listen, "http://"+listen) + strings.Join(tables, "\n"),
		Ready: func(ctx context.Context) error {
			for _, e := range all {
				if err := h.answers(ctx, e.domain); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return err
}

// answers returns when a component answers.
func (h *harbour) answers(ctx context.Context, domain string) error {
	watch, err := h.xmpp.Client(world.Login{Name: "watch", Password: password, Resource: world.NewID(), Quiet: true})
	if err != nil {
		return err
	}
	defer watch.Close()
	return watch.Await(ctx, domain)
}

// apart returns an exchange at the same XMPP server with a gateway of its own,
// which the test may wreck.
func (e *exchange) apart(t *testing.T, domain string, network ...string) *exchange {
	t.Helper()
	own := &exchange{harbour: &harbour{world: e.world, xmpp: e.xmpp}, domain: domain, twilio: twiliotest.New(t, twiliotest.Config{})}
	if err := own.switchOn("wherry-"+domain+"-"+e.xmpp.Kind, []*exchange{own}, []string{own.component("", network...)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.gateway.Stop(); err != nil {
			t.Error(err)
		}
	})
	return own
}

// until waits for something to become so at Twilio.
func (e *exchange) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), world.DefaultWait)
	defer cancel()
	if err := e.twilio.Wait(ctx, done); err != nil {
		t.Fatalf("waited in vain for %s: %v", what, err)
	}
}

// hides notes what must show nowhere.
func (e *exchange) hides(secrets ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.secrets = append(e.secrets, secrets...)
}

// discreet fails the test where a secret stands in the gateway's log, which
// tells everything, or in its database. SMS-R4, SMS-X1
func (e *exchange) discreet(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	secrets := append([]string(nil), e.secrets...)
	e.mu.Unlock()
	log := e.gateway.Tail(1 << 26)
	for _, secret := range secrets {
		if at := strings.Index(log, secret); at >= 0 {
			t.Errorf("a secret is in the log: …%s…", log[max(0, at-300):min(len(log), at+300)])
		}
	}
	wantInNoFile(t, e.gateway, secrets...)
}

// caller is a user with a number at Twilio.
type caller struct {
	*passenger
	e       *exchange
	account twiliotest.Account
	line    string
}

// subscriber makes a user, with an account and a number that texts and sends
// pictures; they are not registered yet.
func (e *exchange) subscriber(t *testing.T) *caller {
	t.Helper()
	c := &caller{passenger: e.passenger(t), e: e, account: e.twilio.AddAccount(twiliotest.Account{})}
	e.hides(c.account.Token)
	c.line = c.number()
	return c
}

// caller makes a user who is registered with the account's token.
func (e *exchange) caller(t *testing.T) *caller {
	t.Helper()
	c := e.subscriber(t)
	c.signUp(map[string]string{"account_sid": c.account.SID, "auth_token": c.account.Token})
	return c
}

// number adds a number to the account.
func (c *caller) number() string {
	return c.e.twilio.AddNumber(twiliotest.Number{Account: c.account.SID, Number: freshNumber(), SMS: true, MMS: true}).Number
}

// signUp registers and waits until messages come and go.
func (c *caller) signUp(fields map[string]string) {
	c.t.Helper()
	if answer := c.register(c.e.domain, fields); answer.Type() != "result" {
		c.t.Fatalf("refused: %v", answer)
	}
	c.connected()
}

// connected waits until the gateway has begun to look for messages.
func (c *caller) connected() {
	c.t.Helper()
	c.e.until(c.t, "the account to be in use", func() bool { return len(c.requests(twiliotest.OpList)) > 0 })
}

// requests returns the requests of a kind that were made for the account.
func (c *caller) requests(op twiliotest.Op) []twiliotest.Request {
	var found []twiliotest.Request
	for _, r := range c.e.twilio.Requests() {
		if r.Op == op && r.Account == c.account.SID && r.Authorized {
			found = append(found, r)
		}
	}
	return found
}

// hook is where Twilio calls for the line: a secret.
func (c *caller) hook() string {
	c.t.Helper()
	c.e.until(c.t, "the line to call the gateway", func() bool { return strings.HasPrefix(c.at(c.line).SMSURL, c.e.public+"/hooks/") })
	url, _, _ := strings.Cut(c.at(c.line).SMSURL, "#")
	c.e.hides(url[strings.LastIndexByte(url, '/')+1:])
	return url
}

// at returns a number as Twilio has it now.
func (c *caller) at(number string) twiliotest.Number {
	c.t.Helper()
	n, ok := c.e.twilio.Number(number)
	if !ok {
		c.t.Fatalf("no number %s", number)
	}
	return n
}

// contact is the address of a phone.
func (c *caller) contact(phone string) string { return phone + "@" + c.e.domain }

// text sends a text that asks for a tick, and returns its id.
func (c *caller) text(phone, body string, payload ...string) string {
	c.t.Helper()
	id := world.NewID()
	c.textAs(id, phone, body, payload...)
	return id
}

func (c *caller) textAs(id, phone, body string, payload ...string) {
	c.t.Helper()
	c.Sendf(`<message to="%s" type="chat" id="%s"><body>%s</body><request xmlns="`+nsReceipts+`"/>`+strings.Join(payload, "")+`</message>`,
		c.contact(phone), id, body)
}

// ticked waits for the tick of a text.
func (c *caller) ticked(phone, id string) *world.Element {
	c.t.Helper()
	return c.Expect("the tick of "+id, func(e *world.Element) bool { return e.From() == c.contact(phone) && ticks(e, id) })
}

// ticks tells whether a stanza says that a message arrived (XEP-0184).
func ticks(e *world.Element, id string) bool {
	return e.Name() == "message" && e.Child("received", nsReceipts).Attr("id") == id
}

// countTicks returns how often a text was said to have arrived, once all that
// was on its way from the gateway is here.
func (c *caller) countTicks(id string) int {
	c.t.Helper()
	c.Sync(c.e.domain)
	return len(c.count(func(e *world.Element) bool { return ticks(e, id) }))
}

// shows waits until a phone has n texts and returns them.
func (c *caller) shows(phone string, n int) []twiliotest.Text {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), world.DefaultWait)
	defer cancel()
	texts, err := c.e.twilio.WaitTexted(ctx, phone, n)
	if err != nil {
		c.t.Fatalf("%s shows %d texts, not %d: %v; all of Twilio's: %+v", phone, len(texts), n, err, c.e.twilio.Messages())
	}
	return texts
}

// answered waits until a call of Twilio's about a message was answered as
// wanted, 0 being a refused connection.
func (e *exchange) answered(t *testing.T, sid, state string, status int) twiliotest.Call {
	t.Helper()
	var found twiliotest.Call
	e.until(t, fmt.Sprintf("a call about %s %s, answered by %d", sid, state, status), func() bool {
		for _, c := range e.twilio.Calls() {
			if c.SID == sid && c.MessageStatus == state && c.Status == status {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

// texts returns the bodies of the messages that came from a phone, each once,
// in order: a message may come again, with the same id.
func (c *caller) texts(phone string) []string {
	var bodies []string
	seen := make(map[string]bool)
	for _, e := range c.messages("chat", c.contact(phone)) {
		if !seen[e.ID()] {
			seen[e.ID()] = true
			bodies = append(bodies, e.Body())
		}
	}
	return bodies
}

// refusal waits for the error of a text, which is to have a condition, a text
// in words and Twilio's number, and not to tell the token.
func (c *caller) refusal(id, condition, typ, code string) *world.Element {
	c.t.Helper()
	e := c.Expect("the error of "+id, func(e *world.Element) bool { return e.Name() == "message" && e.Type() == "error" && e.ID() == id })
	got := e.Child("error")
	if e.Condition() != condition || got.Attr("type") != typ || got.Child("code", "urn:wherry:error:0").Text != code || !strings.Contains(e.ErrorText(), code) {
		c.t.Errorf("want %s, type %s, with number %s; got %v", condition, typ, code, e)
	}
	return e
}

// quiet fails the test where a secret came to the user in any stanza.
func (c *caller) quiet(secrets ...string) {
	c.t.Helper()
	for _, e := range c.Received() {
		for _, secret := range secrets {
			if strings.Contains(e.String(), secret) {
				c.t.Errorf("a stanza tells a secret: %v", e)
			}
		}
	}
}

const nsReceipts = "urn:xmpp:receipts"

// freshNumber returns a number that nobody else has.
func freshNumber() string {
	lastName.Add(1)
	return fmt.Sprintf("+1415555%04d", lastName.Load()%10000)
}
