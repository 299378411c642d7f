package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imap"
	"wherry/transports/email/oauth"
	"wherry/transports/email/submit"
)

// Config says how the accounts of a gateway's component reach the network.
type Config struct {
	Roots             *x509.CertPool // who is trusted to sign certificates; nil is the system's
	AllowPrivateHosts bool           // servers on hosts and ports that are not those of public mail: for tests and private networks
	Table             map[string]autoconfig.Servers
	ISPDB             string  // as autoconfig.Finder's
	OAuth             []OAuth // providers at which users log in by their browser; complete ones
}

// Transport is mail.
type Transport struct {
	imap imap.Dialer
	smtp submit.Dialer
	find func(ctx context.Context, address string) (autoconfig.Found, error)

	oauth  []OAuth
	client oauth.Client
	grants grants

	patience patience
	files    *http.Client // fetches those of mails
	pace     pace
}

// New returns the transport of a gateway's component.
func New(c Config) *Transport {
	dialer := hosts.Dialer{
		Guard:   dial.Guard{AllowPrivate: c.AllowPrivateHosts},
		AnyPort: c.AllowPrivateHosts,
		Config:  func(host string) *tls.Config { return dial.TLSConfig(host, c.Roots) },
	}
	finder := &autoconfig.Finder{Dialer: dialer, Table: c.Table, ISPDB: c.ISPDB}
	return &Transport{
		imap: imap.Dialer{Dialer: dialer}, smtp: submit.Dialer{Dialer: dialer}, find: finder.Find,
		files:  dial.NewClient(&dial.Guard{AllowPrivate: c.AllowPrivateHosts}, dial.ClientOptions{Roots: c.Roots}),
		client: oauth.Client{HTTP: dial.NewClient(&dial.Guard{AllowPrivate: c.AllowPrivateHosts}, dial.ClientOptions{Roots: c.Roots})}, oauth: c.OAuth,
		pace: usualPace, patience: defaultPatience,
	}
}

// logInsAtOne is how many accounts log in at a time: providers count those that come
// from one address.
const logInsAtOne = 8

// About describes the network.
func (t *Transport) About() transports.About {
	return transports.About{
		Name:     "smtp",
		Title:    "Email",
		Contact:  "pc",
		Prompt:   transports.T("Mail address"),
		Describe: transports.T("Type a mail address, such as ann@example.org."),
		Further:  transports.T("Add a mailbox"),
		Files:    true,
		LogIns:   logInsAtOne,

		FoldsRepeats: true,
		Trails:       true,
		Parties:      true,
		AccountIDs:   true,
	}
}
