package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"wherry/cmd/internal/world"
)

// wantNoTrace: the database has nothing of the user's account, neither in a row
// nor in what deleted rows left in the files.
func wantNoTrace(t *testing.T, h *harbour, p *passenger, l login) {
	t.Helper()
	db := opened(t, h.gateway)
	for _, needle := range []string{`"` + l.account + `"`, l.password} {
		wantInNoRow(t, db, needle)
	}
	var secrets int
	const left = `SELECT count(*) FROM secret WHERE account NOT IN (SELECT id FROM account)
		OR account IN (SELECT id FROM account WHERE jid = ? AND scope = ? AND domain = ?)`
	if err := db.QueryRow(left, p.Bare, h.insp.host, h.insp.gateway).Scan(&secrets); err != nil {
		t.Fatal(err)
	}
	if secrets > 0 {
		t.Errorf("%s: %d secrets are left", p.Bare, secrets)
	}
	wantInNoFile(t, h.gateway, l.account, l.password)
}

// opened opens the database of a gateway for reading.
func opened(t *testing.T, g *world.Gateway) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+g.Store+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// wantInNoRow: no value of any table has the needle in it.
func wantInNoRow(t *testing.T, db *sql.DB, needle string) {
	t.Helper()
	for _, table := range column(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		for _, name := range column(t, db, fmt.Sprintf("SELECT name FROM pragma_table_info(%q)", table)) {
			var rows int
			query := fmt.Sprintf("SELECT count(*) FROM %q WHERE instr(CAST(%q AS BLOB), CAST(? AS BLOB)) > 0", table, name)
			if err := db.QueryRow(query, needle).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			if rows > 0 {
				t.Errorf("%d rows with %s in %s.%s", rows, needle, table, name)
			}
		}
	}
}

// wantInNoFile: none of the needles stands in the files of the database, not
// even in what deleted rows left there.
func wantInNoFile(t *testing.T, g *world.Gateway, needles ...string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(g.Store + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, needle := range needles {
			if bytes.Contains(content, []byte(needle)) {
				t.Errorf("%q stands in the file wherry.db%s", needle, suffix)
			}
		}
	}
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
