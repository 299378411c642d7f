package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// migration is one step from a schema to the next. Steps are only ever added:
// step N makes schema N.
type migration struct {
	name string
	sql  string
}

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the steps in order. Their files are part of the program,
// so that failing to read one is a mistake of its making.
func migrations() []migration {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err)
	}
	list := make([]migration, len(entries))
	for i, entry := range entries {
		text, err := migrationFiles.ReadFile("migrations/" + entry.Name())
		if err != nil {
			panic(err)
		}
		list[i] = migration{entry.Name(), string(text)}
	}
	return list
}

// schemaVersion returns the schema of the database, 0 for an empty one.
func schemaVersion(ctx context.Context, db *sql.DB) (int, error) {
	var tables, versions int
	err := db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE name = 'schema_version') FROM sqlite_master`).
		Scan(&tables, &versions)
	if err != nil {
		return 0, err
	}
	if versions == 0 && tables > 0 {
		return 0, errors.New("this database belongs to another program: give wherry a file of its own")
	}
	if versions == 0 {
		return 0, nil
	}
	var version int
	err = db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM schema_version`).Scan(&version)
	return version, err
}

// migrate brings the database at path from a schema to that of list, in one
// transaction, after a copy of what is there.
func migrate(ctx context.Context, db *sql.DB, path string, from int, list []migration, log *slog.Logger) error {
	if from == len(list) {
		return nil
	}
	var copied string
	if from > 0 {
		var err error
		if copied, err = copyBefore(ctx, db, path, from); err != nil {
			return fmt.Errorf("copy store %s before its migration: %w", path, err)
		}
	}
	if err := migrateAll(ctx, db, from, list); err != nil {
		// Else each try would leave a copy.
		return errors.Join(fmt.Errorf("migrate store %s, which is unchanged: %w", path, err), removeCopy(copied))
	}
	log.Info("migrated the store", "store", path, "from", from, "to", len(list))
	if copied != "" {
		log.Info("the store as it was is in a copy; delete that when the new version has proved itself", "copy", copied)
	}
	return nil
}

func migrateAll(ctx context.Context, db *sql.DB, from int, list []migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, made BIGINT NOT NULL)`)
	if err != nil {
		return err
	}
	for i := from; i < len(list); i++ {
		if err := migrateOne(ctx, tx, i+1, list[i]); err != nil {
			return fmt.Errorf("%s: %w", list[i].name, err)
		}
	}
	return tx.Commit()
}

func migrateOne(ctx context.Context, tx *sql.Tx, version int, m migration) error {
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	var orphans int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM pragma_foreign_key_check`).Scan(&orphans); err != nil {
		return err
	}
	if orphans > 0 {
		return fmt.Errorf("leaves %d rows that belong to nothing", orphans)
	}
	_, err := tx.ExecContext(ctx, rebind(`INSERT INTO schema_version (version, name, made) VALUES ($1, $2, $3)`),
		version, m.name, time.Now().UnixMilli())
	return err
}
