// Package oauth gets access tokens for mail servers: by a code that the user
// enters in a browser anywhere (RFC 8628), and by the refresh token that came with
// the last one (RFC 6749 §6).
//
// Tokens and codes are Secrets: no way of printing shows them. What a server says
// beyond the codes of errors is shown and logged nowhere.
package oauth
