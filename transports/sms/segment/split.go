package segment

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Split cuts a text into parts of at most max UTF-16 units each, after white
// space where there is some in the last third of a part, and never within what
// a reader sees as one character (a grapheme cluster, UAX #29) unless that alone
// is longer. Nothing is lost: the parts together are the text. A text that fits
// is one part, and so is any where max is not positive.
//
// Where numbered, each of several parts starts with which it is, "(1/3) ", and
// has at most max units with that. Where max leaves no place for numbers, or a
// character does not fit beside them, the parts have none.
func Split(text string, max int, numbered bool) []string {
	if max <= 0 || Units(text) <= max {
		return []string{text}
	}
	if numbered {
		if parts := splitNumbered(text, max); parts != nil {
			return parts
		}
	}
	var parts []string
	for text != "" {
		n, _ := cut(text, max)
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return parts
}

// splitNumbered returns nil where it cannot be done. How many digits the count
// of parts has is tried in rising order.
func splitNumbered(text string, max int) []string {
	for length := 1; ; length++ {
		parts, ok := splitFor(text, max, length)
		if !ok {
			return nil
		}
		if total := strconv.Itoa(len(parts)); len(total) <= length {
			for i := range parts {
				parts[i] = "(" + strconv.Itoa(i+1) + "/" + total + ") " + parts[i]
			}
			return parts
		}
	}
}

// splitFor cuts a text such that each part has place for its number and for a
// count of length digits. It ends early where there are more parts than that.
func splitFor(text string, max, length int) ([]string, bool) {
	var parts []string
	for text != "" {
		number := strconv.Itoa(len(parts) + 1)
		if len(number) > length {
			return append(parts, text), true
		}
		room := max - len("(/) ") - len(number) - length
		n, whole := cut(text, room)
		if room <= 0 || !whole {
			return nil, false
		}
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return parts, true
}

// cut returns how many bytes of text the next part has, and whether it ends
// where a cluster does. It is at least one character, even where that has more
// than limit units.
func cut(text string, limit int) (n int, whole bool) {
	window := over(text, limit)
	end, space, units := 0, 0, 0
	rest, state := text[:window], -1
	for rest != "" {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		units += Units(cluster)
		if units > limit {
			break
		}
		end += len(cluster)
		if blank(cluster) && units*3 >= limit*2 {
			space = end
		}
	}
	switch {
	case end == len(text):
		return end, true
	case space > 0:
		return space, true
	case end > 0:
		return end, true
	}
	_, last := utf8.DecodeLastRuneInString(text[:window])
	if window > last {
		window -= last
	}
	return window, false
}

// over returns how many bytes of text have more than limit units by their last
// character; all of them where text has no more. What is behind cannot change
// where clusters end before.
func over(text string, limit int) int {
	units := 0
	for i, r := range text {
		if units += width(r); units > limit {
			_, size := utf8.DecodeRuneInString(text[i:])
			return i + size
		}
	}
	return len(text)
}

// blank tells whether a cluster is white space: a line may break after it.
func blank(cluster string) bool {
	r, _ := utf8.DecodeRuneInString(cluster)
	return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f'
}
