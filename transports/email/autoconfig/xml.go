package autoconfig

import (
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"

	"wherry/transports/email/hosts"
)

// Bounds on what is read of a file.
const (
	depthMost = 20
	valueMost = 512 // bytes of one value
)

// parse reads a configuration file, as far as it can be read: servers that are
// whole count, whatever comes behind them.
func parse(r io.Reader) Servers {
	d := xml.NewDecoder(r)
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	var (
		all   Servers
		path  []string
		open  *entry
		value strings.Builder
	)
	for {
		token, err := d.Token()
		if err != nil {
			return all
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, strings.ToLower(t.Name.Local)); len(path) > depthMost {
				return all
			}
			value.Reset()
			if kind := serverKind(t); kind != "" && open == nil {
				open = &entry{kind: kind, depth: len(path)}
			}
		case xml.CharData:
			if value.Len()+len(t) <= valueMost {
				value.Write(t)
			}
		case xml.EndElement:
			if open != nil && len(path) == open.depth+1 {
				open.set(path[len(path)-1], strings.TrimSpace(value.String()))
			}
			if open != nil && len(path) == open.depth {
				open.addTo(&all)
				open = nil
			}
			value.Reset()
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
		}
	}
}

// serverKind returns what kind of server an element tells of: "imap", "smtp" or
// none that is of use.
func serverKind(t xml.StartElement) string {
	kind := ""
	for _, a := range t.Attr {
		if strings.EqualFold(a.Name.Local, "type") {
			kind = strings.ToLower(strings.TrimSpace(a.Value))
		}
	}
	switch name := strings.ToLower(t.Name.Local); {
	case name == "incomingserver" && kind == "imap", name == "outgoingserver" && kind == "smtp":
		return kind
	}
	return ""
}

// entry is a server that is being read.
type entry struct {
	kind   string
	depth  int
	server Server
	logins []string
}

// set takes one value.
func (e *entry) set(name, value string) {
	switch name {
	case "hostname":
		e.server.Name = value
	case "port":
		e.server.Port, _ = strconv.Atoi(value)
	case "sockettype":
		switch strings.ToLower(value) {
		case "ssl", "tls":
			e.server.TLS = hosts.TLS
		case "starttls":
			e.server.TLS = hosts.StartTLS
		}
	case "username":
		e.server.Username = value
	case "authentication":
		e.logins = append(e.logins, strings.ToLower(value))
	}
}

// passwords are the names of logging in by a password over TLS, also the older
// ones.
var passwords = map[string]bool{"": true, "password-cleartext": true, "plain": true, "password-encrypted": true, "secure": true}

// addTo adds the server to those of the file, where we can use it: in the clear or
// by a certificate of the client we cannot.
func (e *entry) addTo(all *Servers) {
	usable := len(e.logins) == 0
	for _, login := range e.logins {
		e.server.OAuth = e.server.OAuth || login == "oauth2"
		usable = usable || passwords[login] || login == "oauth2"
	}
	list := &all.IMAP
	if e.kind == "smtp" {
		list = &all.SMTP
	}
	if usable && e.server.Name != "" && e.server.TLS != "" && len(*list) < most {
		*list = append(*list, e.server)
	}
}
