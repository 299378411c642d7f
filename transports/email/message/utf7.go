package message

import (
	"strings"
	"unicode/utf16"
)

// fromUTF7 reads UTF-7, RFC 2152. What is none stays as it is.
func fromUTF7(raw []byte) string {
	var b strings.Builder
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '+' {
			j := i
			for j < len(raw) && raw[j] != '+' {
				j++
			}
			b.WriteString(fromUTF8(raw[i:j]))
			i = j
			continue
		}
		j := i + 1
		for j < len(raw) && digits[raw[j]] != 0xff {
			j++
		}
		switch {
		case j == i+1 && j < len(raw) && raw[j] == '-':
			b.WriteByte('+')
			j++
		case j == i+1:
			b.WriteByte('+')
		default:
			b.WriteString(shifted(raw[i+1 : j]))
			if j < len(raw) && raw[j] == '-' {
				j++
			}
		}
		i = j
	}
	return b.String()
}

// shifted reads UTF-16 that is written in base64.
func shifted(text []byte) string {
	var units []uint16
	var bits uint32
	n := 0
	for _, c := range text {
		bits, n = bits<<6|uint32(digits[c]), n+6
		if n >= 16 {
			n -= 16
			units = append(units, uint16(bits>>n))
			bits &= 1<<n - 1
		}
	}
	return string(utf16.Decode(units))
}
