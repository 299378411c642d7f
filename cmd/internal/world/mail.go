package world

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// MailHost is the name of a mail server and the domain of its users.
const MailHost = "mail.test"

// MailConfig says which mail server is wanted.
type MailConfig struct {
	// IP is the loopback address to listen on; default 127.0.0.5. It is not that
	// of the clients: whom Dovecot finds at its own address needs no TLS.
	IP string
	// Lists are mailing lists: the local parts of their members by their own.
	// What a list hands on has a List-Id.
	Lists map[string][]string
	// BadCertificates adds listeners whose certificates are refused by who looks
	// at them, on 127.0.0.2, 127.0.0.3 and 127.0.0.4.
	BadCertificates bool
}

// MailPorts are the addresses, host and port, of one set of listeners.
type MailPorts struct {
	IP          string
	IMAP        string // STARTTLS, RFC 9051 §6.2.1
	IMAPS       string // TLS from the first byte, RFC 8314 §3.2
	Submission  string // STARTTLS, RFC 6409
	Submissions string // TLS from the first byte, RFC 8314 §3.3
}

// Mail is a mail server: Dovecot keeps the mailboxes, Postfix takes and delivers
// mail. The certificate of MailPorts is for IP, "localhost" and MailHost, signed
// by the world's authority.
//
// It takes mail for its own domain only. A mail to somebody who does not exist
// there, or to another domain, is taken from its sender and comes back.
type Mail struct {
	MailPorts
	MX            string    // takes mail for its users from anybody, without TLS or login
	Expired       MailPorts // for the right names, but over
	WrongHost     MailPorts // for other.test
	UnknownIssuer MailPorts // signed by nobody known

	Dovecot *Server
	Postfix *Server

	dir    string
	roots  *x509.CertPool
	policy *policy

	mu    sync.Mutex // guards users and the file of them
	users map[string]MailAccount
}

// MailAccount is what a user of a mail server logs in with.
type MailAccount struct {
	Address  string // also the name to log in with
	Password string
}

// MailOptions are what is special about a user.
type MailOptions struct {
	Quota     int    // bytes that the mailbox holds; 0 is no limit. What goes beyond comes back
	AutoReply string // the text that is answered to whoever writes; empty: none
}

// listeners is a set of addresses with the folder of its certificate.
type listeners struct {
	Name string
	Dir  string // holds cert.pem and key.pem
	MailPorts
}

// Port is the port of an address.
func (listeners) Port(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

// mailSetting is what the configurations are made of.
type mailSetting struct {
	Dir       string
	Host, IP  string
	UID, GID  int
	Listeners []listeners
	MX, LMTP  string // host and port
	Policy    string // host and port
}

// Port is the port of an address.
func (mailSetting) Port(address string) string { return listeners{}.Port(address) }

// Mail starts a Dovecot and a Postfix, which only root can.
func (w *World) Mail(c MailConfig) (*Mail, error) {
	if w.cred == nil {
		return nil, errors.New("a mail server: Postfix runs for root only")
	}
	if c.IP == "" {
		c.IP = "127.0.0.5"
	}
	m := &Mail{users: make(map[string]MailAccount), roots: x509.NewCertPool()}
	m.roots.AddCert(w.ca.cert)
	set := mailSetting{Host: MailHost, IP: c.IP, UID: int(w.cred.Uid), GID: int(w.cred.Gid)}
	free, err := ports(c.IP, 2)
	if err != nil {
		return nil, err
	}
	m.MX, set.LMTP = address(c.IP, free[0]), address(c.IP, free[1])
	set.MX = m.MX
	name := fmt.Sprintf("mail-%s-%d", c.IP, free[0])
	if m.dir, err = w.Folder(name); err != nil {
		return nil, err
	}
	set.Dir = m.dir
	if set.Listeners, err = w.mailListeners(m, c); err != nil {
		return nil, err
	}
	if m.policy, err = newPolicy(c.IP); err != nil {
		return nil, err
	}
	w.OnClose(m.policy.close)
	set.Policy = m.policy.addr
	if err := w.startDovecot(m, set); err != nil {
		return nil, err
	}
	return m, w.startPostfix(m, set, c.Lists)
}

// mailListeners finds the ports of m and makes the certificates.
func (w *World) mailListeners(m *Mail, c MailConfig) ([]listeners, error) {
	stranger, err := newAuthority()
	if err != nil {
		return nil, err
	}
	type kind struct {
		ports  *MailPorts
		name   string
		ip     string
		issuer *authority
		over   bool
		hosts  []string
	}
	names := []string{MailHost, "localhost"}
	kinds := []kind{{&m.MailPorts, "good", c.IP, w.ca, false, names}}
	if c.BadCertificates {
		kinds = append(kinds,
			kind{&m.Expired, "expired", "127.0.0.2", w.ca, true, names},
			kind{&m.WrongHost, "wronghost", "127.0.0.3", w.ca, false, nil},
			kind{&m.UnknownIssuer, "unknown", "127.0.0.4", stranger, false, names},
		)
	}
	var all []listeners
	for _, k := range kinds {
		free, err := ports(k.ip, 4)
		if err != nil {
			return nil, err
		}
		*k.ports = MailPorts{k.ip, address(k.ip, free[0]), address(k.ip, free[1]), address(k.ip, free[2]), address(k.ip, free[3])}
		dir := filepath.Join(m.dir, k.name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
		if k.hosts = append(k.hosts, k.ip); k.name == "wronghost" {
			k.hosts = []string{"other.test"}
		}
		issue := k.issuer.issue
		if k.over {
			issue = k.issuer.issueOver
		}
		cert, key, err := issue(k.hosts...)
		if err != nil {
			return nil, fmt.Errorf("certificate of the mail server: %w", err)
		}
		// Both servers read these as root.
		if err := os.WriteFile(filepath.Join(dir, "cert.pem"), cert, 0o600); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, "key.pem"), key, 0o600); err != nil {
			return nil, err
		}
		all = append(all, listeners{k.name, dir, *k.ports})
	}
	return all, nil
}

// AddUser adds a user by the local part of the address, with a password of its own.
func (m *Mail) AddUser(name string) (MailAccount, error) { return m.AddUserWith(name, MailOptions{}) }

// Greylist has the first try of each sender to write to a user put off with a
// 450, RFC 6647; the next one goes well.
func (m *Mail) Greylist(name string) { m.policy.greylist(name + "@" + MailHost) }

// Refuse has every mail to an address refused with a 550 while its sender is
// connected.
func (m *Mail) Refuse(address string) { m.policy.refuse(address) }

// Stop stops both programs.
func (m *Mail) Stop() error { return errors.Join(m.Postfix.Stop(), m.Dovecot.Stop()) }

// Renumber has the mails of a user's INBOX get new numbers in a new UIDVALIDITY, RFC
// 9051 §2.3.1.1. Dovecot must not run meanwhile.
func (m *Mail) Renumber(name string) error {
	// What Dovecot knows of a mailbox beside its mails, it makes anew.
	known, err := filepath.Glob(filepath.Join(m.dir, "home", name, "Maildir", "dovecot*"))
	if err != nil {
		return err
	}
	for _, path := range known {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// Queued counts the mails that Postfix has taken and not delivered yet.
func (m *Mail) Queued() (n int, err error) {
	for _, queue := range []string{"incoming", "active", "deferred", "maildrop"} {
		err = errors.Join(err, filepath.WalkDir(filepath.Join(m.dir, "queue", queue), func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) { // it was delivered meanwhile
				return nil
			}
			if err == nil && e.Type().IsRegular() {
				n++
			}
			return err
		}))
	}
	return n, err
}
