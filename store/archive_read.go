package store

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// LineQuery picks lines of one log. Its bounds belong to what it picks.
type LineQuery struct {
	Log      int64
	Account  int64  // who asks: lines that were said to others are not for them
	From, To int64  // IDs; a To of 0 is no bound
	Nick     string // only what this nick said, in whatever case of ASCII; empty: all
	Backward bool   // the last ones first
	Limit    int
	Skip     int // of those picked

	// Without leaves out lines whose content begins so, by a byte; empty: none.
	Without []byte

	// Public picks only lines that were said while everybody could come in, or
	// while the account was a member.
	Public bool
}

const lineColumns = `log, id, COALESCE(account, 0), public, nick, netid, content`

func scanLine(rows scanner) (l Line, err error) {
	return l, rows.Scan(&l.Log, &l.ID, &l.Account, &l.Public, &l.Nick, &l.NetID, &l.Content)
}

// where is the condition of a query, and its arguments.
func (q *LineQuery) where() (string, []any) {
	to := q.To
	if to == 0 {
		to = math.MaxInt64
	}
	text := `log = $1 AND id >= $2 AND id <= $3 AND (account IS NULL OR account = $4)
		AND ($5 = '' OR LOWER(nick) = LOWER($5))`
	if q.Public {
		text += ` AND (public OR EXISTS (SELECT 1 FROM membership m WHERE m.account = $4 AND m.log = line.log
			AND m.since <= line.id AND (m.until = 0 OR m.until >= line.id)))`
	}
	args := []any{q.Log, q.From, to, q.Account, q.Nick}
	if len(q.Without) > 0 {
		text += ` AND SUBSTR(content, 1, 1) <> $6`
		args = append(args, q.Without[:1])
	}
	return text, args
}

// Lines returns lines in the order of their IDs, or where the query is Backward
// in the other.
func (s *Store) Lines(ctx context.Context, q LineQuery) ([]Line, error) {
	where, args := q.where()
	order := ``
	if q.Backward {
		order = ` DESC`
	}
	lines, err := collect(ctx, s.reads, scanLine,
		`SELECT `+lineColumns+` FROM line WHERE `+where+` ORDER BY id`+order+
			fmt.Sprintf(` LIMIT $%d OFFSET $%d`, len(args)+1, len(args)+2), append(args, q.Limit, q.Skip)...)
	if err != nil {
		return nil, fmt.Errorf("read log %d: %w", q.Log, err)
	}
	return lines, nil
}

// CountLines returns how many lines a query picks without its limit.
func (s *Store) CountLines(ctx context.Context, q LineQuery) (n int, err error) {
	where, args := q.where()
	err = s.reads.QueryRowContext(ctx, bound(`SELECT COUNT(*) FROM line WHERE `+where), args...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the lines of log %d: %w", q.Log, err)
	}
	return n, nil
}

// Line returns a line, or ErrNotFound.
func (s *Store) Line(ctx context.Context, log, id int64) (Line, error) {
	return s.oneLine(ctx, `log = $1 AND id = $2`, log, id)
}

// NamedLine returns the line that has an id of the network's and was said to all,
// or to an account; else ErrNotFound.
func (s *Store) NamedLine(ctx context.Context, log int64, netID string, account int64) (Line, error) {
	return s.oneLine(ctx, `log = $1 AND netid = $2 AND netid <> '' AND (account IS NULL OR account = $3) ORDER BY id`, log, netID, account)
}

func (s *Store) oneLine(ctx context.Context, where string, args ...any) (Line, error) {
	lines, err := collect(ctx, s.reads, scanLine, `SELECT `+lineColumns+` FROM line WHERE `+where+` LIMIT 1`, args...)
	if err == nil && len(lines) == 0 {
		err = ErrNotFound
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return Line{}, err
	case err != nil:
		return Line{}, fmt.Errorf("read a line: %w", err)
	}
	return lines[0], nil
}
