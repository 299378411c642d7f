package web

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// lookEach is how often the files are looked at for a change, at most.
const lookEach = 10 * time.Second

// certificate is one that is read again when its files change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex // guards what follows; the files are read while it is held, once after each change
	pair   *tls.Certificate
	stamps [2]stamp
	looked time.Time
}

// stamp is by what a change of a file is told.
type stamp struct {
	changed time.Time
	size    int64
}

func loadCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log, now: time.Now}
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// load reads the files.
func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamps, err := c.look()
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	return c.read(stamps)
}

// read takes the files over. The caller holds mu.
func (c *certificate) read(stamps [2]stamp) error {
	c.stamps, c.looked = stamps, c.now() // once for each change, be it good or bad
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	c.pair = &pair
	return nil
}

func (c *certificate) look() (stamps [2]stamp, err error) {
	for i, name := range []string{c.certFile, c.keyFile} {
		info, failed := os.Stat(name)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		stamps[i] = stamp{info.ModTime(), info.Size()}
	}
	return stamps, err
}

// get returns the certificate for a connection.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.looked) < lookEach {
		return c.pair, nil
	}
	c.looked = c.now()
	stamps, err := c.look()
	if err == nil && stamps != c.stamps {
		if err = c.read(stamps); err == nil {
			c.log.Info("read the certificate again", "file", c.certFile)
		}
	}
	if err != nil {
		c.log.Warn("the certificate stays as it was", "err", err)
	}
	return c.pair, nil
}
