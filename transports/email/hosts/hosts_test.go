package hosts_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"testing"

	"wherry/transports"
	"wherry/transports/dial"
	"wherry/transports/email/hosts"
)

// MAIL-R4
func TestFailure(t *testing.T) {
	t.Parallel()
	bad := func(err error) error { return &tls.CertificateVerificationError{Err: err} }
	known := &transports.Error{Kind: transports.Busy}
	for _, tt := range []struct {
		err  error
		kind transports.ErrorKind
		text string
	}{
		{known, transports.Busy, ""},
		{&dial.PrivateAddressError{Addr: netip.MustParseAddr("10.0.0.1")}, transports.NotAllowed, "not on the public internet"},
		{&net.DNSError{IsNotFound: true}, transports.Unreachable, "There is no host mx."},
		{&net.DNSError{}, transports.Unreachable, "mx does not answer."},
		{io.EOF, transports.Unreachable, "mx does not answer."},
		{context.Canceled, transports.Unreachable, ""},
		{context.DeadlineExceeded, transports.Unreachable, "mx does not answer."},
		{tls.RecordHeaderError{}, transports.Unreachable, "does not speak TLS"},
		{textproto.ProtocolError("short response: hunter2"), transports.Unreachable, "does not answer as a mail server"},
		{bad(x509.UnknownAuthorityError{}), transports.Unfit, "signed by nobody"},
		{bad(x509.HostnameError{Certificate: new(x509.Certificate)}), transports.Unfit, "for another host"},
		{bad(x509.CertificateInvalidError{Reason: x509.Expired}), transports.Unfit, "has expired"},
		{bad(errors.New("odd")), transports.Unfit, "is not valid."},
	} {
		err := hosts.Failure("mx", fmt.Errorf("outside: %w", tt.err))
		e := transports.AsError(err)
		if e.Kind != tt.kind || !strings.Contains(e.Text.String(), tt.text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
	if hosts.Failure("mx", nil) != nil {
		t.Error("a failure of nothing")
	}
}
