package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"wherry/store"
)

func TestRebind(t *testing.T) {
	for _, test := range []struct{ query, want string }{
		{``, ``},
		{`SELECT 1`, `SELECT 1`},
		{`SELECT $2 || '-' || $1`, `SELECT ?2 || '-' || ?1`},
		{`VALUES ($1, $10, $11)`, `VALUES (?1, ?10, ?11)`},
		{`SELECT '$1', $1`, `SELECT '$1', ?1`},
		{`SELECT 'it''s $1', $1`, `SELECT 'it''s $1', ?1`},
		{`SELECT "$1", $2`, `SELECT "$1", ?2`},
		{"SELECT $1 -- of $2, don't\n, $3", "SELECT ?1 -- of $2, don't\n, ?3"},
		{`SELECT 1 - $1`, `SELECT 1 - ?1`},
		{`SELECT $name, $`, `SELECT $name, $`},
		{`SELECT '$1`, `SELECT '$1`},
		{`SELECT $1 --$2`, `SELECT ?1 --$2`},
	} {
		if got := store.Rebind(test.query); got != test.want {
			t.Errorf("%s: got %s, want %s", test.query, got, test.want)
		}
	}
}

// TestArgumentsByNumber holds the reason of rebinding: without it, SQLite
// swaps these arguments without a word.
func TestArgumentsByNumber(t *testing.T) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got string
	err = db.QueryRow(store.Rebind(`SELECT $2 || '-' || $1 || '-' || $2`), "one", "two").Scan(&got)
	if err != nil || got != "two-one-two" {
		t.Errorf("got %q, %v", got, err)
	}
}

func FuzzRebind(f *testing.F) {
	f.Add(`SELECT '$1', "$2", $3 -- $4`)
	f.Add(`'`)
	f.Add(`--`)
	f.Fuzz(func(t *testing.T, query string) {
		got := store.Rebind(query)
		if strings.ReplaceAll(got, "?", "$") != strings.ReplaceAll(query, "?", "$") {
			t.Errorf("%q became %q", query, got)
		}
	})
}
