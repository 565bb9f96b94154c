package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

// databaseName is the application's database (R1.1).
const databaseName = "goalmandalamain"

// clusterOf gives the environment's database cluster.
func clusterOf(ctx context.Context, s *Subject) (types.DBCluster, error) {
	return recall(ctx, "cluster", func(ctx context.Context) (types.DBCluster, error) {
		name := s.Name()
		found, err := rds.NewFromConfig(s.AWS).DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: &name})
		if answered(err, "DBClusterNotFoundFault") {
			return types.DBCluster{}, &Failure{Reasons: []string{"there is no cluster " + name}}
		}
		if err != nil {
			return types.DBCluster{}, fmt.Errorf("cluster %s: %w", name, err)
		}
		return lookup("cluster "+name, found.DBClusters, nil)
	})
}

// instancesOf gives the cluster's instances.
func instancesOf(ctx context.Context, s *Subject) ([]types.DBInstance, error) {
	return recall(ctx, "instances", func(ctx context.Context) ([]types.DBInstance, error) {
		name := s.Name()
		all, err := listOf(ctx, "the instances of cluster "+name, rds.NewDescribeDBInstancesPaginator(rds.NewFromConfig(s.AWS), &rds.DescribeDBInstancesInput{
			Filters: []types.Filter{{Name: awssdk.String("db-cluster-id"), Values: []string{name}}},
		}), func(page *rds.DescribeDBInstancesOutput) []types.DBInstance { return page.DBInstances })
		return slices.DeleteFunc(all, func(each types.DBInstance) bool { return text(each.DBClusterIdentifier) != name }), err
	})
}

func databaseChecks() []Check {
	cluster := "rds:DescribeDBClusters"
	return []Check{
		{
			ID: "data.cluster", Title: "the database is Aurora PostgreSQL Serverless v2 of the environment's size, and signs users in by IAM", Requirements: []string{"R1.1", "R7.1"}, Reads: []string{cluster},
			Remedy: "apply the layer database",
			Run:    clusterIs,
		},
		{
			ID: "data.instances", Title: "the instances stand in different zones, are watched, and none is public", Requirements: []string{"R1.1", "R4.3", "R6.3"}, Reads: []string{"rds:DescribeDBInstances"},
			Remedy: "apply the layer database; an instance that was made public may have been connected to: look in the database's log",
			Run:    instancesAre,
		},
		{
			ID: "data.encrypted", Title: "the database's storage is encrypted with a key of the environment's", Requirements: []string{"R1.1", "R4.4", "R8.1"}, Reads: []string{cluster, "kms:ListAliases"},
			Remedy: "storage cannot be encrypted afterwards: restore a snapshot into an encrypted cluster and lead the layer database there",
			Run:    clusterEncrypted,
		},
		{
			ID: "data.deletion-protection", Title: "the database is protected from deletion where its data are worth it", Requirements: []string{"R1.1"}, Reads: []string{cluster},
			Remedy: "switch it on (rds:ModifyDBCluster), then apply the layer database",
			Run:    clusterProtected,
		},
		{
			ID: "data.audit-log", Title: "sign-ins, changes and slow queries of the database are logged, without bound values, to CloudWatch Logs", Requirements: []string{"R1.1", "R1.4", "R8.1"},
			Reads:  []string{cluster, "rds:DescribeDBClusterParameters"},
			Remedy: "apply the layer database; shared_preload_libraries takes effect when the instances start again",
			Run:    databaseLogs,
		},
		{
			ID: "data.credentials", Title: "RDS keeps the master user's password in Secrets Manager and changes it every 30 days", Requirements: []string{"R1.1", "R1.4"}, Reads: []string{cluster, "secretsmanager:DescribeSecret"},
			Remedy: "apply the layer database; a rotation that is due can be made at once (secretsmanager:RotateSecret)",
			Run:    credentialsRotate,
		},
	}
}

func clusterIs(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeCluster(&v, c, s.Environment)
	return v.give()
}

func judgeCluster(v *verdict, c types.DBCluster, environment string) {
	v.must(text(c.Engine) == "aurora-postgresql", "the engine is %s", text(c.Engine))
	v.must(text(c.DatabaseName) == databaseName, "the database is called %s, not %s", text(c.DatabaseName), databaseName)
	v.must(awssdk.ToBool(c.IAMDatabaseAuthenticationEnabled), "the database signs nobody in by IAM")
	v.must(text(c.Status) == "available" || strings.HasPrefix(text(c.Status), "backing-up"), "the cluster is %s", text(c.Status))
	capacity := c.ServerlessV2ScalingConfiguration
	if capacity == nil {
		v.must(false, "the cluster is not serverless")
		return
	}
	least, most, want := awssdk.ToFloat64(capacity.MinCapacity), awssdk.ToFloat64(capacity.MaxCapacity), of(databaseCapacity, environment)
	v.must(least == 0.5 && most == want, "the database grows from %v to %v ACU, not from 0.5 to %v", least, most, want)
	v.saw("%s %s, %v to %v ACU, %s", text(c.Engine), text(c.EngineVersion), least, most, text(c.Status))
}

func instancesAre(ctx context.Context, s *Subject) ([]string, error) {
	all, err := instancesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeInstances(&v, all, of(instanceCounts, s.Environment))
	return v.give()
}

func judgeInstances(v *verdict, all []types.DBInstance, want int) {
	zones := map[string]bool{}
	for _, each := range all {
		name := text(each.DBInstanceIdentifier)
		zones[text(each.AvailabilityZone)] = true
		v.must(text(each.DBInstanceClass) == "db.serverless", "instance %s is a %s", name, text(each.DBInstanceClass))
		v.must(!awssdk.ToBool(each.PubliclyAccessible), "instance %s is public", name)
		v.must(awssdk.ToBool(each.PerformanceInsightsEnabled), "instance %s is without Performance Insights", name)
		v.must(awssdk.ToInt32(each.MonitoringInterval) == 60, "instance %s is monitored each %d s, not 60 (0: never)", name, awssdk.ToInt32(each.MonitoringInterval))
		v.saw("%s in %s", name, text(each.AvailabilityZone))
	}
	v.must(len(all) >= want, "the cluster has %d instances, not %d", len(all), want)
	v.must(len(zones) == min(len(all), 2), "the instances stand in %d zones", len(zones))
	slices.Sort(v.seen)
}

func clusterEncrypted(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(awssdk.ToBool(c.StorageEncrypted) && keys.have(text(c.KmsKeyId)), "the database's storage is encrypted with %s", orNothing(text(c.KmsKeyId)))
	v.saw("key %s", text(c.KmsKeyId))
	return v.give()
}

func clusterProtected(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	protected, want := awssdk.ToBool(c.DeletionProtection), of(deletionProtected, s.Environment)
	v.must(protected || !want, "cluster %s can be deleted", text(c.DBClusterIdentifier))
	v.saw("protected: %t (asked for in %s: %t)", protected, s.Environment, want)
	return v.give()
}

func databaseLogs(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	values, err := parametersOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeDatabaseLogs(&v, c.EnabledCloudwatchLogsExports, values)
	return v.give()
}

func judgeDatabaseLogs(v *verdict, exports []string, values map[string]string) {
	v.must(slices.Contains(exports, "postgresql"), "the database's log does not go to CloudWatch Logs")
	for name, want := range map[string]string{"log_min_duration_statement": "1000", "log_connections": "1", "log_disconnections": "1", "pgaudit.log_parameter": "0"} {
		v.must(values[name] == want, "%s is %q, not %s", name, values[name], want)
	}
	v.must(strings.Contains(values["shared_preload_libraries"], "pgaudit"), "pgaudit is not loaded: %q", values["shared_preload_libraries"])
	for _, class := range []string{"ddl", "role", "write"} {
		v.must(slices.Contains(strings.Split(values["pgaudit.log"], ","), class), "pgaudit.log leaves %s out: %q", class, values["pgaudit.log"])
	}
	v.saw("exported: %v; pgaudit.log %s, slow from %s ms on", exports, values["pgaudit.log"], values["log_min_duration_statement"])
}

func credentialsRotate(ctx context.Context, s *Subject) ([]string, error) {
	c, err := clusterOf(ctx, s)
	if err != nil {
		return nil, err
	}
	if c.MasterUserSecret == nil {
		return nil, &Failure{Reasons: []string{"RDS does not keep the master user's password"}}
	}
	about, err := secretsmanager.NewFromConfig(s.AWS).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: c.MasterUserSecret.SecretArn})
	if err != nil {
		return nil, fmt.Errorf("the master user's secret: %w", err)
	}
	var v verdict
	days := int64(0)
	if about.RotationRules != nil {
		days = awssdk.ToInt64(about.RotationRules.AutomaticallyAfterDays)
	}
	v.must(awssdk.ToBool(about.RotationEnabled) && days == 30, "the master user's password is changed every %d days, not 30 (0, or switched off: never): on is %t", days, awssdk.ToBool(about.RotationEnabled))
	// RDS changes it within a window of a day.
	if about.LastRotatedDate != nil {
		age := s.Now().Sub(*about.LastRotatedDate)
		v.must(age.Hours() < 32*24, "the master user's password is %d days old", int(age.Hours()/24))
		v.saw("changed %s", about.LastRotatedDate.UTC().Format("2006-01-02"))
	}
	return v.give()
}
