package sms

import (
	"time"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// The settings that no form asks for. They are secrets where they are stored.
const (
	keptAccount = "kept_account" // the account of keptToken
	keptToken   = "kept_token"   // that was accepted last
	keptKey     = "kept_key"     // the API key of keptSecret
	keptSecret  = "kept_secret"

	formerAccount = "former_account" // the account before, until the same one is registered again
	formerToken   = "former_token"
	formerKey     = "former_key"
	formerSecret  = "former_secret"

	oldToken      = "old_token"       // a token before, whose signature still counts
	oldTokenUntil = "old_token_until" // RFC 3339
)

// oldTokenFor is how long the calls of a provider may be signed by the token
// before.
const oldTokenFor = 24 * time.Hour

// credentials reads what to log in with.
func credentials(on transports.Settings, now time.Time) provider.Credentials {
	c := provider.Credentials{
		Account: on[fieldAccount], Token: on[fieldToken], Key: on[fieldKey], Secret: on[fieldSecret],
	}
	if until, err := time.Parse(time.RFC3339, on[oldTokenUntil]); err == nil && now.Before(until) {
		c.OldToken = on[oldToken]
	}
	return c
}

// former reads what to log in with to the account before.
func former(on transports.Settings) provider.Credentials {
	return provider.Credentials{Account: on[formerAccount], Token: on[formerToken], Key: on[formerKey], Secret: on[formerSecret]}
}

// drop takes out secrets that were kept from the file, but are another
// account's or key's: an empty field means the secret on file only where what
// it belongs to is still the same.
func drop(settings transports.Settings) {
	another := settings[fieldAccount] != settings[keptAccount]
	if settings[keptToken] == settings[fieldToken] && another {
		settings[fieldToken] = ""
	}
	if settings[keptSecret] == settings[fieldSecret] && (another || settings[fieldKey] != settings[keptKey]) {
		settings[fieldSecret] = ""
	}
}

// keep notes which secrets were accepted, and for what. A token that replaces
// another one of the same account does not end the other at once. Those of
// another account are kept to undo there what was done.
func keep(settings transports.Settings, now time.Time) {
	before, token := settings[keptToken], settings[fieldToken]
	until, err := time.Parse(time.RFC3339, settings[oldTokenUntil])
	another := settings[keptAccount] != settings[fieldAccount]
	switch {
	case !another && token != "" && before != "" && before != token:
		settings[oldToken] = before
		settings[oldTokenUntil] = now.Add(oldTokenFor).UTC().Format(time.RFC3339)
	case another || token == "" || err != nil || !now.Before(until):
		delete(settings, oldToken)
		delete(settings, oldTokenUntil)
	}
	for name, kept := range map[string]string{
		formerAccount: keptAccount, formerToken: keptToken, formerKey: keptKey, formerSecret: keptSecret,
	} {
		delete(settings, name)
		if value := settings[kept]; another && value != "" {
			settings[name] = value
		}
	}
	settings[keptAccount], settings[keptToken] = settings[fieldAccount], token
	settings[keptKey], settings[keptSecret] = settings[fieldKey], settings[fieldSecret]
}
