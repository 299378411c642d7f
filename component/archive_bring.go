package component

import "wherry/transports"

// ArchivedLine returns what the archive keeps of a line that another program
// recorded, as the Content of a store.Line.
func ArchivedLine(style transports.Style, text string) []byte {
	return spoken{Style: style, Text: text}.encode()
}
