package upload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// headSize is what stands before the content of each file on a shelf: a line of
// JSON, filled up with blanks. One file has all, so that no crash parts them.
const headSize = 1 << 10

// head is what a shelf knows of a file.
type head struct {
	Owner string `json:"owner"` // hash of it
	Name  string `json:"name"`  // as FileName returns
	Type  string `json:"type"`  // as TypeOf returns
	Made  int64  `json:"made"`  // Unix time
	Until int64  `json:"until"`
}

func (h *head) over(now time.Time) bool { return now.Unix() >= h.Until }

var errHead = errors.New("no head of a file of media")

// block returns h as it stands in a file.
func (h *head) block() ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(text) >= headSize {
		return nil, fmt.Errorf("%w: %d bytes", errHead, len(text))
	}
	block := append(text, bytes.Repeat([]byte{' '}, headSize-len(text))...)
	block[headSize-1] = '\n'
	return block, nil
}

// readHead reads what block wrote.
func readHead(r io.Reader) (head, error) {
	block := make([]byte, headSize)
	if _, err := io.ReadFull(r, block); err != nil {
		return head{}, fmt.Errorf("%w: %w", errHead, err)
	}
	var h head
	if err := json.Unmarshal(block, &h); err != nil {
		return head{}, fmt.Errorf("%w: %w", errHead, err)
	}
	if h.Owner == "" || h.Until == 0 || h.Name == "" || strings.ContainsFunc(h.Name, func(r rune) bool { return r == '/' || r < ' ' }) {
		return head{}, errHead
	}
	return h, nil
}

// idSize is the length of a file's id: of its 32 letters and digits each is one
// of 32, which makes 160 bits.
const idSize = 32

func validID(s string) bool {
	if len(s) != idSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
