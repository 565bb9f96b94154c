package localaws_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/goal-mandala/mandala-deploy/functions/migrations"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// TestDatabases goes through the life of a cluster with data in it.
func TestDatabases(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir, status := up(t)
	to := client(status.Address)
	api, cluster, err := newCluster(ctx, to, "Main", func(in *rds.CreateDBClusterInput) { in.DatabaseName = aws.String("goalmandalamain") })
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, aws.ToString(cluster.Endpoint))
	main := connectTo(t, cluster.Endpoint)
	var super bool
	ask(t, main, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user", &super)
	if super {
		t.Error("the master user may do everything")
	}
	run(t, main, "CREATE TABLE notes (n int)", "INSERT INTO notes VALUES (1)")

	t.Log("snapshot, and what is written after it")
	if _, err := api.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: aws.String("main"), DBClusterSnapshotIdentifier: aws.String("first")}); err != nil {
		t.Fatal(err)
	}
	run(t, main, "INSERT INTO notes VALUES (2)")
	snapshots, err := api.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: aws.String("first")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CopyDBClusterSnapshot(ctx, &rds.CopyDBClusterSnapshotInput{
		SourceDBClusterSnapshotIdentifier: snapshots.DBClusterSnapshots[0].DBClusterSnapshotArn, TargetDBClusterSnapshotIdentifier: aws.String("second")}); err != nil {
		t.Fatal(err)
	}
	if _, err := api.DeleteDBClusterSnapshot(ctx, &rds.DeleteDBClusterSnapshotInput{DBClusterSnapshotIdentifier: aws.String("first")}); err != nil {
		t.Fatal(err)
	}
	restored, err := api.RestoreDBClusterFromSnapshot(ctx, &rds.RestoreDBClusterFromSnapshotInput{
		DBClusterIdentifier: aws.String("restored"), SnapshotIdentifier: aws.String("second"), Engine: aws.String("aurora-postgresql")})
	if err != nil {
		t.Fatal(err)
	}
	if got := notes(t, restored.DBCluster.Endpoint); got != "1" {
		t.Errorf("the restored cluster has notes %s", got)
	}
	now, err := api.RestoreDBClusterToPointInTime(ctx, &rds.RestoreDBClusterToPointInTimeInput{
		DBClusterIdentifier: aws.String("now"), SourceDBClusterIdentifier: aws.String("main"), UseLatestRestorableTime: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	if got := notes(t, now.DBCluster.Endpoint); got != "1 2" {
		t.Errorf("the cluster of now has notes %s", got)
	}

	t.Log("another name; connections go on")
	if _, err := api.ModifyDBCluster(ctx, &rds.ModifyDBClusterInput{DBClusterIdentifier: aws.String("main"), NewDBClusterIdentifier: aws.String("old")}); err != nil {
		t.Fatal(err)
	}
	run(t, main, "INSERT INTO notes VALUES (3)")
	old, err := describeCluster(ctx, api, "old")
	if err != nil {
		t.Fatal(err)
	}
	if got := notes(t, old.Endpoint); got != "1 2 3" || aws.ToString(old.Endpoint) == aws.ToString(cluster.Endpoint) {
		t.Errorf("at its new name the cluster has notes %s", got)
	}
	directory, err := filepath.EvalSymlinks(aws.ToString(old.Endpoint))
	if err != nil {
		t.Fatal(err)
	}

	t.Log("deletion with a final snapshot")
	if _, err := api.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{DBClusterIdentifier: aws.String("old"), FinalDBSnapshotIdentifier: aws.String("final")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(directory); !os.IsNotExist(err) {
		t.Errorf("the deleted cluster's directory: %v", err)
	}
	again, err := api.RestoreDBClusterFromSnapshot(ctx, &rds.RestoreDBClusterFromSnapshotInput{
		DBClusterIdentifier: aws.String("main"), SnapshotIdentifier: aws.String("final"), Engine: aws.String("aurora-postgresql")})
	if err != nil {
		t.Fatal(err)
	}
	if got := notes(t, again.DBCluster.Endpoint); got != "1 2 3" {
		t.Errorf("the cluster of the final snapshot has notes %s", got)
	}

	described, err := localaws.Describe(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, endpoint := range described.Endpoints {
		if endpoint.Kind == "database" {
			names = append(names, endpoint.Name)
			connection, err := pgx.Connect(ctx, endpoint.URL)
			if err != nil {
				t.Fatal(err)
			}
			run(t, connection, "SELECT n FROM notes")
			_ = connection.Close(ctx)
		}
	}
	if diff := cmp.Diff([]string{"main", "now", "restored"}, names); diff != "" {
		t.Errorf("databases (-want +got):\n%s", diff)
	}

	all := filepath.Dir(directory)
	if err := localaws.Down(ctx, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(all); !os.IsNotExist(err) {
		t.Errorf("after the end there is %s: %v", all, err)
	}
}

// TestASnapshotThatFailsIsSeen asks for one of a cluster whose server has died.
func TestASnapshotThatFailsIsSeen(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	_, status := up(t)
	to := client(status.Address)
	api, cluster, err := newCluster(ctx, to, "broken", nil)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(aws.ToString(cluster.Endpoint), "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	gone(t, "PostgreSQL", pid)
	_, err = api.CreateDBClusterSnapshot(ctx, &rds.CreateDBClusterSnapshotInput{
		DBClusterIdentifier: aws.String("broken"), DBClusterSnapshotIdentifier: aws.String("never")})
	if got, _ := code(err); got != "InvalidDBClusterStateFault" {
		t.Errorf("the snapshot: %v", err)
	}
	_, err = api.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{DBClusterIdentifier: aws.String("broken"), FinalDBSnapshotIdentifier: aws.String("never")})
	if got, _ := code(err); got != "InvalidDBClusterStateFault" {
		t.Errorf("the deletion with a snapshot: %v", err)
	}
	_, err = api.DescribeDBClusterSnapshots(ctx, &rds.DescribeDBClusterSnapshotsInput{DBClusterSnapshotIdentifier: aws.String("never")})
	if got, _ := code(err); got != "DBClusterSnapshotNotFoundFault" {
		t.Errorf("the snapshot that failed: %v", err)
	}
	if _, err := api.DeleteDBCluster(ctx, &rds.DeleteDBClusterInput{DBClusterIdentifier: aws.String("broken"), SkipFinalSnapshot: aws.Bool(true)}); err != nil {
		t.Errorf("the deletion without one: %v", err)
	}
}

func address(host string) string {
	return fmt.Sprintf("host=%s port=5432 user=mandala dbname=goalmandalamain password=anything sslmode=disable", host)
}

// migrate applies the application's schema as the master user.
func migrate(t *testing.T, host string) {
	t.Helper()
	db, err := sql.Open("pgx", address(host))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := migrations.Apply(t.Context(), db); err != nil {
		t.Fatal(err)
	}
}

func connectTo(t *testing.T, host *string) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), address(aws.ToString(host)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.WithoutCancel(t.Context())) })
	return connection
}

// notes gives the rows of a cluster.
func notes(t *testing.T, host *string) (all string) {
	t.Helper()
	ask(t, connectTo(t, host), "SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), 'none') FROM notes", &all)
	return all
}

func run(t *testing.T, connection *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := connection.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func ask(t *testing.T, connection *pgx.Conn, statement string, into any) {
	t.Helper()
	if err := connection.QueryRow(t.Context(), statement).Scan(into); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// TestDatabasesEndWithTheServer kills the local AWS, which has no chance to clean up.
func TestDatabasesEndWithTheServer(t *testing.T) {
	t.Parallel()
	_, status := up(t)
	_, cluster, err := newCluster(t.Context(), client(status.Address), "orphan", nil)
	if err != nil {
		t.Fatal(err)
	}
	directory := filepath.Dir(aws.ToString(cluster.Endpoint))
	if _, err := os.Stat(directory); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(status.Server.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		_, err := os.Stat(directory)
		return os.IsNotExist(err)
	})
}
