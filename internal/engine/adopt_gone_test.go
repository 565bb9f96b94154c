package engine_test

import (
	"context"
	"strconv"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// refusing is a Terraform that imports nothing to an address, in Terraform's own words.
type refusing struct {
	*world
	address string
}

func (r refusing) Plan(ctx context.Context, dir string, options engine.PlanOptions) (*tfjson.Plan, error) {
	for _, body := range r.dirs[dir].files {
		for _, m := range importBlock.FindAllStringSubmatch(string(body), -1) {
			if m[1] == r.address {
				return nil, &problem.Error{Code: problem.TerraformFailed, What: "no", Err: &engine.DiagnosticsError{Command: "plan", Diagnostics: []engine.Diagnostic{{
					Severity: "error", Summary: "Cannot import non-existent remote object",
					Detail: "While attempting to import an existing object to " + strconv.Quote(r.address) + ", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use \"terraform apply\" to create a new remote object for this resource."}}}}
			}
		}
	}
	return r.world.Plan(ctx, dir, options)
}

// What was reported as created and is gone by now is created, not imported.
func TestResumeDoesNotImportWhatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	died := false
	w.faults["base"] = func(context.Context) error {
		if died {
			return nil
		}
		died = true
		return &problem.Error{Code: problem.TerraformCrashed, What: "killed"}
	}
	if _, err := e.Apply(t.Context(), yes()); !problem.Is(err, problem.TerraformCrashed) {
		t.Fatal(err)
	}
	lost := address("base", "two")
	w.account[lost] = false // its owner was deleted, and took it along
	e = w.engine()
	e.Terraform = refusing{w, lost}
	request := yes()
	request.Resume = true
	if _, err := e.Apply(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if left := w.untracked(); left != nil {
		t.Errorf("outside any state, or in a state only: %v", left)
	}
}
