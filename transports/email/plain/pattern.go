package plain

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first needed: a
// gateway without mail shall not keep those.
type pattern func() *regexp.Regexp

func lazy(expr string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
