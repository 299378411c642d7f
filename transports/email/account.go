package email

import (
	"strconv"
	"strings"
	"time"

	"wherry/transports"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/compose"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imap"
	"wherry/transports/email/submit"
)

// account is what the settings of an account say.
type account struct {
	key       string // transports.Account's
	scope     transports.Scope
	me        compose.Mailbox
	aliases   []string // other addresses of the user, in the spelling of Address
	receive   hosts.Host
	send      hosts.Host
	username  string
	password  string
	hint      transports.Text // what is told when the password is refused; or nothing
	backfill  int             // how many mails from before the account come
	elsewhere bool            // what other programs send is shown
	quiet     bool            // mail that went to many is not shown, but that of lists
	folders   []string        // whose mail comes besides that of the inbox, as the user calls them
	gather    time.Duration   // that a message waits for the next one
	answers   string          // whom answers go to: answersAll, or nothing
	subjects  string          // where they are shown above texts: subjectsAlways, subjectsNever, or nothing
	quotes    string          // how much of what is answered is quoted: quoteShort, quoteFull, or nothing
	letters   bool            // mail is shown as letters
	tellRead  bool            // who asks for it is told that a mail was read
	receipts  string          // which are asked for: receiptsDelivery, receiptsRead, or nothing
}

// readAccount reads settings as Verify left them.
func readAccount(in transports.Account) (account, error) {
	s := in.Settings
	addr, err := addrspec.Parse(s[fieldAddress])
	if err != nil {
		return account{}, err
	}
	a := account{
		key:       in.Key,
		scope:     in.Scope,
		me:        compose.Mailbox{Name: s[fieldName], Addr: addr.String()},
		receive:   host(s, fieldIMAPHost, fieldIMAPPort, fieldIMAPTLS),
		send:      host(s, fieldSMTPHost, fieldSMTPPort, fieldSMTPTLS),
		username:  s[fieldUsername],
		password:  s[fieldPassword],
		answers:   s[fieldAnswers],
		elsewhere: s[fieldElsewhere] == "true",
		receipts:  s[fieldReceipts],
		quiet:     s[fieldBulk] == bulkOff,
		folders:   folderNames(s[fieldFolders]),
		subjects:  s[fieldSubjects],
		quotes:    s[fieldQuote],
		letters:   s[fieldLetters] == "true",
		tellRead:  s[fieldTellRead] == "true",
	}
	if a.username == "" {
		a.username = a.me.Addr
	}
	if p := autoconfig.ByHost(a.receive.Name); p != nil {
		a.hint = p.Refused()
	}
	for alias := range strings.FieldsSeq(s[fieldAliases]) {
		if addr, err := addrspec.Parse(alias); err == nil {
			a.aliases = append(a.aliases, strings.ToLower(addr.String()))
		}
	}
	a.backfill, _ = strconv.Atoi(s[fieldBackfill])
	a.backfill = max(0, min(a.backfill, mostBackfill))
	quiet, _ := strconv.Atoi(s[fieldQuiet])
	a.gather = time.Duration(max(0, min(quiet, mostQuiet))) * time.Second
	return a, nil
}

// AccountName returns the address of the mailbox.
func (t *Transport) AccountName(s transports.Settings) string { return s[fieldAddress] }

// Distinct names the mailbox: by its address, and by who logs in where.
func (t *Transport) Distinct(s transports.Settings) []string {
	username := s[fieldUsername]
	if username == "" {
		username = s[fieldAddress]
	}
	return []string{
		"address " + strings.ToLower(s[fieldAddress]),
		"login " + strings.ToLower(s[fieldIMAPHost]+" "+username),
	}
}

func host(s transports.Settings, name, port, mode string) hosts.Host {
	n, _ := strconv.Atoi(s[port])
	return hosts.Host{Name: s[name], Port: n, TLS: hosts.Mode(s[mode]), Pins: s[fieldFingerprint]}
}

// own tells whether an address, in whatever case, is the user's.
func (a *account) own(addr string) bool {
	addr = strings.ToLower(addr)
	if addr == strings.ToLower(a.me.Addr) {
		return true
	}
	for _, alias := range a.aliases {
		if addr == alias {
			return true
		}
	}
	return false
}

// imapLogin and smtpLogin are by what the account logs in.
func (s *Session) imapLogin() imap.Login {
	return imap.Login{Username: s.username, Password: s.password, Token: s.access(), Hint: s.hint}
}

func (s *Session) smtpLogin() submit.Login {
	return submit.Login{Username: s.username, Password: s.password, Token: s.access(), Hint: s.hint}
}

// access returns the token by which the account logs in, or nothing.
func (s *Session) access() string {
	if s.token == nil {
		return ""
	}
	return string(s.token.get().Access)
}
