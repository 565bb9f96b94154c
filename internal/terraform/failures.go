package terraform

import (
	"context"
	"errors"
	"syscall"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// writeProblem is the problem of a file that could not be written.
func writeProblem(doing string, err error) error {
	code := problem.WorkDirectory
	if errors.Is(err, syscall.ENOSPC) {
		code = problem.DiskFull
	}
	return &problem.Error{Code: code, What: doing, Err: err}
}

// interrupted is the problem of an operation that ended because ctx did.
func interrupted(ctx context.Context, doing string) *problem.Error {
	return &problem.Error{
		Code: problem.Interrupted,
		What: doing + " was interrupted",
		Next: "run the command again",
		Err:  errors.Join(problem.ErrInterrupted, context.Cause(ctx)),
	}
}
