package imap

// Within tells whether a parked link was left within a line.
func (l *Link) Within() bool { return !l.said.whole() }
