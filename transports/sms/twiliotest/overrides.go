package twiliotest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overrides are how a webhook is called: what Twilio does by itself, changed by
// the fragment of the URL, "#rc=5&rp=ct,rt,5xx".
type overrides struct {
	retries              int
	on                   []string // ct, rt, 4xx, 5xx, all
	connect, read, total time.Duration
}

// overridesOf reads the fragment of a URL. What is out of bounds is taken as
// the bound, what is not understood as not there.
func overridesOf(to string) overrides {
	o := overrides{retries: 1, on: []string{"ct"}, connect: 5 * time.Second, read: 15 * time.Second, total: 15 * time.Second}
	_, fragment, _ := strings.Cut(to, "#")
	q, err := url.ParseQuery(fragment)
	if err != nil {
		return o
	}
	if n, err := strconv.Atoi(q.Get("rc")); err == nil {
		o.retries = min(max(n, 0), 5)
	}
	if q.Has("rp") {
		o.on = strings.Split(q.Get("rp"), ",")
	}
	for name, f := range map[string]struct {
		field    *time.Duration
		from, to int
	}{"ct": {&o.connect, 100, 10000}, "rt": {&o.read, 100, 15000}, "tt": {&o.total, 100, 15000}} {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			*f.field = time.Duration(min(max(n, f.from), f.to)) * time.Millisecond
		}
	}
	return o
}

// repeats tells whether a kind of failure is tried again.
func (o overrides) repeats(class string) bool {
	return slices.Contains(o.on, class) || slices.Contains(o.on, "all")
}
