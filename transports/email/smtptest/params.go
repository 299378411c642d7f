package smtptest

import (
	"fmt"
	"strconv"
	"strings"
)

// refused is the answer to a parameter of an extension that was not offered.
const refused = "555 5.5.4 unknown parameter "

// mailParams reads the parameters of MAIL. It returns a refusal, or nothing.
func (c *conn) mailParams(m *Message, params []string) string {
	for _, param := range params {
		name, value, _ := strings.Cut(param, "=")
		switch name = strings.ToUpper(name); {
		case name == "SIZE":
			if n, err := strconv.ParseInt(value, 10, 64); err != nil || n > c.s.cfg.Size {
				return tooLong
			}
		case name == "AUTH": // RFC 4954 §5, which nobody uses
		case name == "BODY" && c.s.offers("8BITMIME"):
			m.Body = strings.ToUpper(value)
		case name == "SMTPUTF8" && c.s.offers("SMTPUTF8"):
			m.UTF8 = true
		case name == "RET" && c.s.offers("DSN"):
			m.Return = strings.ToUpper(value)
		case name == "ENVID" && c.s.offers("DSN"):
			m.Envelope = xtext(value)
		default:
			return refused + name
		}
	}
	return ""
}

// recipientParams reads the parameters of RCPT. It returns a refusal, or nothing.
func (c *conn) recipientParams(r *Recipient, params []string) string {
	for _, param := range params {
		name, value, _ := strings.Cut(param, "=")
		switch name = strings.ToUpper(name); {
		case name == "NOTIFY" && c.s.offers("DSN"):
			r.Notify = strings.Split(strings.ToUpper(value), ",")
		case name == "ORCPT" && c.s.offers("DSN"):
			r.Original = xtext(value)
		default:
			return refused + name
		}
	}
	return ""
}

// xtext decodes RFC 3461's way of writing odd characters: "+2B" is a plus.
func xtext(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		var ch byte
		if text[i] == '+' && i+2 < len(text) {
			if n, _ := fmt.Sscanf(text[i+1:i+3], "%02X", &ch); n == 1 {
				out.WriteByte(ch)
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}
