package hosts

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"

	"wherry/transports"
	"wherry/transports/dial"
)

// Failure returns what kept us from a host, or cut the connection to it. What the
// other side said is not in it. It returns nil for nil, and an *transports.Error
// as it is.
func Failure(host string, err error) error {
	var known *transports.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	}
	e := &transports.Error{Kind: transports.Unreachable, Err: err}
	var (
		private *dial.PrivateAddressError
		lookup  *net.DNSError
		plain   tls.RecordHeaderError
		alert   tls.AlertError
		said    textproto.ProtocolError
	)
	if text, ok := certificateText(host, err); ok {
		e.Kind, e.Text = transports.Unfit, text
		return e
	}
	switch {
	case errors.As(err, &private):
		e.Kind = transports.NotAllowed
		e.Text = transports.T("%s is not on the public internet.", host)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		e.Text = transports.T("There is no host %s.", host)
	case errors.As(err, &plain), errors.As(err, &alert):
		e.Text = transports.T("%s does not speak TLS on that port.", host)
	case errors.As(err, &said):
		e.Text = transports.T("%s does not answer as a mail server.", host)
		e.Err = errors.New("no reply of the protocol") // the error quotes it
	default:
		e.Text = transports.T("%s does not answer.", host)
	}
	return e
}

// certificateText says what is wrong with a certificate, where that is it.
func certificateText(host string, err error) (transports.Text, bool) {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown) && dial.Fingerprint(err) != "":
		return transports.T("The certificate of %s is signed by nobody we trust. Your password was not sent. Ask your provider for its fingerprint; if it is the following, give it here: %s", host, dial.Fingerprint(err)), true
	case errors.As(err, &unknown):
		return transports.T("The certificate of %s is signed by nobody we trust. Your password was not sent.", host), true
	case errors.As(err, &name):
		return transports.T("The certificate of %s is for another host. Your password was not sent.", host), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return transports.T("The certificate of %s has expired, or is not valid yet. Your password was not sent.", host), true
	case dial.CertificateError(err) != nil:
		return transports.T("The certificate of %s is not valid. Your password was not sent.", host), true
	}
	return transports.Text{}, false
}
