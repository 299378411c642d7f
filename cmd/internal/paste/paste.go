// Package paste writes what an XMPP server's configuration needs to have for
// Wherry's components: ready to be pasted.
package paste

import (
	"fmt"
	"io"
	"net"
	"strings"
)

// Component is one domain as the server must know it.
type Component struct {
	Domain string
	Secret string // as it is to be shown
	Server string // host:port, as Wherry reaches it
	TLS    bool
}

const defaultPort = "5347"

// Write writes the lines for Prosody, then those for ejabberd.
func Write(w io.Writer, components []Component) error {
	_, err := io.WriteString(w, "Prosody (prosody.cfg.lua, at its end):\n\n"+indent(Prosody(components))+
		"\nejabberd (ejabberd.yml, under the listen: that is there):\n\n"+indent(Ejabberd(components)))
	return err
}

// Prosody returns the lines for prosody.cfg.lua.
func Prosody(components []Component) string {
	var b strings.Builder
	for _, line := range globals(components) {
		b.WriteString(line + "\n")
	}
	for i, c := range components {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "Component %s\n    component_secret = %s\n", quote(c.Domain), quote(c.Secret))
	}
	return b.String()
}

// globals returns what must stand before the first host of prosody.cfg.lua:
// where it listens, if that is not where it would anyway.
func globals(components []Component) []string {
	var lines []string
	ports, hosts := listeners(components)
	if len(ports) > 1 || len(ports) == 1 && ports[0] != defaultPort {
		lines = append(lines, "-- this above the first VirtualHost or Component:",
			"component_ports = { "+strings.Join(ports, ", ")+" }")
	}
	for _, host := range hosts {
		if !loopback(host) {
			lines = append(lines, "-- this above the first VirtualHost or Component; nothing on the way encrypts, so keep it in a network of your own:",
				`component_interfaces = { "*" }`)
			break
		}
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	return lines
}

// listeners returns the ports and hosts of all servers, each once, in order.
func listeners(components []Component) (ports, hosts []string) {
	seen := map[string]bool{}
	for _, c := range components {
		host, port, err := net.SplitHostPort(c.Server)
		if err != nil {
			continue
		}
		if !seen[":"+port] {
			ports = append(ports, port)
		}
		if !seen[host] {
			hosts = append(hosts, host)
		}
		seen[":"+port], seen[host] = true, true
	}
	return ports, hosts
}

// Ejabberd returns the lines for ejabberd.yml: one listener for each server
// that the components connect to.
func Ejabberd(components []Component) string {
	var order []string
	byServer := map[string][]Component{}
	for _, c := range components {
		if byServer[c.Server] == nil {
			order = append(order, c.Server)
		}
		byServer[c.Server] = append(byServer[c.Server], c)
	}
	var b strings.Builder
	for _, server := range order {
		writeListener(&b, server, byServer[server])
	}
	return b.String()
}

func writeListener(b *strings.Builder, server string, components []Component) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = "127.0.0.1", defaultPort
	}
	fmt.Fprintf(b, "  -\n    port: %s\n", port)
	if ip := net.ParseIP(host); loopback(host) && ip != nil {
		fmt.Fprintf(b, "    ip: %s\n", quote(host))
	} else if loopback(host) {
		b.WriteString("    ip: \"127.0.0.1\"\n")
	}
	b.WriteString("    module: ejabberd_service\n    access: all\n    global_routes: false\n")
	if components[0].TLS {
		b.WriteString("    tls: true\n")
	}
	b.WriteString("    hosts:\n")
	for _, c := range components {
		fmt.Fprintf(b, "      %s:\n        password: %s\n", quote(c.Domain), quote(c.Secret))
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// quote writes a string that Lua and YAML read alike.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(s) + `"`
}

func indent(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if strings.Trim(line, "\n") != "" {
			lines[i] = "    " + line
		}
	}
	return strings.Join(lines, "")
}
