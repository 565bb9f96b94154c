package verify

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// TestThePageIsTheDeployedOne: a CDN may show the page before for a while, but only
// just after a deployment.
func TestThePageIsTheDeployedOne(t *testing.T) {
	t.Parallel()
	const before, after = "<p>before", "<p>after"
	deployed := func(status engine.RunStatus, ago time.Duration, files ...release.File) *engine.Record {
		r := &engine.Record{Status: status, Site: &engine.SiteRecord{Entries: files}}
		if ago > 0 {
			r.EndedAt = still().Add(-ago)
		}
		return r
	}
	file := release.File{Path: "index.html", SHA256: release.Sum([]byte(after)), Size: 8}
	large := file
	large.Size = mostRead
	for name, test := range map[string]struct {
		last   *engine.Record
		bodies []string // of each try
		fault  string
		asked  int32
	}{
		"the deployed one":             {deployed(engine.Succeeded, time.Hour, file), []string{after}, "", 1},
		"another":                      {deployed(engine.Succeeded, time.Hour, file), []string{before}, "of the last deployment has " + file.SHA256, 1},
		"the one before, for a while":  {deployed(engine.Running, 0, file), []string{before, before, after}, "", 3},
		"the one before, just ended":   {deployed(engine.Succeeded, time.Minute, file), []string{before, after}, "", 2},
		"the one before, for too long": {deployed(engine.Running, 0, file), []string{before}, "of the last deployment has " + file.SHA256, 4},
		"never deployed":               {nil, []string{before}, "", 1},
		"deployed without a site":      {&engine.Record{Status: engine.Running}, []string{before}, "", 1},
		"deployed without that page":   {deployed(engine.Running, 0, release.File{Path: "en/index.html"}), []string{before}, "", 1},
		"too large":                    {deployed(engine.Running, 0, large), []string{before}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, test.bodies[min(int(asked.Add(1)), len(test.bodies))-1])
			}))
			defer server.Close()
			s := &Subject{Now: still, HTTP: server.Client(), Site: server.URL, Deployment: test.last}
			_, err := page{pause: time.Millisecond, tries: 4}.opens(t.Context(), s)
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
			if asked.Load() != test.asked {
				t.Errorf("asked %d times, not %d", asked.Load(), test.asked)
			}
		})
	}
}

// TestARecordOfPhasesOnly is of a deployment that moved aliases, and no layer.
func TestARecordOfPhasesOnly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		layers []engine.LayerRecord
		phases []engine.PhaseRecord
		fault  bool
	}{
		"layers":  {[]engine.LayerRecord{{Name: "api", Status: engine.Succeeded}}, nil, false},
		"phases":  {nil, []engine.PhaseRecord{{Name: engine.PhaseAliases, Status: engine.Succeeded}}, false},
		"neither": {nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := deploymentIsRecorded(t.Context(), &Subject{Environment: "test", Deployment: &engine.Record{
				ID: "a", Environment: "test", User: "ann", Operation: engine.OperationApply, Status: engine.Succeeded,
				StartedAt: still(), EndedAt: still(), Layers: test.layers, Phases: test.phases}})
			if (err != nil) != test.fault {
				t.Errorf("got %v", err)
			}
		})
	}
}
