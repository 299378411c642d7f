package email

import (
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/autoconfig"
	"wherry/transports/email/hosts"
	"wherry/transports/email/imap"
	"wherry/transports/email/submit"
)

// Verify finds the servers and logs in to each once. A server that only insecure
// DNS speaks for is shown first, in the next form: no password goes there before.
func (t *Transport) Verify(ctx context.Context, scope transports.Scope, submitted transports.Settings) (transports.Answer, error) {
	return t.Try(ctx, transports.Account{Scope: scope, Settings: submitted})
}

// Try is Verify for somebody. Where the provider is one at which users log in by
// their browser, and no password is given, the answer is the link to do that.
func (t *Transport) Try(ctx context.Context, in transports.Account) (transports.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, t.patience.try)
	defer cancel()
	settings := maps.Clone(in.Settings)
	if settings == nil {
		settings = transports.Settings{}
	}
	if err := tidy(settings); err != nil {
		return transports.Answer{}, err
	}
	var login submit.Login
	found := autoconfig.Found{Provider: autoconfig.ByHost(settings[fieldIMAPHost])}
	if settings[fieldIMAPHost] == "" || settings[fieldSMTPHost] == "" {
		var err error
		if found, err = t.find(ctx, settings[fieldAddress]); err != nil {
			return transports.Answer{}, err
		}
	}
	receive, ask, err := place(settings, found.IMAP, fieldIMAPHost, fieldIMAPPort, fieldIMAPTLS)
	if err != nil {
		return transports.Answer{}, err
	}
	send, askToo, err := place(settings, found.SMTP, fieldSMTPHost, fieldSMTPPort, fieldSMTPTLS)
	if err != nil {
		return transports.Answer{}, err
	}
	if ask || askToo {
		form := t.Form(in.Scope, settings)
		form.Instructions = transports.T("Are these the servers of your mailbox? Your password goes there.")
		return transports.Answer{Next: &form}, nil
	}
	if login.Username = settings[fieldUsername]; login.Username == "" {
		login.Username = settings[fieldAddress]
	}
	p := found.Provider
	if o, ok := t.tokens(p, receive.Name); ok && (byToken(settings) || settings[fieldPassword] == "" || p != nil && p.NoPassword()) {
		return t.tryToken(ctx, in.Owner, o, settings, func(token string) error {
			login.Token = token
			return t.try(ctx, receive, send, login)
		})
	}
	switch login.Password = settings[fieldPassword]; {
	case p != nil && p.NoPassword():
		return transports.Answer{}, &transports.FieldError{Field: fieldPassword, Err: &transports.Error{Kind: transports.Unsupported, Text: p.Hint()}}
	case login.Password == "" || byToken(settings):
		return transports.Answer{}, refusal(fieldPassword, transports.T("The password is missing."))
	case p != nil:
		login.Hint = p.Refused()
	}
	if err := t.try(ctx, receive, send, login); err != nil {
		return transports.Answer{}, blamed(err)
	}
	return kept(settings), nil
}

// blamed blames a log-in that was refused on the password.
func blamed(err error) error {
	if e := transports.AsError(err); e.Kind == transports.Credentials {
		return &transports.FieldError{Field: fieldPassword, Err: e}
	}
	return err
}

// kept is the answer that settings are good.
func kept(settings transports.Settings) transports.Answer {
	maps.DeleteFunc(settings, func(_, v string) bool { return v == "" })
	return transports.Answer{Settings: settings}
}

// tidy brings settings into their one spelling, and refuses what needs no log-in to
// be seen wrong.
func tidy(settings transports.Settings) error {
	for _, f := range fields {
		if f.Kind != transports.Secret {
			settings[f.Name] = strings.TrimSpace(settings[f.Name])
		}
	}
	addr, err := addrspec.Parse(settings[fieldAddress])
	if err != nil {
		return &transports.FieldError{Field: fieldAddress, Err: transports.AsError(err)}
	}
	settings[fieldAddress] = addr.String()
	if strings.ContainsRune(settings[fieldPassword], 0) && !byToken(settings) {
		return refusal(fieldPassword, transports.T("A user name or password cannot have such characters."))
	}
	for alias := range strings.FieldsSeq(settings[fieldAliases]) {
		if _, err := addrspec.Parse(alias); err != nil {
			return &transports.FieldError{Field: fieldAliases, Err: transports.AsError(err)}
		}
	}
	watched := folderNames(settings[fieldFolders])
	switch {
	case len(watched) > foldersWatched:
		return refusal(fieldFolders, transports.T("No more than %s folders can be watched.", strconv.Itoa(foldersWatched)))
	case slices.ContainsFunc(watched, func(name string) bool { return len(name) > folderName || strings.ContainsFunc(name, unicode.IsControl) }):
		return refusal(fieldFolders, transports.T("That is not the name of a folder."))
	}
	settings[fieldFolders] = strings.Join(watched, "\n")
	if pins, ok := dial.ParsePins(settings[fieldFingerprint]); !ok || slices.ContainsFunc(pins, func(p string) bool { return len(p) != 2*sha256.Size }) {
		return refusal(fieldFingerprint, transports.T("A fingerprint is SHA-256 in hexadecimal: 64 digits and letters from a to f."))
	}
	for _, f := range fields {
		v := settings[f.Name]
		n, err := strconv.Atoi(v)
		wrong := f.Kind == transports.Boolean && v != "" && v != "true" && v != "false" ||
			f.Kind == transports.Integer && v != "" && (err != nil || n < 0 || n > f.Max) ||
			f.Kind == transports.Choice && !slices.ContainsFunc(f.Options, func(o transports.Option) bool { return o.Value == v })
		if wrong {
			return refusal(f.Name, transports.T("That is not one of the values that can be set here."))
		}
	}
	return nil
}

// place settles a server: the one that is named, else the best of those found,
// which it notes in the settings. ask tells that a person must look at it first.
func place(settings transports.Settings, found []autoconfig.Candidate, host, port, mode string) (h hosts.Host, ask bool, err error) {
	username := ""
	if settings[host] == "" {
		if len(found) == 0 {
			return h, false, refusal(host, transports.T("We could not find the server of your mailbox. Name it here."))
		}
		best := found[0]
		h, ask, username = best.Host, best.Confirm, best.Username
	} else {
		name, ok := addrspec.Domain(settings[host])
		if !ok {
			return h, false, refusal(host, transports.T("%s is not the name of a host.", settings[host]))
		}
		h.Name = name
		h.Port, _ = strconv.Atoi(settings[port])
		h.TLS = hosts.Mode(settings[mode])
		if h.Port == 0 {
			h.Port = map[bool]int{true: 993, false: 465}[host == fieldIMAPHost]
		}
		if h.TLS == "" {
			h.TLS = hosts.TLS
			if h.Port == 143 || h.Port == 587 {
				h.TLS = hosts.StartTLS
			}
		}
	}
	h.Pins = settings[fieldFingerprint]
	settings[host], settings[port], settings[mode] = h.Name, strconv.Itoa(h.Port), string(h.TLS)
	if settings[fieldUsername] == "" && username != settings[fieldAddress] {
		settings[fieldUsername] = username
	}
	return h, ask, nil
}

// try logs in to both servers, once each, and opens the mailbox.
func (t *Transport) try(ctx context.Context, receive, send hosts.Host, l submit.Login) error {
	c, err := t.imap.Dial(ctx, receive, imap.Login{Username: l.Username, Password: l.Password, Token: l.Token, Hint: l.Hint}, nil)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	if err := c.Do(ctx, func() error { _, err := c.Select("INBOX", nil).Wait(); return err }); err != nil {
		return err
	}
	s, err := t.smtp.Dial(ctx, send, l)
	if err != nil {
		return err
	}
	_ = s.Close()
	return nil
}
