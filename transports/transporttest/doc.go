// Package transporttest has what tests of transports and of their users need:
// Network, a network in memory with rooms and people, which fails as it is
// told; and Conformance, the suite that every transport passes.
package transporttest
