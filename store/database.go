package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

type access bool

const (
	readOnly  access = false
	readWrite access = true
)

// busyTimeout is how long a connection waits for a lock of the database.
const busyTimeout = 5 * time.Second

// readers is how many reads go on at once.
const readers = 4

// prepared is how many statements a connection that reads keeps prepared.
const prepared = 64

// cacheSize is how many KiB of the database the connection that writes keeps in
// memory at most.
const cacheSize = 16 << 10

// SQLite moves its log file to the database when it has so many pages: the
// more, the more often a page was written that now is moved once. And it cuts
// the file to so many bytes when a long reading has let it grow.
const (
	logPages = 4000
	logSize  = 32 << 20
)

// databasePath returns the path of the database file of a store's URL, without
// symbolic links, so that one file has one lock.
func databasePath(url string) (string, error) {
	if strings.HasPrefix(url, "postgres:") || strings.HasPrefix(url, "postgresql:") {
		return "", errors.New(`store: this version keeps its store in SQLite only: use "sqlite:" and a path`)
	}
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || path == "" {
		return "", errors.New(`store: the url must be "sqlite:" and the path of the database file, like "sqlite:wherry.db"`)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	whole, err := filepath.EvalSymlinks(path)
	if err == nil {
		return whole, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", fmt.Errorf("store: make the folder first: %w", err)
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// createDatabase makes an empty file that only its owner can read, where there
// is none. SQLite gives its companion files the same mode.
func createDatabase(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func exists(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("not a file")}
	}
	return err
}

// openDatabase returns the connections of one access: one that writes, or a
// few that read.
func openDatabase(path string, a access) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dataSource(path, a))
	if err != nil {
		return nil, err
	}
	n := readers
	if a == readWrite {
		n = 1
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// dataSource returns the driver's name of the database. Every connection obeys
// foreign keys, and waits for a lock; the one that writes waits for the
// disk at each commit, takes the lock when its transaction begins, and
// overwrites what it deletes.
func dataSource(path string, a access) string {
	name := "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
	name += fmt.Sprintf("?_foreign_keys=on&_busy_timeout=%d", busyTimeout.Milliseconds())
	if a == readOnly {
		return name + fmt.Sprintf("&mode=ro&_query_only=on&_stmt_cache_size=%d", prepared)
	}
	return name + "&mode=rw&_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_secure_delete=on" +
		fmt.Sprintf("&_cache_size=-%d", cacheSize)
}

func limitLog(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %d`, logPages, logSize))
	return err
}
