package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// copyBefore copies the database at path, checks the copy, and returns its
// path: beside the database, named by schema and time. It is readable by the
// database's owner only, and needs the same key file.
func copyBefore(ctx context.Context, db *sql.DB, path string, version int) (string, error) {
	name := fmt.Sprintf("%s.schema%d.%s", path, version, time.Now().UTC().Format("20060102T150405.000Z"))
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	err = errors.Join(giveTo(f, path), vacuumInto(ctx, db, name))
	if err == nil {
		// SQLite does not wait for the disk here.
		err = errors.Join(f.Sync(), syncDir(name))
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(name))
	}
	return name, nil
}

func removeCopy(name string) error {
	if name == "" {
		return nil
	}
	return os.Remove(name)
}

func vacuumInto(ctx context.Context, db *sql.DB, name string) error {
	if _, err := db.ExecContext(ctx, rebind(`VACUUM INTO $1`), name); err != nil {
		return err
	}
	copied, err := openDatabase(name, readOnly)
	if err != nil {
		return err
	}
	defer copied.Close()
	var verdict string
	if err := copied.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if verdict != "ok" {
		return fmt.Errorf("check the copy: %s", verdict)
	}
	return nil
}

// newerSchema says how to go back.
func newerSchema(path string, version, known int) error {
	back := "install that version again"
	if last := lastCopy(path, known); last != "" {
		back += ", or go back, without what came since, by putting the copy " + last + " in its place"
	}
	return fmt.Errorf("store %s has schema %d, made by a newer wherry; this one knows %d: %s: %w",
		path, version, known, back, ErrNewerSchema)
}

// lastCopy returns the newest copy beside the database that has a schema of at
// most known, or nothing.
func lastCopy(path string, known int) string {
	for version := known; version > 0; version-- {
		names, err := filepath.Glob(escapeGlob(fmt.Sprintf("%s.schema%d.", path, version)) + "*Z")
		if err == nil && len(names) > 0 {
			return names[len(names)-1] // Glob sorts, and the names sort by time
		}
	}
	return ""
}

func escapeGlob(s string) string {
	var b []byte
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '*', '?', '[', '\\':
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return string(b)
}

// syncDir makes the name of a new file last.
func syncDir(name string) error {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
