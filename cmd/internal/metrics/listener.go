package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wherry/component"
	"wherry/store"
)

// Source is what is shown.
type Source struct {
	Component  *component.Component
	Store      *store.Store
	Transports map[string]string // the name of each domain's
	Log        *slog.Logger
}

// Bounds on one request: nobody who asks has much to say, or to wait for.
const (
	headerWithin = 5 * time.Second
	readWithin   = 10 * time.Second
	answerWithin = 30 * time.Second
	idleWithin   = 2 * time.Minute
	headerMost   = 8 << 10
	storeWithin  = 5 * time.Second        // for what the store is asked
	endWithin    = 200 * time.Millisecond // for answers under way, when it is closed
)

// Listener answers those who watch. Close it to stop.
type Listener struct {
	listener net.Listener
	server   *http.Server
	log      *slog.Logger
	work     sync.WaitGroup
}

// Listen answers at host and port. It must be called before the component
// runs.
func Listen(address string, s Source) (*Listener, error) {
	inner, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for who watches the metrics: %w", err)
	}
	log := s.Log.With("listener", "metrics")
	l := &Listener{listener: inner, log: log, server: &http.Server{
		Handler:           handler(s, log),
		ReadHeaderTimeout: headerWithin,
		ReadTimeout:       readWithin,
		WriteTimeout:      answerWithin,
		IdleTimeout:       idleWithin,
		MaxHeaderBytes:    headerMost,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	l.work.Go(l.serve)
	return l, nil
}

func handler(s Source, log *slog.Logger) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		newBarriers(s),
		newGateway(s),
	)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ErrorHandling: promhttp.ContinueOnError, // what the store does not tell is missing
	}))
	mux.Handle("GET /healthz", newHealth(s))
	return mux
}

// Addr returns host and port.
func (l *Listener) Addr() string { return l.listener.Addr().String() }

func (l *Listener) serve() {
	if err := l.server.Serve(l.listener); !errors.Is(err, http.ErrServerClosed) {
		l.log.Error("metrics are not shown any more", "err", err)
	}
}

// Close stops answering; answers under way are waited for, but not for long.
func (l *Listener) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), endWithin)
	defer cancel()
	err := l.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.server.Close()
	}
	l.work.Wait()
	if err != nil {
		return fmt.Errorf("close the metrics: %w", err)
	}
	return nil
}
