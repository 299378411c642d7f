package twilio

import (
	"context"
	"fmt"
	"strings"

	v2010 "github.com/twilio/twilio-go/rest/api/v2010"

	"wherry/transports"
	"wherry/transports/sms/provider"
)

// numbersPage is how many numbers are asked for at once.
const numbersPage = 200

// Verify logs in. The token shows the account itself; an API key may not see
// that, and is tried on the numbers and the messages instead.
func (p *Provider) Verify(ctx context.Context, c provider.Credentials) (provider.Account, error) {
	account := provider.Account{Name: c.Account}
	if c.Token != "" || c.Key == "" {
		if err := p.account(ctx, c, &account); err != nil {
			return provider.Account{}, err
		}
	}
	if c.Key != "" {
		if err := p.readable(ctx, c); err != nil {
			return provider.Account{}, err
		}
	}
	numbers, err := p.numbers(ctx, c, "")
	if err != nil {
		return provider.Account{}, err
	}
	for _, n := range numbers {
		if n.Capabilities != nil && n.Capabilities.Sms && value(n.PhoneNumber) != "" {
			account.Lines = append(account.Lines, provider.Line{
				ID:     value(n.Sid),
				Number: value(n.PhoneNumber),
				Name:   value(n.FriendlyName),
				MMS:    n.Capabilities.Mms,
				Hook:   value(n.SmsUrl),
			})
		}
	}
	return account, nil
}

// account asks for the account itself. The answer has the token in it, and goes
// nowhere.
func (p *Provider) account(ctx context.Context, c provider.Credentials, into *provider.Account) error {
	api, one, err := p.connect(ctx, c, byToken(c), false)
	if err != nil {
		return err
	}
	a, err := api.FetchAccount(c.Account)
	switch {
	case err != nil:
		return one.fault(err)
	case value(a.Sid) == "":
		return one.missing("an account")
	}
	if status := value(a.Status); status == "suspended" || status == "closed" {
		return &transports.Error{
			Kind: transports.Forbidden,
			Text: transports.T("That Twilio account is %s. See the Twilio Console.", status),
			Err:  fmt.Errorf("account %s", status),
		}
	}
	if name := value(a.FriendlyName); name != "" {
		into.Name = name
	}
	into.Trial = strings.EqualFold(value(a.Type), "Trial")
	return nil
}

// readable tries whether a key may read messages.
func (p *Provider) readable(ctx context.Context, c provider.Credentials) error {
	api, one, err := p.connect(ctx, c, loginOf(c), false)
	if err != nil {
		return err
	}
	page, err := api.PageMessage(new(v2010.ListMessageParams).SetPageSize(1), "", "")
	switch {
	case err != nil:
		return one.fault(err)
	case page.Messages == nil:
		return one.missing("messages")
	}
	return nil
}

// numbers lists the numbers of an account: all, or where one is given what
// Twilio finds for it.
func (p *Provider) numbers(ctx context.Context, c provider.Credentials, number string) ([]v2010.ApiV2010IncomingPhoneNumber, error) {
	query := new(v2010.ListIncomingPhoneNumberParams).SetPageSize(numbersPage)
	if number != "" {
		query.SetPhoneNumber(number)
	}
	var all []v2010.ApiV2010IncomingPhoneNumber
	var at cursor
	for range mostPage {
		api, one, err := p.connect(ctx, c, loginOf(c), false)
		if err != nil {
			return nil, err
		}
		page, err := api.PageIncomingPhoneNumber(query, at.token, at.page)
		switch {
		case err != nil:
			return nil, one.fault(err)
		case page.IncomingPhoneNumbers == nil:
			return nil, one.missing("numbers")
		}
		all = append(all, page.IncomingPhoneNumbers...)
		next, more := following(page.NextPageUri)
		if !more || next == at {
			break
		}
		at = next
	}
	return all, nil
}
