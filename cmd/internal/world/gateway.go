package world

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// GatewayConfig says which gateway is wanted.
type GatewayConfig struct {
	Name       string // of its folder and log; default "wherry"
	Binary     string // the built wherry
	Components []Component
	Lines      string   // what else the configuration has, as TOML tables
	Debug      bool     // log everything
	Environ    []string // added to the environment

	// Ready tells when the gateway counts as up; nil is at once.
	Ready func(context.Context) error
}

// Component is one [[component]] table of the configuration.
type Component struct {
	Domain, Secret string
	Server         string // XMPP.ComponentAddr
	Transport      string // default "irc"
	Lines          string // further lines of the table
	Network        string // lines of the transport's own table
}

// Gateway is a running wherry.
type Gateway struct {
	*Server
	Dir    string // with all its files
	Config string // the configuration's file
	Store  string // the database's file
	Key    string // the key's file

	binary string
}

// Gateway starts the built wherry. It runs as ourselves.
func (w *World) Gateway(c GatewayConfig) (*Gateway, error) {
	if c.Name == "" {
		c.Name = "wherry"
	}
	g, err := w.Configured(c)
	if err != nil {
		return nil, err
	}
	return w.Resume(g, c)
}

// Resume starts a gateway that was configured.
func (w *World) Resume(g *Gateway, c GatewayConfig) (*Gateway, error) {
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	var err error
	g.Server, err = w.start(program{
		name:  c.Name,
		args:  []string{g.binary, "run", "-config", g.Config},
		env:   c.Environ,
		dir:   g.Dir,
		ours:  true,
		ready: c.Ready,
	})
	return g, err
}

// Configured makes the folder and the configuration of a gateway that does not
// run: it has no Server.
func (w *World) Configured(c GatewayConfig) (*Gateway, error) {
	binary, err := filepath.Abs(c.Binary)
	if err != nil {
		return nil, err
	}
	g := &Gateway{Dir: filepath.Join(w.dir, c.Name), binary: binary}
	g.Config, g.Store = filepath.Join(g.Dir, "wherry.toml"), filepath.Join(g.Dir, "wherry.db")
	g.Key = filepath.Join(g.Dir, "wherry.key")
	if err := os.Mkdir(g.Dir, 0o700); err != nil {
		return nil, err
	}
	return g, g.Configure(c)
}

// Configure writes the configuration anew, for the next start or SIGHUP.
func (g *Gateway) Configure(c GatewayConfig) error {
	var b strings.Builder
	level := "info"
	if c.Debug {
		level = "debug"
	}
	fmt.Fprintf(&b, "[store]\nurl = %q\nkey_file = %q\n\n[log]\nlevel = %q\n", "sqlite:"+g.Store, g.Key, level)
	for _, component := range c.Components {
		if component.Transport == "" {
			component.Transport = "irc"
		}
		fmt.Fprintf(&b, "\n[[component]]\ndomain = %q\nsecret = %q\nserver = %q\ntransport = %q\n%s\n[component.%s]\n%s\n",
			component.Domain, component.Secret, component.Server, component.Transport, component.Lines,
			component.Transport, component.Network)
	}
	fmt.Fprintf(&b, "\n%s\n", c.Lines)
	return os.WriteFile(g.Config, []byte(b.String()), 0o600)
}

// Run runs another of wherry's commands on the gateway's configuration and
// returns what it printed, on both streams, and its exit status.
func (g *Gateway) Run(ctx context.Context, command string, args ...string) (output string, status int, err error) {
	cmd := exec.CommandContext(ctx, g.binary, append([]string{command, "-config", g.Config}, args...)...)
	cmd.Dir = g.Dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.String(), exit.ExitCode(), nil
	}
	return out.String(), 0, err
}

// TrustsTLS returns the lines of a [component.irc] table for this server over
// TLS, verified by the world's authority.
func (w *World) TrustsTLS(irc *IRC) string {
	return fmt.Sprintf("tls_ports = [%d]\nplain_ports = []\nca_file = %q\nallow_private_hosts = true\n", irc.TLSPort, w.CAFile())
}

// TrustsMail returns the lines of a [component.email] table for a mail server,
// verified by the world's authority: who has an address there need not name it.
func (w *World) TrustsMail(m *Mail) string {
	return fmt.Sprintf("ca_file = %q\nallow_private_hosts = true\n[[component.email.provider]]\ndomains = [%q]\n"+
		"imap_host = %q\nimap_port = %s\nimap_tls = \"tls\"\nsmtp_host = %q\nsmtp_port = %s\nsmtp_tls = \"starttls\"\n",
		w.CAFile(), MailHost, m.IP, listeners{}.Port(m.IMAPS), m.IP, listeners{}.Port(m.Submission))
}

// Plain returns the lines of a [component.irc] table for this server without
// TLS.
func (i *IRC) Plain() string {
	return fmt.Sprintf("tls_ports = []\nplain_ports = [%d]\nallow_private_hosts = true\n", i.Port)
}
