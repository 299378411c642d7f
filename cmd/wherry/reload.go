package main

import (
	"crypto/x509"
	"reflect"

	"wherry/cmd/internal/config"
)

// reload reads the configuration again and takes over what can change while
// running. What is wrong changes nothing.
func (d *daemon) reload() error {
	next, err := config.Load(d.conf.File, d.program.environ, networkNames())
	if err != nil {
		d.log.Error("the configuration stays as it was", "err", err)
		return err
	}
	for _, warning := range next.Warnings {
		d.log.Warn(warning)
	}
	later, err := d.component.Reload(gateway(next, d.store, d.process()))
	if err != nil {
		d.log.Error("the configuration stays as it was", "err", err)
		return err
	}
	d.level.Set(next.Log.Level)
	later = append(later, fixed(d.conf, next)...)
	d.log.Info("read the configuration again", "config", d.conf.File)
	if len(later) > 0 {
		d.log.Warn("these settings count after a restart", "settings", later)
	}
	return nil
}

// fixed names what differs outside of the component's reach and only counts
// after a restart.
func fixed(old, next *config.Config) []string {
	var names []string
	if old.Store.URL != next.Store.URL {
		names = append(names, "store.url")
	}
	if old.Store.KeyFile != next.Store.KeyFile {
		names = append(names, "store.key_file")
	}
	if old.Log.JSON != next.Log.JSON {
		names = append(names, "log.format")
	}
	names = append(names, fixedHTTP(old.HTTP, next.HTTP)...)
	for _, c := range next.Components {
		for _, o := range old.Components {
			if o.Domain == c.Domain {
				names = append(names, fixedComponent(o, c)...)
			}
		}
	}
	return names
}

// fixedComponent does so for one domain. What of it may change at once, and
// secret, server and the use of TLS, are the component's to tell.
func fixedComponent(old, next config.Component) []string {
	var names []string
	if old.Transport != next.Transport {
		names = append(names, "transport of "+next.Domain)
	}
	if old.TLS != nil && next.TLS != nil && (old.TLS.ServerName != next.TLS.ServerName || !samePool(old.TLS.RootCAs, next.TLS.RootCAs)) {
		names = append(names, "tls_name or tls_ca_file of "+next.Domain)
	}
	if !sameIRC(old.IRC, next.IRC) {
		names = append(names, "[component.irc] of "+next.Domain)
	}
	if !reflect.DeepEqual(old.SMS, next.SMS) {
		names = append(names, "[component.sms] of "+next.Domain)
	}
	if !sameEmail(old.Email, next.Email) {
		names = append(names, "[component.email] of "+next.Domain)
	}
	return names
}

func sameEmail(old, next config.Email) bool {
	if !samePool(old.CAs, next.CAs) {
		return false
	}
	old.CAs = next.CAs
	return reflect.DeepEqual(old, next)
}

// sameIRC compares what counts after a restart only: persistence and history
// are the component's, and change at once.
func sameIRC(old, next config.IRC) bool {
	if !samePool(old.CAs, next.CAs) {
		return false
	}
	old.CAs, old.PersistentByDefault = next.CAs, next.PersistentByDefault
	old.RecordHistory, old.SharedHistory = next.RecordHistory, next.SharedHistory
	old.HistoryAge, old.HistoryCount = next.HistoryAge, next.HistoryCount
	return reflect.DeepEqual(old, next)
}

// samePool compares what DeepEqual cannot: pools hold functions.
func samePool(a, b *x509.CertPool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}
