package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Log names the record of what was said in a room: as one account saw it, or as
// all did who share it.
type Log struct {
	Domain, Host, Room string
	Account            int64 // 0: shared
}

// String names the log.
func (l Log) String() string {
	if l.Account == 0 {
		return fmt.Sprintf("log of %q at %s", l.Room, l.Host)
	}
	return fmt.Sprintf("log of %q at %s, account %d", l.Room, l.Host, l.Account)
}

// Line is one line of a log. Its ID is its place in the log, and its time.
type Line struct {
	Log     int64
	ID      int64
	Account int64  // to whom it was said; 0: to all
	Public  bool   // said while everybody could come in
	Nick    string // who said it
	NetID   string // the network's id; empty: none
	Content []byte `json:"-"`
}

// String names the line, without what it says.
func (l Line) String() string { return fmt.Sprintf("line %d of log %d", l.ID, l.Log) }

// placeBits tell lines of one microsecond apart. With ten of them a place is
// positive until the year 2255.
const placeBits = 10

// Place returns the first ID that a line of a time may have. Times before 1970
// are as 1970, and those too late for an ID as the latest.
func Place(t time.Time) int64 {
	return min(max(t.UnixMicro(), 0), math.MaxInt64>>placeBits) << placeBits
}

// PlaceTime returns the time that an ID of a line tells, to the microsecond.
func PlaceTime(id int64) time.Time { return time.UnixMicro(id >> placeBits).UTC() }

// Log returns the number of a log, which begins to exist. The error is
// ErrNotFound where its account is gone.
func (t *Tx) Log(l Log) (id int64, err error) {
	query, args := findLog(l)
	err = t.find(query, args, []any{&id})
	if errors.Is(err, ErrNotFound) {
		if id, err = nextNumber(t, "log"); err == nil {
			err = t.exec(`INSERT INTO log (id, domain, host, room, account) VALUES ($1, $2, $3, $4, $5)`,
				id, l.Domain, l.Host, l.Room, orNull(l.Account))
		}
	}
	if err != nil {
		return 0, fmt.Errorf("open the %s: %w", l, err)
	}
	return id, nil
}

func findLog(l Log) (query string, args []any) {
	if l.Account == 0 {
		return `SELECT id FROM log WHERE domain = $1 AND host = $2 AND room = $3 AND account IS NULL`, []any{l.Domain, l.Host, l.Room}
	}
	return `SELECT id FROM log WHERE account = $1 AND host = $2 AND room = $3`, []any{l.Account, l.Host, l.Room}
}

func orNull(account int64) sql.NullInt64 { return sql.NullInt64{Int64: account, Valid: account != 0} }

// FindLog returns the number of a log and the ID of its last line, which is 0
// where there is none; or ErrNotFound.
func (s *Store) FindLog(ctx context.Context, l Log) (id, last int64, err error) {
	query, args := findLog(l)
	err = s.reads.QueryRowContext(ctx, bound(query), args...).Scan(&id)
	if err == nil {
		err = s.reads.QueryRowContext(ctx, bound(`SELECT COALESCE(MAX(id), 0) FROM line WHERE log = $1`), id).Scan(&last)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return 0, 0, fmt.Errorf("find the %s: %w", l, err)
	}
	return id, last, nil
}

// LogsOf returns the logs of a room that an account may read something of: its
// own, and shared ones in which it was.
func (s *Store) LogsOf(ctx context.Context, account int64, room string) (own, shared []int64, err error) {
	own, err = collect(ctx, s.reads, scanNumber, `SELECT id FROM log WHERE account = $1 AND room = $2 ORDER BY id`, account, room)
	if err == nil {
		shared, err = collect(ctx, s.reads, scanNumber, `SELECT DISTINCT l.id FROM membership m JOIN log l ON l.id = m.log
			WHERE m.account = $1 AND l.room = $2 ORDER BY l.id`, account, room)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find the logs of %q for account %d: %w", room, account, err)
	}
	return own, shared, nil
}

// AddLine adds a line, unless there is one in its place. The error is ErrNotFound where log or account are gone.
func (t *Tx) AddLine(l Line) error {
	err := t.exec(`INSERT INTO line (log, id, account, public, nick, netid, content) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (log, id) DO NOTHING`,
		l.Log, l.ID, orNull(l.Account), l.Public, l.Nick, l.NetID, notNull(l.Content))
	if err != nil {
		return fmt.Errorf("add %s: %w", l, err)
	}
	return nil
}

// linesAtOnce is how many lines one statement adds: each alone takes three times
// as long.
const linesAtOnce = 64

var addLines = `INSERT INTO line (log, id, account, public, nick, netid, content) VALUES ` +
	manyRows(linesAtOnce, 7) + ` ON CONFLICT (log, id) DO NOTHING`

// manyRows returns the parameters of so many rows.
func manyRows(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteByte('(')
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(i + 1))
	}
	return b.String() + ")"
}

// AddLines is AddLine for many lines. What belongs to a log or an account that is
// gone is passed over. It takes least where the lines of a log stand together.
func (t *Tx) AddLines(lines []Line) error {
	for len(lines) >= linesAtOnce {
		err := t.execValues(addLines, linesAtOnce*7, func(values []driver.NamedValue) {
			var log driver.Value
			for i := range linesAtOnce {
				l := &lines[i]
				if i == 0 || l.Log != lines[i-1].Log {
					log = l.Log
				}
				row := values[i*7:]
				row[0].Value, row[1].Value, row[2].Value, row[3].Value = log, l.ID, nil, l.Public
				row[4].Value, row[5].Value, row[6].Value = l.Nick, l.NetID, notNull(l.Content)
				if l.Account != 0 {
					row[2].Value = l.Account
				}
			}
		})
		if errors.Is(err, ErrNotFound) { // of one of them: none was added
			err = t.addEach(lines[:linesAtOnce])
		}
		if err != nil {
			return fmt.Errorf("add lines to log %d: %w", lines[0].Log, err)
		}
		lines = lines[linesAtOnce:]
	}
	return t.addEach(lines)
}

// notNull returns what no text is as a value that is not NULL.
func notNull(content []byte) []byte {
	if content == nil {
		return []byte{}
	}
	return content
}

func (t *Tx) addEach(lines []Line) error {
	for i := range lines {
		if err := t.AddLine(lines[i]); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

// NameLine gives a line the network's id, if it has none yet. Where the line is
// gone nothing happens.
func (t *Tx) NameLine(log, id int64, netID string) error {
	if err := t.exec(`UPDATE line SET netid = $3 WHERE log = $1 AND id = $2 AND netid = ''`, log, id, netID); err != nil {
		return fmt.Errorf("name %s: %w", Line{Log: log, ID: id}, err)
	}
	return nil
}

// DropLine takes a line out. Where it is gone nothing happens.
func (t *Tx) DropLine(log, id int64) error {
	if err := t.exec(`DELETE FROM line WHERE log = $1 AND id = $2`, log, id); err != nil {
		return fmt.Errorf("take out %s: %w", Line{Log: log, ID: id}, err)
	}
	return nil
}

// SetLine changes what a line says. Where the line is gone nothing happens.
func (t *Tx) SetLine(log, id int64, content []byte) error {
	if err := t.exec(`UPDATE line SET content = $3 WHERE log = $1 AND id = $2`, log, id, notNull(content)); err != nil {
		return fmt.Errorf("change %s: %w", Line{Log: log, ID: id}, err)
	}
	return nil
}
