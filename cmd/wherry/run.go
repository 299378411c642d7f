package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"wherry/cmd/internal/config"
	"wherry/cmd/internal/control"
	"wherry/cmd/internal/heap"
	"wherry/cmd/internal/systemd"
	"wherry/component"
	"wherry/registration"
	"wherry/store"
	"wherry/transports/irc/identd"
)

// drainWithin is how long a stop may take. It takes much less where the XMPP
// server keeps up.
const drainWithin = 20 * time.Second

// daemon is a running wherry.
type daemon struct {
	program   *program
	conf      *config.Config
	level     *slog.LevelVar
	log       *slog.Logger
	store     *store.Store
	component *component.Component
	public    public
	idents    identd.Table
	rereads   chan chan error // wishes to read the configuration again
	done      chan struct{}   // closed when all is left in order
}

func (p *program) serve(ctx context.Context, args []string) error {
	set, name := p.flags("run", configHelp)
	if err := p.parse(set, args); err != nil {
		return err
	}
	conf, err := p.load(*name)
	if err != nil {
		return err
	}
	d := &daemon{program: p, conf: conf, level: new(slog.LevelVar), done: make(chan struct{})}
	defer close(d.done)
	d.level.Set(conf.Log.Level)
	d.log = newLog(p.stderr, conf.Log, d.level)
	heap.Grow(ctx)
	if err := d.run(ctx); err != nil {
		d.log.Error("wherry ends", "err", err)
		return errFailed
	}
	d.log.Info("wherry stopped")
	return nil
}

// run holds the store, serves, and leaves everything in order.
func (d *daemon) run(ctx context.Context) (err error) {
	// Signals count from here on: a stop during the start is a stop.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)

	for _, warning := range d.conf.Warnings {
		d.log.Warn(warning)
	}
	if d.store, err = store.Open(ctx, storeConfig(d.conf, d.log)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.store.Close()) }()
	gw := gateway(d.conf, d.store, d.process())
	if err := d.offer(&gw); err != nil {
		return err
	}
	if d.component, err = component.New(gw); err != nil {
		return err
	}
	d.rereads = make(chan chan error)
	d.component.HandleReload(func() error {
		answer := make(chan error, 1)
		select {
		case d.rereads <- answer:
			return <-answer
		case <-time.After(rereadWithin): // it stops
			return errors.New("not now")
		}
	})
	sign := registration.Attach(d.component, d.log)
	defer sign.Close()
	stop, err := d.watch()
	if err != nil {
		return err
	}
	defer stop()
	if err := d.publish(); err != nil {
		return err
	}
	defer func() { d.public.stop() }()
	silence, err := d.identify()
	if err != nil {
		return err
	}
	defer silence()
	defer d.listen()()
	return d.live(ctx, signals)
}

// rereadWithin is how long an administrator waits for the configuration to be
// read again.
const rereadWithin = 10 * time.Second

// listen answers wherry check. Without that the gateway runs as well.
func (d *daemon) listen() (stop func()) {
	l, err := control.Listen(control.SocketPath(d.conf.Store.Path()), d.state)
	if err != nil {
		d.log.Warn("wherry check cannot ask this process", "err", err)
		return func() {}
	}
	return func() {
		if err := l.Close(); err != nil {
			d.log.Warn("close the control socket", "err", err)
		}
	}
}

// live serves until a signal ends it.
func (d *daemon) live(ctx context.Context, signals <-chan os.Signal) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- d.component.Run(ctx) }()
	d.log.Info("wherry runs", "version", release(), "config", d.conf.File)
	d.notify(systemd.Ready)
	for {
		select {
		case err := <-ended:
			return err
		case answer := <-d.rereads:
			answer <- d.reload()
			d.reloadCertificate()
		case s := <-signals:
			if s == syscall.SIGHUP {
				_ = d.reload() // the log says it
				d.reloadCertificate()
				continue
			}
			d.log.Info("wherry stops", "signal", s.String())
			d.notify(systemd.Stopping)
			go d.hurry(signals, d.done)
			go d.public.stop()
			stop()
			return <-ended
		}
	}
}

// hurry ends the process where a stop takes too long, or a second signal asks
// for it. It returns when done is closed.
func (d *daemon) hurry(signals <-chan os.Signal, done <-chan struct{}) {
	late := time.NewTimer(drainWithin)
	defer late.Stop()
	for {
		select {
		case <-done:
			return
		case s := <-signals:
			if s == syscall.SIGHUP {
				continue
			}
			d.log.Error("stopped at once by a second signal", "signal", s.String())
		case <-late.C:
			d.log.Error("the stop took too long and was cut off", "after", drainWithin)
		}
		os.Exit(exitFailed)
	}
}

func (d *daemon) notify(state string) {
	if err := systemd.Notify(state); err != nil {
		d.log.Warn("service manager", "err", err)
	}
}

// state is what the control socket tells.
func (d *daemon) state() control.State {
	s := control.State{Version: release(), PID: os.Getpid(), Config: d.conf.File}
	if path, err := filepath.Abs(d.conf.File); err == nil {
		s.Config = path
	}
	for _, domain := range d.component.Status() {
		s.Domains = append(s.Domains, control.Domain{
			Name: domain.Domain, Connected: domain.Connected, Since: domain.Since, Err: domain.Err,
			Users: domain.Users, Sessions: domain.Sessions, Online: domain.Online,
		})
	}
	return s
}
