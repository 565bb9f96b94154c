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
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/google/go-cmp/cmp"

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
