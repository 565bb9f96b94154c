package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func makeCluster(t *testing.T, c *Client, name string) {
	t.Helper()
	if _, err := c.rds.CreateDBCluster(t.Context(), &rds.CreateDBClusterInput{
		DBClusterIdentifier: &name, Engine: awssdk.String("aurora-postgresql"), MasterUsername: awssdk.String("mandala"), MasterUserPassword: awssdk.String("not-secret-1"),
	}); err != nil {
		t.Fatal(err)
	}
}

func TestSnapshots(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	makeCluster(t, c, "snapshots")
	makeCluster(t, c, "snapshots-other")
	tags := func(deployment string) map[string]string {
		return map[string]string{"MandalaDeployment": deployment, "Environment": "staging"}
	}
	for _, name := range []string{"first", "second"} {
		if err := c.TakeSnapshot(t.Context(), "snapshots", name, tags(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.TakeSnapshot(t.Context(), "snapshots", "first", tags("first")); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if err := c.TakeSnapshot(t.Context(), "snapshots-other", "first", nil); !problem.Is(err, problem.RequestFailed) || !strings.Contains(err.Error(), "of cluster snapshots") {
		t.Errorf("another cluster's: %v", err)
	}
	if err := c.TakeSnapshot(t.Context(), "snapshots", "by-hand", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.TakeSnapshot(t.Context(), "no-such-cluster", "none", nil); !problem.Is(err, problem.RequestFailed) {
		t.Errorf("of a missing cluster: %v", err)
	}
	list := func(cluster string) (names []string) {
		t.Helper()
		found, err := c.ListSnapshots(t.Context(), cluster, "MandalaDeployment")
		if err != nil {
			t.Fatal(err)
		}
		for _, snapshot := range found {
			names = append(names, snapshot.Name)
			if !snapshot.Complete || snapshot.Taken.IsZero() || snapshot.Tags["Environment"] != "staging" {
				t.Errorf("snapshot %+v", snapshot)
			}
		}
		return names
	}
	if diff := cmp.Diff([]string{"second", "first"}, list("snapshots")); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if got := list("no-such-cluster"); len(got) != 0 {
		t.Errorf("of a missing cluster: %v", got)
	}
	for range 2 {
		if err := c.DeleteSnapshot(t.Context(), "first"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if diff := cmp.Diff([]string{"second"}, list("snapshots")); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// snapshotServer answers with a snapshot that takes its states one after the other.
func snapshotServer(t *testing.T, states ...string) *Client {
	t.Helper()
	var looks atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("Action") == "CreateDBClusterSnapshot" {
			_, _ = fmt.Fprint(w, `<R><CreateDBClusterSnapshotResult></CreateDBClusterSnapshotResult></R>`)
			return
		}
		state := states[min(int(looks.Add(1)), len(states))-1]
		_, _ = fmt.Fprintf(w, `<R><DescribeDBClusterSnapshotsResult><DBClusterSnapshots><DBClusterSnapshot>`+
			`<DBClusterIdentifier>Main</DBClusterIdentifier><Status>%s</Status>`+
			`</DBClusterSnapshot></DBClusterSnapshots></DescribeDBClusterSnapshotsResult></R>`, state)
	}))
	t.Cleanup(server.Close)
	return standIn(t, server.URL)
}

func TestWaitForASnapshot(t *testing.T) {
	t.Parallel()
	if err := snapshotServer(t, "creating", "available").TakeSnapshot(t.Context(), "main", "slow", nil); err != nil {
		t.Errorf("one that takes time: %v", err)
	}
	err := snapshotServer(t, "failed").TakeSnapshot(t.Context(), "main", "broken", nil)
	if !problem.Is(err, problem.RequestFailed) || !strings.Contains(err.Error(), "snapshot broken is failed") {
		t.Errorf("one that fails: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := snapshotServer(t, "creating").TakeSnapshot(ctx, "main", "endless", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that is given up: %v", err)
	}
}

func TestSnapshotThatIsSeenLate(t *testing.T) {
	t.Parallel()
	seen := func(status string) answer {
		return answer{status: http.StatusOK, body: `<R><DescribeDBClusterSnapshotsResult><DBClusterSnapshots><DBClusterSnapshot>` +
			`<DBClusterIdentifier>main</DBClusterIdentifier><Status>` + status + `</Status>` +
			`</DBClusterSnapshot></DBClusterSnapshots></DescribeDBClusterSnapshotsResult></R>`}
	}
	created := answer{status: http.StatusOK, body: `<R><CreateDBClusterSnapshotResult></CreateDBClusterSnapshotResult></R>`}
	none := answer{status: http.StatusOK, body: `<R><DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResult></R>`}
	unknown := answer{status: http.StatusNotFound, body: `<ErrorResponse><Error><Type>Sender</Type><Code>DBClusterSnapshotNotFoundFault</Code></Error></ErrorResponse>`}
	tests := map[string]struct {
		answers []answer
		atLeast time.Duration
		atMost  time.Duration
		check   func(error) bool
	}{
		"seen late":       {[]answer{created, unknown, none, unknown, seen("creating"), seen("available")}, 0, time.Minute, func(err error) bool { return err == nil }},
		"never seen":      {[]answer{created, unknown}, snapshotUnseen, 2 * snapshotUnseen, func(err error) bool { return errors.Is(err, engine.ErrNotFound) }},
		"deleted":         {[]answer{created, seen("creating"), unknown}, 0, time.Minute, func(err error) bool { return errors.Is(err, engine.ErrNotFound) }},
		"never completed": {[]answer{created, seen("creating")}, snapshotLimit, snapshotLimit + time.Minute, func(err error) bool { return problem.Is(err, problem.RequestFailed) }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := (&answers{list: test.answers}).client().TakeSnapshot(t.Context(), "main", "late", nil)
				if took := time.Since(begun); !test.check(err) || took < test.atLeast || took > test.atMost {
					t.Errorf("after %v: %v", took, err)
				}
			})
		})
	}
}
