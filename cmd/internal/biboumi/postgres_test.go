package biboumi_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"wherry/cmd/internal/biboumi"
	"wherry/cmd/internal/world/worldtest"
)

var content = []string{
	lines,
	`INSERT INTO globaloptions_ (owner_, recordhistory_, persistent_) VALUES ('alice@example.org', 1, 0), ('carol@example.org', 0, 1)`,
	`INSERT INTO ircserveroptions_ (owner_, server_, pass_, tlsports_, ports_, verifycert_, nick_, throttlelimit_) VALUES
		('alice@example.org', 'irc.example.net', 's3cret', '', '6668;6669', 0, 'al', 3), ('alice@example.org', 'irc.example.com', NULL, NULL, NULL, NULL, NULL, NULL)`,
	`INSERT INTO after_connection_commands_ (fk_, afterconnectioncommand_) VALUES (1, 'MODE al +x'), (1, 'OPER a b'), (2, 'AWAY')`,
	`INSERT INTO ircchanneloptions_ (owner_, server_, channel_, persistent_) VALUES ('alice@example.org', 'irc.example.net', '#c', 1)`,
	`INSERT INTO roster VALUES ('irc.example.net', 'alice@example.org'), ('', 'alice@example.org')`,
}

// What biboumi wrote to PostgreSQL is taken over as what it wrote to a file.
func TestPostgres(t *testing.T) {
	t.Parallel()
	w := worldtest.New(t)
	p, err := w.Postgres()
	if err != nil {
		t.Fatal(err)
	}
	run := func(statements ...string) {
		t.Helper()
		if err := p.Run(t.Context(), strings.Join(statements, ";\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := biboumi.Open(t.Context(), p.URL); err == nil || !strings.Contains(err.Error(), "is no database of biboumi") {
		t.Errorf("an empty database: %v", err)
	}
	run(strings.ReplaceAll(nine, "INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY"))
	run(content...)
	// A row that is changed goes to another place, but comes no later.
	run(`UPDATE muclogline_ SET nick_ = 'bob' WHERE body_ = 'first'`)
	d, err := biboumi.Open(t.Context(), p.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	file := database(t, append([]string{nine}, content...)...)

	want, err := file.Owners(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Owners(t.Context())
	if err != nil || len(got) != 2 {
		t.Fatalf("owners %q, %v", got, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("owners: %s", diff)
	}
	if diff := cmp.Diff(plan(t, file, biboumi.Have{}, true), plan(t, d, biboumi.Have{}, true)); diff != "" {
		t.Errorf("alice: %s", diff)
	}
}

// Nothing of what may be a password is told.
func TestAddressesAreNotTold(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgresql://b:s3cret@127.0.0.1:1/b", "postgres://b:s3cret@127.0.0.1:x/b", "postgres://b:s3cret%zz@h/b",
		"postgres://127.0.0.1:1/b?password=s3cret", "postgres://127.0.0.1:1/b?sslmode=s3cret", "postgres://b:s3cret@[::1/b",
	} {
		_, err := biboumi.Open(t.Context(), address)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
