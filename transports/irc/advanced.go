package irc

import (
	"slices"
	"strconv"
	"strings"

	"wherry/transports"
)

// dialled returns the host that is connected to.
func (who *identity) dialled() string {
	if who.address != "" {
		return who.address
	}
	return who.host
}

// advanced reads the settings that few have.
func (t *Transport) advanced(who *identity, on transports.Settings) (err error) {
	if m := strings.ToUpper(strings.TrimSpace(on[fieldSASL])); m != "" && m != saslAuto {
		if !slices.Contains([]string{saslExternal, saslScram, saslPlain}, m) {
			return fieldError(fieldSASL, transports.Unsupported, transports.T("That way to log in is not known."))
		}
		who.saslMechanism = m
	}
	if who.certificate, err = readCertificate(on[fieldCertificate]); err != nil {
		return err
	}
	who.nickserv = on[fieldNickServ]
	if who.network = strings.TrimSpace(on[fieldBouncer]); len(who.network) > maxName || strings.ContainsAny(who.network, "\r\n\x00") {
		return fieldError(fieldBouncer, transports.Malformed, transports.T("This cannot be sent: it is too long, or has several lines."))
	}
	if who.commands, err = parseCommands(on[fieldCommands]); err != nil {
		return err
	}
	if who.notices, err = parseNotices(on[fieldNotices]); err != nil {
		return err
	}
	if most := strings.TrimSpace(on[fieldThrottle]); most != "" {
		if n, err := strconv.Atoi(most); err == nil {
			who.throttle = n
		}
	}
	if !t.open() { // where the network is, is the administrator's to say
		return nil
	}
	if who.pins, err = parsePins(on[fieldFingerprint]); err != nil {
		return err
	}
	if address := strings.TrimSpace(on[fieldAddress]); address != "" {
		host, ok := canonicalHost(address)
		if !ok {
			return fieldError(fieldAddress, transports.Malformed, transports.T("That is not the name of a host."))
		}
		who.address = host
	}
	return nil
}

// saslAuto is the best way to log in that the network has.
const saslAuto = "AUTO"

// open tells whether users say where their networks are.
func (t *Transport) open() bool { return t.cfg.FixedNetwork == "" && len(t.cfg.Networks) == 0 }

// throttle returns how many lines an account may send at once: as it wants,
// within what the gateway allows.
func (t *Transport) throttle(who *identity) int {
	limit := t.cfg.ThrottleLimit
	switch {
	case who.throttle == 0:
		return limit
	case who.throttle < 0 || limit < 0: // no limit is as many as the other allows
		return max(limit, who.throttle)
	}
	return min(limit, who.throttle)
}

// checkAdvanced refuses, at sign-up, what cannot work.
func (who *identity) checkAdvanced() error {
	switch {
	case who.saslMechanism == saslExternal && who.certificate.pair == nil:
		return fieldError(fieldSASL, transports.Incomplete, transports.T("To log in by certificate, have one made first, and tell NickServ its fingerprint."))
	case who.network != "" && !who.wantsSASL():
		return fieldError(fieldBouncer, transports.Incomplete, transports.T("To have a network of a bouncer, log in by account name and password."))
	case who.nickserv != "" && (strings.ContainsAny(who.nickserv, " \r\n\x00") || len(who.nickserv) > maxName):
		return fieldError(fieldNickServ, transports.Malformed, transports.T("A password cannot hold that character."))
	case who.nickserv != "" && len(who.plainPorts) > 0:
		return fieldError(fieldNickServ, transports.NotAllowed, transports.T("Passwords do not go over ports without TLS."))
	}
	return nil
}

// maxCommands is how many lines an account may have sent once it is logged in.
const maxCommands = 10

// parseCommands reads lines of IRC, one a line.
func parseCommands(text string) (commands []string, err error) {
	for command := range strings.SplitSeq(text, "\n") {
		command = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(command), "/"))
		if command == "" {
			continue
		}
		var l line
		switch {
		case len(commands) == maxCommands, len(command)+2 > maxLine, strings.ContainsAny(command, "\r\x00"), !l.parse(command), l.source+l.tags != "":
			return nil, fieldError(fieldCommands, transports.Malformed, transports.T("Commands are up to ten lines of IRC."))
		case slices.Contains(notRaw, l.verb):
			return nil, fieldError(fieldCommands, transports.NotAllowed, transports.T("%s is the gateway's to say. Join and leave rooms with your client.", l.verb))
		}
		commands = append(commands, command)
	}
	return commands, nil
}

// greet does what the user wants done once logged in.
func (c *conn) greet() {
	who := &c.s.who
	if who.nickserv != "" && c.secure() && !c.s.trial {
		c.send("PRIVMSG", "NickServ", "IDENTIFY "+who.saslUser+" "+who.nickserv)
	}
	if c.s.trial {
		return
	}
	for _, command := range who.commands {
		c.reply = append(append(c.reply, command...), '\r', '\n')
	}
}

// secure tells whether the connection is encrypted.
func (c *conn) secure() bool { return c.link.secure() }

// troubles are words by which NickServ says that it did not let the user in.
var troubles = []string{"incorrect", "invalid", "fail", "denied", "not registered", "isn't registered", "not a registered"}

// refuses tells whether a line of NickServ's is a refusal.
func refuses(body string) bool {
	body = strings.ToLower(body)
	return slices.ContainsFunc(troubles, func(word string) bool { return strings.Contains(body, word) })
}
