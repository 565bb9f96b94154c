package test

import (
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/random"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// abandonedAfter is the age from which nobody can be at work on a copy any
// more: twice what the longest test may take on AWS (docs/testing.md).
const abandonedAfter = 8 * time.Hour

// TestSweep takes away what tests have left behind: run it with target aws as
// often as the suite. Against a local AWS it first leaves something.
func TestSweep(t *testing.T) {
	t.Parallel()
	age := abandonedAfter
	e := kit.NewEphemeral(t, "production", random.UniqueID())
	if !kit.OnAWS() {
		age = 0
		if applied := e.Apply("--layer", "secrets"); applied.Code != 0 {
			t.Fatal(applied)
		}
		if left := kit.Leftovers(t, e.S3(t.Context()), abandonedAfter); len(left) != 0 {
			t.Errorf("a copy that is at work would be swept: %v", left)
		}
		if left := kit.Leftovers(t, e.S3(t.Context()), age); len(left) != 1 {
			t.Fatalf("the copy that was left is not found: %v", left)
		}
	}
	for _, left := range kit.Leftovers(t, e.S3(t.Context()), age) {
		t.Logf("sweeping %s of %s", left.Environment, left.ID)
		abandoned := kit.NewEphemeral(t, left.Environment, left.ID)
		if !kit.OnAWS() {
			abandoned.ShareLocalAWS(e.Project)
		}
		abandoned.Discard(lifted)
	}
	if left := kit.Leftovers(t, e.S3(t.Context()), age); len(left) != 0 {
		t.Errorf("not swept: %v", left)
	}
}
