package plain

// Show returns what a chat shows of a text: of its forms the one to be read,
// without what was only quoted, clean.
func (s Source) Show(in Context) string { return Cut(s.Choose(), in) }

// Whole returns all of a text, clean.
func (s Source) Whole() string { return Clean(strip(s.Choose())) }
