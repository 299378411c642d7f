package message

import (
	"errors"
	"io"
)

// ErrNoPart tells that a mail has no such part.
var ErrNoPart = errors.New("message: no such part")

// OpenPart reads a mail from r up to the part of a path, and returns a reader of
// what that part holds, decoded, and what its header says. It reads on in r as
// the result is read. The error is ErrNoPart, or r's.
func OpenPart(r io.Reader, path string) (io.Reader, Part, error) {
	o := &opener{path: path}
	o.walker = newWalker(r, o)
	err := o.walker.beginMessage(&entity{})
	for err == nil && o.decoder == nil && !o.ended {
		err = o.advance()
	}
	if err == nil && o.decoder == nil {
		err = ErrNoPart
	}
	if err != nil {
		return nil, Part{}, err
	}
	return o, o.part, nil
}

// opener is a reader of one part. It walks on when it has nothing to hand out.
type opener struct {
	path    string
	walker  *walker
	part    Part
	decoder io.WriteCloser
	out     collector
	at      int  // how far out was read
	ended   bool // the part, or the mail
}

func (o *opener) leaf(e *entity) io.Writer {
	if e.path != o.path || o.decoder != nil {
		return nil
	}
	o.part = part(e)
	o.decoder = transferDecoder(e.header.Get("Content-Transfer-Encoding"), &o.out)
	return o.decoder
}

func (o *opener) done(e *entity, _ bool) error {
	if e.path != o.path || o.ended {
		return nil
	}
	o.ended = true
	return o.decoder.Close()
}

func (o *opener) advance() error {
	if o.walker.next() {
		return o.walker.step()
	}
	err := o.walker.finish()
	o.ended = true
	return err
}

func (o *opener) Read(p []byte) (int, error) {
	for o.at == len(o.out) && !o.ended {
		o.out, o.at = o.out[:0], 0
		if err := o.advance(); err != nil {
			o.ended = true
			return 0, err
		}
	}
	n := copy(p, o.out[o.at:])
	if o.at += n; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}
