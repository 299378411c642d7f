package oauth

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a token or a code of which nothing is printed, however it is printed.
// A conversion to string shows it.
type Secret string

const hidden = "…"

func (s Secret) String() string { return hidden }

// Format writes nothing of the secret, by any verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// LogValue is for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText is for what writes JSON of whole structs, as logs do.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
