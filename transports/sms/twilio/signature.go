package twilio

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"

	"wherry/transports"
)

// signatureHeader is where Twilio puts its signature.
const signatureHeader = "X-Twilio-Signature"

// signed tells whether a call was signed with one of the tokens. An empty token
// signs nothing.
func signed(tokens []string, hook string, r transports.Request, f form) bool {
	given := r.Header.Values(signatureHeader)
	if len(given) != 1 {
		return false
	}
	good := false
	for _, token := range tokens {
		if token == "" {
			continue
		}
		for _, u := range signedURLs(hook, r.Path, r.Query) {
			good = hmac.Equal([]byte(given[0]), []byte(signature(token, u, f))) || good
		}
	}
	return good
}

// signature is Twilio's: HMAC-SHA1 by the token over the URL and each field
// with its value, in the order of the names, in base64.
func signature(token, url string, f form) string {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(url))
	for _, name := range names {
		mac.Write([]byte(name))
		mac.Write([]byte(f[name]))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedURLs are the spellings of a hook's URL that Twilio may have signed: with
// a port and without, with the fragment that tells it how to retry and without.
// Only what is configured counts, never what the call says of its host.
func signedURLs(hook, path, query string) []string {
	hook, fragment, _ := strings.Cut(hook, "#")
	hook, _, _ = strings.Cut(hook, "?")
	target := path
	if query != "" {
		target += "?" + query
	}
	var urls []string
	for _, base := range ports(hook) {
		urls = append(urls, base+target)
		if fragment != "" {
			urls = append(urls, base+target+"#"+fragment)
		}
	}
	return urls
}

// ports returns a URL without a port, and with the one it has or the scheme's
// own. Nothing else of it is changed.
func ports(base string) []string {
	scheme, rest, ok := strings.Cut(base, "://")
	if !ok {
		return []string{base}
	}
	host, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	port := ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexAny(host, "]@") {
		host, port = host[:i], host[i:]
	}
	if port == "" {
		port = ":443"
		if strings.EqualFold(scheme, "http") {
			port = ":80"
		}
	}
	return []string{scheme + "://" + host + path, scheme + "://" + host + port + path}
}
