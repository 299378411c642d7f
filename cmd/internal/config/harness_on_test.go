//go:build harness

package config_test

import (
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

func TestWire(t *testing.T) {
	withWire := func(text string) (*config.Config, error) {
		return config.Load(write(t, "wherry.toml", text), nil, []string{"irc", "wire"})
	}
	text := with(`transport = "wire"`) + "\n[component.wire]\nurl = \"http://127.0.0.1:8080\"\n"
	for text, want := range map[string]config.Wire{
		text:                       {URL: "http://127.0.0.1:8080", Mode: "find"},
		text + "mode = \"fold\"\n": {URL: "http://127.0.0.1:8080", Mode: "fold"},
	} {
		conf, err := withWire(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := conf.Components[0].Wire; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	for _, text := range []string{
		text + "mode = \"deaf\"\n", text + "modes = \"find\"\n", strings.Replace(text, "http://", "", 1), with(`transport = "wire"`),
	} {
		if _, err := withWire(text); err == nil {
			t.Errorf("taken:\n%s", text)
		}
	}
}
