package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/web"
	"wherry/component"
	"wherry/component/jid"
	"wherry/component/stanza"
	"wherry/component/upload"
	"wherry/transports"
	"wherry/transports/dial"
)

// public is what wherry shows the world by HTTP.
type public struct {
	shelf    *upload.Shelf // nil: there is no listener
	listener *web.Listener
	stop     func() // ends all; more than once does no harm
}

// offer lets the component use HTTP: files get a URL, and networks know where
// to call.
func (d *daemon) offer(gw *component.Config) (err error) {
	http := d.conf.HTTP
	if http.Listen != "" {
		gw.HookURL = http.PublicURL + strings.TrimSuffix(web.HooksPath, "/")
		if d.public.shelf, err = upload.OpenShelf(http.MediaDir, upload.ShelfOptions{Log: d.log}); err != nil {
			return err
		}
	}
	all := uploaders{}
	for _, c := range d.conf.Components {
		private := privateHosts(c)
		client := dial.NewClient(&dial.Guard{AllowPrivate: private}, dial.ClientOptions{})
		_, parent, _ := strings.Cut(c.Domain, ".")
		all[c.Domain] = &upload.Uploader{
			Policy: c.Upload, Client: upload.NewClient(asker{d}, client, private), Home: parent,
			Shelf: d.public.shelf, Base: http.PublicURL, Log: d.log.With("domain", c.Domain),
		}
	}
	gw.Uploader = all
	return nil
}

// privateHosts tells whether what is done for the users of a domain may reach
// hosts that are not public.
func privateHosts(c config.Component) bool {
	return c.IRC.AllowPrivateHosts || c.SMS.AllowPrivateHosts || c.Email.AllowPrivateHosts
}

// publish listens for HTTP, where the configuration says so.
func (d *daemon) publish() error {
	d.public.stop = func() {}
	http := d.conf.HTTP
	if http.Listen == "" {
		return nil
	}
	l, err := web.Listen(web.Config{
		Listen: http.Listen, PublicURL: http.PublicURL, Cert: http.TLSCert, Key: http.TLSKey,
		Hooks: d.component, Media: d.public.shelf.Handler(), Log: d.log,
	})
	if err != nil {
		return err
	}
	d.log.Info("HTTP is answered", "address", l.Addr(), "url", http.PublicURL)
	ctx, cancel := context.WithCancel(context.Background())
	var sweeps sync.WaitGroup
	sweeps.Go(func() { d.public.shelf.Run(ctx) })
	d.public.listener = l
	d.public.stop = sync.OnceFunc(func() {
		cancel()
		sweeps.Wait()
		if err := l.Close(); err != nil {
			d.log.Warn("stop answering HTTP", "err", err)
		}
	})
	return nil
}

// reloadCertificate reads the certificate of HTTP again.
func (d *daemon) reloadCertificate() {
	if d.public.listener == nil {
		return
	}
	if err := d.public.listener.Reload(); err != nil {
		d.log.Error("the certificate stays as it was", "err", err)
	}
}

// fixedHTTP names what differs and only counts after a restart.
func fixedHTTP(old, next config.HTTP) []string {
	var names []string
	for _, v := range []struct{ name, old, next string }{
		{"listen", old.Listen, next.Listen},
		{"public_url", old.PublicURL, next.PublicURL},
		{"tls_cert", old.TLSCert, next.TLSCert},
		{"tls_key", old.TLSKey, next.TLSKey},
		{"media_dir", old.MediaDir, next.MediaDir},
		{"metrics_listen", old.MetricsListen, next.MetricsListen},
	} {
		if v.old != v.next {
			names = append(names, "http."+v.name)
		}
	}
	return names
}

// uploaders are those of the domains, of which each has its own policy.
type uploaders map[string]*upload.Uploader

// Upload has the domain of the asking address put a file.
func (all uploaders) Upload(ctx context.Context, who, from jid.JID, f *transports.Content) (url, typ string, size int64, err error) {
	u := all[from.Domain]
	if u == nil {
		return "", "", 0, fmt.Errorf("upload from %s, which is none of our domains", from.Domain)
	}
	return u.Upload(ctx, who, from, f)
}

// Forget has the domain take back what it put somewhere for a user.
func (all uploaders) Forget(domain string, who jid.JID) {
	if u := all[domain]; u != nil {
		u.Forget(domain, who)
	}
}

// asker asks by the daemon's component, which is made after what asks by it.
type asker struct{ d *daemon }

// Ask asks in the name of an address of ours.
func (a asker) Ask(ctx context.Context, from, to jid.JID, payload stanza.Element) (*stanza.IQ, error) {
	return a.d.component.Ask(ctx, from, to, payload)
}
