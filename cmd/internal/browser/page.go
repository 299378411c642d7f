package browser

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"path/filepath"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// settings are what Converse is told: how to log in at once, to show one window
// of its own, and to fetch nothing from elsewhere.
func (l Login) settings() map[string]any {
	return map[string]any{
		"authentication":              "login",
		"auto_login":                  true,
		"jid":                         l.JID,
		"password":                    l.Password,
		"websocket_url":               l.WebSocket,
		"discover_connection_methods": false,
		"autocomplete_providers_url":  "",
		"assets_path":                 "/dist/",
		"i18n":                        "en",
		"view_mode":                   "fullscreen",
		"allow_url_history_change":    false,
		"play_sounds":                 false,
		"show_desktop_notifications":  false,
		"show_retraction_warning":     false,
		"loglevel":                    "warn",
		"whitelisted_plugins":         []string{"handle"},
	}
}

// serve has a loopback port show the page, until close is called.
func serve(l Login) (url string, close func() error, err error) {
	if _, err := os.Stat(filepath.Join(l.Dist, "converse.min.js")); err != nil {
		return "", nil, fmt.Errorf("no Converse: %w", err)
	}
	var html bytes.Buffer
	if err := page.Execute(&html, l.settings()); err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /dist/", http.StripPrefix("/dist/", http.FileServer(http.Dir(l.Dist))))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html.Bytes()) // a browser that is gone is no harm
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	return "http://" + listener.Addr().String() + "/", func() error {
		err := server.Close()
		if ended := <-done; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	}, nil
}
