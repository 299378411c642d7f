package irc

import (
	"bytes"
	"errors"
)

// errEndless ends a connection whose server sends a line beyond all bounds.
var errEndless = errors.New("a line without an end")

// lines cuts a stream of bytes into lines, and keeps only the begun one.
type lines struct {
	rest []byte
}

// feed hands each line that input completes to take, without its end and
// without NUL. It keeps no reference to input.
func (ls *lines) feed(input []byte, take func([]byte)) error {
	for {
		end := bytes.IndexByte(input, '\n')
		if end < 0 {
			break
		}
		text := input[:end]
		if len(ls.rest) > 0 {
			text = append(ls.rest, text...)
			ls.rest = nil
		}
		input = input[end+1:]
		if len(text) > maxInput {
			return errEndless
		}
		take(clean(text))
	}
	if len(ls.rest)+len(input) > maxInput {
		ls.rest = nil
		return errEndless
	}
	if len(input) > 0 {
		ls.rest = append(ls.rest, input...)
	}
	return nil
}

// clean drops the CR at a line's end, and what no line may hold.
func clean(text []byte) []byte {
	text = bytes.TrimSuffix(text, []byte{'\r'})
	if bytes.IndexByte(text, 0) < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	out := make([]byte, 0, len(text))
	for _, c := range text {
		if c != 0 && c != '\r' {
			out = append(out, c)
		}
	}
	return out
}
