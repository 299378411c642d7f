package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/emersion/go-smtp"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/addrspec"
	"wherry/transports/email/hosts"
	"wherry/transports/email/status"
)

// Mail is what is sent. A *compose.Message is one.
type Mail interface {
	From() string             // whom failures are reported to; empty for nobody
	Recipients() []string     // who gets it
	UTF8() bool               // it wants SMTPUTF8
	Size() (n int64, ok bool) // in bytes, where that is known
	io.WriterTo               // where it fails, nothing is sent
}

// Options are what the server is told besides.
type Options struct {
	ID      string // comes back in reports of failure (ENVID of RFC 3461 §4.4); printable ASCII, at most 100 bytes
	Success bool   // also a success is to be reported
}

// Result is what became of a mail that was sent.
type Result struct {
	Refused []Refused // who does not get it
	Reports bool      // the server promised to report what becomes of it
}

// Refused is somebody whom a mail does not go to.
type Refused struct {
	To  string
	Err *transports.Error
}

// Send makes one attempt to send a mail. It is an error where nobody gets it: then
// Result tells of each. The connection ends with ctx.
func (c *Client) Send(ctx context.Context, m Mail, o Options) (Result, error) {
	if c.broken {
		return Result{}, c.dropped(errors.New("the connection was given up"), false)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.smtp.Close() })
	c.bound.Allow(repliesMost)
	result, err := c.send(m, o)
	if !stop() {
		c.broken = true
	}
	if e := transports.AsError(err); e != nil && e.Kind == transports.Unreachable && ctx.Err() != nil {
		err = &transports.Error{Kind: transports.Unreachable, Text: e.Text, Err: fmt.Errorf("%w: %w", ctx.Err(), err), Unsure: e.Unsure}
	}
	return result, err
}

func (c *Client) send(m Mail, o Options) (Result, error) {
	options, err := c.options(m, o)
	if err != nil {
		return Result{}, err
	}
	if c.begun { // take back what was said of another mail: RFC 5321 §4.1.1.5
		if err := c.smtp.Reset(); err != nil {
			return Result{}, c.refused(err, "", false)
		}
		c.begun = false
	}
	if err := c.smtp.Mail(m.From(), options); err != nil {
		return Result{}, c.refused(err, names(m.Recipients()), false)
	}
	c.begun = true
	result, accepted, err := c.recipients(m, o)
	switch {
	case err != nil:
		return result, err
	case accepted == nil:
		return result, worst(result.Refused)
	}
	w, err := c.smtp.Data()
	if err != nil {
		return result, c.refused(err, names(accepted), false)
	}
	if _, err := m.WriteTo(w); err != nil {
		// The end must not be written now: not by QUIT either, before which the
		// library would write it.
		c.giveUp()
		var known *transports.Error
		if errors.As(err, &known) {
			return result, known
		}
		return result, c.dropped(err, false)
	}
	c.begun = false
	if err := w.Close(); err != nil {
		return result, c.refused(err, names(accepted), true)
	}
	return result, nil
}

// options returns what MAIL tells, after what the server cannot do was refused.
func (c *Client) options(m Mail, o Options) (*smtp.MailOptions, error) {
	for _, a := range append([]string{m.From()}, m.Recipients()...) {
		if a == "" && m.From() == "" {
			continue
		}
		if read, err := addrspec.Parse(a); err != nil || read.String() != a {
			return nil, &transports.Error{Kind: transports.Malformed, Text: transports.T("%s is not a mail address.", status.Clean(a))}
		}
	}
	if !visible(o.ID) || len(o.ID) > idMost {
		return nil, &transports.Error{Err: errors.New("an envelope id that is none")}
	}
	size, known := m.Size()
	if most := c.MaxSize(); known && most > 0 && size > most {
		return nil, &transports.Error{Kind: transports.TooLong, Err: fmt.Errorf("%d of %d bytes", size, most),
			Text: transports.T("This mail has %s, and your provider takes no more than %s.", dial.Bytes(size), dial.Bytes(most))}
	}
	if utf8, _ := c.smtp.Extension("SMTPUTF8"); m.UTF8() && !utf8 {
		return nil, &transports.Error{Kind: transports.Unsupported,
			Text: transports.T("Your provider cannot send to addresses with such letters: %s", names(m.Recipients()))}
	}
	options := &smtp.MailOptions{UTF8: m.UTF8(), Return: smtp.DSNReturnHeaders, EnvelopeID: o.ID}
	if known {
		options.Size = size
	}
	return options, nil
}

// recipients names all who get the mail, and returns whom the server takes. An
// error means that the connection or the transaction ended.
func (c *Client) recipients(m Mail, o Options) (Result, []string, error) {
	result := Result{Reports: c.Reports() && m.From() != ""}
	options := &smtp.RcptOptions{Notify: []smtp.DSNNotify{smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}, OriginalRecipientType: smtp.DSNAddressTypeRFC822}
	switch {
	case m.From() == "":
		options.Notify = []smtp.DSNNotify{smtp.DSNNotifyNever}
	case o.Success:
		options.Notify = append(options.Notify, smtp.DSNNotifySuccess)
	}
	if m.UTF8() {
		options.OriginalRecipientType = smtp.DSNAddressTypeUTF8
	}
	var accepted []string
	for _, to := range m.Recipients() {
		options.OriginalRecipient = ""
		if m.UTF8() || visible(to) {
			options.OriginalRecipient = to
		}
		err := c.smtp.Rcpt(to, options)
		if err == nil {
			accepted = append(accepted, to)
			continue
		}
		refused := c.refused(err, to, false)
		if c.broken {
			return result, nil, refused
		}
		result.Refused = append(result.Refused, Refused{to, refused})
	}
	return result, accepted, nil
}

// idMost is how long an envelope id may be (RFC 3461 §4.4).
const idMost = 100

// visible tells whether a value has only what parameters of SMTP may have before
// they are encoded.
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// worst returns the error of a mail that nobody gets: one that may pass only
// where all may.
func worst(all []Refused) error {
	for _, r := range all {
		if !r.Err.Temporary() {
			return r.Err
		}
	}
	if len(all) == 0 {
		return &transports.Error{Kind: transports.Incomplete, Text: transports.T("This mail goes to nobody.")}
	}
	return all[0].Err
}

// refused returns what an error of a command means. Without an answer of the
// server the connection is given up; behind the end of a mail nobody knows then
// whether it was sent.
func (c *Client) refused(err error, to string, ended bool) *transports.Error {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return c.dropped(err, ended)
	}
	if reply.Code == 421 { // RFC 5321 §3.8: it hangs up
		c.giveUp()
	}
	return status.Refusal{Reply: reply.Code, Code: enhanced(reply), Words: reply.Message, To: to}.Error()
}

// dropped returns the error of a connection that ended.
func (c *Client) dropped(err error, unsure bool) *transports.Error {
	c.giveUp()
	e := transports.AsError(hosts.Failure(c.host.Name, err))
	return &transports.Error{Kind: transports.Unreachable, Text: e.Text, Err: err, Unsure: unsure}
}

// giveUp ends the connection where it is.
func (c *Client) giveUp() {
	c.broken = true
	_ = c.smtp.Close()
}

// names returns the first of some addresses.
func names(list []string) string {
	const most = 3
	if len(list) > most {
		return strings.Join(list[:most], ", ") + "…"
	}
	return strings.Join(list, ", ")
}

// ended tells whether the other side hung up.
func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
