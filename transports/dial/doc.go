// Package dial connects to hosts that users name, and refuses to reach into
// the gateway's own network on their behalf. What counts is the address that is
// really dialled, after the name was resolved, so that no name can be made to
// point inside.
package dial
