// Package calendar reads what an invitation says, RFC 5545, for one line in a
// chat: what, when, where and from whom.
package calendar
