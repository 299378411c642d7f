// Package systemd tells the service manager how the daemon fares
// (sd_notify(3)) and learns from it where the log goes.
package systemd

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// The states that a service manager waits for.
const (
	Ready    = "READY=1"
	Stopping = "STOPPING=1"
)

// Notify sends lines of state to the service manager. It does nothing where
// there is none.
func Notify(state ...string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	// A leading "@" is the abstract namespace, in Go's net too.
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Join(state, "\n"))); err != nil {
		return fmt.Errorf("tell the service manager: %w", err)
	}
	return nil
}

// Journal tells whether standard error goes to the journal, which stamps each
// line with its time by itself.
func Journal() bool { return os.Getenv("JOURNAL_STREAM") != "" }
