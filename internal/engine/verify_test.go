package engine_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// inspector is an engine.Verifier that finds everything in order.
type inspector struct{ asked []engine.VerifyRequest }

func (i *inspector) Verify(_ context.Context, request engine.VerifyRequest) (*engine.Verification, error) {
	i.asked = append(i.asked, request)
	return &engine.Verification{Environment: "test"}, nil
}

func TestVerifyTellsWhatIsDeployed(t *testing.T) {
	t.Parallel()
	w, i := newWorld(t), &inspector{}
	e := w.engine()
	e.Verifier = i

	_, err := e.Verify(t.Context(), engine.VerifyOptions{})
	if !problem.Is(err, problem.NotDeployed) || len(i.asked) > 0 {
		t.Fatalf("an environment that was never deployed: %v", err)
	}

	if _, err := e.Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Verify(t.Context(), engine.VerifyOptions{Areas: []string{"health"}, Probe: true, DrillAlarm: true}); err != nil {
		t.Fatal(err)
	}
	if len(i.asked) != 1 {
		t.Fatalf("asked %d times", len(i.asked))
	}
	got := i.asked[0]
	if got.Deployment == nil || got.Deployment.Operation != engine.OperationApply || got.Deployment.Status != engine.Succeeded {
		t.Errorf("the last deployment: %+v", got.Deployment)
	}
	got.Deployment = nil
	if diff := cmp.Diff(engine.VerifyRequest{Areas: []string{"health"}, Outputs: map[string]engine.Value{}, Probe: true, DrillAlarm: true}, got); diff != "" {
		t.Errorf("what the verifier is told (-want +got):\n%s", diff)
	}
}

// What stands is told without the environment being changed, and only of the right account.
func TestStandingOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.engine()
	if outputs, err := e.StandingOutputs(t.Context()); !problem.Is(err, problem.NotDeployed) {
		t.Errorf("an environment that was never deployed: %v, %v", outputs, err)
	}
	if _, err := e.Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	if outputs, err := e.StandingOutputs(t.Context()); err != nil || outputs == nil {
		t.Errorf("%v, %v", outputs, err)
	}
	e.Environment.Settings.Account = "999999999999"
	if _, err := e.StandingOutputs(t.Context()); !problem.Is(err, problem.WrongAccount) {
		t.Errorf("another account: %v", err)
	}
}
