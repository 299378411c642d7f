// Package dial connects to hosts that users name, and fetches files from URLs
// that they or a network name. It refuses to reach into the gateway's own
// network on their behalf: what counts is the address that is really dialled,
// after the name was resolved, so that no name can be made to point inside.
package dial
