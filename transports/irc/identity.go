package irc

import (
	"hash/fnv"
	"reflect"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"wherry/transports"
	"wherry/transports/dial"
)

// The names of the settings, as forms have them.
const (
	fieldNick         = "nick"
	fieldUsername     = "username"
	fieldRealname     = "realname"
	fieldNetwork      = "network"
	fieldPass         = "pass"
	fieldSASLUser     = "sasl_username"
	fieldSASLPassword = "sasl_password"
	fieldSASL         = "sasl_mechanism"
	fieldMakeCert     = "make_certificate"
	fieldCertificate  = "client_certificate"
	fieldCertPrint    = "certificate_fingerprint"
	fieldNickServ     = "nickserv_password"
	fieldAddress      = "address"
	fieldFingerprint  = "fingerprint"
	fieldBouncer      = "bouncer_network"
	fieldCommands     = "after_connect_commands"
	fieldThrottle     = "throttle_limit"
	fieldTLSPorts     = "tls_ports"
	fieldPlainPorts   = "ports"
	fieldEncoding     = "encoding_in"
	fieldEncodingOut  = "encoding_out"
	fieldNotices      = "server_notices"
	fieldPersistent   = "persistent" // these three are the gateway's to follow
	fieldRecord       = "record_history"
	fieldLength       = "max_history_length"
	fieldPaste        = "paste_lines"
)

// identity is who an account is on its network, and how it gets there.
type identity struct {
	owner        string // whose it is, a secret; empty for nobody
	known        string // what networks are told of that, where any is; else empty
	host         string // as users call the network
	nick         string
	username     string
	realname     string
	pass         string
	saslUser     string
	saslPassword string
	tlsPorts     []int
	plainPorts   []int
	*rare        // never nil
}

// rare is what few accounts set. It does not change.
type rare struct {
	address       string // where the network is, if not where users call it
	saslMechanism string // empty: the best that the network has
	certificate   certificate
	pins          dial.Pins
	network       string           // of a bouncer: its name or id
	nickserv      string           // the password for NickServ, where SASL is not used
	commands      []string         // lines to send once logged in
	notices       string           // which of the network's own words are shown
	throttle      int              // lines at once; 0: as the gateway does
	charset       *charmap.Charmap // of text that is not UTF-8
	outgoing      *charmap.Charmap // of what is sent; nil is UTF-8
}

// usual is what all others have.
var usual = rare{notices: noticesImportant, charset: charmap.Windows1252}

// identity reads an account's settings; what they leave open is taken from the
// user's default account, then from the nick.
func (t *Transport) identity(account transports.Account) (identity, error) {
	own := func(name string) string { return strings.TrimSpace(account.Settings[name]) }
	either := func(name string) string {
		if value := own(name); value != "" {
			return value
		}
		return strings.TrimSpace(account.Default[name])
	}
	who := identity{
		owner:        account.Owner,
		host:         string(account.Scope),
		nick:         either(fieldNick),
		username:     either(fieldUsername),
		realname:     either(fieldRealname),
		pass:         account.Settings[fieldPass],
		saslUser:     own(fieldSASLUser),
		saslPassword: account.Settings[fieldSASLPassword],
		rare:         new(rare),
	}
	if t.cfg.Idents != nil || len(t.cfg.WebIRC) > 0 {
		who.known = known(account)
	}
	if who.host == "" {
		who.host = t.cfg.FixedNetwork
	}
	if who.host == "" {
		return who, &transports.Error{
			Kind: transports.Unsupported,
			Text: transports.T("The account of the gateway itself connects to no network."),
		}
	}
	if who.nick == "" {
		who.nick = anonymousNick(account.Key)
	}
	if who.username == "" {
		who.username = who.nick
	}
	if who.realname == "" {
		who.realname = who.nick
	}
	if who.saslUser == "" {
		who.saslUser = who.nick
	}
	var err error
	if err = t.advanced(&who, account.Settings); err != nil {
		return who, err
	}
	if who.tlsPorts, who.plainPorts, err = t.ports(own(fieldTLSPorts), own(fieldPlainPorts)); err != nil {
		return who, err
	}
	if len(who.tlsPorts) > 0 && who.hasSecrets() || len(who.pins) > 0 {
		who.plainPorts = nil
	}
	if who.outgoing, err = parseOutgoing(own(fieldEncodingOut)); err != nil {
		return who, err
	}
	if who.charset, err = parseEncoding(fieldEncoding, own(fieldEncoding)); own(fieldEncoding) == "" && who.outgoing != nil {
		who.charset = who.outgoing
	}
	if reflect.DeepEqual(who.rare, &usual) {
		who.rare = &usual
	}
	return who, err
}

// hasSecrets tells whether the account has a password that the network is told:
// who keeps us from its ports with TLS must not get it by a port without.
func (who *identity) hasSecrets() bool {
	return who.pass != "" || who.saslPassword != "" || who.nickserv != ""
}

// anonymousNick returns the nick of an account that never named one.
func anonymousNick(key string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return "guest" + strconv.Itoa(1000+int(h.Sum32()%9000))
}

// check tells which of an account's settings no network could take. Secrets
// stand in lines of their own, so that they too must not hold ends of lines.
func (who *identity) check() error {
	for _, f := range []struct{ name, value string }{
		{fieldNick, who.nick}, {fieldUsername, who.username}, {fieldRealname, who.realname}, {fieldPass, who.pass},
	} {
		if strings.ContainsAny(f.value, "\r\n\x00") || len(f.value) > maxName {
			return fieldError(f.name, transports.Malformed, transports.T("This cannot be sent: it is too long, or has several lines."))
		}
	}
	if strings.Contains(who.saslUser, "\x00") || strings.Contains(who.saslPassword, "\x00") {
		return fieldError(fieldSASLPassword, transports.Malformed, transports.T("A password cannot hold that character."))
	}
	if !validNick(who.nick) {
		return fieldError(fieldNick, transports.Malformed, transports.T("%s cannot be a nick on IRC.", who.nick))
	}
	return nil
}

// ports returns the ports to try: those of the account where it names any and
// the administrator leaves networks to users, else those of the gateway.
func (t *Transport) ports(tlsPorts, plainPorts string) (secured, plain []int, err error) {
	if t.cfg.FixedNetwork != "" || len(t.cfg.Networks) > 0 || tlsPorts+plainPorts == "" {
		return t.cfg.TLSPorts, t.cfg.PlainPorts, nil
	}
	if secured, err = parsePorts(fieldTLSPorts, tlsPorts); err != nil {
		return nil, nil, err
	}
	if plain, err = parsePorts(fieldPlainPorts, plainPorts); err != nil {
		return nil, nil, err
	}
	return secured, plain, nil
}

// maxPorts is how many ports of one kind an account may have tried.
const maxPorts = 5

// parsePorts reads a list such as "6697, 7000".
func parsePorts(field, list string) ([]int, error) {
	var ports []int
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' }) {
		port, err := strconv.Atoi(word)
		if err != nil || !allowedPort(port) || len(ports) == maxPorts {
			return nil, fieldError(field, transports.Malformed,
				transports.T("Ports are up to five numbers from 1024 to 65535, such as 6697, 7000."))
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// allowedPort tells whether a user may have a port tried: not where other
// services than IRC are.
func allowedPort(port int) bool {
	return port >= 1024 && port <= 65535 || port == 194 || port == 994
}

func fieldError(field string, kind transports.ErrorKind, text transports.Text) *transports.FieldError {
	return &transports.FieldError{Field: field, Err: &transports.Error{Kind: kind, Text: text}}
}
