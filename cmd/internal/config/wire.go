package config

// Wire is what [component.wire] says. Only builds for tests, with the tag
// "harness", have that section.
type Wire struct {
	URL  string
	Mode string // "find", "fold" or "blind"
}
