package world

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
)

var ergoConfig = template.Must(template.New("ergo").Parse(`
network:
    name: ErgoTest
server:
    name: irc.test
    listeners:
        "{{.IP}}:{{.Port}}": {}
        "{{.IP}}:{{.TLSPort}}":
            tls:
                cert: {{.Dir}}/cert.pem
                key: {{.Dir}}/key.pem
    casemapping: ascii
    enforce-utf8: true
    lookup-hostnames: false
    check-ident: false
    max-sendq: 1M
    ip-limits:
        count: false
        throttle: false
accounts:
    authentication-enabled: true
    registration:
        enabled: true
        allow-before-connect: true
        verify-timeout: 32h
channels:
    default-modes: +n
    max-channels-per-client: 100
datastore:
    path: {{.Dir}}/ircd.db
    autoupgrade: true
lock-file: {{.Dir}}/ircd.lock
logging:
    - method: stderr
      type: "* -userinput -useroutput"
      level: info
limits:
    nicklen: 32
    identlen: 20
    realnamelen: 150
    channellen: 64
    awaylen: 390
    kicklen: 390
    topiclen: 390
    monitor-entries: 100
    whowas-entries: 100
    chan-list-modes: 100
    registration-messages: 1024
    multiline:
        max-bytes: 4096
        max-lines: 100
fakelag:
    enabled: false
history:
    enabled: true
    channel-length: 2048
    client-length: 256
    chathistory-maxmessages: 1000
    restrictions:
        query-cutoff: none
    retention:
        allow-individual-delete: true
`))

// Ergo starts the Ergo of the given path, which no package of Debian's has: all of
// IRCv3, on one server. It does not slow its users down.
func (w *World) Ergo(path string, c IRCConfig) (*IRC, error) {
	if err := c.defaults(); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("ergo-%s-%d", c.IP, c.Port)
	dir, err := w.Folder(name)
	if err != nil {
		return nil, err
	}
	if err := w.certify(dir, "irc.test", "localhost", c.IP); err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := ergoConfig.Execute(&text, struct {
		IRCConfig
		Dir string
	}{c, dir}); err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "ircd.yaml")
	if err := w.write(config, []byte(text.String())); err != nil {
		return nil, err
	}
	binary := filepath.Join(dir, "ergo") // where the servers' user can reach it
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(binary, content, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "initdb", "--conf", config)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: w.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ergo initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	irc := c.server("ergo")
	irc.Server, err = w.start(program{
		name: name, args: []string{binary, "run", "--conf", config}, dir: dir, ready: answers(irc.Addr, irc.TLSAddr),
	})
	return irc, err
}
