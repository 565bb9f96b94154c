package store

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const userColumns = "id, email, name, industry, company_size, job_type, position, version, created_at, updated_at"

// Provision makes the transaction's user on the first sign-in, with what Cognito says;
// a user who is there stays as they are. ConflictError EmailTaken: another user has
// the address.
func (tx *Tx) Provision(ctx context.Context, user domain.User) error {
	if err := user.Validate(); err != nil {
		return err
	}
	_, err := tx.tx.Exec(ctx, `
		INSERT INTO users (id, email, name, industry, company_size, job_type, position)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING`,
		tx.user, user.Email, user.Name, user.Industry, user.CompanySize, user.JobType, user.Position)
	return translate("provision the user", err)
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

// DeleteUser deletes the user with everything that is theirs.
func (tx *Tx) DeleteUser(ctx context.Context) error {
	tag, err := tx.tx.Exec(ctx, "DELETE FROM users WHERE id = $1", tx.user)
	if err == nil && tag.RowsAffected() == 0 {
		return ErrNotFound
	}
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
	if err := db.pool.QueryRow(ctx, text, argument).Scan(&id); err != nil {
		return "", translate(doing, err)
	}
	if id == nil {
		return "", ErrNotFound
	}
	return *id, nil
}
