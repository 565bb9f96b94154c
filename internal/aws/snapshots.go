package aws

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var _ engine.Snapshots = (*Client)(nil)

// A snapshot takes a minute or more; the first looks are close together for one
// that has next to nothing to copy.
const (
	snapshotFirstLook = 2 * time.Second
	snapshotPause     = 15 * time.Second
	snapshotLimit     = time.Hour
	// snapshotUnseen is how long RDS may not know a snapshot that it has just begun.
	snapshotUnseen = time.Minute
)

// States of a snapshot. Any other is one that it does not leave for the better.
const (
	snapshotAvailable = "available"
	snapshotCreating  = "creating"
)

// TakeSnapshot makes a snapshot of a cluster and waits for it, for as long as ctx
// lets it and an hour at most.
func (c *Client) TakeSnapshot(ctx context.Context, cluster, name string, tags map[string]string) error {
	input := &rds.CreateDBClusterSnapshotInput{DBClusterIdentifier: &cluster, DBClusterSnapshotIdentifier: &name}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		input.Tags = append(input.Tags, types.Tag{Key: &key, Value: awssdk.String(tags[key])})
	}
	_, err := c.rds.CreateDBClusterSnapshot(ctx, input)
	if err != nil && !isCode(err, "DBClusterSnapshotAlreadyExistsFault") {
		return failure(ctx, "take a snapshot of cluster "+cluster, err)
	}
	limited, cancel := context.WithTimeoutCause(ctx, snapshotLimit, snapshotFailed(cluster, fmt.Errorf("snapshot %s is not complete after %v", name, snapshotLimit)))
	defer cancel()
	seen := false
	var unseen time.Duration
	for pause := snapshotFirstLook; ; pause = min(2*pause, snapshotPause) {
		complete, err := c.snapshotComplete(limited, cluster, name)
		switch {
		case complete:
			return nil
		case err == nil:
			seen = true
		case seen || unseen >= snapshotUnseen || !errors.Is(err, engine.ErrNotFound):
			return err
		default:
			unseen += pause
		}
		if err := sleep(limited, pause); err != nil {
			return fmt.Errorf("wait for snapshot %s: %w", name, err)
		}
	}
}

// snapshotComplete looks whether a snapshot is complete; an error says that it never
// will be, or is not the cluster's; ErrNotFound that RDS does not know it.
func (c *Client) snapshotComplete(ctx context.Context, cluster, name string) (bool, error) {
	doing := "look at snapshot " + name
	listing, err := c.rds.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: &name})
	gone := isAbsent(err) || isCode(err, "DBClusterSnapshotNotFoundFault")
	if err != nil && !gone {
		return false, failure(ctx, doing, err)
	}
	if gone || len(listing.DBClusterSnapshots) == 0 {
		return false, fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	}
	found := listing.DBClusterSnapshots[0]
	if of := awssdk.ToString(found.DBClusterIdentifier); !strings.EqualFold(of, cluster) {
		return false, snapshotFailed(cluster, fmt.Errorf("snapshot %s is there already, of cluster %s", name, of))
	}
	switch status := awssdk.ToString(found.Status); status {
	case snapshotAvailable:
		return true, nil
	case snapshotCreating:
		return false, nil
	default:
		return false, snapshotFailed(cluster, fmt.Errorf("snapshot %s is %s", name, status))
	}
}

func snapshotFailed(cluster string, why error) error {
	return &problem.Error{Code: problem.RequestFailed, What: "cannot take a snapshot of cluster " + cluster, Err: why}
}

// ListSnapshots lists a cluster's manual snapshots that have a tag, newest first.
func (c *Client) ListSnapshots(ctx context.Context, cluster, tag string) ([]engine.Snapshot, error) {
	var snapshots []engine.Snapshot
	pages := rds.NewDescribeDBClusterSnapshotsPaginator(c.rds, &rds.DescribeDBClusterSnapshotsInput{
		DBClusterIdentifier: &cluster, SnapshotType: awssdk.String("manual"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isCode(err, "DBClusterNotFoundFault") {
			break
		}
		if err != nil {
			return nil, failure(ctx, "list the snapshots of cluster "+cluster, err)
		}
		for _, found := range page.DBClusterSnapshots {
			tags := rdsTags(found.TagList)
			if _, ok := tags[tag]; !ok {
				continue
			}
			snapshots = append(snapshots, engine.Snapshot{
				Name: awssdk.ToString(found.DBClusterSnapshotIdentifier), Taken: awssdk.ToTime(found.SnapshotCreateTime),
				Complete: awssdk.ToString(found.Status) == snapshotAvailable, Tags: tags,
			})
		}
	}
	slices.SortFunc(snapshots, func(a, b engine.Snapshot) int {
		if order := b.Taken.Compare(a.Taken); order != 0 {
			return order
		}
		return strings.Compare(b.Name, a.Name)
	})
	return snapshots, nil
}

// DeleteSnapshot deletes a manual snapshot; one that is gone is no error.
func (c *Client) DeleteSnapshot(ctx context.Context, name string) error {
	_, err := c.rds.DeleteDBClusterSnapshot(ctx, &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: &name})
	var gone *types.DBClusterSnapshotNotFoundFault
	if err == nil || errors.As(err, &gone) {
		return nil
	}
	return failure(ctx, "delete snapshot "+name, err)
}
