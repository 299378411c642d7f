// Package wiretest is the network that package wire speaks to, for tests. It
// lives as long as its test, whatever becomes of the gateway, and keeps logs of
// its own: what it took, what it gave out, and what was acknowledged. They are
// what a test judges the gateway by.
package wiretest
