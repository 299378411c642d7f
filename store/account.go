package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"
)

// Account is one user's life on one upstream. (Domain, User, Scope) is unique.
// Times are kept to the millisecond.
type Account struct {
	ID         int64  // set by SaveAccount; never used for another account
	User       string // bare JID
	Domain     string // of the component
	Scope      string // empty: the default account
	Registered bool
	Settings   map[string]string // UTF-8
	Secrets    map[string]string `json:"-"` // sealed at rest; not for a log of JSON either
	Created    time.Time
	Suspended  time.Time // zero: active
}

// String names the account, without settings and secrets.
func (a Account) String() string {
	return fmt.Sprintf("account %d (%s on %s, scope %q)", a.ID, a.User, a.Domain, a.Scope)
}

// LogValue names the account, without settings and secrets.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("id", a.ID), slog.String("user", a.User),
		slog.String("domain", a.Domain), slog.String("scope", a.Scope))
}

const selectAccounts = `SELECT a.id, a.jid, a.domain, a.scope, a.registered, a.settings, a.created, a.suspended, s.field, s.value
	FROM account a LEFT JOIN secret s ON s.account = a.id WHERE `

// Accounts returns all accounts of a domain, in the order they were made.
func (s *Store) Accounts(ctx context.Context, domain string) ([]Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.domain = $1 ORDER BY a.id`, domain)
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %s: %w", domain, err)
	}
	return accounts, nil
}

// UserAccounts returns the accounts of a user on a domain, in the order they
// were made.
func (s *Store) UserAccounts(ctx context.Context, domain, user string) ([]Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.domain = $1 AND a.jid = $2 ORDER BY a.id`, domain, user)
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %s on %s: %w", user, domain, err)
	}
	return accounts, nil
}

// Account returns one account, or ErrNotFound.
func (s *Store) Account(ctx context.Context, domain, user, scope string) (Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.domain = $1 AND a.jid = $2 AND a.scope = $3 ORDER BY a.id`,
		domain, user, scope)
	if err == nil && len(accounts) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Account{}, fmt.Errorf("read the account of %s on %s, scope %q: %w", user, domain, scope, err)
	}
	return accounts[0], nil
}

// AccountByID returns the account of an ID, or ErrNotFound.
func (s *Store) AccountByID(ctx context.Context, id int64) (Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.id = $1`, id)
	if err == nil && len(accounts) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Account{}, fmt.Errorf("read account %d: %w", id, err)
	}
	return accounts[0], nil
}

// Expired returns the accounts of a domain that were suspended before a time.
func (s *Store) Expired(ctx context.Context, domain string, before time.Time) ([]Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.domain = $1 AND a.suspended <> 0 AND a.suspended < $2 ORDER BY a.id`,
		domain, before.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read the expired accounts of %s: %w", domain, err)
	}
	return accounts, nil
}

// Lapsed returns the accounts of a domain from before a time of which nothing is
// left: made by mere use, in no room, with nothing chosen for one or said in one,
// and no message of theirs since that could come again.
func (s *Store) Lapsed(ctx context.Context, domain string, before time.Time) ([]Account, error) {
	accounts, err := s.accounts(ctx, selectAccounts+`a.domain = $1 AND NOT a.registered AND a.suspended = 0 AND a.created < $2
		AND NOT EXISTS (SELECT 1 FROM room r WHERE r.account = a.id)
		AND NOT EXISTS (SELECT 1 FROM room_setting c WHERE c.account = a.id)
		AND NOT EXISTS (SELECT 1 FROM membership m WHERE m.account = a.id)
		AND NOT EXISTS (SELECT 1 FROM outgoing o WHERE o.account = a.id AND (o.`+isWaiting+` OR o.changed >= $2))
		AND NOT EXISTS (SELECT 1 FROM log l JOIN line ON line.log = l.id WHERE l.account = a.id) ORDER BY a.id`,
		domain, before.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read the lapsed accounts of %s: %w", domain, err)
	}
	return accounts, nil
}

// accounts reads rows of selectAccounts: one for each secret of an account, or
// one without a secret.
func (s *Store) accounts(ctx context.Context, query string, args ...any) ([]Account, error) {
	rows, err := s.reads.QueryContext(ctx, bound(query), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var accounts []Account
	for rows.Next() {
		a, field, sealed, err := scanAccount(rows)
		if err != nil {
			return nil, err
		}
		if n := len(accounts); n == 0 || accounts[n-1].ID != a.ID {
			accounts = append(accounts, a)
		}
		if !field.Valid {
			continue
		}
		value, err := s.open(secretLabel(a.ID, field.String), sealed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		accounts[len(accounts)-1].Secrets[field.String] = string(value)
	}
	return accounts, rows.Err()
}

func scanAccount(rows *sql.Rows) (a Account, field sql.NullString, sealed []byte, err error) {
	var settings string
	var created, suspended int64
	err = rows.Scan(&a.ID, &a.User, &a.Domain, &a.Scope, &a.Registered, &settings, &created, &suspended, &field, &sealed)
	if err != nil {
		return a, field, nil, err
	}
	a.Created, a.Suspended = fromMillis(created), fromMillis(suspended)
	a.Settings, a.Secrets = map[string]string{}, map[string]string{}
	if err := json.Unmarshal([]byte(settings), &a.Settings); err != nil {
		return a, field, nil, fmt.Errorf("%s: settings: %w", a, err)
	}
	return a, field, sealed, nil
}

// SaveAccount adds an account whose ID is 0, and sets its ID, and its Created
// where that is zero; or it replaces all of the account of that ID. The error
// is ErrExists where another account has the same domain, user and scope, and
// ErrNotFound where the account was removed.
func (s *Store) SaveAccount(ctx context.Context, a *Account) error {
	saved := *a
	if saved.Created.IsZero() {
		saved.Created = time.Now()
	}
	save := func(t *Tx) error { return s.updateAccount(t, &saved) }
	if a.ID == 0 {
		save = func(t *Tx) error { return s.insertAccount(t, &saved) }
	}
	update := s.Update
	if a.ID != 0 {
		update = s.Erase // the secrets that were replaced
	}
	if err := update(ctx, save); err != nil {
		return fmt.Errorf("save the account of %s on %s, scope %q: %w", a.User, a.Domain, a.Scope, err)
	}
	a.ID, a.Created = saved.ID, fromMillis(saved.Created.UnixMilli())
	return nil
}

func (s *Store) insertAccount(t *Tx, a *Account) error {
	settings, err := encodeSettings(a.Settings)
	if err != nil {
		return err
	}
	if a.ID, err = nextNumber(t, "account"); err != nil {
		return err
	}
	err = t.exec(`INSERT INTO account (id, domain, jid, scope, registered, settings, created, suspended)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.Domain, a.User, a.Scope, a.Registered, settings, millis(a.Created), millis(a.Suspended))
	if err != nil {
		return err
	}
	return s.insertSecrets(t, a)
}

func (s *Store) updateAccount(t *Tx, a *Account) error {
	settings, err := encodeSettings(a.Settings)
	if err != nil {
		return err
	}
	n, err := t.execCount(`UPDATE account SET domain = $2, jid = $3, scope = $4, registered = $5, settings = $6,
		created = $7, suspended = $8 WHERE id = $1`,
		a.ID, a.Domain, a.User, a.Scope, a.Registered, settings, millis(a.Created), millis(a.Suspended))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	if err := t.exec(`DELETE FROM secret WHERE account = $1`, a.ID); err != nil {
		return err
	}
	return s.insertSecrets(t, a)
}

func (s *Store) insertSecrets(t *Tx, a *Account) error {
	for field, value := range a.Secrets {
		err := t.exec(`INSERT INTO secret (account, field, value) VALUES ($1, $2, $3)`,
			a.ID, field, s.seal(secretLabel(a.ID, field), []byte(value)))
		if err != nil {
			return err
		}
	}
	return nil
}

// RemoveAccount removes an account with all that is its own: secrets, saves,
// rooms, and what waits in both boxes. Their bytes are overwritten. Removing what is not there is no error.
func (s *Store) RemoveAccount(ctx context.Context, id int64) error {
	return s.Erase(ctx, func(t *Tx) error { return t.RemoveAccount(id) })
}

// RemoveAccount is Store.RemoveAccount within a transaction of Store.Erase.
func (t *Tx) RemoveAccount(id int64) error {
	if err := t.exec(`DELETE FROM account WHERE id = $1`, id); err != nil {
		return fmt.Errorf("remove account %d: %w", id, err)
	}
	return nil
}

// RemoveUser removes every trace of a user on a domain: accounts with all that
// is theirs, contacts, language, what came for them. Their bytes are
// overwritten.
func (s *Store) RemoveUser(ctx context.Context, domain, user string) error {
	return s.Erase(ctx, func(t *Tx) error { return t.RemoveUser(domain, user) })
}

// RemoveUser is Store.RemoveUser within a transaction of Store.Erase.
func (t *Tx) RemoveUser(domain, user string) error {
	var errs []error
	for _, table := range []string{"account", "contact", "language", "incoming"} {
		errs = append(errs, t.exec(`DELETE FROM `+table+` WHERE domain = $1 AND jid = $2`, domain, user))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove %s from %s: %w", user, domain, err)
	}
	return nil
}

// UserSummary counts the accounts of one user.
type UserSummary struct {
	User       string // bare JID
	Accounts   int
	Registered int // of Accounts
	Suspended  int // of Accounts
}

// Users returns all users of a domain that have an account, by name. It opens
// no secret.
func (s *Store) Users(ctx context.Context, domain string) ([]UserSummary, error) {
	users, err := collect(ctx, s.reads, func(rows scanner) (u UserSummary, err error) {
		return u, rows.Scan(&u.User, &u.Accounts, &u.Registered, &u.Suspended)
	}, `SELECT jid, COUNT(*), COUNT(*) FILTER (WHERE registered), COUNT(*) FILTER (WHERE suspended <> 0)
		FROM account WHERE domain = $1 GROUP BY jid ORDER BY jid`, domain)
	if err != nil {
		return nil, fmt.Errorf("read the users of %s: %w", domain, err)
	}
	return users, nil
}

// nextNumber returns a number that was never given out under that name.
func nextNumber(t *Tx, name string) (n int64, err error) {
	t.trace = true
	err = t.find(`INSERT INTO counter (name, value) VALUES ($1, 1)
		ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`, []any{name}, []any{&n})
	return n, err
}

func encodeSettings(settings map[string]string) (string, error) {
	if settings == nil {
		settings = map[string]string{}
	}
	for name, value := range settings {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return "", fmt.Errorf("setting %q is not UTF-8", name)
		}
	}
	text, err := json.Marshal(settings)
	return string(text), err
}
