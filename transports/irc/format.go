package irc

// toCodes and fromCodes are replaced below.
func toCodes(s string) string           { return printable(s) }
func fromCodes(s string) (string, bool) { return printable(s), false }
