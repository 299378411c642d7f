package stream

import (
	"bufio"
	"io"
)

// keepBuffer is how big a buffer may be that is kept for the next element.
const keepBuffer = 64 << 10

// framer reads a stream one top-level element at a time.
type framer struct {
	scanner
	r   *bufio.Reader
	max int

	fresh bool // something was read from the connection since that was last false

	buf  []byte // the element's bytes, until the next call; at most max of them
	size int64  // how many it has
}

func newFramer(r io.Reader, limit int) *framer {
	return &framer{r: bufio.NewReaderSize(r, 16<<10), max: limit}
}

// header reads the start tag of the stream.
func (f *framer) header() error {
	f.root = true
	err := f.next()
	f.root = false
	return err
}

// next reads an element. It returns errClosed at the end tag of the stream,
// and io.EOF where the connection ends between elements.
func (f *framer) next() error {
	f.reset()
	for {
		if f.r.Buffered() == 0 {
			if _, err := f.r.Peek(1); err != nil {
				return f.cut(err)
			}
			f.fresh = true
		}
		p, _ := f.r.Peek(f.r.Buffered())
		n, what, err := f.scan(p)
		if err != nil {
			return err
		}
		if what == between {
			f.reset()
		} else {
			f.keep(p[:n])
		}
		_, _ = f.r.Discard(n)
		if what == whole {
			return nil
		}
	}
}

// cut makes an end of the connection inside of something an unexpected one.
func (f *framer) cut(err error) error {
	if err == io.EOF && (f.state != content || f.depth > 0) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// keep takes bytes of the element; those beyond max are only counted.
func (f *framer) keep(p []byte) {
	f.size += int64(len(p))
	if room := f.max - len(f.buf); len(p) > room {
		p = p[:room]
	}
	f.buf = append(f.buf, p...)
}

// over tells whether the element has more bytes than were kept.
func (f *framer) over() bool { return f.size > int64(len(f.buf)) }

func (f *framer) reset() {
	f.buf, f.size = f.buf[:0], 0
	if cap(f.buf) > keepBuffer {
		f.buf = nil
	}
}
