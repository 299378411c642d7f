package store

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/mattn/go-sqlite3"
)

var (
	Rebind     = rebind
	ParseKeys  = func(text []byte) (int, error) { keys, err := parseKeys(text); return len(keys), err }
	FormatKeys = func(text []byte) ([]byte, error) { keys, err := parseKeys(text); return formatKeys(keys), err }
)

// PruneStep is how much one write of Prune removes.
const PruneStep = pruneStep

// TrailQueries are how trails are looked for, and the index that each goes by.
var TrailQueries = map[string]string{
	trailOf: "trail_ref", trailAnswering: "trail_answers", trailInThread: "trail_thread",
	lastTrail: "trail_chat", lastTrailShown: "trail_shown", trailOfStanza: "trail_stanza", lastTrails: "trail_chat",
}

// Plan returns how the database would make a query.
func (s *Store) Plan(query string, args ...any) (string, error) {
	steps, err := collect(context.Background(), s.reads, func(rows scanner) (step string, err error) {
		var id, parent, unused int
		return step, rows.Scan(&id, &parent, &unused, &step)
	}, `EXPLAIN QUERY PLAN `+query, args...)
	return strings.Join(steps, "; "), err
}

// Schema is the one of this version.
func Schema() int { return len(migrations()) }

// OpenWith opens a store with further migrations after those of this version.
func OpenWith(ctx context.Context, cfg Config, steps ...string) (*Store, error) {
	list := migrations()
	for _, step := range steps {
		list = append(list, migration{"test.sql", step})
	}
	return open(ctx, cfg, list)
}

// Write runs statements as one write.
func (s *Store) Write(ctx context.Context, do func(exec func(query string, args ...any) error) error) error {
	return s.Update(ctx, func(t *Tx) error { return do(t.exec) })
}

// Waiting returns how many writes wait for their turn.
func (s *Store) Waiting() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.queue)
}

// Closing tells that writes are refused.
func (s *Store) Closing() bool {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return s.writer.closed
}

// CountCommits returns a count of the transactions that are committed from now on.
func (s *Store) CountCommits() (*atomic.Int64, error) {
	var n atomic.Int64
	return &n, s.writer.conn.Raw(func(driver any) error {
		driver.(*sqlite3.SQLiteConn).RegisterCommitHook(func() int { n.Add(1); return 0 })
		return nil
	})
}

// LimitPages lets the database grow to so many pages, as a disk that is full
// then would. What it has is not taken from it.
func (s *Store) LimitPages(n int) error {
	_, err := s.writer.conn.ExecContext(context.Background(), fmt.Sprintf(`PRAGMA max_page_count = %d`, n))
	return err
}

// SchemaVersion returns the schema of the database.
func (s *Store) SchemaVersion() int {
	version, err := schemaVersion(context.Background(), s.reads)
	if err != nil {
		return -1
	}
	return version
}

// LimitRewriting sets the size up to which a removal rewrites the database. It
// must come before the first write that it concerns.
func (s *Store) LimitRewriting(bytes int64) { s.writer.wiper.limit = bytes }

// Pragma returns a setting of the connection that writes.
func (s *Store) Pragma(name string) (value string, err error) {
	err = s.writer.conn.QueryRowContext(context.Background(), `PRAGMA `+name).Scan(&value)
	return value, err
}
