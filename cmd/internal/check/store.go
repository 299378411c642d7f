package check

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"wherry/cmd/internal/config"
	"wherry/store"
)

// checkStore looks at key file and store, and returns the id of the process
// that has the store open, or 0.
func checkStore(ctx context.Context, conf *config.Config, r *Report) (holder int) {
	cfg := store.Config{URL: conf.Store.URL, KeyFile: conf.Store.KeyFile}
	holder, err := store.Holder(cfg)
	if err != nil {
		r.Fail("store", "%v", err)
		return 0
	}
	s, err := store.OpenReadOnly(ctx, cfg)
	var key *store.KeyFileError
	switch {
	case err == nil:
		r.OK("key file", "%s opens the store", conf.Store.KeyFile)
		checkWritable(conf.Store.Path(), r)
		if err := s.Close(); err != nil {
			r.Fail("store", "%v", err)
		}
	case errors.Is(err, fs.ErrNotExist) && !errors.As(err, &key):
		checkNewStore(ctx, conf, r)
	case errors.As(err, &key):
		r.Fail("key file", "%v", err)
	case errors.Is(err, store.ErrOlderSchema):
		r.Warn("store", "%v", err)
	default:
		r.Fail("store", "%v", err)
	}
	return holder
}

// The bits of access(2).
const (
	mayWrite  = 2
	mayEnter  = 1
	mayCreate = mayWrite | mayEnter
)

// checkWritable tells whether this user may write to the database, and make
// the files that SQLite keeps beside it.
func checkWritable(path string, r *Report) {
	dir := filepath.Dir(path)
	switch {
	case syscall.Access(path, mayWrite) != nil:
		r.Fail("store", "%s cannot be written by this user: give it to the user that wherry runs as (chown)", path)
	case syscall.Access(dir, mayCreate) != nil:
		r.Fail("store", "the folder %s cannot be written by this user, and SQLite keeps files beside %s: give it to the user that wherry runs as (chown)",
			dir, filepath.Base(path))
	default:
		r.OK("store", "%s is readable and writable", path)
	}
}

// checkNewStore tells whether the first start can make store and key file.
func checkNewStore(ctx context.Context, conf *config.Config, r *Report) {
	dir := filepath.Dir(conf.Store.Path())
	switch info, err := os.Stat(dir); {
	case err != nil:
		r.Fail("store", "the folder of %s: %v: make it first", conf.Store.Path(), err)
	case !info.IsDir():
		r.Fail("store", "%s is no folder", dir)
	case syscall.Access(dir, mayCreate) != nil:
		r.Fail("store", "the folder %s cannot be written by this user: give it to the user that wherry runs as (chown)", dir)
	default:
		r.OK("store", "%s is not there yet; wherry run makes it", conf.Store.Path())
	}
	checkNewKey(ctx, conf.Store.KeyFile, r)
}

// checkNewKey tells whether a key file can be made, or serves a new store
// where it is there already.
func checkNewKey(ctx context.Context, path string, r *Report) {
	_, err := os.Stat(path)
	switch dir := filepath.Dir(path); {
	case err == nil:
		checkOldKey(ctx, path, r)
	case !errors.Is(err, fs.ErrNotExist):
		r.Fail("key file", "%v", err)
	case syscall.Access(dir, mayCreate) != nil:
		r.Fail("key file", "the folder %s cannot be written by this user: make it, or give it to the user that wherry runs as (chown)", dir)
	default:
		r.OK("key file", "%s is not there yet; wherry run makes it. Keep a copy of it then", path)
	}
}

// checkOldKey tries the key file on a store that is thrown away.
func checkOldKey(ctx context.Context, path string, r *Report) {
	dir, err := os.MkdirTemp("", "wherry-check-")
	if err != nil {
		r.Fail("key file", "%v", err)
		return
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(ctx, store.Config{URL: "sqlite:" + filepath.Join(dir, "try.db"), KeyFile: path})
	if err != nil {
		r.Fail("key file", "%v", err)
		return
	}
	r.OK("key file", "%s will be the new store's", path)
	if err := s.Close(); err != nil {
		r.Fail("key file", "%v", err)
	}
}
