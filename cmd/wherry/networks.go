package main

import (
	"log/slog"
	"maps"
	"slices"

	"wherry/cmd/internal/config"
	"wherry/component"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/irc"
	"wherry/transports/sms"
	"wherry/transports/sms/twilio"
)

// networks are the transports by their names in the configuration.
var networks = map[string]func(config.Component, *slog.Logger) transports.Transport{
	"irc": newIRC,
	"sms": newSMS,
}

// networkNames returns the names in order.
func networkNames() []string { return slices.Sorted(maps.Keys(networks)) }

func newIRC(c config.Component, log *slog.Logger) transports.Transport {
	return irc.New(irc.Config{
		TLSPorts:          c.IRC.TLSPorts,
		PlainPorts:        c.IRC.PlainPorts,
		Networks:          c.IRC.Networks,
		FixedNetwork:      c.IRC.FixedNetwork,
		ThrottleLimit:     c.IRC.ThrottleLimit,
		CAs:               c.IRC.CAs,
		AllowPrivateHosts: c.IRC.AllowPrivateHosts,
		OutgoingBind:      c.IRC.OutgoingBind,
		Log:               log,
	})
}

func newSMS(c config.Component, log *slog.Logger) transports.Transport {
	return sms.New(sms.Config{
		Provider: twilio.New(twilio.Config{
			URL:          c.SMS.TwilioURL,
			AllowPrivate: c.SMS.AllowPrivateHosts,
			MediaHosts:   c.SMS.MediaHosts,
			Log:          log,
		}),
		Webhook:           c.SMS.Webhook,
		PollEvery:         c.SMS.PollEvery,
		ReconcileEvery:    c.SMS.ReconcileEvery,
		Refused:           c.SMS.RefusePrefixes,
		Soprani:           c.SMS.SopraniAddresses,
		AllowPrivateHosts: c.SMS.AllowPrivateHosts,
		Log:               log,
	})
}

// gateway returns what the component needs to know.
func gateway(conf *config.Config, s *store.Store, log *slog.Logger) component.Config {
	out := component.Config{Store: s, Log: log, Version: release()}
	for _, c := range conf.Components {
		out.Domains = append(out.Domains, component.DomainConfig{
			Domain:     c.Domain,
			Secret:     c.Secret.Reveal(),
			Server:     c.Server,
			TLS:        c.TLS,
			Transport:  networks[c.Transport](c, log.With("domain", c.Domain)),
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
