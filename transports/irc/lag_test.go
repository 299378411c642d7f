package irc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"wherry/transports"
)

// How fast a network answers is measured when it is asked; and who leaves by
// words of their own is seen to. IRC-B37, IRC-B38
func TestProbeAndFarewell(t *testing.T) {
	alice, conn := meet(t)
	took := make(chan time.Duration, 1)
	go func() {
		lag, err := alice.Probe(t.Context())
		if err != nil {
			t.Error(err)
		}
		took <- lag
	}()
	conn.Send(":irc.test PONG irc.test " + strings.TrimPrefix(conn.Expect("PING *"), "PING "))
	if lag := <-took; lag <= 0 || lag > time.Minute {
		t.Errorf("it took %v", lag)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := alice.Probe(ctx)
	wantKind(t, err, transports.Unreachable)
	conn.Expect("PING *")
	alice.leave("gone\r\nJOIN #x")
	conn.Expect("QUIT :gone JOIN #x")
}
