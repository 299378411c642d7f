package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Config says where the store is.
type Config struct {
	URL     string       // "sqlite:" and the path of the database file
	KeyFile string       // path of the key file; a systemd credential's path is one
	Log     *slog.Logger // nil: no log
}

// Store is an open store. Its methods are safe for concurrent use.
//
// A write whose context ends before its turn is not made; one that has begun
// is finished, and its caller told the true outcome.
type Store struct {
	log      *slog.Logger
	path     string
	keyFile  string
	ring     atomic.Pointer[ring] // nil: opened without key file
	instance []byte
	reads    *sql.DB
	writer   *writer    // nil: opened for reading only
	lock     *lock      // nil: opened for reading only
	rotating sync.Mutex // one RotateKey at a time
	close    func() error
}

// Open opens the store for reading and writing, and makes it, with a new key
// file, where there is none. A store of an older schema is copied, and then
// migrated. The error is ErrLocked where another process has the store open,
// ErrNewerSchema where a newer version wrote it, a *KeyFileError where the key
// file is to blame.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	return open(ctx, cfg, migrations())
}

func open(ctx context.Context, cfg Config, list []migration) (_ *Store, err error) {
	if cfg.KeyFile == "" {
		return nil, &KeyFileError{Reason: "has no path: let key_file name one, like wherry.key"}
	}
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.lock, err = acquire(ctx, s.path); err != nil {
		return nil, err
	}
	if err := createDatabase(s.path); err != nil {
		return nil, fmt.Errorf("create store %s: %w", s.path, err)
	}
	db, err := openDatabase(s.path, readWrite)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.path, err)
	}
	if err := s.upgrade(ctx, db, list); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.writer, err = newWriter(ctx, s, db); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", s.path, err), db.Close())
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	if s.reads, err = openDatabase(s.path, readOnly); err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.path, err)
	}
	return s, nil
}

// OpenReadOnly opens an existing store for a look beside the process that
// holds it. It takes no lock, creates nothing and migrates nothing: a store of
// another schema is ErrOlderSchema or ErrNewerSchema, a missing one
// fs.ErrNotExist. Without a key file (an empty Config.KeyFile) what is sealed
// stays closed: Users works, Accounts does not. All writes are ErrReadOnly.
func OpenReadOnly(ctx context.Context, cfg Config) (_ *Store, err error) {
	s, err := prepare(cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := exists(s.path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if s.reads, err = openDatabase(s.path, readOnly); err != nil {
		return nil, fmt.Errorf("open store %s: %w", s.path, err)
	}
	if err := s.inspect(ctx, len(migrations())); err != nil {
		return nil, err
	}
	return s, nil
}

func prepare(cfg Config) (*Store, error) {
	path, err := databasePath(cfg.URL)
	if err != nil {
		return nil, err
	}
	s := &Store{log: cfg.Log, path: path, keyFile: cfg.KeyFile}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.close = sync.OnceValue(s.closeAll)
	return s, nil
}

// upgrade brings the database to the schema of list, after it has read the keys
// of what is there.
func (s *Store) upgrade(ctx context.Context, db *sql.DB, list []migration) error {
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return fmt.Errorf("open store %s: %w", s.path, err)
	}
	if version > len(list) {
		return newerSchema(s.path, version, len(list))
	}
	if version > 0 {
		// A wrong key file must be told before anything is changed.
		if err := s.unlock(ctx, db); err != nil {
			return err
		}
	}
	return migrate(ctx, db, s.path, version, list, s.log)
}

// begin readies the store for what is written first.
func (s *Store) begin(ctx context.Context) error {
	if s.instance == nil {
		if err := s.found(ctx); err != nil {
			return err
		}
	}
	return s.Update(ctx, s.writer.numbers.load)
}

// inspect checks schema and keys of a store that stays as it is.
func (s *Store) inspect(ctx context.Context, current int) error {
	version, err := schemaVersion(ctx, s.reads)
	switch {
	case err != nil:
		return fmt.Errorf("open store %s: %w", s.path, err)
	case version > current:
		return newerSchema(s.path, version, current)
	case version < current:
		return fmt.Errorf("store %s has schema %d, this wherry needs %d: start wherry once, which migrates it: %w",
			s.path, version, current, ErrOlderSchema)
	case s.keyFile == "":
		return nil
	}
	return s.unlock(ctx, s.reads)
}

// unlock reads the key file and opens the instance key with it, if there is
// one already: whoever can open that can open all.
func (s *Store) unlock(ctx context.Context, db *sql.DB) error {
	var sealed []byte
	err := db.QueryRowContext(ctx, rebind(`SELECT value FROM instance WHERE name = $1`), instanceField).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // the first start ended before its last step
	}
	if err != nil {
		return fmt.Errorf("open store %s: %w", s.path, err)
	}
	keys, err := readKeys(s.keyFile)
	if err != nil {
		return missingKey(err, s.path)
	}
	ring := newRing(keys)
	instance, err := ring.open(instanceLabel, sealed)
	if err != nil {
		return &KeyFileError{Path: s.keyFile, Err: err, Reason: fmt.Sprintf(
			"does not belong to store %s: %v; put back the key file that was made with this store", s.path, err)}
	}
	s.ring.Store(ring)
	s.instance = instance
	return nil
}

// found gives a new store its keys and its instance key.
func (s *Store) found(ctx context.Context) error {
	keys, err := readOrCreateKeys(s.keyFile, s.log)
	if err != nil {
		return err
	}
	s.ring.Store(newRing(keys))
	instance := make([]byte, 32)
	rand.Read(instance)
	err = s.Update(ctx, func(t *Tx) error {
		return t.exec(`INSERT INTO instance (name, value) VALUES ($1, $2)`, instanceField, s.seal(instanceLabel, instance))
	})
	if err != nil {
		return fmt.Errorf("found store %s: %w", s.path, err)
	}
	s.instance = instance
	return nil
}

// InstanceKey returns 32 random bytes that were made with the store and are
// known to it alone: derive the keys of keyed hashes from it.
func (s *Store) InstanceKey() []byte { return append([]byte(nil), s.instance...) }

// Close finishes the writes under way and closes the store. Writes after it
// are ErrClosed, reads an error of the database's.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeAll() error {
	var errs []error
	if s.reads != nil {
		errs = append(errs, s.reads.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}
