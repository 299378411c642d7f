package main

import (
	"database/sql"
	"strings"
	"testing"

	"wherry/store"
)

func TestImport(t *testing.T) {
	dir := configured(t, least)
	call(t, dir, "import", "biboumi", "none.sqlite").want(t, exitFailed, "none.sqlite: no such file")
	call(t, dir, "import", "biboumi", "postgres://b@127.0.0.1:1/b").want(t, exitFailed, "connection refused")
	call(t, dir, "import", "biboumi", "-domain", "other.example.org", "b.sqlite").want(t, exitFailed, "no component other.example.org for IRC")

	db, err := sql.Open("sqlite3", dir+"/b.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`CREATE TABLE roster (local TEXT, remote TEXT)`,
		`INSERT INTO roster VALUES ('irc.example.org', 'alice@example.org'), ('x', 'no user')`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	call(t, dir, "import", "biboumi", "b.sqlite").want(t, exitFailed, "is no database of biboumi")
	for _, statement := range []string{
		`CREATE TABLE ircserveroptions_ (id_ INTEGER PRIMARY KEY, owner_ TEXT, server_ TEXT, nick_ TEXT, saslpassword_ TEXT)`,
		`INSERT INTO ircserveroptions_ (owner_, server_, nick_, saslpassword_) VALUES ('alice@example.org', 'irc.example.net', 'al', 's3cret'), ('@', 'x', 'y', 's3cret')`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	told := "alice@example.org: account on irc.example.net\nalice@example.org: contact the gateway\n"
	dry := call(t, dir, "import", "biboumi", "-dry-run", "b.sqlite")
	dry.want(t, exitOK, told)
	dry.want(t, exitOK, "Would import to irc.example.org: 1 accounts")
	call(t, dir, "users").want(t, exitFailed, "there is no store")

	s, err := store.Open(t.Context(), store.Config{URL: "sqlite:" + dir + "/wherry.db", KeyFile: dir + "/wherry.key"})
	if err != nil {
		t.Fatal(err)
	}
	call(t, dir, "import", "biboumi", "b.sqlite").want(t, exitFailed, "is held by process")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o := call(t, dir, "import", "biboumi", "b.sqlite", "-dry-run")
	o.want(t, exitUsage, "one word too many")
	o = call(t, dir, "import", "biboumi", "b.sqlite")
	o.want(t, exitOK, told)
	o.want(t, exitOK, `@: left out: "@" is no address of a user`)
	if strings.Contains(o.stdout+dry.stdout, "s3cret") {
		t.Errorf("it tells a secret:\n%s", o.stdout)
	}
	call(t, dir, "users").want(t, exitOK, "alice@example.org  1         1")
	call(t, dir, "import", "biboumi", "b.sqlite").want(t, exitOK, "Imported to irc.example.org: 0 accounts, 0 channels to stay in, 0 lines of history, 0 contacts")
}
