//go:build harness

package main

import (
	"wherry/cmd/internal/config"
	"wherry/transports"
	"wherry/transports/wire"
)

// A build for tests reaches a scripted network too.
func init() { networks["wire"] = newWire }

func newWire(c config.Component, p process) transports.Transport {
	return wire.New(wire.Config{URL: c.Wire.URL, Mode: wire.Mode(c.Wire.Mode), Log: p.log})
}
