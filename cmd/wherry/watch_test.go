package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"wherry/component/componenttest"
)

// freePort returns a loopback address that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestWatch(t *testing.T) {
	server := componenttest.NewServer(t, "hunter2", domain)
	address := freePort(t)
	r := start(t, connectable(t, server, ""), "WHERRY_HTTP_METRICS_LISTEN="+address)
	server.Connected(domain, 1)
	r.await("connected to the XMPP server")
	if status, text := visit(t, address+"/healthz"); status != http.StatusOK {
		t.Errorf("%d %s", status, text)
	}
	status, text := visit(t, address+"/metrics")
	if status != http.StatusOK || !strings.Contains(text, `wherry_stream_up{domain="irc.example.org",transport="irc"} 1`) {
		t.Errorf("%d %s", status, text)
	}
	r.signal(syscall.SIGTERM)
	if status, log := r.ended(); status != exitOK || strings.Contains(log, "stop showing metrics") {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

// visit returns status and text of a page.
func visit(t *testing.T, page string) (int, string) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	a, err := client.Get("http://" + page)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(text)
}

func TestWatchWhereAnotherListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := configured(t, "[http]\nmetrics_listen = \""+l.Addr().String()+"\"\n"+least)
	call(t, dir, "run").want(t, exitFailed, "address already in use")
}
