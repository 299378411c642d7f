package irc

import "wherry/transports"

// CheckSettings tells why an account's settings cannot be used, without
// connecting: a *transports.FieldError where one of them is to blame.
func (t *Transport) CheckSettings(account transports.Account) error {
	who, err := t.identity(account)
	if err == nil {
		err = who.check()
	}
	return err
}
