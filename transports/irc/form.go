package irc

import (
	"cmp"

	"wherry/transports"
)

// Form returns what to ask: on the gateway itself who the user is on every
// network; on a network how to log in there. On a gateway of one network both
// are one.
func (t *Transport) Form(scope transports.Scope, on transports.Settings) transports.Form {
	fixed := t.cfg.FixedNetwork != ""
	f := transports.Form{Fields: identityFields(on)}
	switch {
	case scope == "" && !fixed:
		f.Title = transports.T("Your name on IRC")
		f.Instructions = transports.T("Used on every network where you set nothing else.")
		f.Fields = append(f.Fields, transports.Field{
			Name: fieldNetwork, Kind: transports.Line, Value: on[fieldNetwork], Label: transports.T("Network"),
			Help: transports.T("Meant where an address names none, such as irc.example.org."),
		})
		f.Fields = append(f.Fields, roomFields(on)...)
		return f
	case fixed:
		f.Title = transports.T("Your account on %s", t.cfg.FixedNetwork)
	default:
		f.Title = transports.T("Your account on %s", string(scope))
	}
	f.Instructions = transports.T("Leave passwords empty where you have none. We log in once to see whether it works.")
	f.Fields = append(f.Fields, loginFields(on)...)
	f.Fields = append(f.Fields, certificateFields(on)...)
	f.Fields = append(f.Fields, bouncerField(on))
	if t.open() {
		f.Fields = append(f.Fields, portFields(on)...)
		f.Fields = append(f.Fields, placeFields(on)...)
	}
	f.Fields = append(f.Fields, habitFields(on)...)
	f.Fields = append(f.Fields, noticesField(on), encodingField(on), speechField(on))
	f.Fields = append(f.Fields, roomFields(on)...)
	return f
}

func identityFields(on transports.Settings) []transports.Field {
	return []transports.Field{
		{Name: fieldNick, Kind: transports.Line, Value: on[fieldNick], Label: transports.T("Nick")},
		{Name: fieldUsername, Kind: transports.Line, Value: on[fieldUsername], Label: transports.T("User name"),
			Help: transports.T("The part before the @ that others see; the nick if empty.")},
		{Name: fieldRealname, Kind: transports.Line, Value: on[fieldRealname], Label: transports.T("Real name"),
			Help: transports.T("Everybody can see it; the nick if empty.")},
	}
}

func loginFields(on transports.Settings) []transports.Field {
	return []transports.Field{
		{Name: fieldPass, Kind: transports.Secret, Label: transports.T("Server password"),
			Help: transports.T("Few networks have one; bouncers do.")},
		{Name: fieldSASLUser, Kind: transports.Line, Value: on[fieldSASLUser], Label: transports.T("Account name"),
			Help: transports.T("The nick if empty.")},
		{Name: fieldSASLPassword, Kind: transports.Secret, Label: transports.T("Account password"),
			Help: transports.T("That of NickServ.")},
		{Name: fieldSASL, Kind: transports.Choice, Value: saslChoice(on[fieldSASL]), Label: transports.T("Log-in by"),
			Options: []transports.Option{
				{Value: saslAuto, Label: transports.T("Password, the best way that the network has")},
				{Value: saslScram, Label: transports.T("Password (SCRAM-SHA-256)")},
				{Value: saslPlain, Label: transports.T("Password (PLAIN)")},
				{Value: saslExternal, Label: transports.T("Certificate (EXTERNAL)")},
			}},
		{Name: fieldNickServ, Kind: transports.Secret, Label: transports.T("Password for NickServ"),
			Help: transports.T("Only where the network has no log-in by account password.")},
	}
}

func saslChoice(on string) string {
	if on == "" {
		return saslAuto
	}
	return on
}

// certificateFields are about the account's own certificate. Its key is never
// shown; its fingerprint is.
func certificateFields(on transports.Settings) []transports.Field {
	fields := []transports.Field{{Name: fieldCertificate, Kind: transports.Secret, Label: transports.T("Client certificate"),
		Help: transports.T("Leave it empty.")}}
	if fingerprint := on[fieldCertPrint]; fingerprint != "" {
		return append(fields, transports.Field{Kind: transports.Info, Label: transports.T("Fingerprint of your certificate"), Value: fingerprint,
			Help: transports.T("Tell NickServ: CERT ADD and this.")})
	}
	return append(fields, transports.Field{Name: fieldMakeCert, Kind: transports.Boolean, Value: "false",
		Label: transports.T("Have a client certificate made, which networks can know you by")})
}

func bouncerField(on transports.Settings) transports.Field {
	return transports.Field{Name: fieldBouncer, Kind: transports.Line, Value: on[fieldBouncer], Label: transports.T("Network of a bouncer"),
		Help: transports.T("Its name there, where this is a soju that has several.")}
}

// placeFields are where the network is, and how it is known.
func placeFields(on transports.Settings) []transports.Field {
	return []transports.Field{
		{Name: fieldAddress, Kind: transports.Line, Value: on[fieldAddress], Label: transports.T("Host, if another"),
			Help: transports.T("Where to connect instead: the host of a bouncer.")},
		{Name: fieldFingerprint, Kind: transports.Line, Value: on[fieldFingerprint], Label: transports.T("Fingerprint of the network's certificate"),
			Help: transports.T("Only where nobody known has signed it: then this certificate is trusted, and no other.")},
	}
}

// habitFields are what is done on the network.
func habitFields(on transports.Settings) []transports.Field {
	return []transports.Field{
		{Name: fieldCommands, Kind: transports.Lines, Value: on[fieldCommands], Label: transports.T("Commands after connecting"),
			Help: transports.T("Lines of IRC. No passwords: they can be seen here.")},
		{Name: fieldThrottle, Kind: transports.Integer, Min: -1, Max: 1000, Value: on[fieldThrottle], Label: transports.T("Lines at once"),
			Help: transports.T("Then one a second; -1 is no limit, where the gateway allows that.")},
	}
}

func portFields(on transports.Settings) []transports.Field {
	return []transports.Field{
		{Name: fieldTLSPorts, Kind: transports.Line, Value: on[fieldTLSPorts], Label: transports.T("Ports with TLS"),
			Help: transports.T("Tried in this order, such as 6697, 7000; the gateway's if empty.")},
		{Name: fieldPlainPorts, Kind: transports.Line, Value: on[fieldPlainPorts], Label: transports.T("Ports without TLS"),
			Help: transports.T("Everybody on the way can read along.")},
	}
}

func encodingField(on transports.Settings) transports.Field {
	value := on[fieldEncoding]
	if value == "" {
		value = charsets[0].name
	}
	return transports.Field{
		Name: fieldEncoding, Kind: transports.Choice, Value: value, Label: transports.T("Encoding besides UTF-8"),
		Help:    transports.T("How lines are read that are not UTF-8."),
		Options: encodings(),
	}
}

func speechField(on transports.Settings) transports.Field {
	return transports.Field{
		Name: fieldEncodingOut, Kind: transports.Choice, Value: cmp.Or(on[fieldEncodingOut], utf8Name), Label: transports.T("Encoding of what you write"),
		Help:    transports.T("Only for networks that do not read UTF-8. Characters that it lacks are sent as a question mark."),
		Options: encodings(utf8Name),
	}
}

// encodings are those that can be chosen, after some others.
func encodings(others ...string) (options []transports.Option) {
	for _, c := range charsets {
		others = append(others, c.name)
	}
	for _, name := range others {
		options = append(options, transports.Option{Value: name, Label: transports.Literal(name)})
	}
	return options
}
