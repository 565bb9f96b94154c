package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	// concurrentChecks bounds the checks that look at a time: each makes a few
	// dozen requests, and AWS throttles some APIs from a handful a second on.
	concurrentChecks = 6
	// checkLimit is how long one check may look. Those that wait on purpose say
	// their own with Limit.
	checkLimit = 2 * time.Minute
)

// Areas gives every area, in the order in which they are told.
func Areas() []string {
	return []string{Health, Security, Monitoring, Cost, Performance, Data}
}

// Of gives the checks of these areas, every one for none.
func Of(areas []string) []Check {
	all := Checks()
	if len(areas) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(c Check) bool { return !slices.Contains(areas, c.Area) })
}

// KnownAreas refuses areas that there are not.
func KnownAreas(areas []string) error {
	for _, area := range areas {
		if !slices.Contains(Areas(), area) {
			return &problem.Error{Code: problem.UnknownArea, Where: problem.Location{Flag: "--area"},
				What: fmt.Sprintf("there is no area %q to verify; there are %s", area, strings.Join(Areas(), ", "))}
		}
	}
	return nil
}

// Run runs checks side by side and gives their results in the order of the checks.
func Run(ctx context.Context, s *Subject, checks []Check) []engine.CheckResult {
	ctx = withMemory(ctx)
	results := make([]engine.CheckResult, len(checks))
	var group errgroup.Group
	group.SetLimit(concurrentChecks)
	for i, check := range checks {
		group.Go(func() error {
			results[i] = run(ctx, s, check)
			return nil
		})
	}
	_ = group.Wait() // no check ends the others
	return results
}

func run(ctx context.Context, s *Subject, check Check) engine.CheckResult {
	begun := s.Now()
	limit := check.Limit
	if limit == 0 {
		limit = checkLimit
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	evidence, err := guarded(limited, s, check)
	result := engine.CheckResult{ID: check.ID, Area: check.Area, Title: check.Title, Requirements: check.Requirements,
		Result: engine.CheckPassed, Evidence: evidence, Seconds: s.Now().Sub(begun).Seconds()}
	if err == nil {
		return result
	}
	result.Remedy = check.Remedy
	var failure *Failure
	switch {
	case errors.As(err, &failure):
		result.Result, result.Reason = engine.CheckFailed, strings.Join(failure.Reasons, "; ")
	case ctx.Err() != nil:
		result.Result, result.Reason = engine.CheckUnknown, "interrupted"
	case limited.Err() != nil:
		result.Result, result.Reason = engine.CheckUnknown, fmt.Sprintf("not done within %v: %v", limit, err)
	default:
		result.Result, result.Reason = engine.CheckUnknown, oneLine(err.Error())
	}
	return result
}

// guarded runs a check; one that panics could not find out.
func guarded(ctx context.Context, s *Subject, check Check) (evidence []string, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the check itself is broken: %v", cause)
		}
	}()
	return check.Run(ctx, s)
}

// oneLine makes an SDK's error, which can be a page of HTML, a line.
func oneLine(text string) string {
	const longest = 500
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}
