package main

import (
	"context"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// database runs transactions of a user.
type database interface {
	Write(ctx context.Context, user domain.ID, do func(context.Context, *store.Tx) error) error
}

// userPool is where users sign in.
type userPool interface {
	SignOut(ctx context.Context, username string) error
	Delete(ctx context.Context, username string) error
}

// handler answers for the caller's session and profile. Whatever is asked first makes
// the profile of a user who signed in for the first time.
type handler struct {
	database database
	users    userPool
}

func (h handler) routes(router *httpapi.Router) {
	router.Handle("GET", "/auth", h.session).
		Says("Says who is signed in.").OK(session{}).Fails(409, 422)
	router.Handle("POST", "/auth/sign-out", h.signOut).
		Says("Revokes all refresh tokens.", "ID tokens stay good until they expire, 60 minutes at most.").
		NoContent()
	router.Handle("GET", "/profile", h.get).
		Says("Gives the profile.").Tagged(domain.User{}).Fails(409, 422)
	router.Handle("PATCH", "/profile", h.update).
		Says("Changes the profile.").Takes(domain.UserPatch{}).Tagged(domain.User{}).Fails(409)
	router.Handle("DELETE", "/profile", h.delete).
		Says("Deletes everything of the user, and then the user of the pool.", "After a 503 ask again.",
			"A token that is still good finds nothing from then on, and `auth` and the creation of goals and views answer it with 401.").
		NoContent()
	router.Handle("GET", "/profile/reminders", h.reminders).
		Says("Gives what the user wants of reminders.", "Without an ETag, and with `updatedAt` null, while nothing was said yet.").
		OK(preference{}).Fails(409, 422)
	router.Handle("PUT", "/profile/reminders", h.putReminders).
		Says("Replaces what the user wants of reminders.").
		Takes(wanted{}, "enabled", "pace").Tagged(preference{}).Fails(409)
}

// session is who is signed in.
type session struct {
	User        domain.User `json:"user"`
	FirstSignIn bool        `json:"firstSignIn"` // the profile was made just now
}

func (h handler) session(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var answer session
	err := h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		answer.User, answer.FirstSignIn, err = tx.SignIn(ctx, request.Caller)
		return err
	})
	return httpapi.OK(answer), err
}

func (h handler) signOut(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	return httpapi.NoContent(), h.users.SignOut(ctx, request.Username())
}

func (h handler) get(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	var user domain.User
	err := h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		user, _, err = tx.SignIn(ctx, request.Caller)
		return err
	})
	return httpapi.Tagged(user, user.Version), err
}

func (h handler) update(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	var patch domain.UserPatch
	if err := request.Body(&patch); err != nil {
		return httpapi.Response{}, err
	}
	var user domain.User
	err = h.database.Write(ctx, request.Caller.ID, func(ctx context.Context, tx *store.Tx) (err error) {
		if _, _, err = tx.SignIn(ctx, request.Caller); err != nil {
			return err
		}
		user, err = tx.UpdateUser(ctx, expected, func(user *domain.User) error { return user.Apply(patch) })
		return err
	})
	return httpapi.Tagged(user, user.Version), err
}

// delete deletes everything that is known of the user (R8.1). The rows go first: while
// the user is in the pool they can sign in and try again, whatever fails here. From
// then on a token that is still good makes no profile anew; what a request was making
// at that very moment goes with the second time.
func (h handler) delete(ctx context.Context, request *httpapi.Request) (httpapi.Response, error) {
	expected, err := request.IfMatch()
	if err != nil {
		return httpapi.Response{}, err
	}
	if err := h.deleteRows(ctx, request.Caller.ID, expected); err != nil {
		return httpapi.Response{}, err
	}
	if err := h.users.Delete(ctx, request.Username()); err != nil {
		return httpapi.Response{}, err
	}
	return httpapi.NoContent(), h.deleteRows(ctx, request.Caller.ID, store.AnyVersion)
}

func (h handler) deleteRows(ctx context.Context, user domain.ID, expected int64) error {
	return h.database.Write(ctx, user, func(ctx context.Context, tx *store.Tx) error { return tx.DeleteUser(ctx, expected) })
}
