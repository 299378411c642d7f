package irc

import (
	"slices"
	"strings"
)

// splitSource cuts a line's source in nick and user@host. A server has no
// user@host.
func splitSource(source string) (nick, mask string) {
	nick, mask, _ = strings.Cut(source, "!")
	return nick, mask
}

// isServer tells whether a source is a server rather than somebody. Nicks hold
// no dots, names of servers do.
func isServer(source string) bool {
	return source == "" || (strings.IndexByte(source, '!') < 0 && strings.IndexByte(source, '.') >= 0)
}

// services are the nicks that services have on most networks.
var services = []string{
	"nickserv", "chanserv", "memoserv", "botserv", "hostserv", "operserv", "helpserv", "saslserv", "groupserv", "infoserv", "statserv", "authserv",
}

// isService tells whether a source is one of the network's services, by the
// names and hosts that all packages of services use.
func isService(source string) bool {
	nick, mask := splitSource(source)
	_, host, _ := strings.Cut(mask, "@")
	host = lower(host)
	return slices.Contains(services, lower(nick)) || host == "services" || strings.HasPrefix(host, "services.")
}
