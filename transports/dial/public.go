package dial

import "net/netip"

// special lists the blocks of the IANA special-purpose address registries
// (RFC 6890) that are not globally reachable, and those that lead to others.
var special = prefixes(
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private use, RFC 1918
	"100.64.0.0/10",    // shared with carriers' customers, RFC 6598
	"127.0.0.0/8",      // loopback
	"169.254.0.0/16",   // link-local, and clouds' metadata
	"172.16.0.0/12",    // private use
	"168.63.129.16/32", // a cloud's own services
	"192.0.0.0/24",     // protocol assignments
	"192.0.2.0/24",     // documentation
	"192.31.196.0/24",  // AS112
	"192.52.193.0/24",  // AMT
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private use
	"192.175.48.0/24",  // AS112
	"198.18.0.0/15",    // benchmarks
	"198.51.100.0/24",  // documentation
	"203.0.113.0/24",   // documentation
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, and broadcast
	"::/96",            // unspecified, loopback, IPv4-compatible
	"64:ff9b:1::/48",   // NAT64 of local use, RFC 8215
	"100::/64",         // discard only
	"100:0:0:1::/64",   // dummy
	"2001::/23",        // protocol assignments, Teredo among them
	"2001:db8::/32",    // documentation
	"2620:4f:8000::/48",
	"3fff::/20",       // documentation
	"5f00::/16",       // segment routing
	"fc00::/7",        // unique local
	"fe80::/10",       // link-local
	"fec0::/10",       // site-local, deprecated
	"ff00::/8",        // multicast
	"::ffff:0:0:0/96", // IPv4-translated, RFC 2765
)

var (
	global = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is given out, RFC 4291 §2.4
	nat64  = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixto4 = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public tells whether addr is reachable from everywhere: no address of a
// private, local, shared, reserved or documentation block, nor one that carries
// such an IPv4 address inside.
func Public(addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	if !addr.IsValid() {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	if inner, ok := embedded(addr); ok {
		return Public(inner)
	}
	return addr.Is4() || global.Contains(addr)
}

// embedded returns the IPv4 address that a translated IPv6 address leads to.
func embedded(addr netip.Addr) (netip.Addr, bool) {
	b := addr.As16()
	switch {
	case nat64.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixto4.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}
