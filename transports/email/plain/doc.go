// Package plain makes of a mail's text what a chat shows: plain text without
// what was only quoted.
//
//	text/plain → Flowed (RFC 3676) ┐
//	text/html  → HTML              ┴→ Cut (quotes, signatures, footers) → Clean
//
// Functions are pure; their time is linear in what they are given, whatever that
// is. What they return is valid UTF-8 where they were given such.
package plain
