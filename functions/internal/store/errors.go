package store

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	// ErrNotFound is a row that is not there, or not the user's: the two look the same.
	ErrNotFound = errors.New("not found")
	// ErrDeleted is a user who was deleted, for good.
	ErrDeleted = errors.New("the user was deleted")
	// ErrStale is a row that was changed since the caller read it.
	ErrStale = errors.New("changed in the meantime")
	// ErrUnavailable is a database that cannot be reached, or took too long.
	ErrUnavailable = errors.New("the database does not answer")
)

// ConflictError is what cannot be beside something that is there already.
type ConflictError struct {
	// Constraint names the rule, such as "sub_goals_position"; constants are below.
	Constraint string
}

// The constraints that a caller can run into.
const (
	EmailTaken          = "users_email_key"
	SubGoalPosition     = "sub_goals_position"
	ActionPosition      = "actions_position"
	SavedViewName       = "saved_views_name"
	ExecutionOneAtATime = "workflow_executions_one_at_a_time"

	// The store's own: how many rows there may be of what is listed in one answer.
	NotesOfTask   = "notes_of_task"
	TasksOfAction = "tasks_of_action"
	ViewsOfUser   = "views_of_user"
)

func (e *ConflictError) Error() string { return "in conflict with " + e.Constraint }

// Codes of PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeForeignKey      = "23503"
	codeUnique          = "23505"
	codeSerialization   = "40001"
	codeDeadlock        = "40P01"
	codeLockNotFree     = "55P03"
	codeQueryCancelled  = "57014"
	codeReadOnly        = "25006" // a writer that became a reader: another one is the writer now
	codeTooManyClients  = "53300"
	classConnection     = "08"
	classShutdown       = "57P"
	classNotEnoughOf    = "53"
	codeInvalidPassword = "28P01"
	codeInvalidAuth     = "28000"
)

// translate makes the database's errors ours and says what was being done.
func translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%s: %w", doing, ErrNotFound)
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch code := refused.Code; {
		case code == codeUnique:
			return fmt.Errorf("%s: %w", doing, &ConflictError{Constraint: refused.ConstraintName})
		case code == codeForeignKey: // what it should belong to is not there
			return fmt.Errorf("%s: %w", doing, ErrNotFound)
		case code == codeQueryCancelled, code == codeLockNotFree, code == codeReadOnly, code == codeTooManyClients,
			code == codeInvalidPassword, code == codeInvalidAuth,
			code[:2] == classConnection, code[:2] == classNotEnoughOf, code[:3] == classShutdown:
			return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
		}
		return fmt.Errorf("%s: %w", doing, err)
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	if errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// retryable says whether another transaction stood in the way, and may be gone. Two
// that block each other are found out by PostgreSQL after a second (deadlock_timeout),
// which is later than a lock on the API's paths is waited for.
func retryable(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) &&
		(refused.Code == codeDeadlock || refused.Code == codeSerialization || refused.Code == codeLockNotFree)
}

// taken says whether there are as many connections as there may be.
func taken(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == codeTooManyClients
}

// lost says whether a connection that was there is not any more. To connect anew may
// help then; it does not where connecting failed.
func lost(err error) bool {
	var connecting *pgconn.ConnectError
	return errors.Is(err, ErrUnavailable) && !errors.As(err, &connecting) && !errors.Is(err, errSignIn)
}
