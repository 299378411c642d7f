package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// The program serves until it is told to stop, and then ends without an error.
func TestRun(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-account", "alice:se:cret", "-name", "here.test", "-caps", "sasl"}, in)
	}()
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimSpace(strings.TrimPrefix(said, "listening on ")))
	if err != nil {
		t.Fatalf("%q: %v", said, err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	login := base64.StdEncoding.EncodeToString([]byte("\x00alice\x00se:cret"))
	if _, err := io.WriteString(conn, "CAP LS 302\r\nCAP REQ sasl\r\nNICK alice\r\nUSER a 0 * :A\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE "+login+"\r\nCAP END\r\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	var got []string
	for lines.Scan() && !strings.Contains(lines.Text(), " 001 ") {
		got = append(got, lines.Text())
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{":here.test CAP * LS :sasl=", ":here.test 900 alice alice!a@client.test alice "} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the program does not end")
	}
}

// What cannot be run is told.
func TestRefuses(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-account", "alice"}, {"-listen", "nowhere:x"}, {"-listen", "127.0.0.1:0", "-tls-cert", "/none"}, {"-foo"},
	} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
