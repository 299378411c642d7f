package message

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Verdict is what the user's provider found out about who sent a mail.
type Verdict uint8

// The verdicts.
const (
	Unchecked Verdict = iota // the provider says nothing
	Verified                 // the domain of From stands for it
	Doubtful                 // somebody else may have sent it
)

// ServerID returns the authserv-id of the topmost Authentication-Results field,
// RFC 8601 §2.5: at mail that surely came through the provider, the provider's.
func (m *Mail) ServerID() string {
	id, _ := parseResults(fieldText(m.Header.Get("Authentication-Results")))
	return id
}

// Verdict returns what the provider of that authserv-id says, by whichever of its
// servers: iCloud has one for each method, and others many of a kind. Fields below those
// of the provider's own servers are the sender's, and anybody can write them:
// they do not count (RFC 8601 §7.1).
func (m *Mail) Verdict(serverID string) Verdict {
	if serverID == "" {
		return Unchecked
	}
	said := map[string]string{} // by method; the topmost counts
	found := false
	for f := m.Header.Fields(); f.Next(); {
		if f.Key() == "Received" {
			if found || foreign(f.Value(), serverID) {
				break
			}
			continue
		}
		if f.Key() != "Authentication-Results" {
			continue
		}
		id, results := parseResults(fieldText(f.Value()))
		if !sameServers(id, serverID) {
			continue
		}
		found = true
		for _, r := range results {
			if _, had := said[r.method]; !had {
				said[r.method] = r.result
			}
		}
	}
	switch {
	case !found:
		return Unchecked
	case said["dmarc"] == "fail":
		return Doubtful
	case said["dmarc"] == "pass" || said["dkim"] == "pass" || said["spf"] == "pass":
		return Verified
	}
	return Doubtful
}

// result is one method's.
type result struct {
	method, result string
}

// parseResults reads an Authentication-Results field. A method that is named
// several times (a mail may have several signatures) is passed if one is.
func parseResults(value string) (id string, results []result) {
	value = dropComments(value)
	id, rest, _ := strings.Cut(value, ";")
	id, _, _ = strings.Cut(strings.TrimSpace(id), " ") // a version may follow
	for _, piece := range strings.Split(rest, ";") {
		method, after, ok := strings.Cut(piece, "=")
		method, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(method)), "/")
		word, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		word = strings.ToLower(word)
		if !ok || method == "" || strings.ContainsAny(method, " .") || len(results) >= 50 {
			continue
		}
		known := false
		for i := range results {
			if results[i].method == method {
				known = true
				if word == "pass" && method != "dmarc" {
					results[i].result = word
				}
			}
		}
		if !known {
			results = append(results, result{method, word})
		}
	}
	return strings.ToLower(id), results
}

// dropComments takes out what stands in parentheses, and the quotes of strings
// with what would end a result within.
func dropComments(s string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case quoted:
			if quoted = c != '"'; quoted && c != ';' && c != '=' {
				b.WriteByte(c)
			}
		case c == '"' && depth == 0:
			quoted = true
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// sameServers tells whether two ids are of one provider.
func sameServers(id, other string) bool {
	return id != "" && (strings.EqualFold(id, other) || organisation(id) == organisation(other))
}

// insideNames end names that only the inside of a network knows.
var insideNames = []string{"internal", "local", "localdomain", "localhost", "lan", "home", "corp", "intranet"}

// foreign tells whether a Received field was written by a server that is not the
// provider's. Names without a domain, and addresses, are of the inside.
func foreign(received, serverID string) bool {
	words := strings.Fields(dropComments(received))
	for i, w := range words {
		if !strings.EqualFold(w, "by") || i+1 == len(words) {
			continue
		}
		host := strings.ToLower(strings.Trim(words[i+1], "[];."))
		dot := strings.LastIndexByte(host, '.')
		return dot >= 0 && !isNumeric(host) && !slices.Contains(insideNames, host[dot+1:]) && !sameServers(host, serverID)
	}
	return false
}

func isNumeric(host string) bool { return strings.Trim(host, "0123456789.:abcdef") == "" }

// organisation returns the domain that was registered for a host.
func organisation(host string) string {
	host = strings.ToLower(host)
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}
