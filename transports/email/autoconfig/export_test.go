package autoconfig

import "strings"

// Parse is for tests.
func Parse(s string) Servers { return parse(strings.NewReader(s)) }
