package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"time"

	"wherry/cmd/internal/browser"
	"wherry/cmd/internal/world"
	"wherry/transports/irc/ircv3test"
)

// show plays another world: a network that has replies and reactions, and alice
// at Converse in a browser.
func (s *stage) show(w *world.World, binary, converse, picture string) error {
	secret := rand.Text()
	var harbour net.Listener
	network := ircv3test.New(ircv3test.Config{})
	people := make(map[string]*ircv3test.Puppet)
	err := build([]part{
		{"Prosody, an XMPP server", func() (string, error) {
			var err error
			s.xmpp, err = w.Prosody(world.XMPPConfig{
				Domain: domain, Components: map[string]string{gateway: secret}, Archive: true, Web: true,
				Users: map[string]string{alice: password, guest: password},
			})
			if err != nil {
				return "", err
			}
			return s.xmpp.WebSocket, nil
		}},
		{"An IRC server, all of IRCv3", func() (string, error) {
			var err error
			if harbour, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
				return "", err
			}
			go network.Serve(harbour)
			w.OnClose(func() error { network.Close(); return nil })
			return harbour.Addr().String(), nil
		}},
		{"Some scripted users of IRC", func() (string, error) {
			for _, nick := range []string{ircNick, "carl", "dora"} {
				people[nick] = network.Puppet(nick)
				network.SetHost(nick, nick, nick+".test")
				people[nick].Join(channel)
			}
			return "in " + channel, nil
		}},
		{"Wherry, the gateway", func() (string, error) {
			watch, err := s.xmpp.Client(world.Login{Name: guest, Password: password, Quiet: true})
			if err != nil {
				return "", err
			}
			defer watch.Close()
			_, err = w.Gateway(world.GatewayConfig{
				Binary: binary,
				Components: []world.Component{{
					Domain: gateway, Secret: secret, Server: s.xmpp.ComponentAddr,
					Network: fmt.Sprintf("tls_ports = []\nplain_ports = [%d]\nallow_private_hosts = true\n", harbour.Addr().(*net.TCPAddr).Port),
				}},
				Ready: func(ctx context.Context) error { return watch.Await(ctx, gateway) },
			})
			return gateway, err
		}},
	})
	if err != nil {
		return err
	}
	v := &view{stage: s, network: network, people: people}
	for i, step := range []struct {
		title string
		run   func() error
	}{
		{"The channel is lively before Alice comes", v.before},
		{"Alice opens Converse in Chromium", func() error { return v.open(w, converse) }},
		{"She joins " + channel + " and sees what was said", v.join},
		{"They answer and react to each other", v.talk},
		{"What she sees goes to a picture", func() error { return v.paint(picture) }},
	} {
		fmt.Printf("\n%d. %s\n", i+1, step.title)
		began := time.Now()
		if err := step.run(); err != nil {
			fmt.Println("   ✗ failed")
			return fmt.Errorf("step %d, %s: %w", i+1, step.title, err)
		}
		fmt.Printf("   ✓ %d ms\n", time.Since(began).Milliseconds())
	}
	return nil
}

// view is a channel, on IRC and in a browser.
type view struct {
	*stage
	network *ircv3test.Server
	people  map[string]*ircv3test.Puppet
}

const (
	news   = "Any news of the Mary?"
	sighed = "She was seen off the cape, with a broken mast."
	hers   = "She came in at dawn. I heard the bells!"
	plan   = "Then we sail at noon."
	joy    = "At last!"
	pledge = "I shall be there."
)

func (v *view) before() error {
	v.people[ircNick].Topic(channel, "Ships and sheep")
	v.people[ircNick].Say(channel, news)
	v.people["dora"].Say(channel, sighed)
	told("IRC", "<%s> %s", ircNick, news)
	told("IRC", "<dora> %s", sighed)
	return nil
}

func (v *view) open(w *world.World, converse string) error {
	profile, err := w.Folder("chromium")
	if err != nil {
		return err
	}
	v.browser, err = browser.Open(browser.Login{
		JID: alice + "@" + domain + "/converse", Password: password, WebSocket: v.xmpp.WebSocket, Dist: converse, Profile: profile,
	})
	if err != nil {
		return err
	}
	w.OnClose(v.browser.Close)
	told("XMPP", "%s@%s is logged in", alice, domain)
	return nil
}

func (v *view) join() error {
	if err := v.browser.Join(room, alice); err != nil {
		return err
	}
	for _, text := range []string{news, sighed} {
		if err := v.browser.Sees(text); err != nil {
			return err
		}
	}
	told("XMPP", "she is in %s, and sees what was said before", room)
	return nil
}

func (v *view) talk() error {
	if err := v.browser.Say(hers); err != nil {
		return err
	}
	if err := v.browser.Sees(hers); err != nil {
		return err
	}
	said, err := v.heard("PRIVMSG", hers)
	if err != nil {
		return err
	}
	told("IRC", "<%s> %s", alice, hers)
	v.people[ircNick].React(channel, said, "🎉")
	v.people["dora"].React(channel, said, "🎉")
	v.people["carl"].Reply(channel, said, joy)
	v.people[ircNick].Say(channel, plan)
	if err := v.browser.SeesReaction(hers, "🎉"); err != nil {
		return err
	}
	if err := v.browser.SeesReply(joy, hers); err != nil {
		return err
	}
	told("XMPP", "she sees two 🎉, and Carl's answer: %s", joy)
	if err := v.browser.Sees(plan); err != nil {
		return err
	}
	if err := v.browser.React(plan, "👍"); err != nil {
		return err
	}
	if _, err := v.heard("TAGMSG", "+draft/react=👍"); err != nil {
		return err
	}
	told("IRC", "%s reacts with 👍 to: %s", alice, plan)
	if err := v.browser.Reply(plan, pledge); err != nil {
		return err
	}
	if _, err := v.heard("PRIVMSG", pledge); err != nil {
		return err
	}
	told("IRC", "%s answers that: %s", alice, pledge)
	return v.browser.SeesReply(pledge, plan)
}

// heard waits until Bert is told something of Alice's, and returns the network's
// id for it.
func (v *view) heard(verb, text string) (msgid string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), world.DefaultWait)
	defer cancel()
	told, err := v.people[ircNick].Wait(ctx, func(l string) bool {
		line := world.Line(l)
		return line.Nick() == alice && line.Command() == verb && strings.Contains(l, text)
	})
	if err != nil {
		return "", fmt.Errorf("%s is not told %q: %w", ircNick, text, err)
	}
	return world.Line(told).Tag("msgid"), nil
}

func (v *view) paint(picture string) error {
	if err := v.browser.Screenshot(picture); err != nil {
		return err
	}
	told("Picture", "%s", picture)
	return nil
}
