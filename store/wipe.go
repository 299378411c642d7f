package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// wipe tells when removed bytes are to be gone from the store's files. SQLite
// overwrites what it deletes, but leaves earlier copies in two places: its log
// file, and the unused part of pages whose rows it once moved.
type wipe uint8

const (
	wipeNever wipe = iota // sooner or later, as SQLite reuses the space
	wipeSoon              // from the log file at once, from the pages within a bound of cost
	wipeNow               // whatever it costs
)

const (
	wipeRetry = time.Minute // after a fault, or a reader that was in the way
	wipeShare = 100         // rewriting the pages may take one part in so many of the time
	wipeLimit = 32 << 20    // bytes: writes wait while the database is rewritten
)

// wiper belongs to the writer's goroutine.
type wiper struct {
	conn     *sql.Conn // the writer's
	log      *slog.Logger
	limit    int64       // of the database's size, in bytes, for wipeSoon to rewrite it
	timer    *time.Timer // nil: nothing is left to do
	earliest time.Time   // of the next rewriting
}

// due returns a channel that tells when to call wipe for what is left to do.
func (w *wiper) due() <-chan time.Time {
	if w.timer == nil {
		return nil
	}
	return w.timer.C
}

// finish does what is left to do.
func (w *wiper) finish() {
	if w.timer != nil {
		w.earliest = time.Time{}
		w.wipe(wipeSoon)
	}
}

func (w *wiper) wipe(when wipe) {
	w.timer = nil
	start := time.Now()
	rewrite := when == wipeNow || !start.Before(w.earliest)
	err := w.clean(rewrite, when)
	switch {
	case err != nil:
		w.log.Warn("removed data stays in the store's files for now", "err", err, "retry", wipeRetry)
		w.timer = time.NewTimer(wipeRetry)
	case !rewrite:
		w.timer = time.NewTimer(time.Until(w.earliest))
	default:
		end := time.Now()
		w.earliest = end.Add(wipeShare * end.Sub(start))
	}
}

func (w *wiper) clean(rewrite bool, when wipe) error {
	ctx := context.Background()
	if rewrite {
		if err := w.rewritePages(ctx, w.conn, when); err != nil {
			return err
		}
	}
	return emptyLog(ctx, w.conn)
}

// rewritePages writes the database anew, without what is not in use.
func (w *wiper) rewritePages(ctx context.Context, conn *sql.Conn, when wipe) error {
	var size int64
	err := conn.QueryRowContext(ctx, `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`).Scan(&size)
	if err != nil {
		return err
	}
	// In memory it needs no folder for temporary files, which there may not be.
	tempStore := "MEMORY"
	if size > w.limit {
		if when != wipeNow {
			return nil
		}
		tempStore = "FILE"
	}
	if _, err := conn.ExecContext(ctx, `PRAGMA temp_store = `+tempStore); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, `VACUUM`)
	return err
}

var errReader = errors.New("another process reads the store")

// emptyLog moves all from SQLite's log file to the database.
func emptyLog(ctx context.Context, conn *sql.Conn) error {
	// Writes must not wait long for someone else's reading.
	if _, err := conn.ExecContext(ctx, `PRAGMA busy_timeout = 250`); err != nil {
		return err
	}
	var busy, frames, moved int
	err := conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved)
	if err == nil && busy != 0 {
		err = errReader
	}
	_, reset := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, busyTimeout.Milliseconds()))
	return errors.Join(err, reset)
}
