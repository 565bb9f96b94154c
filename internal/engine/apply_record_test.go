package engine

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
)

func TestLayerChanges(t *testing.T) {
	t.Parallel()
	preview := &Preview{
		Steps: []Step{{Layer: "web", Stage: StageRelease}, {Layer: "base"}, {Layer: "web"}},
		Changes: []change.Change{
			{Layer: "base", Operation: change.Replace, Stateful: true}, {Layer: "base", Operation: change.Create, Stateful: true},
			{Layer: "web", Operation: change.Delete}, {Layer: "gone", Operation: change.Forget, Stateful: true}, {Operation: change.Update},
		},
	}
	want := []LayerChanges{
		{Layer: "web", Summary: change.Summary{Delete: 1}}, {Layer: "base", Summary: change.Summary{Create: 1, Replace: 1}, Stateful: 1},
		{Summary: change.Summary{Update: 1}}, {Layer: "gone", Summary: change.Summary{Forget: 1}, Stateful: 1},
	}
	if diff := cmp.Diff(want, layerChanges(preview)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := layerChanges(&Preview{}); got != nil {
		t.Errorf("of no change: %+v", got)
	}
}
