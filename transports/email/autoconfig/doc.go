// Package autoconfig finds the mail servers of an address, so that nobody has to
// know them: RFC 6186, RFC 8314 and the configuration files that mail programs
// share (draft-ietf-mailmaint-autoconfig).
//
// What is found is ordered by how much it is to be trusted. A server that only
// plain DNS speaks for, and that belongs neither to the domain nor to a provider
// known here, is marked: a person looks at it before a password goes there. No
// address is told to anybody on the way, only its domain.
package autoconfig
