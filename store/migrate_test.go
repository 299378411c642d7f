package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/store"
)

const nextStep = `ALTER TABLE account ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'; CREATE TABLE outcome (id BIGINT NOT NULL PRIMARY KEY);`

// schema returns what the database says of its tables.
func schema(t *testing.T, cfg store.Config) (tables []string) {
	t.Helper()
	rows, err := raw(t, cfg).Query(`SELECT COALESCE(sql, name) FROM sqlite_master ORDER BY name`)
	check(t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		check(t, rows.Scan(&text))
		tables = append(tables, text)
	}
	check(t, rows.Err())
	return tables
}

// IRC-B48
func TestMigratedIsAsNew(t *testing.T) {
	for _, name := range frozen {
		fresh, old := config(t), thaw(t, name)
		open(t, fresh)
		open(t, old)
		if diff := cmp.Diff(schema(t, fresh), schema(t, old)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func copies(t *testing.T, cfg store.Config) []string {
	t.Helper()
	names, err := filepath.Glob(databaseFile(cfg) + ".schema*")
	check(t, err)
	return names
}

func TestMigrationCopiesFirst(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	s, err := store.OpenWith(ctx, cfg, nextStep)
	check(t, err)
	checkFrozen(t, s)
	if s.SchemaVersion() != store.Schema()+1 {
		t.Errorf("schema %d", s.SchemaVersion())
	}
	check(t, s.SetLanguage(ctx, "irc.example.org", "romeo@example.org", "it"))
	check(t, s.Close())

	names := copies(t, cfg)
	if len(names) != 1 || !strings.Contains(names[0], fmt.Sprintf(".schema%d.", store.Schema())) {
		t.Fatalf("copies: %q", names)
	}
	info, err := os.Stat(names[0])
	check(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the copy has mode %04o", info.Mode().Perm())
	}
	cfg.URL = "sqlite:" + names[0]
	checkFrozen(t, open(t, cfg))
}

func TestNoCopyWithoutNeed(t *testing.T) {
	cfg := config(t)
	for range 2 {
		s, err := store.OpenWith(context.Background(), cfg, nextStep)
		check(t, err)
		check(t, s.Close())
	}
	if names := copies(t, cfg); len(names) != 0 {
		t.Errorf("copies: %q", names)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	ctx := context.Background()
	cfg := thaw(t, latest)
	s, err := store.OpenWith(ctx, cfg, nextStep)
	check(t, err)
	check(t, s.Close())
	before := schema(t, cfg)
	for _, open := range openers {
		_, err := open(ctx, cfg)
		if !errors.Is(err, store.ErrNewerSchema) {
			t.Fatalf("got %v", err)
		}
		newer, known := fmt.Sprintf("has schema %d", store.Schema()+1), fmt.Sprintf("this one knows %d", store.Schema())
		for _, part := range []string{newer, known, copies(t, cfg)[0]} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q lacks %q", err, part)
			}
		}
	}
	check(t, os.Remove(copies(t, cfg)[0]))
	if _, err := store.Open(ctx, cfg); !strings.Contains(err.Error(), "install that version again: ") {
		t.Errorf("without a copy: %v", err)
	}
	if diff := cmp.Diff(before, schema(t, cfg)); diff != "" {
		t.Error(diff)
	}
}

func TestOlderSchemaIsNotMigratedByALook(t *testing.T) {
	cfg := config(t)
	db := raw(t, cfg)
	_, err := db.Exec(`CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, made BIGINT NOT NULL)`)
	check(t, err)
	if _, err := store.OpenReadOnly(context.Background(), cfg); !errors.Is(err, store.ErrOlderSchema) {
		t.Errorf("got %v", err)
	}
	if tables := schema(t, cfg); len(tables) != 2 {
		t.Errorf("tables: %q", tables)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	for _, test := range []struct{ name, step string }{
		{"not SQL", `CREATE TABEL x`},
		{"half", `CREATE TABLE outcome (id BIGINT); INSERT INTO nowhere VALUES (1)`},
		{"orphans", `PRAGMA defer_foreign_keys = ON; DELETE FROM room WHERE name = 'none'; UPDATE secret SET account = 99`},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			cfg := thaw(t, latest)
			before := schema(t, cfg)
			_, err := store.OpenWith(ctx, cfg, nextStep, test.step)
			if err == nil || !strings.Contains(err.Error(), "test.sql") {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(before, schema(t, cfg)); diff != "" {
				t.Error(diff)
			}
			if names := copies(t, cfg); len(names) != 0 {
				t.Errorf("copies: %q", names)
			}
			checkFrozen(t, open(t, cfg))
		})
	}
}

// TestWrongKeyStopsMigration: what cannot be used is not to be changed either.
func TestWrongKeyStopsMigration(t *testing.T) {
	cfg := thaw(t, latest)
	check(t, os.Remove(cfg.KeyFile))
	var fault *store.KeyFileError
	if _, err := store.OpenWith(context.Background(), cfg, nextStep); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	if names := copies(t, cfg); len(names) != 0 {
		t.Errorf("copies: %q", names)
	}
}
