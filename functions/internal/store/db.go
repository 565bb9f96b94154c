// Package store keeps the application's data in PostgreSQL. Everything happens in a
// transaction of one user, who sees and changes only own rows: the database holds that
// by row-level security, even where a query here forgot it.
package store

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
)

// Authenticator gives what to sign in with: for each new connection, because a token
// of IAM is good for 15 minutes.
type Authenticator interface {
	Password(ctx context.Context) (secret.Value, error)
}

// StaticPassword signs in with one password, locally; an empty one sends none.
type StaticPassword struct{ Value secret.Value }

// Password is the password.
func (p StaticPassword) Password(context.Context) (secret.Value, error) { return p.Value, nil }

// Options say how to reach the database.
type Options struct {
	Host     string // a name, an address, or the directory of a Unix socket
	Port     uint16
	Database string
	User     string
	TLS      *tls.Config // nil only locally
	Auth     Authenticator

	// Application is what the database calls the connections, such as "goals".
	Application string
	// StatementTimeout ends a statement: 500 ms on the API's paths (R6.1).
	StatementTimeout time.Duration
	// Connections is the most that this process opens. One function instance serves one
	// request at a time, so that it needs one; R6.2 allows 50 in all.
	Connections int32
}

// Timeouts of statements.
const (
	APITimeout      = 500 * time.Millisecond
	WorkflowTimeout = 10 * time.Second
)

const (
	// connectTimeout leaves an API request time to answer when the database is away.
	connectTimeout = 5 * time.Second
	// pingTimeout is how long a connection that was idle may take to show that it is
	// alive; otherwise a new one is made.
	pingTimeout = time.Second
	// idleTimeout is how long a connection that nobody uses stays, and turn, with up to as
	// much again, one that is used: more instances than there are connections (R6.2) then
	// have them by turns. To connect anew takes some milliseconds.
	idleTimeout = 5 * time.Second
	turn        = 2 * time.Second
	// turnWait is how long an instance waits where all connections are taken; with a
	// transaction after it that is less than API Gateway waits (29 s).
	turnWait = 15 * time.Second
	// looks is how often it would look at its first pace whether one is free, and
	// leastPause the shortest time in between.
	looks      = 40
	leastPause = 50 * time.Millisecond
	// statements is how many times the statement timeout a transaction may take in all:
	// the database cannot end a statement whose network has gone.
	statements = 20
)

// errSignIn is that there is nothing to sign in with.
var errSignIn = errors.New("sign in to the database")

// DB is the database. It is safe for use by several goroutines.
type DB struct {
	pool    *pgxpool.Pool
	timeout time.Duration // of a transaction
	lock    time.Duration // the longest wait for one
}

// Open prepares connections; the first is made when it is needed.
func Open(ctx context.Context, options Options) (*DB, error) {
	if options.StatementTimeout <= 0 {
		return nil, errors.New("open the database: statements must have a timeout")
	}
	config, err := pgxpool.ParseConfig("sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	connection := config.ConnConfig
	connection.Host, connection.Port = options.Host, options.Port
	connection.Database, connection.User = options.Database, options.User
	connection.TLSConfig, connection.Fallbacks = options.TLS, nil
	connection.ConnectTimeout = connectTimeout
	// A writer that became a reader, as Aurora's do, is not the one that is wanted.
	connection.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	lock := options.StatementTimeout * 4 / 5
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	connection.RuntimeParams = map[string]string{
		"application_name":                    options.Application,
		"idle_in_transaction_session_timeout": "30000",
		// A function's instance that is frozen cannot close what it does not need (R6.2).
		"idle_session_timeout": milliseconds(idleTimeout),
		"lock_timeout":         milliseconds(lock), // shorter, so that it can be told apart
		"statement_timeout":    milliseconds(options.StatementTimeout),
		"timezone":             "UTC",
	}
	config.MaxConns = max(options.Connections, 1)
	config.MaxConnIdleTime = idleTimeout
	// Each instance at times of its own; the pool's own jitter is in whole seconds.
	config.MaxConnLifetime = turn + rand.N(turn) //nolint:gosec // no secret
	config.PingTimeout = pingTimeout
	config.BeforeConnect = func(ctx context.Context, connection *pgx.ConnConfig) error {
		password, err := options.Auth.Password(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w: %w", errSignIn, ErrUnavailable, err)
		}
		connection.Password = password.Reveal()
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return &DB{pool: pool, timeout: statements * options.StatementTimeout, lock: lock}, nil
}

// Close waits for connections that are in use, and closes all.
func (db *DB) Close() { db.pool.Close() }

// SchemaVersion is the version of the last migration that was applied. It also shows
// that the database answers.
func (db *DB) SchemaVersion(ctx context.Context) (version int64, err error) {
	err = inTurn(ctx, func() error {
		return anew(ctx, func() error {
			row := db.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied")
			return translate("read the schema's version", row.Scan(&version))
		})
	})
	return version, err
}

// anew runs what changes nothing, and runs it again where the connection was lost since
// its last use: the second run has a new one.
func anew(ctx context.Context, run func() error) error {
	err := run()
	if err != nil && lost(err) && ctx.Err() == nil {
		err = run()
	}
	return err
}

// inTurn runs what needs a connection, again and again while all are taken. Who looks
// counts as a connection itself meanwhile, so that not all must look all the time: who
// has waited for longer looks more often, and so comes first.
func inTurn(ctx context.Context, run func() error) error {
	for end := time.Now().Add(turnWait); ; {
		err := run()
		left := time.Until(end)
		if !taken(err) || left < 0 || !sleep(ctx, rand.N(2*max(left/looks, leastPause))) { //nolint:gosec // no secret
			return err
		}
	}
}

// Tx is a transaction of one user.
type Tx struct {
	tx   pgx.Tx
	user domain.ID
}

const (
	// attempts is how often a transaction is tried that another one stood in the way of.
	attempts = 4
	// pause is the most that it waits after the first, and longer after the others: two
	// that stood in each other's way must not meet again.
	pause = 200 * time.Millisecond
)

// Write runs do in a transaction of the user and commits it, or rolls everything back
// when do fails. Where another transaction stands in the way, do runs again: it must
// not keep what it read before.
func (db *DB) Write(ctx context.Context, user domain.ID, do func(context.Context, *Tx) error) error {
	for try := 1; ; try++ {
		err := db.run(ctx, user, fmt.Sprintf("begin; set local lock_timeout = %d", db.patience().Milliseconds()), do)
		if !retryable(err) {
			return err
		}
		if try == attempts || !sleep(ctx, rand.N(time.Duration(try)*pause)) { //nolint:gosec // no secret
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
	}
}

// patience is how long a transaction that changes something waits for a lock: of two that
// block each other one must give up well before the other, which then has what it needs.
func (db *DB) patience() time.Duration {
	return db.lock/2 + rand.N(db.lock/2) //nolint:gosec // no secret
}

// sleep says whether the context lasted as long.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// Read runs do in a transaction of the user that may change nothing, and in which all
// queries see the same state.
func (db *DB) Read(ctx context.Context, user domain.ID, do func(context.Context, *Tx) error) error {
	return db.run(ctx, user, "begin isolation level repeatable read read only", do)
}

func (db *DB) run(ctx context.Context, user domain.ID, begin string, do func(context.Context, *Tx) error) error {
	return inTurn(ctx, func() error { return db.once(ctx, user, begin, do) })
}

func (db *DB) once(ctx context.Context, user domain.ID, begin string, do func(context.Context, *Tx) error) (err error) {
	// In one message with the begin: nothing can run in the transaction before it. The
	// id is no parameter there, so it must be one.
	if _, ok := domain.ParseID(string(user)); !ok {
		return errors.New("start a transaction: the user's id is no UUID")
	}
	limited, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	var tx pgx.Tx
	err = anew(limited, func() (err error) {
		tx, err = db.pool.BeginTx(limited, pgx.TxOptions{BeginQuery: begin + "; set local app.user_id = '" + string(user) + "'"})
		return translate("start a transaction", err)
	})
	if err != nil {
		return err
	}
	defer func() {
		// A context that is over must not keep the rollback from being sent.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
		defer cancel()
		if rollback := tx.Rollback(last); rollback != nil && !errors.Is(rollback, pgx.ErrTxClosed) {
			err = errors.Join(err, translate("roll back", rollback))
		}
	}()
	if err := do(limited, &Tx{tx: tx, user: user}); err != nil {
		return err
	}
	return translate("commit", tx.Commit(limited))
}
