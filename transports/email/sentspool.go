package email

import (
	"io"
	"os"
	"sync"

	"wherry/transports/email/compose"
	"wherry/transports/email/submit"
)

// spoolsMost bounds how many mails with files a session keeps on the disk, for
// their copies.
const spoolsMost = 3

// spool holds a mail as it was sent, in a file without a name, until its copy is
// made. A nil spool holds none.
type spool struct {
	f      *os.File
	out    *sending
	size   int64
	broken bool // not all is there
	whole  bool
	once   sync.Once
}

// newSpool returns an empty spool, or nil where there is no place for one: then the
// files are fetched twice.
func (out *sending) newSpool() *spool {
	if out.spools.Add(1) > spoolsMost {
		out.spools.Add(-1)
		return nil
	}
	sp := &spool{out: out}
	f, err := os.CreateTemp("", "wherry-mail-*")
	if err == nil {
		err = os.Remove(f.Name())
		sp.f = f
	}
	if err != nil {
		sp.drop()
		return nil
	}
	return sp
}

// drop forgets what it holds.
func (sp *spool) drop() {
	if sp == nil {
		return
	}
	sp.once.Do(func() {
		if sp.f != nil {
			_ = sp.f.Close()
		}
		sp.out.spools.Add(-1)
	})
}

// of returns a mail that is written to the spool, too, each time that it is
// written. What fails there fails no mail.
func (sp *spool) of(m *compose.Message) submit.Mail {
	if sp == nil {
		return m
	}
	return spooled{m, sp}
}

type spooled struct {
	*compose.Message
	to *spool
}

func (s spooled) WriteTo(w io.Writer) (int64, error) {
	sp := s.to
	_, err := sp.f.Seek(0, io.SeekStart)
	sp.size, sp.whole, sp.broken = 0, false, err != nil || sp.f.Truncate(0) != nil
	n, err := s.Message.WriteTo(io.MultiWriter(w, sp))
	sp.whole = err == nil && !sp.broken
	return n, err
}

// Write keeps a piece.
func (sp *spool) Write(p []byte) (int, error) {
	if !sp.broken {
		n, err := sp.f.Write(p)
		sp.size += int64(n)
		sp.broken = err != nil
	}
	return len(p), nil
}

// content returns what it holds. It reports false where that is not a whole mail.
func (sp *spool) content() (io.Reader, int64, bool) {
	if sp == nil || !sp.whole {
		return nil, 0, false
	}
	return io.NewSectionReader(sp.f, 0, sp.size), sp.size, true
}
