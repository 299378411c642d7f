package email

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imap"
	"wherry/transports/email/message"
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
		Files:    true,
		LogIns:   logInsAtOne,

		FoldsRepeats: true,
		Trails:       true,
		AccountIDs:   true,
	}
}

// Address turns a mail address into its one spelling: in lower case, as the local
// parts of JIDs are, and without quotes. "ann%example.org" is one, too. A text without "@" is the id of a mailing
// list, RFC 2919; several addresses with commas between them are those of a group.
func (t *Transport) Address(text string, _ transports.Account) (transports.Address, error) {
	if a, ok, err := t.group(text); ok {
		return a, err
	}
	return t.single(text)
}

// single reads the address of one contact.
func (t *Transport) single(text string) (transports.Address, error) {
	if id := strings.ToLower(text); isListID(id) {
		return transports.Address{Kind: transports.Contact, Name: id}, nil
	}
	if at := strings.LastIndexByte(text, '%'); at > 0 && !strings.Contains(text, "@") {
		text = text[:at] + "@" + text[at+1:] // as gateways had it before XEP-0106
	}
	spec, err := addrspec.Parse(text)
	if at := strings.LastIndexByte(text, '@'); err != nil && at > 0 {
		quoted := addrspec.Spec{Local: text[:at], Domain: text[at+1:]}.String()
		if again, also := addrspec.Parse(quoted); also == nil {
			spec, err = again, nil
		}
	}
	if err != nil {
		return transports.Address{}, err
	}
	local := strings.ToLower(spec.Local)
	if local[0] == '"' || strings.TrimSpace(local) != local || strings.Contains(local, ",") && strings.Contains(local, "@") {
		return transports.Address{}, &transports.Error{Kind: transports.Malformed, Text: transports.T("%s is not a mail address.", spec.String())}
	}
	return transports.Address{Kind: transports.Contact, Name: local + "@" + spec.Domain}, nil
}

// isListID tells whether a text has the form of a list's id, in lower case: words
// with a dot between them.
func isListID(text string) bool {
	return len(text) <= 255 && strings.Contains(text, ".") && !strings.HasPrefix(text, ".") && !strings.HasSuffix(text, ".") &&
		!strings.Contains(text, "..") && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789._+-=~") == ""
}

// listAddress returns the address of a list. An id that has not the right form has
// another one there.
func listAddress(id string) transports.Address {
	if !isListID(id) {
		id = "x-" + message.ThreadID("list", id)[:16] + ".invalid"
	}
	return transports.Address{Kind: transports.Contact, Name: id}
}
