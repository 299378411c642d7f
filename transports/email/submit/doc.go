// Package submit hands mails to a user's own server: RFC 6409, over TLS and
// nothing else.
//
// A Client is one connection that is logged in. Send makes one attempt of one
// mail. Its error tells by Unsure whether the mail may have been sent all the
// same: that is so only between the end of the mail and the server's answer.
package submit
