package upload

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"wherry/transports"
)

// MediaPath is where a Shelf's files are found, below the public URL.
const MediaPath = "/media/"

// ShelfOptions bound a Shelf. Zero values are the defaults.
type ShelfOptions struct {
	Keep      time.Duration // how long a file is kept: 30 days
	FileMost  int64         // bytes of one file: 40 MB
	OwnerMost int64         // bytes of all files of one owner: 200 MB
	Most      int64         // bytes of all files: 4 GB
	Log       *slog.Logger
}

const (
	keepFor   = 30 * 24 * time.Hour
	fileMost  = 40 << 20
	ownerMost = 200 << 20
	shelfMost = 4 << 30
	filesMost = 100_000 // in all
	sweepEach = 15 * time.Minute
)

// Shelf is our own store of media: a folder in which each file lies under a
// name that nobody guesses, for a time. Where it grows over its bounds the
// oldest files go, first those of who put the last one. It is safe for
// concurrent use; two processes must not share a folder.
type Shelf struct {
	dir string
	o   ShelfOptions
	now func() time.Time

	mu    sync.Mutex // guards what follows
	items map[string]*item
	sizes map[string]int64 // bytes by owner
	total int64
}

// item is a file on the shelf.
type item struct {
	id string
	head
	size int64 // of the content
}

// OpenShelf returns the shelf of a folder, which is made where it is not there.
// It takes up what lies in it, and clears away what was not finished.
func OpenShelf(dir string, o ShelfOptions) (*Shelf, error) {
	o.Keep, o.FileMost = cmp.Or(o.Keep, keepFor), cmp.Or(o.FileMost, fileMost)
	o.OwnerMost, o.Most = cmp.Or(o.OwnerMost, ownerMost), cmp.Or(o.Most, shelfMost)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of media: %w", err)
	}
	s := &Shelf{dir: dir, o: o, now: time.Now, items: map[string]*item{}, sizes: map[string]int64{}}
	if err := s.scan(); err != nil {
		return nil, fmt.Errorf("folder of media: %w", err)
	}
	s.Sweep()
	return s, nil
}

// scan takes up what lies in the folder. Files of others stay as they are.
func (s *Shelf) scan() error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case !e.Type().IsRegular():
		case strings.HasPrefix(name, unfinished):
			err = os.Remove(filepath.Join(s.dir, name))
		case validID(name):
			var it *item
			switch it, err = s.take(name); {
			case err == nil:
				s.add(it)
			case errors.Is(err, errHead):
				s.o.Log.Warn("a file of media is damaged and goes", "err", err)
				err = os.Remove(filepath.Join(s.dir, name))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take reads what a file on the shelf is.
func (s *Shelf) take(id string) (*item, error) {
	f, err := os.Open(filepath.Join(s.dir, id))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	h, err := readHead(f)
	if err != nil {
		return nil, err
	}
	return &item{id: id, head: h, size: info.Size() - headSize}, nil
}

// unfinished begins the name of a file that is being written.
const unfinished = "new-"

// Put stores a file for an owner, and returns the path under which Handler
// serves it. A size below 0 is unknown; where it is known, so much must come.
// The type is corrected by what the file holds, and the name by the type.
// Errors are TooLong, Malformed where r brings another size, and Internal.
func (s *Shelf) Put(owner, name, typ string, r io.Reader, size int64) (path string, err error) {
	if size > s.o.FileMost {
		return "", tooLong(s.o.FileMost)
	}
	f, err := os.CreateTemp(s.dir, unfinished)
	if err != nil {
		return "", broken(err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	it := &item{id: strings.ToLower(rand.Text() + rand.Text()[:6])}
	first := make([]byte, headMost)
	n, err := io.ReadFull(r, first)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", unread(err)
	}
	now := s.now()
	it.head = head{Owner: hash(owner), Type: TypeOf(typ, first[:n]), Made: now.Unix(), Until: now.Add(s.o.Keep).Unix()}
	it.head.Name = FileName(name, it.Type)
	if it.size, err = s.write(f, it.head, first[:n], r); err != nil {
		return "", err
	}
	if size >= 0 && it.size != size {
		return "", &transports.Error{Kind: transports.Malformed, Text: textFailed, Err: fmt.Errorf("%d bytes came instead of %d", it.size, size)}
	}
	if err := finish(f, filepath.Join(s.dir, it.id)); err != nil {
		return "", broken(err)
	}
	s.remove(s.place(it))
	return MediaPath + it.id + "/" + url.PathEscape(it.Name), nil
}

// write writes head and content, and returns the size of the content.
func (s *Shelf) write(f *os.File, h head, first []byte, rest io.Reader) (int64, error) {
	block, err := h.block()
	if err != nil {
		return 0, broken(err)
	}
	if _, err := f.Write(append(block, first...)); err != nil {
		return 0, broken(err)
	}
	in := &source{r: io.LimitReader(rest, s.o.FileMost-int64(len(first))+1)}
	n, err := io.Copy(f, in)
	switch n += int64(len(first)); {
	case in.err != nil:
		return 0, unread(in.err)
	case err != nil:
		return 0, broken(err)
	case n > s.o.FileMost:
		return 0, tooLong(s.o.FileMost)
	default:
		return n, nil
	}
}

// source keeps the error of reading apart from that of writing.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// finish has a written file stand under its name, whatever happens then.
func finish(f *os.File, name string) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func broken(err error) *transports.Error {
	return &transports.Error{Kind: transports.Internal, Text: textFailed, Err: fmt.Errorf("shelf: %w", err)}
}

// hash keeps owners apart without naming them on disk.
func hash(owner string) string {
	sum := sha256.Sum256([]byte(owner))
	return hex.EncodeToString(sum[:16])
}

// add counts a file. The caller holds mu, or is alone.
func (s *Shelf) add(it *item) {
	s.items[it.id] = it
	s.sizes[it.Owner] += it.size
	s.total += it.size
}

// drop counts a file no more. The caller holds mu.
func (s *Shelf) drop(it *item) {
	delete(s.items, it.id)
	s.total -= it.size
	if s.sizes[it.Owner] -= it.size; s.sizes[it.Owner] <= 0 {
		delete(s.sizes, it.Owner)
	}
}

// remove removes files that are not counted any more. One that stays is found
// at the next start.
func (s *Shelf) remove(dropped []*item) {
	for _, it := range dropped {
		if err := os.Remove(filepath.Join(s.dir, it.id)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.o.Log.Warn("remove a file of media", "err", errors.Unwrap(err))
		}
	}
}

// place counts a new file, and drops the oldest ones where it takes too much
// room.
func (s *Shelf) place(last *item) (dropped []*item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(last)
	if s.sizes[last.Owner] <= s.o.OwnerMost && !s.full() {
		return nil
	}
	old := make([]*item, 0, len(s.items))
	for _, it := range s.items {
		if it != last {
			old = append(old, it)
		}
	}
	slices.SortFunc(old, func(a, b *item) int { return cmp.Or(cmp.Compare(a.Made, b.Made), cmp.Compare(a.id, b.id)) })
	for _, own := range []bool{true, false} {
		for _, it := range old {
			if over := s.sizes[last.Owner] > s.o.OwnerMost; s.items[it.id] != nil &&
				(own && over && it.Owner == last.Owner || !own && s.full()) {
				s.drop(it)
				dropped = append(dropped, it)
			}
		}
	}
	return dropped
}

// full tells whether there is too much in all. The caller holds mu.
func (s *Shelf) full() bool { return s.total > s.o.Most || len(s.items) > filesMost }

// Forget removes all files of an owner.
func (s *Shelf) Forget(owner string) {
	owner = hash(owner)
	s.remove(s.dropAll(func(it *item) bool { return it.Owner == owner }))
}

// Sweep removes the files whose time is over.
func (s *Shelf) Sweep() {
	now := s.now()
	s.remove(s.dropAll(func(it *item) bool { return it.over(now) }))
}

func (s *Shelf) dropAll(which func(*item) bool) (dropped []*item) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, it := range s.items {
		if which(it) {
			s.drop(it)
			dropped = append(dropped, it)
		}
	}
	return dropped
}

// Run sweeps from time to time, until ctx is done.
func (s *Shelf) Run(ctx context.Context) {
	each := time.NewTicker(sweepEach)
	defer each.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-each.C:
			s.Sweep()
		}
	}
}

// find returns the file of an id whose time is not over, or nil.
func (s *Shelf) find(id string) *item {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.items[id]; it != nil && !it.over(s.now()) {
		return it
	}
	return nil
}
