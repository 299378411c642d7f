package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"wherry/cmd/internal/browser"
	"wherry/cmd/internal/world"
	"wherry/transports/sms/twiliotest"
)

// Who and where, in the world of the demo.
const (
	domain   = "example.test"
	gateway  = "irc.example.test"
	host     = "localhost" // the IRC network, as it stands in JIDs
	channel  = "#harbour"
	room     = channel + "%" + host + "@" + gateway
	contact  = ircNick + "%" + host + "@" + gateway
	alice    = "alice"
	guest    = "guest"
	ircNick  = "bert"
	password = "anchor"
)

// stage is the world that the script plays in.
type stage struct {
	xmpp  *world.XMPP
	irc   *world.IRC
	alice *world.Client
	bert  *world.IRCUser

	twilio *twiliotest.Server
	public string             // URL of the gateway's own HTTP
	hers   twiliotest.Account // alice's at Twilio
	theirs twiliotest.Account // the guest's

	mail                     *world.Mail // nil: there is no mail in this world
	carl                     *world.MailUser
	herBox, theirBox, hisBox world.MailAccount
	letter                   *world.Element // the mail that alice answers

	browser *browser.Converse // alice's, where the channel is shown in one
}

// begin starts the servers, the gateway and the two users, and plays the script.
func (s *stage) begin(w *world.World, binary string) error {
	secret := rand.Text()
	parts := []part{
		{"Prosody, an XMPP server", func() (string, error) {
			var err error
			s.xmpp, err = w.Prosody(world.XMPPConfig{
				Domain:     domain,
				Components: map[string]string{gateway: secret, smsGateway: secret, mailGateway: secret},
				Users:      map[string]string{alice: password, guest: password},
			})
			if err != nil {
				return "", err
			}
			return s.xmpp.Addr, nil
		}},
		{"ngircd, an IRC server", func() (string, error) {
			var err error
			s.irc, err = w.Ngircd(world.IRCConfig{})
			if err != nil {
				return "", err
			}
			return s.irc.TLSAddr + " with TLS", nil
		}},
		{"A stand-in for Twilio", func() (string, error) { return "and a phone, " + phone, s.twilioComes(w) }},
		{"Dovecot and Postfix, for mail", func() (string, error) { return "and " + penpal + ", with a mail program", s.mailComes(w) }},
		{ircNick + ", a scripted user of IRC", func() (string, error) { return "in " + channel, s.bertComes(w) }},
		{alice + ", a scripted user of XMPP", func() (string, error) { return "her client is slixmpp", s.aliceComes(w) }},
		{"Wherry, the gateway", func() (string, error) { return gateway + " and others", s.gatewayComes(w, binary, secret) }},
	}
	if !mails() {
		fmt.Println("There is no mail in this world: its servers are not installed, or nobody but root may run them.")
		parts = slices.DeleteFunc(parts, func(p part) bool { return strings.Contains(p.name, "for mail") })
	}
	if err := build(parts); err != nil {
		return err
	}
	return play(s)
}

// part is one thing that a stage has.
type part struct {
	name  string
	start func() (where string, err error)
}

// build starts all parts, in order.
func build(parts []part) error {
	fmt.Println("Starting a world of its own, on loopback:")
	for _, p := range parts {
		began := time.Now()
		where, err := p.start()
		if err != nil {
			fmt.Printf("  ✗ %s\n", p.name)
			return err
		}
		fmt.Printf("  ✓ %-30s %-36s %5d ms\n", p.name, where, time.Since(began).Milliseconds())
	}
	return nil
}

func (s *stage) bertComes(w *world.World) error {
	bert, err := s.irc.User(ircNick)
	if err != nil {
		return err
	}
	s.bert = bert
	w.OnClose(bert.Close)
	if err := bert.Join(channel); err != nil {
		return err
	}
	if err := bert.Send("TOPIC " + channel + " :Ships and sheep"); err != nil {
		return err
	}
	return bert.Sync()
}

func (s *stage) aliceComes(w *world.World) error {
	client, err := s.xmpp.Client(world.Login{Name: alice, Password: password, Resource: "phone"})
	if err != nil {
		return err
	}
	s.alice = client
	w.OnClose(client.Close)
	return nil
}

func (s *stage) gatewayComes(w *world.World, binary, secret string) error {
	port, err := world.FreePort("127.0.0.1")
	if err != nil {
		return err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	s.public = "http://" + listen
	components := []world.Component{
		{Domain: gateway, Secret: secret, Server: s.xmpp.ComponentAddr, Network: w.TrustsTLS(s.irc)},
		{Domain: smsGateway, Secret: secret, Server: s.xmpp.ComponentAddr, Transport: "sms", Network: s.texts()},
	}
	if s.mail != nil {
		components = append(components, world.Component{
			Domain: mailGateway, Secret: secret, Server: s.xmpp.ComponentAddr, Transport: "email", Network: w.TrustsMail(s.mail),
		})
	}
	_, err = w.Gateway(world.GatewayConfig{
		Binary: binary, Components: components,
		Lines: fmt.Sprintf("[http]\nlisten = %q\npublic_url = %q", listen, s.public),
		Ready: func(ctx context.Context) error {
			for _, c := range components {
				if err := s.alice.Await(ctx, c.Domain); err != nil {
					return err
				}
			}
			return nil
		},
	})
	return err
}

// invite tells how to try it with a client of one's own.
func (s *stage) invite(w *world.World) {
	if s.browser != nil {
		fmt.Printf("\nNow try it yourself, until Ctrl-C: open %s in a browser here.\nAlice is logged in there; logs are in %s\n", s.browser.URL, w.Dir())
		return
	}
	fmt.Printf(`
Now try it yourself, until Ctrl-C:

  XMPP     %s@%s, password %s
           server %s (the certificate is this demo's own)
  gateway  %s: find it in your client's service discovery, and register
  room     %s
  contact  %s
  IRC      %s, or with TLS %s, authority %s
           channel %s; %s is there and says back what it hears
  texting  %s: register account SID %s, auth token %s
  phone    %s: it says back what it gets
  logs     %s
`, guest, domain, password, s.xmpp.Addr, gateway, room, contact, s.irc.Addr, s.irc.TLSAddr, w.CAFile(), channel, ircNick,
		smsGateway, s.theirs.SID, s.theirs.Token, phone+"@"+smsGateway, w.Dir())
	go s.echo()
	if s.mail != nil {
		fmt.Printf("  mail     %s: register address %s, password %s\n  contact  %s: he answers what he gets\n",
			mailGateway, s.theirBox.Address, s.theirBox.Password, box(s.hisBox))
		go s.echoMail()
	}
	s.twilio.SetPhone(phone, twiliotest.Phone{Reply: func(t twiliotest.Text) []string { return []string{"You said: " + t.Body} }})
}

// echo has bert answer what is said, for as long as he is connected.
func (s *stage) echo() {
	s.bert.Forget()
	for {
		line, err := s.bert.Next(context.Background())
		if err != nil {
			return
		}
		if line.Command() != "PRIVMSG" {
			continue
		}
		target := line.Param(0)
		if target == ircNick {
			target = line.Nick()
		}
		if err := s.bert.Say(target, line.Nick()+": you said, "+line.Param(1)); err != nil {
			return
		}
	}
}
