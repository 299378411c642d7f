package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Trail is what a message leaves for those that answer it, and by what it is found
// then. Times are kept to the millisecond.
type Trail struct {
	Account int64
	Number  int64  // rises, never used twice; set by AddTrail
	Ref     string // the network's name of the message; empty: none
	Chat    string
	Stanza  string // the id by which the user's clients know it; empty: none
	Thread  string // the conversation, as the network has it
	Shown   string // and as the user's clients have it
	Answers string // the Ref of another message, which was not known when this one came
	Whose   Whose
	Content []byte    `json:"-"` // opaque
	Said    time.Time // when it was
}

// Whose is who said a message. The numbers are in the database.
type Whose uint8

// Those who say messages.
const (
	Theirs    Whose = iota
	Ours            // the user, by the gateway
	Elsewhere       // the user, by another program
)

// String names the row, without what was written.
func (r Trail) String() string { return fmt.Sprintf("trail %d of account %d", r.Number, r.Account) }

// AddTrail adds a row, and sets its Number, and its time where that is zero. The
// error is ErrNotFound where there is no such account.
func (t *Tx) AddTrail(r *Trail) error {
	number, err := t.number()
	if err != nil {
		return fmt.Errorf("number a trail: %w", err)
	}
	r.Number, r.Said = number, now(r.Said)
	err = t.exec(`INSERT INTO trail (`+trailColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		r.Account, r.Number, r.Ref, r.Chat, r.Stanza, r.Thread, r.Shown, r.Answers, int64(r.Whose), millis(r.Said), r.Content)
	if err != nil {
		return fmt.Errorf("add %s: %w", r, err)
	}
	return nil
}

const trailColumns = `account, number, ref, chat, stanza, thread, shown, answers, whose, said, content`

const selectTrail = `SELECT ` + trailColumns + ` FROM trail WHERE account = $1 AND `

// How the trails of an account are looked for. Each has an index.
const (
	trailOf        = selectTrail + `ref = $2 ORDER BY CASE WHEN chat = $3 THEN 0 ELSE 1 END, number LIMIT 1`
	trailAnswering = selectTrail + `answers = $2 AND answers <> '' ORDER BY number LIMIT 1`
	trailInThread  = selectTrail + `thread = $2 ORDER BY CASE WHEN chat = $3 THEN 0 ELSE 1 END, number DESC LIMIT 1`
	lastTrail      = selectTrail + `chat = $2 ORDER BY number DESC LIMIT 1`
	lastTrailShown = selectTrail + `chat = $2 AND shown = $3 ORDER BY number DESC LIMIT 1`
	lastTrails     = selectTrail + `chat = $2 ORDER BY number DESC LIMIT $3`
	trailOfStanza  = selectTrail + `chat = $2 AND stanza = $3 ORDER BY number DESC LIMIT 1`
)

func scanTrail(rows scanner) (r Trail, err error) {
	var whose, said int64
	err = rows.Scan(&r.Account, &r.Number, &r.Ref, &r.Chat, &r.Stanza, &r.Thread, &r.Shown, &r.Answers, &whose, &said, &r.Content)
	r.Whose, r.Said = Whose(whose), fromMillis(said)
	return r, err
}

// trail returns the one row of a query, or ErrNotFound.
func (t *Tx) trail(query string, args ...any) (Trail, error) {
	rows, err := gather(t, scanTrail, query, args...)
	return oneTrail(rows, err, args[0])
}

func oneTrail(rows []Trail, err error, account any) (Trail, error) {
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Trail{}, fmt.Errorf("find a trail of account %d: %w", account, err)
	}
	return rows[0], nil
}

// TrailOf returns the first row of a ref, one of chat if there is one, or
// ErrNotFound.
func (t *Tx) TrailOf(account int64, chat, ref string) (Trail, error) {
	return t.trail(trailOf, account, ref, chat)
}

// TrailAnswering returns the first row that answers a ref which was not known
// then, or ErrNotFound.
func (t *Tx) TrailAnswering(account int64, ref string) (Trail, error) {
	return t.trail(trailAnswering, account, ref)
}

// TrailInThread returns the last row of a thread as the network has it, one of
// chat if there is one, or ErrNotFound.
func (t *Tx) TrailInThread(account int64, chat, thread string) (Trail, error) {
	return t.trail(trailInThread, account, thread, chat)
}

// LastTrail returns the last row of a chat, or ErrNotFound.
func (t *Tx) LastTrail(account int64, chat string) (Trail, error) {
	return t.trail(lastTrail, account, chat)
}

// LastTrails returns the last rows of a chat, no more than so many, the last one
// first.
func (s *Store) LastTrails(ctx context.Context, account int64, chat string, most int) ([]Trail, error) {
	rows, err := collect(ctx, s.reads, scanTrail, lastTrails, account, chat, most)
	if err != nil {
		return nil, fmt.Errorf("list the trails of account %d: %w", account, err)
	}
	return rows, nil
}

// LastTrailShown returns the last row of a chat's thread as the user's clients
// have it, or ErrNotFound.
func (t *Tx) LastTrailShown(account int64, chat, shown string) (Trail, error) {
	return t.trail(lastTrailShown, account, chat, shown)
}

// TrailOfStanza returns the last row of a message that the user's clients know by
// an id, or ErrNotFound.
func (t *Tx) TrailOfStanza(account int64, chat, id string) (Trail, error) {
	return t.trail(trailOfStanza, account, chat, id)
}

// TrailOfStanza is Tx.TrailOfStanza.
func (s *Store) TrailOfStanza(ctx context.Context, account int64, chat, id string) (Trail, error) {
	rows, err := collect(ctx, s.reads, scanTrail, trailOfStanza, account, chat, id)
	return oneTrail(rows, err, account)
}

// LastTrailShown is Tx.LastTrailShown.
func (s *Store) LastTrailShown(ctx context.Context, account int64, chat, shown string) (Trail, error) {
	rows, err := collect(ctx, s.reads, scanTrail, lastTrailShown, account, chat, shown)
	return oneTrail(rows, err, account)
}

// PruneTrails removes from each account of a domain the trails that were kept
// before a time, and those beyond the last so many. A zero time, or a count of 0,
// removes nothing.
func (s *Store) PruneTrails(ctx context.Context, domain string, before time.Time, count int) error {
	accounts, err := collect(ctx, s.reads, scanNumber,
		`SELECT id FROM account WHERE domain = $1 AND EXISTS (SELECT 1 FROM trail WHERE account = id) ORDER BY id`, domain)
	for i := 0; i < len(accounts) && err == nil; i++ {
		err = s.pruneTrails(ctx, accounts[i], before, count)
	}
	if err != nil {
		return fmt.Errorf("prune the trails of %s: %w", domain, err)
	}
	return nil
}

func (s *Store) pruneTrails(ctx context.Context, account int64, before time.Time, count int) error {
	var first int64 // that stays
	if !before.IsZero() {
		first = before.UnixMicro() // as numbers are
	}
	if count > 0 {
		var over int64
		err := s.reads.QueryRowContext(ctx, bound(`SELECT number FROM trail WHERE account = $1 ORDER BY number DESC LIMIT 1 OFFSET $2`),
			account, count).Scan(&over)
		switch {
		case err == nil:
			first = max(first, over+1)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	read := func() ([]int64, error) {
		return collect(ctx, s.reads, scanNumber, `SELECT number FROM trail WHERE account = $1 AND number < $2 ORDER BY number LIMIT $3`,
			account, first, pruneStep)
	}
	return prune(ctx, s, read, func(t *Tx, number int64) error {
		return t.exec(`DELETE FROM trail WHERE account = $1 AND number = $2`, account, number)
	})
}
