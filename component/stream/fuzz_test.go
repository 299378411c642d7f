package stream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"wherry/component/stanza"
	"wherry/component/stream"
)

// script is a connection that reads a text to its end.
type script struct {
	net.Conn
	io.Reader
}

func (s script) Read(p []byte) (int, error)     { return s.Reader.Read(p) }
func (script) Write(p []byte) (int, error)      { return len(p), nil }
func (script) SetWriteDeadline(time.Time) error { return nil }
func (script) Close() error                     { return nil }

// replay opens a stream on which the server sends s and hangs up.
func replay(t *testing.T, s string) *stream.Conn {
	t.Helper()
	cfg := config("script")
	cfg.MaxStanza = 10_000
	cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
		return script{Reader: strings.NewReader(header + "<handshake/>" + s)}, nil
	}
	c, err := stream.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// FuzzRead asks that no bytes make Read panic or hang, and that what was read
// is read again as it was once the writer has written it.
func FuzzRead(f *testing.F) {
	f.Add(chatter + chatter)
	f.Add("<message from='a@b' to='c@d'><x xmlns='urn:x' y='&#10;'><message xmlns='jabber:client'><body>&#13;</body></message></x></message>")
	f.Add("<iq type='get' id='1' from='a' to='b'><p:q xmlns:p='urn:p' p:r='s'/></iq></stream:stream>")
	f.Add("<!-- x --><presence from='@'/> <stream:error/>")
	f.Fuzz(func(t *testing.T, s string) {
		c := replay(t, s)
		for range len(s) + 1 {
			st, err := c.Read()
			if bad, ok := errors.AsType[*stream.BadStanzaError](err); ok {
				_ = bad.Error()
				continue
			}
			if e, ok := errors.AsType[*stream.StreamError](err); ok {
				_ = e.Error()
				continue
			}
			if err != nil {
				return
			}
			checkWrittenAgain(t, st)
		}
		t.Errorf("%q has no end", s)
	})
}

func checkWrittenAgain(t *testing.T, st stanza.Stanza) {
	p, err := (&stanza.Writer{}).Append(nil, st)
	if err != nil {
		return
	}
	again, err := replay(t, string(p)).Read()
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	// A CR that came as a reference is written as a line end.
	lines := cmp.Transformer("lines", func(s string) string { return stanza.Filter(s) })
	if diff := cmp.Diff(st, again, cmpopts.EquateEmpty(), cmp.FilterPath(isString, lines)); diff != "" {
		t.Errorf("%s:\n%s", p, diff)
	}
}

func isString(p cmp.Path) bool {
	_, done := p.Index(-2).(cmp.Transform)
	return !done && p.Last().Type() != nil && p.Last().Type().Kind().String() == "string"
}
