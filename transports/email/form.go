package email

import "wherry/transports"

// The fields of the form.
const (
	fieldAddress   = "address"
	fieldPassword  = "password"
	fieldName      = "name"
	fieldUsername  = "username"
	fieldIMAPHost  = "imap_host"
	fieldIMAPPort  = "imap_port"
	fieldIMAPTLS   = "imap_tls"
	fieldSMTPHost  = "smtp_host"
	fieldSMTPPort  = "smtp_port"
	fieldSMTPTLS   = "smtp_tls"
	fieldAliases   = "aliases"
	fieldBackfill  = "backfill"
	fieldAnswers   = "answers"
	fieldReceipts  = "receipts"
	fieldElsewhere = "elsewhere"
	fieldFolders   = "folders"
	fieldBulk      = "bulk"
	fieldTellRead  = "tell_read"

	fieldFingerprint = "fingerprint"
	fieldSubjects    = "subjects"
	fieldQuote       = "quote"
	fieldLetters     = "letters"
	fieldQuiet       = "quiet"
)

// What answers go to, which receipts are asked for, and what becomes of mail that went
// to many; nothing is the first of each.
const (
	bulkOff          = "off"
	answersAll       = "all"
	receiptsDelivery = "delivery"
	receiptsRead     = "read"
)

// Where subjects are shown above texts, and how much of what is answered is quoted;
// nothing is where they change, and nothing.
const (
	subjectsAlways = "always"
	subjectsNever  = "never"
	quoteShort     = "short"
	quoteFull      = "full"
)

// mostQuiet bounds how long a message waits for the next one, in seconds.
const mostQuiet = 60

// mostBackfill bounds how many mails from before the account come, in number.
const mostBackfill = 50

var modes = []transports.Option{
	{Value: "", Label: transports.T("as the port has it")},
	{Value: "tls", Label: transports.T("TLS from the first byte")},
	{Value: "starttls", Label: transports.T("STARTTLS")},
}

// fields are the questions in their order, as a new account sees them.
var fields = []transports.Field{
	{Name: fieldAddress, Plain: "email", Kind: transports.Line, Required: true, Label: transports.T("Mail address")},
	{Name: fieldPassword, Kind: transports.Secret, Label: transports.T("Password"),
		Help: transports.T("Some providers want an app password here.")},
	{Name: fieldName, Kind: transports.Line, Label: transports.T("Your name"),
		Help: transports.T("As those see it whom you write to.")},
	{Name: fieldUsername, Kind: transports.Line, Label: transports.T("User name"),
		Help: transports.T("Only where it is not the mail address.")},
	{Name: fieldIMAPHost, Kind: transports.Line, Label: transports.T("IMAP server")},
	{Name: fieldIMAPPort, Kind: transports.Integer, Value: "0", Max: 65535, Label: transports.T("Port of the IMAP server")},
	{Name: fieldIMAPTLS, Kind: transports.Choice, Label: transports.T("Security of the IMAP server"), Options: modes},
	{Name: fieldSMTPHost, Kind: transports.Line, Label: transports.T("SMTP server")},
	{Name: fieldSMTPPort, Kind: transports.Integer, Value: "0", Max: 65535, Label: transports.T("Port of the SMTP server")},
	{Name: fieldSMTPTLS, Kind: transports.Choice, Label: transports.T("Security of the SMTP server"), Options: modes},
	{Name: fieldAliases, Kind: transports.Lines, Label: transports.T("Your other addresses"),
		Help: transports.T("One a line.")},
	{Name: fieldBackfill, Kind: transports.Integer, Value: "0", Max: mostBackfill, Label: transports.T("Mails that are there already"),
		Help: transports.T("How many of the newest come, too.")},
	{Name: fieldFolders, Kind: transports.Lines, Label: transports.T("More folders"),
		Help: transports.T("Mail comes from these, too, besides INBOX. One a line, no more than five.")},
	{Name: fieldBulk, Kind: transports.Choice, Label: transports.T("Newsletters and the like"), Options: []transports.Option{
		{Value: "", Label: transports.T("are shown")},
		{Value: bulkOff, Label: transports.T("stay in the mailbox")},
	}},
	{Name: fieldElsewhere, Kind: transports.Boolean, Value: "false", Label: transports.T("Show what I send with other programs")},
	{Name: fieldQuiet, Kind: transports.Integer, Value: "0", Max: mostQuiet, Label: transports.T("Gather messages into one mail"),
		Help: transports.T("What you write to somebody leaves when you wrote nothing more to them for so many seconds; 0: each message is a mail, at once.")},
	{Name: fieldAnswers, Kind: transports.Choice, Label: transports.T("Answers go to"), Options: []transports.Option{
		{Value: "", Label: transports.T("who wrote")},
		{Value: answersAll, Label: transports.T("who wrote, and all who got the mail, too")},
	}},
	{Name: fieldReceipts, Kind: transports.Choice, Label: transports.T("Receipts"), Options: []transports.Option{
		{Value: "", Label: transports.T("none are asked for")},
		{Value: receiptsDelivery, Label: transports.T("when a mail has arrived")},
		{Value: receiptsRead, Label: transports.T("when a mail has arrived, and when it was read: who reads it may be asked about that")},
	}},
	{Name: fieldTellRead, Kind: transports.Boolean, Value: "false", Label: transports.T("Tell those who ask for it that I read their mail")},
	{Name: fieldSubjects, Kind: transports.Choice, Label: transports.T("Subjects above the text"), Options: []transports.Option{
		{Value: "", Label: transports.T("where they change")},
		{Value: subjectsAlways, Label: transports.T("always")},
		{Value: subjectsNever, Label: transports.T("never")},
	}},
	{Name: fieldQuote, Kind: transports.Choice, Label: transports.T("What I answer is quoted"), Options: []transports.Option{
		{Value: "", Label: transports.T("not at all")},
		{Value: quoteShort, Label: transports.T("its first lines, above my words")},
		{Value: quoteFull, Label: transports.T("whole, below my words")},
	}},
	{Name: fieldLetters, Kind: transports.Boolean, Value: "false", Label: transports.T("Show mail as letters, not as lines of a chat")},
	{Name: fieldFingerprint, Kind: transports.Lines, Label: transports.T("Fingerprints of your servers' certificates"),
		Help: transports.T("Only where nobody known has signed these: SHA-256, one a line.")},
}

// Form asks for the mailbox. Where the servers are found, nobody has to name them.
func (t *Transport) Form(_ transports.Scope, on transports.Settings) transports.Form {
	f := transports.Form{
		Title:        transports.T("Your mailbox"),
		Instructions: transports.T("We log in once to see whether it works. The servers are found by the address; name them where that fails."),
		Fields:       make([]transports.Field, len(fields)),
	}
	for i, field := range fields {
		if v, ok := on[field.Name]; ok && field.Kind != transports.Secret {
			field.Value = v
		}
		f.Fields[i] = field
	}
	return f
}

// refusal returns the error of a field.
func refusal(field string, text transports.Text) error {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: transports.Malformed, Text: text}}
}
