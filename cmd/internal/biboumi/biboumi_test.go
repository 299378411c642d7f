package biboumi_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wherry/cmd/internal/biboumi"
	"wherry/store"
	"wherry/transports"
	"wherry/transports/irc"
)

// The tables of biboumi 8, 9.0, and a later one with columns that nobody knows.
var schemas = map[string]string{
	"8": `
CREATE TABLE muclogline_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,uuid_ TEXT,owner_ TEXT,ircchanname_ TEXT,ircservername_ TEXT,date_ INTEGER,body_ TEXT,nick_ TEXT);
CREATE TABLE ircserveroptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,owner_ TEXT,server_ TEXT,pass_ TEXT,afterconnectioncommand_ TEXT,tlsports_ TEXT,ports_ TEXT,verifycert_ INTEGER);`,
	"9": nine,
	"10": strings.ReplaceAll(nine, "owner_ TEXT", "owner_ TEXT,later_ BLOB") + `
CREATE TABLE later_ (id_ INTEGER PRIMARY KEY);`,
}

const nine = `
CREATE TABLE muclogline_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,uuid_ TEXT,owner_ TEXT,ircchanname_ TEXT,ircservername_ TEXT,date_ INTEGER,body_ TEXT,nick_ TEXT);
CREATE TABLE globaloptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,owner_ TEXT,maxhistorylength_ INTEGER,recordhistory_ INTEGER,persistent_ INTEGER);
CREATE TABLE ircserveroptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,owner_ TEXT,server_ TEXT,pass_ TEXT,tlsports_ TEXT,ports_ TEXT,username_ TEXT,realname_ TEXT,verifycert_ INTEGER,trustedfingerprint_ TEXT,encodingout_ TEXT,encodingin_ TEXT,maxhistorylength_ INTEGER,address_ TEXT,nick_ TEXT,saslpassword_ TEXT,throttlelimit_ INTEGER);
CREATE TABLE ircchanneloptions_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,owner_ TEXT,server_ TEXT,channel_ TEXT,encodingout_ TEXT,encodingin_ TEXT,maxhistorylength_ INTEGER,persistent_ INTEGER,recordhistory_ INTEGER);
CREATE TABLE roster (local TEXT,remote TEXT);
CREATE TABLE after_connection_commands_ (id_ INTEGER PRIMARY KEY AUTOINCREMENT,fk_ INTEGER,afterconnectioncommand_ TEXT);`

const alice = "alice@example.org"

var now = time.Unix(1_800_000_000, 0)

// database makes a database of biboumi's, and opens it.
func database(t *testing.T, statements ...string) *biboumi.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b #1.sqlite")
	db, err := sql.Open("sqlite3", strings.ReplaceAll("file:"+path, "#", "%23"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	d, err := biboumi.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// plan reads a user and plans.
func plan(t *testing.T, d *biboumi.DB, have biboumi.Have, all bool) biboumi.Plan {
	t.Helper()
	o, err := d.Owner(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	if o.Contacts, err = d.Roster(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := biboumi.Make(o, irc.New(irc.Config{}), have, biboumi.Options{Domain: "irc.example.org", All: all, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const lines = `INSERT INTO muclogline_ (owner_, ircchanname_, ircservername_, date_, body_, nick_) VALUES
	('alice@example.org', '#c', 'irc.example.net', 1700000001, 'third', 'bob'),
	('alice@example.org', '#c', 'irc.example.net', 1700000000, 'first', 'bob'),
	('alice@example.org', '#c', 'irc.example.net', 1700000000, '/me is second', 'carol'),
	('alice@example.org', '#c', 'irc.example.net', NULL, 'never', 'carol'),
	('alice@example.org', '#c', 'irc.example.net', 1900000000, 'to come', 'carol')`

func TestEverySchema(t *testing.T) {
	for name, schema := range schemas {
		t.Run(name, func(t *testing.T) {
			d := database(t, schema, lines,
				`INSERT INTO ircserveroptions_ (owner_, server_, pass_, tlsports_, ports_, verifycert_) VALUES ('alice@example.org', 'irc.example.net', 's3cret', '', '6668;6669', 0)`)
			p := plan(t, d, biboumi.Have{}, false)
			if len(p.Accounts) != 1 {
				t.Fatalf("%d accounts; left out: %q", len(p.Accounts), p.Left)
			}
			a := p.Accounts[0]
			if a.Scope != "irc.example.net" || a.Secrets["pass"] != "s3cret" || a.Settings["ports"] != "6668, 6669" || len(a.Settings) != 1 {
				t.Errorf("account on %s with %v", a.Scope, a.Settings)
			}
			if len(a.Logs) != 1 || a.Logs[0].Room != "#c" || len(a.Logs[0].Lines) != 3 {
				t.Fatalf("logs: %v", a.Logs)
			}
			var said []string
			for i, l := range a.Logs[0].Lines {
				said = append(said, l.Nick+" "+string(l.Content[5:])) // the text, and what follows it
				if i > 0 && l.ID <= a.Logs[0].Lines[i-1].ID {
					t.Error("two lines in one place")
				}
			}
			if !strings.HasPrefix(said[0], "bob first") || !strings.HasPrefix(said[1], "carol is second") || !strings.HasPrefix(said[2], "bob third") {
				t.Errorf("%q", said)
			}
			if a.Logs[0].Lines[1].Content[1] != byte(transports.Act) {
				t.Error("what somebody does is said")
			}
			if got := store.PlaceTime(a.Logs[0].Lines[2].ID).Unix(); got != 1700000001 {
				t.Errorf("said at %d", got)
			}
			left := strings.Join(p.Left, "\n")
			if !strings.Contains(left, "verify_cert") || !strings.Contains(left, "(2 times)") || strings.Contains(left, "s3cret") {
				t.Errorf("left out:\n%s", left)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	d := database(t, nine,
		`INSERT INTO ircserveroptions_ (owner_, server_, tlsports_, ports_, username_, realname_, verifycert_, trustedfingerprint_, encodingin_, encodingout_, address_, nick_, saslpassword_, throttlelimit_)
			VALUES ('alice@example.org', 'IRC.example.net', '6697;7000', '6667', 'u', 'Real Name', 0, '1111111111111111111111111111111111111111', 'ISO-8859-1', 'KOI8-R', 'bnc.example.com', 'al', 'p4ss', -1)`,
		`INSERT INTO ircserveroptions_ (owner_, server_, tlsports_, ports_, verifycert_, throttlelimit_) VALUES ('alice@example.org', 'default.example.net', '6697;6670', '6667', 1, 10)`,
		`INSERT INTO ircserveroptions_ (owner_, server_, nick_) VALUES ('alice@example.org', 'bad.example.net', 'no nick at all')`,
		`INSERT INTO after_connection_commands_ (fk_, afterconnectioncommand_) VALUES (1, 'MODE al +x'), (1, 'JOIN #c'), (2, 'AWAY :x')`,
	)
	p := plan(t, d, biboumi.Have{}, false)
	got := map[transports.Scope]map[string]string{}
	for _, a := range p.Accounts {
		got[a.Scope] = a.Settings
	}
	want := map[string]string{
		"tls_ports": "6697, 7000", "username": "u", "realname": "Real Name", "fingerprint": strings.Repeat("1", 40),
		"encoding_in": "iso-8859-1", "encoding_out": "koi8-r", "address": "bnc.example.com", "nick": "al", "throttle_limit": "-1", "after_connect_commands": "MODE al +x",
	}
	for name, value := range want {
		if got["irc.example.net"][name] != value {
			t.Errorf("%s is %q, want %q", name, got["irc.example.net"][name], value)
		}
	}
	if len(got["irc.example.net"]) != len(want) || len(got) != 2 || got["default.example.net"]["after_connect_commands"] != "AWAY :x" {
		t.Errorf("%v", got)
	}
	if left := strings.Join(p.Left, "\n"); !strings.Contains(left, "JOIN") || !strings.Contains(left, "bad.example.net: nick") || strings.Contains(left, "p4ss") {
		t.Errorf("left out:\n%s", left)
	}
}

func TestPersistent(t *testing.T) {
	channels := `INSERT INTO ircchanneloptions_ (owner_, server_, channel_, persistent_) VALUES
		('alice@example.org', 'irc.example.net', '#stay', 1), ('alice@example.org', 'irc.example.net', '#go', 0), ('alice@example.org', 'irc.example.net', 'nobody', 1)`
	for global, want := range map[string][]string{"0": {"#stay"}, "1": {"#c", "#go", "#stay"}} {
		d := database(t, nine, channels, lines, `INSERT INTO globaloptions_ (owner_, persistent_) VALUES ('alice@example.org', `+global+`)`)
		p := plan(t, d, biboumi.Have{}, false)
		var got []string
		for _, r := range p.Accounts[0].Rooms {
			got = append(got, r.Name)
			if r.Nick != "alice" {
				t.Errorf("in %s as %q", r.Name, r.Nick)
			}
		}
		if !slices.Equal(got, want) || p.Accounts[0].Settings["nick"] != "alice" {
			t.Errorf("global %s: stays in %q, %v", global, got, p.Accounts[0].Settings)
		}
	}
}

func TestHistoryAlone(t *testing.T) {
	d := database(t, nine, lines)
	if p := plan(t, d, biboumi.Have{}, false); !p.Empty() || !strings.Contains(strings.Join(p.Left, "\n"), "-all makes one (5 times)") {
		t.Errorf("%v, left out %q", p.Accounts, p.Left)
	}
	if p := plan(t, d, biboumi.Have{}, true); len(p.Accounts) != 1 || len(p.Accounts[0].Logs[0].Lines) != 3 {
		t.Errorf("%v", p.Accounts)
	}
	have := biboumi.Have{Accounts: map[transports.Scope]int64{"irc.example.net": 7}}
	if p := plan(t, d, have, false); len(p.Accounts) != 1 || p.Accounts[0].ID != 7 || len(p.Accounts[0].Logs) != 1 {
		t.Errorf("%v", p.Accounts)
	}
}

// A plan is written once, whatever is done again.
func TestTwice(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	s, err := store.Open(ctx, store.Config{URL: "sqlite:" + dir + "/w.db", KeyFile: dir + "/w.key"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := database(t, nine, lines,
		`INSERT INTO ircchanneloptions_ (owner_, server_, channel_, persistent_) VALUES ('alice@example.org', 'irc.example.net', '#c', 1)`,
		`INSERT INTO roster VALUES ('irc.example.org', 'alice@example.org'), ('irc.example.net@irc.example.org', 'alice@example.org'), ('#c%irc.example.net@irc.example.org', 'alice@example.org')`)
	write := func(p biboumi.Plan) {
		t.Helper()
		if err := s.Update(ctx, func(tx *store.Tx) error { return p.Write(tx, "irc.example.org", now) }); err != nil {
			t.Fatal(err)
		}
	}
	write(plan(t, d, biboumi.Have{}, false))
	have := func() biboumi.Have {
		a, err := s.Account(ctx, "irc.example.org", alice, "irc.example.net")
		if err != nil || !a.Registered {
			t.Fatalf("%v, %v", a, err)
		}
		return biboumi.Have{Accounts: map[transports.Scope]int64{"irc.example.net": a.ID}}
	}()
	write(plan(t, d, have, false))
	rooms, err := s.Rooms(ctx, have.Accounts["irc.example.net"])
	if err != nil || len(rooms) != 1 || !rooms[0].Persistent {
		t.Errorf("rooms %v, %v", rooms, err)
	}
	contacts, err := s.Contacts(ctx, "irc.example.org", alice)
	if err != nil || len(contacts) != 2 || contacts[0].Name != "" || contacts[1].Name != "irc.example.net" {
		t.Errorf("contacts %v, %v", contacts, err)
	}
	log, _, err := s.FindLog(ctx, store.Log{Domain: "irc.example.org", Host: "irc.example.net", Room: "#c", Account: have.Accounts["irc.example.net"]})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.CountLines(ctx, store.LineQuery{Log: log, Account: have.Accounts["irc.example.net"]}); n != 3 || err != nil {
		t.Errorf("%d lines, %v", n, err)
	}
}

func TestTime(t *testing.T) {
	for date, want := range map[int64]int64{0: -1, -5: -1, 1700000000: 1700000000, 1700000000_000: 1700000000, 1700000000_000_000: 1700000000, 1700000000_000_000_000: 1700000000} {
		if got := biboumi.Time(date); got.IsZero() != (want < 0) || want >= 0 && got.Unix() != want {
			t.Errorf("%d is %v", date, got)
		}
	}
}

// TestAnything: whatever stands in a database, it can be read and planned, and
// what is planned the store takes.
func TestAnything(t *testing.T) {
	value := rapid.OneOf(rapid.Just[any](nil), rapid.Map(rapid.Int64(), func(n int64) any { return n }), rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return b }),
		rapid.SampledFrom([]any{"irc.example.net", "#c", "%", "#c%x", "alice", "1", 1, "6697;6670"}))
	ctx, dir := t.Context(), t.TempDir()
	s, err := store.Open(ctx, store.Config{URL: "sqlite:" + dir + "/w.db", KeyFile: dir + "/w.key"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	path := dir + "/any.sqlite"
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(nine); err != nil {
		t.Fatal(err)
	}
	d, err := biboumi.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tables := map[string][]string{
		"globaloptions_":             {"recordhistory_", "persistent_"},
		"ircserveroptions_":          {"server_", "pass_", "tlsports_", "ports_", "username_", "realname_", "verifycert_", "trustedfingerprint_", "encodingout_", "encodingin_", "address_", "nick_", "saslpassword_", "throttlelimit_"},
		"ircchanneloptions_":         {"server_", "channel_", "persistent_"},
		"muclogline_":                {"ircchanname_", "ircservername_", "date_", "body_", "nick_"},
		"roster":                     {"local", "remote"},
		"after_connection_commands_": {"afterconnectioncommand_"},
	}
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		for table, columns := range tables {
			args := []any{}
			for _, c := range columns {
				args = append(args, value.Draw(rt, c))
			}
			names, marks := strings.Join(columns, ","), strings.Repeat("?,", len(columns)-1)+"?"
			switch table {
			case "roster":
			case "after_connection_commands_":
				names, marks = names+",fk_", marks+",1"
			default:
				names, marks = names+",owner_", marks+",'alice@example.org'"
			}
			if _, err := db.Exec(`DELETE FROM ` + table); err != nil {
				rt.Fatal(err)
			}
			if _, err := db.Exec(`INSERT INTO `+table+` (`+names+`) VALUES (`+marks+`)`, args...); err != nil {
				rt.Fatal(err)
			}
		}
		p := plan(t, d, biboumi.Have{}, true)
		p.User = strings.Repeat("x", round) + "@example.org"
		if err := s.Update(ctx, func(tx *store.Tx) error { return p.Write(tx, "irc.example.org", now) }); err != nil {
			rt.Fatal(err)
		}
	})
}

func TestOpen(t *testing.T) {
	for path, want := range map[string]string{"postgres://127.0.0.1:1/d": "refused", filepath.Join(t.TempDir(), "none"): "no such file"} {
		if _, err := biboumi.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
