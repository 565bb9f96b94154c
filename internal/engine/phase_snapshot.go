package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// snapshotTag marks the tool's own snapshots; its value is the environment.
const snapshotTag = "mandala-deploy:environment"

const (
	// longestSnapshotName is RDS's limit. It allows a cluster's own name as much.
	longestSnapshotName = 63
	// snapshotTold is how often it is told that a snapshot is still waited for.
	snapshotTold = 30 * time.Second
)

// clustersToSave gives the database clusters that deploy.hcl wants copied before
// these changes.
func (e *Engine) clustersToSave(p *Preview) ([]string, error) {
	when := e.Environment.Settings.Backup.Database
	if when == environment.BackupNever || e.Snapshots == nil || p.Destroy {
		return nil, nil
	}
	touched := map[string]bool{}
	for _, c := range p.Changes {
		if strings.HasPrefix(c.Type, "aws_rds_") || strings.HasPrefix(c.Type, "aws_db_") {
			touched[c.Layer] = true
		}
	}
	migrates := len(p.Beside.Migrations) > 0
	var clusters []string
	for _, layer := range sortedKeys(p.states) {
		if when == environment.BackupWhenTouched && !touched[layer] && !migrates {
			continue
		}
		objects, err := p.states[layer].Objects("aws_rds_cluster")
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			if name, _ := object.Attributes["cluster_identifier"].(string); name != "" {
				clusters = append(clusters, name)
			}
		}
	}
	return clusters, nil
}

// snapshot copies the databases, and deletes the tool's own copies beyond those that
// are kept.
func (d *deployment) snapshot(ctx context.Context) (string, error) {
	e := d.engine
	var names []string
	for _, cluster := range d.preview.Beside.Snapshots {
		name := snapshotName(cluster, d.id)
		tags := map[string]string{snapshotTag: e.name(), "Deployment": d.id, "Environment": e.name(), "ManagedBy": "mandala-deploy"}
		if e.Release != "" {
			tags["Release"] = e.Release // that comes after it
		}
		stop := e.tellWaiting("snapshot " + name)
		err := e.Snapshots.TakeSnapshot(ctx, cluster, name, tags)
		stop()
		if err != nil {
			return "", err
		}
		names = append(names, name)
		d.update(ctx, func(r *Record) { r.Snapshot = strings.Join(names, ", ") })
		if err := e.sweepSnapshots(ctx, cluster); err != nil { // no reason not to deploy, nor to stay with what is broken
			d.remark(ctx, fmt.Sprintf("old snapshots of %s could not be deleted: %s", cluster, short(err)))
		}
	}
	return strings.Join(names, ", "), nil
}

// snapshotName names a cluster's snapshot after the deployment. Where that is too long,
// the cluster's name is cut, and a digest of it keeps two that begin alike apart.
func snapshotName(cluster, deployment string) string {
	end := "-deploy-" + deployment
	if len(cluster)+len(end) <= longestSnapshotName {
		return cluster + end
	}
	digest := sha256.Sum256([]byte(cluster))
	end = "-" + hex.EncodeToString(digest[:4]) + end
	// RDS takes no two hyphens in a row.
	return strings.TrimRight(cluster[:max(0, longestSnapshotName-len(end))], "-") + end
}

// tellWaiting tells from time to time that something is still waited for, until the
// function that it gives is called.
func (e *Engine) tellWaiting(what string) (stop func()) {
	begun := e.Clock()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(snapshotTold)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				e.note("%s is not complete yet, after %v", what, e.Clock().Sub(begun).Round(time.Second))
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (e *Engine) sweepSnapshots(ctx context.Context, cluster string) error {
	all, err := e.Snapshots.ListSnapshots(ctx, cluster, snapshotTag)
	if err != nil {
		return err
	}
	kept := 0
	for _, each := range all { // newest first
		if each.Tags[snapshotTag] != e.name() || !each.Complete {
			continue
		}
		if kept++; kept <= e.Environment.Settings.Backup.KeepSnapshots {
			continue
		}
		if err := e.Snapshots.DeleteSnapshot(ctx, each.Name); err != nil {
			return err
		}
	}
	return nil
}
