package main

import (
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"wherry/cmd/internal/config"
	"wherry/component/componenttest"
)

func TestPublish(t *testing.T) {
	server := componenttest.NewServer(t, "hunter2", domain)
	address := freePort(t)
	dir := connectable(t, server, "[http]\nlisten = \""+address+"\"\npublic_url = \"http://"+address+"\"\nmedia_dir = \"pictures\"\n")
	r := start(t, dir)
	server.Connected(domain, 1)
	r.await("connected to the XMPP server")
	for _, path := range []string{"/", "/hooks/irc.example.org/1-abc", "/media/a/b"} {
		if status, text := visit(t, address+path); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	report := call(t, dir, "check")
	report.want(t, exitOK, "listener "+address+": the running wherry answers")
	report.want(t, exitOK, "public URL http://"+address+": leads here")
	if info, err := os.Stat(dir + "/pictures"); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder of media: %v, %v", info, err)
	}
	r.signal(syscall.SIGTERM)
	if status, log := r.ended(); status != exitOK || strings.Contains(log, "stop answering HTTP") {
		t.Errorf("status %d, log:\n%s", status, log)
	}
}

func TestPublishWhereAnotherListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	dir := configured(t, "[http]\nlisten = \""+address+"\"\npublic_url = \"http://"+address+"\"\n"+least)
	call(t, dir, "run").want(t, exitFailed, "listen for HTTP: listen tcp "+address+": bind: address already in use")
}

func TestPublishWithoutFolder(t *testing.T) {
	dir := configured(t, "[http]\nlisten = \"127.0.0.1:8088\"\npublic_url = \"http://127.0.0.1\"\nmedia_dir = \"wherry.toml\"\n"+least)
	call(t, dir, "run").want(t, exitFailed, "folder of media: ")
}

func TestFixedHTTP(t *testing.T) {
	old := config.HTTP{Listen: "a", PublicURL: "b", TLSCert: "c", TLSKey: "d", MediaDir: "e", MetricsListen: "f"}
	if got := fixedHTTP(old, old); got != nil {
		t.Errorf("%q", got)
	}
	want := []string{"http.listen", "http.public_url", "http.tls_cert", "http.tls_key", "http.media_dir", "http.metrics_listen"}
	if got := fixedHTTP(old, config.HTTP{}); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
