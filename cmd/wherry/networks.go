package main

import (
	"log/slog"
	"maps"
	"slices"

	"wherry/cmd/internal/config"
	"wherry/component"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/email"
	"wherry/transports/irc"
	"wherry/transports/irc/identd"
	"wherry/transports/sms"
	"wherry/transports/sms/twilio"
)

// networks are the transports by their names in the configuration.
var networks = map[string]func(config.Component, process) transports.Transport{
	"irc":   newIRC,
	"sms":   newSMS,
	"email": newEmail,
}

// process is what the transports of all domains have in common.
type process struct {
	log    *slog.Logger
	idents *identd.Table // of the connections to IRC; nil where nobody is told of them
}

func (p process) of(domain string) process {
	p.log = p.log.With("domain", domain)
	return p
}

// networkNames returns the names in order.
func networkNames() []string { return slices.Sorted(maps.Keys(networks)) }

func newIRC(c config.Component, p process) transports.Transport {
	var webirc []irc.WebIRC
	for _, w := range c.IRC.WebIRC {
		webirc = append(webirc, irc.WebIRC{
			Host: w.Host, Password: w.Password.Reveal(), Gateway: w.Gateway, Prefix: w.Prefix, Suffix: c.Domain,
		})
	}
	return irc.New(irc.Config{
		TLSPorts:          c.IRC.TLSPorts,
		PlainPorts:        c.IRC.PlainPorts,
		Networks:          c.IRC.Networks,
		FixedNetwork:      c.IRC.FixedNetwork,
		ThrottleLimit:     c.IRC.ThrottleLimit,
		CAs:               c.IRC.CAs,
		AllowPrivateHosts: c.IRC.AllowPrivateHosts,
		OutgoingBind:      c.IRC.OutgoingBind,
		OutgoingProxy:     c.IRC.OutgoingProxy,
		Idents:            p.idents,
		WebIRC:            webirc,
		Log:               p.log,
	})
}

func newSMS(c config.Component, p process) transports.Transport {
	return sms.New(sms.Config{
		Provider: twilio.New(twilio.Config{
			URL:          c.SMS.TwilioURL,
			AllowPrivate: c.SMS.AllowPrivateHosts,
			MediaHosts:   c.SMS.MediaHosts,
			Log:          p.log,
		}),
		Webhook:           c.SMS.Webhook,
		PollEvery:         c.SMS.PollEvery,
		ReconcileEvery:    c.SMS.ReconcileEvery,
		Refused:           c.SMS.RefusePrefixes,
		Soprani:           c.SMS.SopraniAddresses,
		AllowPrivateHosts: c.SMS.AllowPrivateHosts,
		Log:               p.log,
	})
}

func newEmail(c config.Component, _ process) transports.Transport {
	var tokens []email.OAuth
	for _, o := range c.Email.OAuth {
		tokens = append(tokens, email.OAuth{Provider: o.Provider, Hosts: o.IMAPHosts})
	}
	return email.New(email.Config{
		Roots:             c.Email.CAs,
		AllowPrivateHosts: c.Email.AllowPrivateHosts,
		Table:             c.Email.Providers,
		ISPDB:             c.Email.ISPDB,
		OAuth:             tokens,
	})
}

// gateway returns what the component needs to know.
func gateway(conf *config.Config, s *store.Store, p process) component.Config {
	out := component.Config{Store: s, Log: p.log, Version: release()}
	for _, c := range conf.Components {
		out.Domains = append(out.Domains, component.DomainConfig{
			Domain:     c.Domain,
			Secret:     c.Secret.Reveal(),
			Server:     c.Server,
			TLS:        c.TLS,
			Transport:  networks[c.Transport](c, p.of(c.Domain)),
			Allow:      c.Allow,
			Admins:     c.Admins,
			Required:   c.Required,
			Persistent: c.IRC.PersistentByDefault,
			Grace:      c.Grace,
			Limits:     c.Limits,

			RecordHistory: c.IRC.RecordHistory,
			SharedHistory: c.IRC.SharedHistory,
			HistoryAge:    c.IRC.HistoryAge,
			HistoryCount:  c.IRC.HistoryCount,
		})
	}
	return out
}
