package problem_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestErrorIsOneLine(t *testing.T) {
	t.Parallel()
	cause := errors.New("no such file")
	tests := map[string]struct {
		err  problem.Error
		want string
	}{
		"bare": {
			problem.Error{Code: problem.Usage, What: "which environment?"},
			"which environment? [MD0901]"},
		"at a line, with a cause": {
			problem.Error{Code: problem.InvalidSyntax, What: "cannot be read", Where: problem.Location{File: "environments/main.tf", Line: 3, Column: 9}, Err: cause},
			"environments/main.tf:3: cannot be read: no such file [MD0102]"},
		"in a file": {
			problem.Error{Code: problem.WrongAccount, What: "wrong account", Where: problem.Location{File: "environments/x/deploy.hcl"}},
			"environments/x/deploy.hcl: wrong account [MD0302]"},
		"at a flag": {
			problem.Error{Code: problem.Usage, What: "not a number", Where: problem.Location{Flag: "--parallelism"}},
			"--parallelism: not a number [MD0901]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.err.Error()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRemedy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  problem.Error
		want string
	}{
		"of the catalogue":  {problem.Error{Code: problem.NoBucket}, "run `mandala-deploy bootstrap ENV` once"},
		"its own":           {problem.Error{Code: problem.NoBucket, Next: "run `mandala-deploy bootstrap staging`"}, "run `mandala-deploy bootstrap staging`"},
		"of a foreign code": {problem.Error{Code: "MD0000"}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.err.Remedy()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindWalksTheWholeTree(t *testing.T) {
	t.Parallel()
	locked := &problem.Error{Code: problem.Locked, What: "locked"}
	lost := &problem.Error{Code: problem.LeaseLost, What: "lost", Err: context.Canceled}
	tests := map[string]struct {
		err  error
		want []*problem.Error
	}{
		"none":             {nil, nil},
		"none in an error": {errors.New("x"), nil},
		"itself":           {locked, []*problem.Error{locked}},
		"wrapped":          {fmt.Errorf("apply: %w", locked), []*problem.Error{locked}},
		"joined, in order": {errors.Join(lost, errors.New("x"), fmt.Errorf("layer: %w", locked)), []*problem.Error{lost, locked}},
		"outermost only":   {&problem.Error{Code: problem.Internal, Err: locked}, []*problem.Error{{Code: problem.Internal, Err: locked}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same := cmp.Comparer(func(a, b *problem.Error) bool { return a.Error() == b.Error() })
			if diff := cmp.Diff(test.want, problem.Find(test.err), same); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestIsLooksBelowProblems(t *testing.T) {
	t.Parallel()
	locked := &problem.Error{Code: problem.Locked, What: "locked", Err: context.Canceled}
	err := fmt.Errorf("apply: %w", &problem.Error{Code: problem.Internal, Err: errors.Join(errors.New("x"), locked)})
	for code, want := range map[problem.Code]bool{problem.Internal: true, problem.Locked: true, problem.NoBucket: false} {
		if got := problem.Is(err, code); got != want {
			t.Errorf("Is(%s) is %v", code, got)
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Error("the cause at the bottom is not found")
	}
}
