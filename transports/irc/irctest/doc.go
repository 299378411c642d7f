// Package irctest has IRC servers for tests. Server is a listener whose every
// line the test writes, for what no real server can be made to do. Network is a
// small server with users and channels, for the rest.
package irctest
