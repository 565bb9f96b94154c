package store

import (
	"context"
	"errors"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const userColumns = "id, email, name, industry, company_size, job_type, position, version, created_at, updated_at"

// Provision makes the transaction's user on the first sign-in, with what Cognito says;
// a user who is there stays as they are. ConflictError EmailTaken: another user has
// the address, and it is not verified. ErrDeleted: the user was deleted, and asks with a token from before.
func (tx *Tx) Provision(ctx context.Context, user domain.User) error {
	if err := user.Validate(); err != nil {
		return err
	}
	deleted, err := one[struct{ Is bool }](ctx, tx, "look for a deletion", "SELECT EXISTS (SELECT FROM deleted_users WHERE user_id = $1)", tx.user)
	if err != nil {
		return err
	}
	if deleted.Is {
		return ErrDeleted
	}
	if _, err := tx.User(ctx); !errors.Is(err, ErrNotFound) {
		return err
	}
	if err := tx.takeEmail(ctx, user); err != nil {
		return err
	}
	_, err = tx.tx.Exec(ctx, `
		INSERT INTO users (id, email, name, industry, company_size, job_type, position)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
		tx.user, user.Email, user.Name, user.Industry, user.CompanySize, user.JobType, user.Position)
	return translate("provision the user", err)
}

// takeEmail takes a verified address from the row of whoever had it before: Cognito has
// each address once, and its user may have changed or lost it without coming here since.
func (tx *Tx) takeEmail(ctx context.Context, user domain.User) error {
	if !user.EmailVerified {
		return nil
	}
	_, err := tx.tx.Exec(ctx, "SELECT app_take_email($1)", user.Email)
	return translate("take the address over", err)
}

// SignIn is the transaction's user as Cognito knows them: made on the first sign-in,
// which first tells, and with Cognito's e-mail address where that was changed. What
// else is in the profile is the user's own from then on.
func (tx *Tx) SignIn(ctx context.Context, claims domain.User) (user domain.User, first bool, err error) {
	user, err = tx.User(ctx)
	if errors.Is(err, ErrNotFound) {
		if err := tx.Provision(ctx, claims); err != nil {
			return user, false, err
		}
		user, err = tx.User(ctx)
		return user, true, err
	}
	if err != nil || user.Email == claims.Email {
		return user, false, err
	}
	if err := tx.takeEmail(ctx, claims); err != nil {
		return user, false, err
	}
	user, err = tx.UpdateUser(ctx, AnyVersion, func(user *domain.User) error {
		user.Email = claims.Email
		return user.Validate()
	})
	return user, false, err
}

// User is the transaction's user; ErrNotFound before the first sign-in.
func (tx *Tx) User(ctx context.Context) (domain.User, error) {
	return one[domain.User](ctx, tx, "read the user", "SELECT "+userColumns+" FROM users WHERE id = $1", tx.user)
}

// UpdateUser lets change edit the user, whose version must be expected.
func (tx *Tx) UpdateUser(ctx context.Context, expected int64, change func(*domain.User) error) (domain.User, error) {
	user, err := one[domain.User](ctx, tx, "read the user", "SELECT "+userColumns+" FROM users WHERE id = $1 FOR NO KEY UPDATE", tx.user)
	if err != nil {
		return user, err
	}
	if err := expect(expected, user.Meta); err != nil {
		return user, err
	}
	before := user
	if err := change(&user); err != nil || user == before {
		return user, err
	}
	return one[domain.User](ctx, tx, "change the user", `
		UPDATE users SET email = $2, name = $3, industry = $4, company_size = $5, job_type = $6, position = $7
		WHERE id = $1 RETURNING `+userColumns,
		tx.user, user.Email, user.Name, user.Industry, user.CompanySize, user.JobType, user.Position)
}

// deletionTimeout is for everything that a user has, in one statement. API Gateway waits
// 29 seconds, in which there may be two of them.
const deletionTimeout = "10s"

// DeleteUser deletes the user, whose version must be expected, with everything that is
// theirs, for good. Where there is nothing of them only that is recorded.
func (tx *Tx) DeleteUser(ctx context.Context, expected int64) error {
	_, err := tx.UpdateUser(ctx, expected, func(*domain.User) error { return nil }) // locks
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := tx.tx.Exec(ctx, "INSERT INTO deleted_users (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING", tx.user); err != nil {
		return translate("record the deletion", err)
	}
	if _, err := tx.tx.Exec(ctx, "SET LOCAL statement_timeout = '"+deletionTimeout+"'"); err != nil {
		return translate("give the deletion time", err)
	}
	_, err = tx.tx.Exec(ctx, "DELETE FROM users WHERE id = $1", tx.user)
	return translate("delete the user", err)
}

// UserOfEmail is whose address this is, for mail that came back; ErrNotFound if nobody's.
func (db *DB) UserOfEmail(ctx context.Context, address string) (domain.ID, error) {
	return db.owner(ctx, "find the user of an address", "SELECT app_user_of_email($1)", address)
}

// ExecutionOwner is whose execution of the workflow this is; ErrNotFound if nobody's.
func (db *DB) ExecutionOwner(ctx context.Context, execution domain.ID) (domain.ID, error) {
	return db.owner(ctx, "find the user of an execution", "SELECT app_execution_owner($1)", execution)
}

// owner asks one of the questions that have to be asked before a user is known.
func (db *DB) owner(ctx context.Context, doing, text string, argument any) (domain.ID, error) {
	var id *domain.ID
	err := inTurn(ctx, func() error { return translate(doing, db.pool.QueryRow(ctx, text, argument).Scan(&id)) })
	if err != nil {
		return "", err
	}
	if id == nil {
		return "", ErrNotFound
	}
	return *id, nil
}
