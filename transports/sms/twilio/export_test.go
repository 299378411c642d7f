package twilio

import (
	"fmt"

	"wherry/transports/sms/provider"
)

// Printed is how a log-in is printed.
func Printed(c provider.Credentials) string {
	return fmt.Sprintf("%v %+v %#v %s", loginOf(c), loginOf(c), loginOf(c), loginOf(c))
}

// Signature is signature for tests.
func Signature(token, url string, fields map[string]string) string {
	return signature(token, url, fields)
}

// ParseForm is parseForm for tests.
func ParseForm(body string) (map[string]string, error) { return parseForm(body) }

// Codes returns the numbers that a row of the table is for.
func Codes() []string {
	var codes []string
	for code := range failures {
		codes = append(codes, code)
	}
	return codes
}

// Hosts returns where the API of Conversations is, and where its files are.
func Hosts(p *Provider) string { return p.talks + " " + p.shared }
