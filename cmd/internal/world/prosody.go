package world

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

var prosodyConfig = template.Must(template.New("prosody").Funcs(template.FuncMap{"lua": luaString}).Parse(`
pidfile = {{lua .Dir}} .. "/prosody.pid"
data_path = {{lua .Dir}} .. "/data"
ssl = { certificate = {{lua .Dir}} .. "/cert.pem", key = {{lua .Dir}} .. "/key.pem" }
log = { { levels = { min = "info" }, to = "console" } }
modules_enabled = { "roster", "saslauth", "disco", "ping", "carbons", "register_ibr", "blocklist", "tls"{{if .Archive}}, "offline", "mam"{{end}}
{{- if .Web}}, "websocket", "bookmarks", "vcard_legacy"{{end}}{{if or .Web .Privileged}}, "pep"{{end}}{{if .Privileged}}, "privilege"{{end}} }
archive_expires_after = "never"
max_archive_query_results = 250
storage_archive_item_limit = 10000000
modules_disabled = { "s2s" }
allow_registration = false
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
interfaces = { "127.0.0.1" }
c2s_ports = { {{.Client}} }
component_ports = { {{.Component}} }
component_interfaces = { "127.0.0.1" }
{{- if or .UploadURL .Web}}
http_interfaces = { "127.0.0.1" }
http_ports = { {{.HTTP}} }
https_ports = {}
{{- end}}
{{- if .Web}}
consider_websocket_secure = true
{{- end}}
{{- if .UploadURL}}
http_default_host = "upload." .. {{lua .Domain}}
{{- end}}
VirtualHost {{lua .Domain}}
{{- if .Privileged}}
	privileged_entities = {
	{{- range $domain, $secret := .Components}}
		[{{lua $domain}}] = {
			message = "outgoing";
			iq = { ["http://jabber.org/protocol/pubsub"] = "both"; ["http://jabber.org/protocol/pubsub#owner"] = "set" };
		};
	{{- end}}
	}
{{- end}}
{{range $domain, $secret := .Components}}
Component {{lua $domain}}
	component_secret = {{lua $secret}}
	{{- if $.Privileged}}
	modules_enabled = { "privilege" }
	{{- end}}
{{end}}
{{- if .UploadURL}}
Component ("upload." .. {{lua .Domain}}) "http_file_share"
	http_external_url = {{lua .UploadURL}}
{{end}}
`))

// luaString quotes s for Lua.
func luaString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		fmt.Fprintf(&b, `\%03d`, s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// Prosody starts a Prosody. It offers clients STARTTLS, but does not ask for it.
func (w *World) Prosody(c XMPPConfig) (*XMPP, error) {
	c.defaults()
	dir, err := w.Folder("prosody-" + c.Domain)
	if err != nil {
		return nil, err
	}
	if err := w.certify(dir, c.Domain, "localhost"); err != nil {
		return nil, err
	}
	free, err := ports("127.0.0.1", 3)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := prosodyConfig.Execute(&text, map[string]any{
		"Dir": dir, "Domain": c.Domain, "Components": c.Components, "Archive": c.Archive, "Client": free[0], "Component": free[1],
		"HTTP": free[2], "UploadURL": c.uploadURL(free[2]), "Web": c.Web, "Privileged": c.Privileged,
	}); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "prosody.cfg.lua")
	if err := w.write(config, []byte(text.String())); err != nil {
		return nil, err
	}
	x := &XMPP{
		Kind: "prosody", Domain: c.Domain,
		Addr: address("127.0.0.1", free[0]), ComponentAddr: address("127.0.0.1", free[1]), UploadURL: c.uploadURL(free[2]),
	}
	if c.Web {
		x.WebSocket = "ws://" + address("127.0.0.1", free[2]) + "/xmpp-websocket"
	}
	x.addUser = func(name, password string) error { return w.prosodyUser(dir, c.Domain, name, password) }
	if err := x.addUsers(c.Users); err != nil {
		return nil, err
	}
	x.Server, err = w.start(program{
		name: filepath.Base(dir),
		args: []string{"prosody", "--config", config, "-F"},
		dir:  dir,
		ready: func(ctx context.Context) error {
			if err := speaksXMPP(x.Addr, c.Domain)(ctx); err != nil {
				return err
			}
			if len(c.Components) > 0 {
				return answers(x.ComponentAddr)(ctx)
			}
			return nil
		},
	})
	return x, err
}

// prosodyUser writes an account as Prosody's internal storage keeps it.
func (w *World) prosodyUser(dir, domain, name, password string) error {
	folder := dir
	for _, part := range []string{"data", prosodyEscape(domain), "accounts"} {
		folder = filepath.Join(folder, part)
		if err := os.Mkdir(folder, 0o755); err == nil {
			err = w.own(folder)
			if err != nil {
				return err
			}
		} else if !os.IsExist(err) {
			return err
		}
	}
	record := fmt.Sprintf("return { [\"password\"] = %s; };\n", luaString(password))
	return w.write(filepath.Join(folder, prosodyEscape(name)+".dat"), []byte(record))
}

// prosodyEscape spells a name as Prosody's storage does in file names.
func prosodyEscape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}
