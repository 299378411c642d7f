// Package componenttest is a fake XMPP server for tests of components: it
// speaks XEP-0114 on a loopback port and is as strict as the strictest server.
package componenttest
