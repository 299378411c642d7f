// Package check looks at everything that a wherry needs to run: its
// configuration, key file and store, and each XMPP server with the domains
// there. It changes nothing, and says what is wrong and what to do in one line
// for each thing.
//
// Where a wherry runs on the store already, that one is asked for its domains:
// a second stream of a domain would be refused, or take stanzas from the first.
package check
