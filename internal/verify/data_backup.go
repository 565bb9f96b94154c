package verify

import (
	"context"
	"fmt"
	"slices"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// How old the newest backup may be. AWS keeps the last point that can be restored
// within five minutes, and makes a snapshot in the window of each day, which is an
// hour long.
const (
	oldestRestorable = 30 * time.Minute
	oldestSnapshot   = 26 * time.Hour
)

// snapshotsOf gives the cluster's snapshots.
func snapshotsOf(ctx context.Context, s *Subject) ([]types.DBClusterSnapshot, error) {
	return recall(ctx, "snapshots", func(ctx context.Context) ([]types.DBClusterSnapshot, error) {
		name := s.Name()
		return listOf(ctx, "the snapshots of "+name, rds.NewDescribeDBClusterSnapshotsPaginator(rds.NewFromConfig(s.AWS), &rds.DescribeDBClusterSnapshotsInput{DBClusterIdentifier: &name}),
			func(page *rds.DescribeDBClusterSnapshotsOutput) []types.DBClusterSnapshot {
				return page.DBClusterSnapshots
			})
	})
}

func backupChecks() []Check {
	return []Check{
		{
			ID: "data.backup-window", Title: "the database is backed up 03:00–04:00 UTC and kept as long as the environment asks, and maintained on Sundays after it", Requirements: []string{"R1.1"}, Reads: []string{"rds:DescribeDBClusters"},
			Remedy: "apply the layer database; backups that a shorter time has thrown away do not come back",
			Run:    backupWindow,
		},
		{
			ID: "data.backup-age", Title: "the newest backup is as new as it should be", Requirements: []string{"R1.1"}, Reads: []string{"rds:DescribeDBClusters", "rds:DescribeDBClusterSnapshots"},
			Remedy: "look at the cluster's events (rds:DescribeEvents) for why the backup did not run, and make a snapshot by hand until it does",
			Run:    backupAge,
		},
		{
			ID: "data.snapshots-private", Title: "the database's snapshots are encrypted, and no other account may restore one", Requirements: []string{"R1.1", "R4.4", "R8.1"}, Reads: []string{"rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes"},
			Remedy: "take the other accounts from the snapshot (rds:ModifyDBClusterSnapshotAttribute): whoever could restore it has to be taken for having read the data",
			Run:    snapshotsPrivate,
		},
	}
}

func backupWindow(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	kept, want := awssdk.ToInt32(c.BackupRetentionPeriod), of(backupDays, s.Environment)
	v.must(kept == want, "backups are kept %d days, not %d", kept, want)
	v.must(text(c.PreferredBackupWindow) == "03:00-04:00", "the database is backed up %s UTC", text(c.PreferredBackupWindow))
	v.must(text(c.PreferredMaintenanceWindow) == "sun:04:00-sun:05:00", "the database is maintained %s UTC", text(c.PreferredMaintenanceWindow))
	v.saw("kept %d days, backed up %s, maintained %s", kept, text(c.PreferredBackupWindow), text(c.PreferredMaintenanceWindow))
	return v.give()
}

func backupAge(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	snapshots, err := snapshotsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeBackup(&v, c, snapshots, s.Now())
	return v.give()
}

// judgeBackup holds the newest backups to their ages. A cluster younger than a day has
// its first snapshot from its beginning.
func judgeBackup(v *verdict, c types.DBCluster, snapshots []types.DBClusterSnapshot, now time.Time) {
	if c.LatestRestorableTime == nil {
		v.must(false, "the cluster cannot be restored to any point in time")
	} else {
		age := now.Sub(*c.LatestRestorableTime)
		v.must(age <= oldestRestorable, "the newest point that can be restored is %s old", age.Round(time.Minute))
		v.saw("can be restored to %s", c.LatestRestorableTime.UTC().Format(time.RFC3339))
	}
	newest := time.Time{}
	for _, each := range snapshots {
		if text(each.SnapshotType) == "automated" && text(each.Status) == "available" && each.SnapshotCreateTime != nil && each.SnapshotCreateTime.After(newest) {
			newest = *each.SnapshotCreateTime
		}
	}
	young := c.ClusterCreateTime != nil && now.Sub(*c.ClusterCreateTime) < oldestSnapshot
	v.must(young || now.Sub(newest) <= oldestSnapshot, "the newest automated snapshot is of %s", newest.UTC().Format(time.RFC3339))
	if !newest.IsZero() {
		v.saw("newest automated snapshot of %s", newest.UTC().Format(time.RFC3339))
	}
}

func snapshotsPrivate(ctx context.Context, s *Subject) ([]string, error) {
	snapshots, err := snapshotsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	client := rds.NewFromConfig(s.AWS)
	for _, each := range snapshots {
		name := text(each.DBClusterSnapshotIdentifier)
		v.must(awssdk.ToBool(each.StorageEncrypted), "snapshot %s is not encrypted", name)
		if text(each.SnapshotType) == "automated" {
			continue // AWS shares none
		}
		found, err := client.DescribeDBClusterSnapshotAttributes(ctx, &rds.DescribeDBClusterSnapshotAttributesInput{DBClusterSnapshotIdentifier: &name})
		if err != nil {
			return nil, fmt.Errorf("snapshot %s: %w", name, err)
		}
		for _, attribute := range found.DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes {
			others := slices.DeleteFunc(slices.Clone(attribute.AttributeValues), func(account string) bool { return account == s.Account })
			v.must(text(attribute.AttributeName) != "restore" || len(others) == 0, "snapshot %s may be restored by %v", name, others)
		}
	}
	v.saw("%d snapshots", len(snapshots))
	return v.give()
}
