package sms

import (
	"strconv"

	"wherry/transports"
)

// The fields of the form.
const (
	fieldAccount     = "account_sid"
	fieldToken       = "auth_token"
	fieldKey         = "api_key"
	fieldSecret      = "api_secret"
	fieldLine        = "line"
	fieldLines       = "lines"
	fieldRegion      = "region"
	fieldWebhook     = "webhook"
	fieldReceipts    = "receipts"
	fieldSegments    = "max_segments"
	fieldLong        = "long"
	fieldNumbered    = "numbered"
	fieldCorrections = "corrections"
	fieldElsewhere   = "elsewhere"
	fieldIntroduce   = "introduce"
	fieldDaily       = "daily_limit"
	fieldMonthly     = "monthly_limit"
)

// The values of choices.
const (
	webhookAuto   = "auto"   // the provider is told to call
	webhookManual = "manual" // the user tells it
	webhookPoll   = "poll"   // it is asked

	receiptsDelivered = "delivered"
	receiptsSent      = "sent"

	longRefuse = "refuse"
	longSend   = "send"

	correctionsSend   = "send"
	correctionsIgnore = "ignore"
	correctionsRefuse = "refuse"
)

// Bounds of whole numbers.
const (
	mostSegments = 100
	mostLimit    = 1_000_000
)

// fields are the questions in their order, as a new account sees them.
var fields = []transports.Field{
	{Name: fieldAccount, Plain: "username", Kind: transports.Line, Required: true, Label: transports.T("Account SID"),
		Help: transports.T("It begins with AC and stands on the first page of the Twilio Console.")},
	{Name: fieldToken, Plain: "password", Kind: transports.Secret, Label: transports.T("Auth token"),
		Help: transports.T("It stands beside the account SID. With an API key it may be left out.")},
	{Name: fieldKey, Kind: transports.Line, Label: transports.T("API key"),
		Help: transports.T("It begins with SK. Leave it empty if you give the auth token.")},
	{Name: fieldSecret, Kind: transports.Secret, Label: transports.T("Secret of the API key")},
	{Name: fieldLine, Plain: "phone", Kind: transports.Line, Label: transports.T("Your number"),
		Help: transports.T("From which you text, such as +15551234567. Leave it empty to choose from those of the account.")},
	{Name: fieldLines, Kind: transports.Lines, Label: transports.T("Further numbers"),
		Help: transports.T("What comes to them arrives here too. One a line.")},
	{Name: fieldRegion, Kind: transports.Line, Label: transports.T("Country"),
		Help: transports.T("Of numbers that are written without one, as two letters such as US; that of your number if empty.")},
	{Name: fieldWebhook, Kind: transports.Choice, Label: transports.T("How messages come"),
		Options: []transports.Option{
			{Value: webhookAuto, Label: transports.T("Twilio calls this gateway, and is told so now")},
			{Value: webhookManual, Label: transports.T("Twilio calls this gateway, and I tell it so myself")},
			{Value: webhookPoll, Label: transports.T("This gateway asks Twilio again and again")},
		}},
	{Name: fieldReceipts, Kind: transports.Choice, Value: receiptsDelivered, Label: transports.T("A message counts as received"),
		Options: []transports.Option{
			{Value: receiptsDelivered, Label: transports.T("when it is on the phone")},
			{Value: receiptsSent, Label: transports.T("when Twilio has handed it on")},
		}},
	{Name: fieldSegments, Kind: transports.Integer, Value: "30", Min: 1, Max: mostSegments, Label: transports.T("Longest message, in SMS"),
		Help: transports.T("A longer one costs that many SMS.")},
	{Name: fieldLong, Kind: transports.Choice, Value: longRefuse, Label: transports.T("Longer messages are"),
		Options: []transports.Option{
			{Value: longRefuse, Label: transports.T("refused")},
			{Value: longSend, Label: transports.T("sent all the same")},
		}},
	{Name: fieldNumbered, Kind: transports.Boolean, Value: "false", Label: transports.T("Number the parts of long messages")},
	{Name: fieldCorrections, Kind: transports.Choice, Value: correctionsSend, Label: transports.T("Corrections of sent messages are"),
		Options: []transports.Option{
			{Value: correctionsSend, Label: transports.T("sent as another message")},
			{Value: correctionsIgnore, Label: transports.T("not sent")},
			{Value: correctionsRefuse, Label: transports.T("refused")},
		}},
	{Name: fieldIntroduce, Kind: transports.Boolean, Value: "false", Label: transports.T("Numbers that text you ask to be your contacts")},
	{Name: fieldElsewhere, Kind: transports.Boolean, Value: "false", Label: transports.T("Show what other programs send from your numbers")},
	{Name: fieldDaily, Kind: transports.Integer, Value: "0", Max: mostLimit, Label: transports.T("Most SMS a day"),
		Help: transports.T("0 is no limit.")},
	{Name: fieldMonthly, Kind: transports.Integer, Value: "0", Max: mostLimit, Label: transports.T("Most SMS a month"),
		Help: transports.T("0 is no limit.")},
}

// usual returns what holds where an account has no setting of a name.
func (t *Transport) usual(name string) string {
	if name == fieldWebhook {
		return t.cfg.Webhook
	}
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Form asks for the account at the provider, and how it is to be used.
func (t *Transport) Form(_ transports.Scope, on transports.Settings) transports.Form {
	f := transports.Form{
		Title:        transports.T("Your numbers at %s", t.about.Name),
		Instructions: transports.T("We log in once to see whether it works. Everything from the country on may stay as it is."),
		Fields:       make([]transports.Field, len(fields)),
	}
	for i, field := range fields {
		if field.Kind != transports.Secret {
			field.Value = t.shown(field, on)
		}
		f.Fields[i] = field
	}
	return f
}

// shown returns what to show of a setting. What a field does not offer is not
// shown: the account would be stuck with it.
func (t *Transport) shown(f transports.Field, on transports.Settings) string {
	value := t.value(on, f.Name)
	if valid(f, value) {
		return value
	}
	return t.usual(f.Name)
}

// valid tells whether a field takes a value.
func valid(f transports.Field, value string) bool {
	switch f.Kind {
	case transports.Choice:
		for _, o := range f.Options {
			if o.Value == value {
				return true
			}
		}
		return false
	case transports.Integer:
		n, err := strconv.Atoi(value)
		return err == nil && n >= f.Min && n <= f.Max
	case transports.Boolean:
		return value == "true" || value == "false"
	}
	return true
}

// refusal returns the error of a field.
func refusal(field string, kind transports.ErrorKind, text transports.Text) error {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: kind, Text: text}}
}
