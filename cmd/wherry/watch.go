package main

import "wherry/cmd/internal/metrics"

// watch lets those who watch it ask for metrics and health, where the
// configuration says so.
func (d *daemon) watch() (stop func(), err error) {
	address := d.conf.HTTP.MetricsListen
	if address == "" {
		return func() {}, nil
	}
	source := metrics.Source{Component: d.component, Store: d.store, Transports: map[string]string{}, Log: d.log}
	for _, c := range d.conf.Components {
		source.Transports[c.Domain] = c.Transport
	}
	l, err := metrics.Listen(address, source)
	if err != nil {
		return nil, err
	}
	d.log.Info("metrics are shown", "address", l.Addr())
	return func() {
		if err := l.Close(); err != nil {
			d.log.Warn("stop showing metrics", "err", err)
		}
	}, nil
}
