// Package identd implements RFC 1413, the Identification Protocol: IRC servers
// ask it whose a connection is. It answers for connections that are ours, and
// knows no other; who they are of is an opaque id.
package identd
