package world

import (
	"fmt"
	"net"
	"path/filepath"
)

// Biboumi is another gateway to IRC, from which users come.
type Biboumi struct {
	*Server
	Database string // its db_name
}

// Biboumi starts a biboumi as a component, with a PostgreSQL database or, where
// that is nil, a file. It counts as up at once: wait until its domain answers.
func (w *World) Biboumi(x *XMPP, domain, secret string, database *Postgres) (*Biboumi, error) {
	dir, err := w.Folder("biboumi-" + domain)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(x.ComponentAddr)
	if err != nil {
		return nil, err
	}
	b := &Biboumi{Database: filepath.Join(dir, "biboumi.sqlite")}
	if database != nil {
		b.Database = database.URL
	}
	config := filepath.Join(dir, "biboumi.cfg")
	err = w.write(config, fmt.Appendf(nil, "hostname=%s\npassword=%s\nxmpp_server_ip=%s\nport=%s\ndb_name=%s\nlog_level=1\n",
		domain, secret, host, port, b.Database))
	if err != nil {
		return nil, err
	}
	b.Server, err = w.start(program{
		name: filepath.Base(dir), args: []string{"biboumi", config}, dir: dir, ready: answers(x.ComponentAddr),
	})
	return b, err
}
