package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"wherry/cmd/internal/config"
	"wherry/transports/irc/identd"
)

// process returns what all domains have in common.
func (d *daemon) process() process {
	p := process{log: d.log}
	if slices.ContainsFunc(d.conf.Components, func(c config.Component) bool { return c.IRC.IdentdListen != "" }) {
		p.idents = &d.idents
	}
	return p
}

// identify answers ident requests wherever a component says, once at each address
// that several have, until stop is called.
func (d *daemon) identify() (stop func(), err error) {
	servers := map[string]*identd.Server{}
	stop = func() {
		for addr, s := range servers {
			if err := s.Close(); err != nil {
				d.log.Warn("stop answering ident requests", "address", addr, "err", err)
			}
		}
	}
	for _, c := range d.conf.Components {
		addr := c.IRC.IdentdListen
		if addr == "" || servers[addr] != nil {
			continue
		}
		s, err := identd.Listen(addr, &d.idents, d.log)
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w: ports below 1024 need CAP_NET_BIND_SERVICE, see docs/admin.md", err)
		}
		if err != nil {
			stop()
			return nil, err
		}
		servers[addr] = s
		d.log.Info("ident requests are answered", "address", s.Addr())
	}
	return stop, nil
}
