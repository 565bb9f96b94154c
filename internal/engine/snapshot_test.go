package engine

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

func TestSnapshotName(t *testing.T) {
	t.Parallel()
	const id = "0123456789abcdef"
	if got := snapshotName("mandala-staging", id); got != "mandala-staging-deploy-"+id {
		t.Errorf("got %s", got)
	}
	valid := regexp.MustCompile(`^[a-z](-?[a-z0-9])*$`)
	seen := map[string]string{}
	for _, cluster := range []string{
		strings.Repeat("c", 39), strings.Repeat("c", 40), strings.Repeat("c", 63), strings.Repeat("c", 62) + "d",
		"a" + strings.Repeat("-b", 31), "ab" + strings.Repeat("-b", 30) + "c",
	} {
		for _, deployment := range []string{id, "fedcba9876543210"} {
			name := snapshotName(cluster, deployment)
			if len(name) > longestSnapshotName || !valid.MatchString(name) || !strings.HasSuffix(name, "-deploy-"+deployment) || seen[name] != "" {
				t.Errorf("%s: %s (%d characters), as of %q", cluster, name, len(name), seen[name])
			}
			seen[name] = cluster
		}
	}
}

// slowSnapshots takes a snapshot for some time.
type slowSnapshots time.Duration

func (s slowSnapshots) TakeSnapshot(context.Context, string, string, map[string]string) error {
	time.Sleep(time.Duration(s))
	return context.DeadlineExceeded // what comes after it is told elsewhere
}

func (slowSnapshots) ListSnapshots(context.Context, string, string) ([]Snapshot, error) {
	return nil, nil
}

func (slowSnapshots) DeleteSnapshot(context.Context, string) error { return nil }

func TestSnapshotIsToldWhileItIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []string
		e := &Engine{
			Environment: &environment.Environment{Name: "test"}, Snapshots: slowSnapshots(70 * time.Second), Clock: time.Now,
			Progress: func(p Progress) { told = append(told, p.Text) },
		}
		d := &deployment{engine: e, id: "run", preview: &Preview{Beside: Beside{Snapshots: []string{"main"}}}}
		if _, err := d.snapshot(t.Context()); err == nil {
			t.Error("no error")
		}
		want := []string{"snapshot main-deploy-run is not complete yet, after 30s", "snapshot main-deploy-run is not complete yet, after 1m0s"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	})
}
