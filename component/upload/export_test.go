package upload

import "time"

// SetNow sets the clock of a shelf.
func (s *Shelf) SetNow(now func() time.Time) { s.now = now }

// Usage returns how many files are on a shelf, and their bytes.
func (s *Shelf) Usage() (files int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.items), s.total
}

// Document is document.
func Document(typ string) bool { return document(typ) }

// Inline tells whether files of a type are shown in place.
func Inline(typ string) bool { _, ok := inline[typ]; return ok }
