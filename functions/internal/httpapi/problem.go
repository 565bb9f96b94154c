package httpapi

import (
	"errors"
	"net/http"

	"github.com/goal-mandala/mandala-deploy/functions/internal/cursor"
	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// Problem is an error as the caller gets it: problem details by RFC 9457. It never
// tells anything internal. None has the status 403, which CloudFront would turn into a
// page of the application.
type Problem struct {
	Type      string              `json:"type"` // a relative reference that stays the same, such as "/problems/validation"
	Title     string              `json:"title"`
	Status    int                 `json:"status"`
	Detail    string              `json:"detail,omitempty"`
	Instance  string              `json:"instance,omitempty"` // the path that was asked for
	RequestID string              `json:"requestId,omitempty"`
	Errors    []domain.FieldError `json:"errors,omitempty"`
}

func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// newProblem makes a problem; slug is the last part of its type.
func newProblem(status int, slug, title, detail string) *Problem {
	return &Problem{Type: "/problems/" + slug, Title: title, Status: status, Detail: detail}
}

// BadRequest is a request that cannot be understood.
func BadRequest(detail string) *Problem {
	return newProblem(http.StatusBadRequest, "bad-request", "Bad request", detail)
}

// NotFound is what is not there, or not the caller's.
func NotFound() *Problem {
	return newProblem(http.StatusNotFound, "not-found", "Not found", "There is nothing here.")
}

// Missing is a request whose path is right, but which names in these fields what is not
// there, or not the caller's.
func Missing(fields ...string) *Problem {
	problem := NotFound()
	problem.Detail = "Something that the request names is not there."
	for _, field := range fields {
		problem.Errors = append(problem.Errors, domain.FieldError{Field: field, Code: domain.CodeNotFound, Message: "is not there"})
	}
	return problem
}

// Conflict is what cannot be beside what is there already.
func Conflict(detail string) *Problem {
	return newProblem(http.StatusConflict, "conflict", "Conflict", detail)
}

// Unavailable is what does not answer at the moment, and may in a while.
func Unavailable() *Problem {
	return newProblem(http.StatusServiceUnavailable, "unavailable", "Not available at the moment", "Try again in a moment.")
}

// problemOf makes the problem of an error; internal says that it is ours to look into.
func problemOf(err error) (problem *Problem, internal bool) {
	var validation *domain.ValidationError
	var conflict *store.ConflictError
	switch {
	case errors.As(err, &problem):
		answer := *problem
		return &answer, problem.Status >= http.StatusInternalServerError
	case errors.As(err, &validation):
		problem = newProblem(http.StatusUnprocessableEntity, "validation", "Invalid input", "Some fields are not valid.")
		problem.Errors = validation.Fields
		return problem, false
	case errors.Is(err, cursor.ErrInvalid):
		return BadRequest("The cursor is not one of this listing."), false
	case errors.Is(err, store.ErrDeleted):
		return newProblem(http.StatusUnauthorized, "unauthorized", "Not signed in", "The account was deleted."), false
	case errors.Is(err, store.ErrNotFound):
		return NotFound(), false
	case errors.Is(err, store.ErrStale):
		return newProblem(http.StatusPreconditionFailed, "stale", "Changed in the meantime",
			"Read it again, and change what it is now."), false
	case errors.As(err, &conflict):
		return Conflict(conflictDetail(conflict.Constraint)), false
	case errors.Is(err, store.ErrUnavailable):
		return Unavailable(), true
	default:
		return newProblem(http.StatusInternalServerError, "internal", "Something went wrong",
			"It has been recorded under the request's id."), true
	}
}

func conflictDetail(constraint string) string {
	switch constraint {
	case store.EmailTaken:
		return "Another account has this e-mail address."
	case store.SubGoalPosition, store.ActionPosition:
		return "The position is taken."
	case store.SavedViewName:
		return "There is a view of this name."
	case store.ExecutionOneAtATime:
		return "A generation for this goal is under way."
	default:
		return "It is there already."
	}
}
