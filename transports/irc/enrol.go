package irc

import (
	"context"
	"encoding/json"
	"strings"

	"wherry/transports"
)

// capEnrolName is the capability of networks on which accounts can be made:
// https://ircv3.net/specs/extensions/account-registration.
const capEnrolName = "draft/account-registration"

// enrols is what a network asks of those who want an account.
type enrols struct {
	email bool // an address of theirs
	named bool // nothing but a name: it need not be their nick
}

// parseEnrols reads "draft/account-registration=email-required,…". Keys that it does not
// know are left out.
func parseEnrols(token string) (e enrols) {
	_, value, _ := strings.Cut(token, "=")
	for pair := range strings.SplitSeq(value, ",") {
		switch key, _, _ := strings.Cut(pair, "="); key {
		case "email-required":
			e.email = true
		case "custom-account-name":
			e.named = true
		}
	}
	return e
}

// The names of what is asked.
const (
	fieldAccount  = "account"
	fieldEmail    = "email"
	fieldPassword = "password"
	fieldCode     = "code"
)

// Bounds of what is asked, in bytes. The password's is that of the specification,
// which has services in mind.
const (
	maxEmail    = 254
	maxPassword = 300
	maxCode     = 200
)

// saveEnrolment is the name of the save of an enrolment that is not over.
const saveEnrolment = "enrolment"

// enrolment is an account that a session has its network make.
type enrolment struct {
	Account  string // empty: none was begun
	Password string
	Made     bool // the network made it, so that nothing is left to confirm

	asked   string // the password of a REGISTER that was not answered yet
	words   string // what the network said last
	changed bool   // it is to be saved
}

// loadEnrolment takes up what an earlier session left. Who logs in by now needs it
// no more.
func (s *Session) loadEnrolment(saved []byte) {
	switch {
	case len(saved) == 0:
	case s.who.wantsSASL() || json.Unmarshal(saved, s.enrolling()) != nil:
		s.enrols = &enrolment{changed: true}
	}
}

// enrolmentSave returns the enrolment where it is to be saved.
func (s *Session) enrolmentSave() []transports.Save {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.enrols == nil || !s.enrols.changed {
		return nil
	}
	s.enrols.changed = false
	save := transports.Save{Name: saveEnrolment, Secret: true}
	if s.enrols.Account != "" {
		save.Value, _ = json.Marshal(s.enrols) // texts and a bool always can be
	}
	return []transports.Save{save}
}

// enrolmentBegun tells whether there is an account to be confirmed.
func (s *Session) enrolmentBegun() bool { return s.enrolment().Account != "" }

func (s *Session) enrolment() enrolment {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.enrols == nil {
		return enrolment{}
	}
	return *s.enrols
}

// enrolling returns the enrolment, to be changed. It is called with mu held.
func (s *Session) enrolling() *enrolment {
	if s.enrols == nil {
		s.enrols = new(enrolment)
	}
	return s.enrols
}

// mayEnrol tells why no account can be made by this connection, if so. The
// password would be read by others, or be kept where nothing could be done with it.
// It is called with mu held.
func (c *conn) mayEnrol() *transports.Error {
	who := &c.s.who
	switch {
	case c.caps&capEnrol == 0 || !c.logsIn:
		return &transports.Error{Kind: transports.Unsupported, Text: transports.T("This network does not make accounts in this way. Its services may: ask NickServ for help.")}
	case !c.secure():
		return &transports.Error{Kind: transports.NotAllowed, Text: transports.T("Passwords do not go over ports without TLS.")}
	case c.bouncer || who.address != "" || who.pass != "":
		return &transports.Error{Kind: transports.Unsupported, Text: transports.T("You are there by a bouncer. Make the account with another program.")}
	case who.wantsSASL() || who.nickserv != "":
		return &transports.Error{Kind: transports.Conflict, Text: transports.T("You are logged in to an account there already.")}
	}
	return nil
}

// Enrolment returns the form of REGISTER, or of VERIFY.
func (s *Session) Enrolment(confirm bool) (transports.Form, error) {
	c, err := s.live()
	if err != nil {
		return transports.Form{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.mayEnrol(); err != nil {
		return transports.Form{}, err
	}
	if confirm {
		return s.confirmation()
	}
	f := transports.Form{
		Title:        transports.T("An account on %s", s.who.host),
		Instructions: transports.T("The network makes an account by the name of your nick, %s.", c.nick),
	}
	if c.enrols.named {
		f.Instructions = transports.T("The network makes an account, which need not have the name of your nick.")
		f.Fields = append(f.Fields, transports.Field{Name: fieldAccount, Kind: transports.Line, Required: true, Value: c.nick, Label: transports.T("Account name")})
	}
	email := transports.Field{Name: fieldEmail, Kind: transports.Line, Required: c.enrols.email, Label: transports.T("Your e-mail address"),
		Help: transports.T("The network keeps it, and may send a code there.")}
	f.Fields = append(f.Fields, email, transports.Field{Name: fieldPassword, Kind: transports.Secret, Required: true, Label: transports.T("Account password"),
		Help: transports.T("A new one. The gateway keeps it sealed, and logs you in by it from then on.")})
	return f, nil
}

// confirmation is the form of VERIFY.
func (s *Session) confirmation() (transports.Form, error) {
	e := s.enrolment()
	if e.Account == "" {
		return transports.Form{}, &transports.Error{Kind: transports.NotFound, Text: transports.T("There is no account to be confirmed.")}
	}
	f := transports.Form{Title: transports.T("The account %s on %s", e.Account, s.who.host)}
	switch {
	case e.Made:
		f.Instructions = transports.T("The network has made it. Go on to be logged in by it.")
		return f, nil
	case e.words != "":
		f.Instructions = transports.Literal(e.words)
	default:
		f.Instructions = transports.T("The network wants it to be confirmed.")
	}
	f.Fields = []transports.Field{{Name: fieldCode, Kind: transports.Line, Required: true, Label: transports.T("Code"),
		Help: transports.T("The network sent it. If it is not there yet, come back later by the command to confirm the account.")}}
	return f, nil
}

// Enrol has the network make an account, or confirms one.
func (s *Session) Enrol(ctx context.Context, confirm bool, answered transports.Settings) (transports.Answer, error) {
	c, err := s.live()
	if err != nil {
		return transports.Answer{}, err
	}
	r := new(request)
	switch e := s.enrolment(); {
	case !confirm:
		err = c.enrol(ctx, r, answered)
	case !e.Made:
		err = c.confirm(ctx, r, answered)
	}
	if err != nil {
		return transports.Answer{}, err
	}
	e := s.enrolment()
	if !e.Made {
		next, err := s.confirmation()
		return transports.Answer{Next: &next}, err
	}
	return transports.Answer{Settings: transports.Settings{
		fieldSASLUser: e.Account, fieldSASLPassword: e.Password, fieldSASL: saslAuto, fieldNickServ: "",
	}}, nil
}
