package world

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/template"
)

var ngircdConfig = template.Must(template.New("ngircd").Parse(`
[Global]
	Name = irc.test
	Info = a throw-away server
	Network = NgTest
	Listen = {{.IP}}
	Ports = {{.Port}}
	MotdPhrase = "Welcome."
	{{- with .Password}}
	Password = {{.}}
	{{- end}}
[Limits]
	MaxConnectionsIP = 0
	MaxJoins = 0
	MaxNickLength = 30
	MaxPenaltyTime = 0
[Options]
	DNS = {{if or .Ident .WebIRC}}yes{{else}}no{{end}}
	Ident = {{if .Ident}}yes{{else}}no{{end}}
	PAM = no
	{{- with .WebIRC}}
	WebircPassword = {{.}}
	{{- end}}
[SSL]
	CertFile = {{.Dir}}/cert.pem
	KeyFile = {{.Dir}}/key.pem
	Ports = {{.TLSPort}}
`))

// Ngircd starts an ngircd: the bare protocol, no services, no IRCv3 but
// multi-prefix. It does not slow its users down.
func (w *World) Ngircd(c IRCConfig) (*IRC, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	dir, err := w.Folder(fmt.Sprintf("ngircd-%s-%d", c.IP, c.Port))
	if err != nil {
		return nil, err
	}
	if err := w.certify(dir, "irc.test", "localhost", c.IP); err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := ngircdConfig.Execute(&text, struct {
		IRCConfig
		Dir string
	}{c, dir}); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "ngircd.conf")
	if err := w.write(config, []byte(text.String())); err != nil {
		return nil, err
	}
	irc := c.server("ngircd")
	irc.Server, err = w.start(program{
		name:  filepath.Base(dir),
		args:  []string{"ngircd", "--nodaemon", "--config", config},
		dir:   dir,
		ready: answers(irc.Addr, irc.TLSAddr),
	})
	return irc, err
}
