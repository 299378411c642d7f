package biboumi

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3" // the driver
)

// DB is a database of biboumi, open for reading. Queries are written for
// PostgreSQL.
type DB struct {
	db     *sql.DB
	mark   string // the placeholder of a query's argument
	tables map[string]bool
}

// Open opens the database that biboumi's db_name says: the path of an SQLite file,
// or the address of a PostgreSQL database. Nothing is written to it. Errors do not
// show the address, which may hold a password.
func Open(ctx context.Context, name string) (*DB, error) {
	if isPostgres(name) {
		return openPostgres(ctx, name)
	}
	return openFile(ctx, name)
}

func isPostgres(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

func openFile(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_busy_timeout=5000")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	d := &DB{db: db, mark: "?1"}
	return d.known(ctx, path, `SELECT name FROM sqlite_master WHERE type = 'table'`)
}

// connectWithin bounds the way to a PostgreSQL server where the address does not.
const connectWithin = 20 * time.Second

func openPostgres(ctx context.Context, address string) (*DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("this is not the address of a PostgreSQL database: postgresql://USER@HOST/NAME is one") // err may show a password
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	d := &DB{db: stdlib.OpenDB(*config), mark: "$1"}
	return d.known(ctx, fmt.Sprintf("database %s at %s", config.Database, config.Host),
		`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false))`)
}

// known returns d if it is a database of biboumi's, else closes it.
func (d *DB) known(ctx context.Context, name, tables string) (*DB, error) {
	rows, err := d.query(ctx, tables)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), d.db.Close())
	}
	d.tables = make(map[string]bool, len(rows))
	for _, r := range rows {
		d.tables[r.text("name")] = true
	}
	if !d.tables[serverTable] && !d.tables[logTable] {
		return nil, errors.Join(fmt.Errorf("%s is no database of biboumi 9.0 or later: it has no table %s", name, serverTable), d.db.Close())
	}
	return d, nil
}
