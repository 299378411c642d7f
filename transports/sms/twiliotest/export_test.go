package twiliotest

import "time"

// Replies is replies, for fuzzing.
func Replies(contentType string, body []byte) ([]string, int) { return replies(contentType, body) }

// Override is what a URL's fragment asks for.
type Override struct {
	Retries              int
	Connect, Read, Total time.Duration
	Repeats              func(class string) bool
}

// Overrides is overridesOf.
func Overrides(url string) Override {
	o := overridesOf(url)
	return Override{o.retries, o.connect, o.read, o.total, o.repeats}
}
