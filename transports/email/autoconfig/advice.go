package autoconfig

import "wherry/transports"

// Advice is what is to be known of the password at a provider.
type Advice uint8

// The kinds of advice.
const (
	NoAdvice     Advice = iota
	AppPassword         // another password than that of the account
	SecondFactor        // the same, for those who have a second factor
	Allowance           // mail programs must be allowed first
	OwnPassword         // one for mail programs only
	NoPasswords         // log-in by password is gone
	NoPrograms          // no program can log in
	Bridge              // only a program on the user's computer can
)

// Texts of advice, before a log-in and after one that was refused. A link ends a
// text, so that no full stop becomes part of it.
var advices = map[Advice]struct{ hint, refused transports.Text }{
	AppPassword: {
		transports.T("%s wants an app password here, not the password of your account. Make one at %s", "", ""),
		transports.T("%s refused the log-in. It wants an app password, not the password of your account. Make one at %s", "", ""),
	},
	SecondFactor: {
		transports.T("If you log in to %s with a second factor, an app password is wanted here. See %s", "", ""),
		transports.T("%s refused the log-in. If you have a second factor there, an app password is wanted here. See %s", "", ""),
	},
	Allowance: {
		transports.T("%s lets programs fetch mail only where that is allowed in its settings. See %s", "", ""),
		transports.T("%s refused the log-in. The password is wrong, or its settings do not allow that programs fetch mail. See %s", "", ""),
	},
	OwnPassword: {
		transports.T("%s wants a password here that is for mail programs only. See %s", "", ""),
		transports.T("%s refused the log-in. It wants a password that is for mail programs only. See %s", "", ""),
	},
	NoPasswords: {
		hint: transports.T("%s takes no passwords from other programs any more: log in by the browser.", ""),
	},
	NoPrograms: {
		hint: transports.T("%s lets no other programs fetch mail, and so not this gateway.", ""),
	},
	Bridge: {
		hint: transports.T("%s is reached only by its Bridge, which runs on your own computer. This gateway can use it only on the same machine, where its settings allow that.", ""),
	},
}

// Hint returns what to tell people before they give a password; or nothing.
func (p *Provider) Hint() transports.Text { return p.advise(advices[p.Advice].hint) }

// Refused returns what to tell them when it was refused; or nothing.
func (p *Provider) Refused() transports.Text {
	if t := advices[p.Advice].refused; !t.IsZero() {
		return p.advise(t)
	}
	return p.Hint()
}

// advise puts the provider in the places of a text.
func (p *Provider) advise(t transports.Text) transports.Text {
	if t.IsZero() {
		return t
	}
	t.Args = []string{p.Name, p.Link}[:len(t.Args)]
	return t
}

// NoPassword tells that a log-in by password is of no use.
func (p *Provider) NoPassword() bool { return p.Advice >= NoPasswords }
