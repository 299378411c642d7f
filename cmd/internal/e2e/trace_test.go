package e2e

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"testing"

	_ "github.com/mattn/go-sqlite3"
)

// wantNoTrace: the database has nothing of the user's account, neither in a row
// nor in what deleted rows left in the files.
func wantNoTrace(t *testing.T, h *harbour, p *passenger, l login) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+h.gateway.Store+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range column(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		for _, name := range column(t, db, fmt.Sprintf("SELECT name FROM pragma_table_info(%q)", table)) {
			query := fmt.Sprintf("SELECT count(*) FROM %q WHERE instr(CAST(%q AS BLOB), CAST(? AS BLOB)) > 0", table, name)
			for _, needle := range []string{`"` + l.account + `"`, l.password} {
				var rows int
				if err := db.QueryRow(query, needle).Scan(&rows); err != nil {
					t.Fatal(err)
				}
				if rows > 0 {
					t.Errorf("%s: %d rows with %s in %s.%s", p.Bare, rows, needle, table, name)
				}
			}
		}
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
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(h.gateway.Store + suffix)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for _, needle := range []string{l.account, l.password} {
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
