package config_test

import (
	"os"
	"strings"
	"testing"

	"wherry/cmd/internal/config"
)

// TestDocs keeps the reference in docs/admin.md in step with the example, and
// so with the keys.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/admin.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```toml\n"+config.Example+"```\n") {
		t.Error("docs/admin.md does not hold wherry.toml of this folder as it is: paste it into its block of toml")
	}
}
