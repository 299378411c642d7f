package irc

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ergochat/irc-go/ircutils"
	"github.com/xdg-go/scram"

	"wherry/transports"
)

// The ways to log in, as IRC names them, the best first.
const (
	saslExternal = "EXTERNAL"
	saslScram    = "SCRAM-SHA-256"
	saslPlain    = "PLAIN"
)

// sasl is one log-in under way: RFC 4422, the sasl-3.1 specification.
type sasl struct {
	mechanism string
	step      func(challenge []byte) (response []byte, err error)
	input     strings.Builder // of a challenge, in base64
	tried     []string        // mechanisms that failed
	proven    func() bool     // whether the server showed that it knows the password; nil where it need not
}

const (
	saslChunk    = 400      // bytes of base64 in one line
	maxChallenge = 16 << 10 // bytes of base64 in all
	maxRounds    = 1 << 18  // of a password's hash, RFC 5802 §5.1: what a server may have us do
)

var (
	errChallenge = errors.New("the server's challenge makes no sense")
	errRounds    = errors.New("the server wants the password hashed too often")
)

// mechanism returns the next way to log in, or nothing. Where the server does
// not tell which it knows, it is taken to know PLAIN.
func (who *identity) mechanism(offered string, tried []string) string {
	wanted := []string{who.saslMechanism}
	if who.saslMechanism == "" {
		wanted = []string{saslScram, saslPlain}
	}
	for _, m := range wanted {
		known := slices.Contains(strings.Split(offered, ","), m) || offered == "" && (m == saslPlain || m == who.saslMechanism)
		if known && !slices.Contains(tried, m) {
			return m
		}
	}
	return ""
}

// begin begins a log-in.
func (s *sasl) begin(mechanism string, who *identity) error {
	s.mechanism, s.proven = mechanism, nil
	s.input.Reset()
	switch mechanism {
	case saslExternal:
		s.step = func([]byte) ([]byte, error) { return nil, nil } // RFC 4422 A: as whom the certificate says
	case saslScram:
		client, err := scram.SHA256.NewClient(who.saslUser, who.saslPassword, "")
		if err != nil {
			return err
		}
		talk := client.NewConversation()
		s.step = func(challenge []byte) ([]byte, error) {
			if err := checkRounds(string(challenge)); err != nil {
				return nil, err
			}
			response, err := talk.Step(string(challenge))
			return []byte(response), err
		}
		s.proven = talk.Valid
	default:
		s.step = func([]byte) ([]byte, error) {
			return []byte("\x00" + who.saslUser + "\x00" + who.saslPassword), nil // RFC 4616 §2
		}
	}
	return nil
}

// checkRounds refuses a challenge of SCRAM that would keep us busy.
func checkRounds(challenge string) error {
	for part := range strings.SplitSeq(challenge, ",") {
		if n, ok := strings.CutPrefix(part, "i="); ok {
			if rounds, err := strconv.Atoi(n); err != nil || rounds > maxRounds {
				return errRounds
			}
		}
	}
	return nil
}

// take takes a part of a challenge, and returns all of it once that is complete.
func (s *sasl) take(part string) (challenge []byte, complete bool, err error) {
	if part != "+" {
		if s.input.Len()+len(part) > maxChallenge {
			return nil, false, errChallenge
		}
		s.input.WriteString(part)
		if len(part) == saslChunk {
			return nil, false, nil
		}
	}
	challenge, err = base64.StdEncoding.DecodeString(s.input.String())
	s.input.Reset()
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errChallenge, err)
	}
	return challenge, true, nil
}

// authenticate answers the server's part of a log-in.
func (c *conn) authenticate(l *line) {
	s := &c.reg.sasl
	if c.reg.identified || s.step == nil {
		return
	}
	challenge, complete, err := s.take(l.param(0))
	var response []byte
	if err == nil && complete {
		response, err = s.step(challenge)
	}
	switch {
	case err != nil:
		c.send("AUTHENTICATE", "*") // gives up; the server says 906
		c.reg.saslError = err
	case complete:
		for _, chunk := range ircutils.EncodeSASLResponse(response) {
			c.send("AUTHENTICATE", chunk)
		}
	}
}

// logIn begins to log in by SASL, or by the next way where the last one failed.
func (c *conn) logIn() {
	who, s := &c.s.who, &c.reg.sasl
	mechanism := who.mechanism(c.reg.mechanisms, s.tried)
	if c.caps&capSASL == 0 || mechanism == "" {
		c.end(c.noSASL())
		return
	}
	if err := s.begin(mechanism, who); err != nil {
		c.end(fieldError(fieldSASLPassword, transports.Malformed, transports.T("A password cannot hold that character.")))
		return
	}
	c.send("AUTHENTICATE", mechanism)
}

func (c *conn) saslDone(*line) {
	if proven := c.reg.sasl.proven; proven != nil && !proven() { // RFC 5802 §3
		c.end(&transports.Error{Kind: transports.Unreachable, Err: errChallenge,
			Text: transports.T("%s says that you are logged in, but did not prove that it knows your password.", c.s.who.host)})
		return
	}
	c.reg.identified = true
	c.ready()
}

// saslFailed tries the next way to log in: an account may have a password that
// serves for one only.
func (c *conn) saslFailed(l *line) {
	s := &c.reg.sasl
	s.tried = append(s.tried, s.mechanism)
	switch {
	case c.reg.saslError != nil && !errors.Is(c.reg.saslError, errChallenge):
		// The password was wrong, or the server does not know it either.
	case c.s.who.mechanism(c.reg.mechanisms, s.tried) != "":
		c.logIn()
		return
	}
	if errors.Is(c.reg.saslError, errRounds) {
		c.end(&transports.Error{Kind: transports.Unsupported, Err: errRounds,
			Text: transports.T("%s wants your password hashed more often than is reasonable.", c.s.who.host)})
		return
	}
	if s.mechanism == saslExternal {
		c.end(fieldError(fieldSASL, transports.Credentials,
			transports.T("The network does not know your certificate: %s Tell NickServ its fingerprint: CERT ADD %s", l.words(), c.s.who.certificate.fingerprint())))
		return
	}
	if !offers(c.reg.mechanisms, s.mechanism) {
		c.end(c.noSASL())
		return
	}
	c.end(fieldError(fieldSASLPassword, transports.Credentials,
		transports.T("The network refused the account name or password: %s", l.words())))
}

// offers reads a list of mechanisms; an empty one tells nothing.
func offers(mechanisms, wanted string) bool {
	return mechanisms == "" || slices.Contains(strings.Split(mechanisms, ","), wanted)
}

// noSASL is why a log-in ends where the network knows no SASL, or not ours. At
// sign-up that is a mistake; later it is services being away for a while.
func (c *conn) noSASL() error {
	text := transports.T("%s offers no log-in by password (SASL).", c.s.who.host)
	field := fieldSASLPassword
	if wanted := c.s.who.saslMechanism; wanted != "" {
		text, field = transports.T("%s offers no log-in by %s.", c.s.who.host, wanted), fieldSASL
	}
	if c.s.trial {
		return fieldError(field, transports.Unsupported, text)
	}
	return &transports.Error{Kind: transports.Unreachable, Text: text, Err: errors.New("no sasl")}
}

// wantsSASL tells whether the account logs in by SASL.
func (who *identity) wantsSASL() bool {
	return who.saslPassword != "" || who.saslMechanism == saslExternal
}
