package mailtest

import "strings"

// Challenge says what is wrong with a token, for who asks with XOAUTH2 or RFC 7628.
const Challenge = `{"status":"401","schemes":"bearer","scope":"https://mail.example.org/"}`

// Token finds the user and the token in a response of XOAUTH2 ("user=…") or
// OAUTHBEARER ("n,a=…,").
func Token(response string) (name, token string) {
	for part := range strings.SplitSeq(response, "\x01") {
		if value, ok := strings.CutPrefix(part, "user="); ok {
			name = value
		} else if value, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = value
		} else if _, value, ok := strings.Cut(part, ",a="); ok {
			name = strings.TrimSuffix(value, ",")
		}
	}
	return name, token
}
