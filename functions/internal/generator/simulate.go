package generator

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// simulation is a line of an action's description, such as "simulate: throttling for 2
// attempts". It is for drills, and only the offline generator, which no environment in
// AWS uses, looks for it: whoever writes it spoils the own action and no other.
var simulation = regexp.MustCompile(`(?im)^[ \t]*simulate:[ \t]*(throttling|quota|permission|invalid|timeout|panic)(?:[ \t]+for[ \t]+([0-9]{1,2})[ \t]+attempts?)?[ \t]*\r?$`)

// simulate fails as the action's description asks for: always, or at the first attempts.
// A timeout holds until the invocation ends; a panic ends the process.
func simulate(ctx context.Context, request Request) error {
	found := simulation.FindStringSubmatch(request.Action.Description)
	if found == nil {
		return nil
	}
	if attempts, err := strconv.Atoi(found[2]); err == nil && request.Attempt >= attempts {
		return nil
	}
	switch strings.ToLower(found[1]) {
	case "throttling":
		return &workflow.ThrottlingError{Message: "simulated"}
	case "quota":
		return &workflow.QuotaExceededError{Message: "simulated"}
	case "permission":
		return &workflow.PermissionDeniedError{Message: "simulated"}
	case "invalid":
		return &workflow.InvalidInputError{Message: "simulated"}
	case "panic":
		panic("simulated")
	default:
		<-ctx.Done()
		return ctx.Err()
	}
}
