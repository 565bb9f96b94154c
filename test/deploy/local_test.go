// Package deploy deploys the project's own environment for real: real
// Terraform, the real AWS provider, a local AWS, through the command line.
package deploy

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

type applied struct {
	DeploymentID string `json:"deployment_id"`
	Environment  string
	Result       string
	Layers       []struct {
		Name    string
		Result  string
		Seconds float64
	}
	Outputs map[string]any
}

type planned struct {
	Digest  string
	Summary struct{ Create, Update, Replace, Delete int }
	Layers  []struct {
		Name    string
		Changes []struct{ Address string }
	}
}

// TestLocal takes environment local through its life: from nothing, a second
// plan, a change in place, and its end.
func TestLocal(t *testing.T) {
	t.Parallel()
	p := kit.Real(t)

	var first planned
	p.JSON(2, &first, "plan", "local", "--detailed-exitcode")
	if first.Summary.Create == 0 || first.Summary.Update+first.Summary.Replace+first.Summary.Delete != 0 {
		t.Fatalf("the first plan is not all creations: %+v", first.Summary)
	}

	var done applied
	p.JSON(0, &done, "apply", "local", "--auto-approve")
	if done.Result != "succeeded" || done.Environment != "local" || len(done.Layers) != 3 || done.DeploymentID == "" {
		t.Fatalf("apply: %+v", done)
	}
	for _, layer := range done.Layers {
		if layer.Result != "succeeded" || layer.Seconds <= 0 {
			t.Errorf("layer %s: %s in %v s", layer.Name, layer.Result, layer.Seconds)
		}
	}
	nothingToDo(t, p)
	t.Run("network", func(t *testing.T) { checkNetwork(t, p, done.Outputs) })
	t.Run("secrets", func(t *testing.T) { checkSecrets(t, p) })
	t.Run("database", func(t *testing.T) { checkDatabase(t, p) })

	// A change in place of one layer leaves the others alone.
	p.Write("environments/local/terraform.tfvars", p.Read("environments/local/terraform.tfvars")+"\nnetwork = { flow_log = { retention_days = 14 } }\n")
	var change planned
	p.JSON(2, &change, "plan", "local", "--detailed-exitcode")
	if diff := cmp.Diff(struct{ Create, Update, Replace, Delete int }{0, 1, 0, 0}, change.Summary); diff != "" {
		t.Errorf("the change (-want +got):\n%s", diff)
	}
	done = applied{}
	p.JSON(0, &done, "apply", "local", "--auto-approve")
	if len(done.Layers) != 1 || done.Layers[0].Name != "network" {
		t.Errorf("layers touched: %+v", done.Layers)
	}
	nothingToDo(t, p)

	p.Must(0, "destroy", "local", "--confirm", "local")
	var status struct {
		Layers []struct {
			Name      string
			Resources int
		}
		LastDeployment struct{ Operation, Status string } `json:"last_deployment"`
		Lease          any
	}
	p.JSON(0, &status, "status", "local")
	for _, layer := range status.Layers {
		if layer.Resources != 0 {
			t.Errorf("layer %s has %d resources left", layer.Name, layer.Resources)
		}
	}
	if status.Lease != nil || status.LastDeployment.Operation != "destroy" || status.LastDeployment.Status != "succeeded" {
		t.Errorf("status: %+v", status)
	}
	nothingLeft(t, p)
}

func nothingToDo(t *testing.T, p *kit.Project) {
	t.Helper()
	p.Must(0, "plan", "local", "--detailed-exitcode")
	for _, layer := range []string{"network", "secrets", "database"} {
		p.Must(0, "plan", "local", "--detailed-exitcode", "--layer", layer)
	}
}

// checkNetwork looks at the facts of R1.5 in the account.
func checkNetwork(t *testing.T, p *kit.Project, outputs map[string]any) {
	client := ec2.NewFromConfig(p.AWSConfig(t.Context()))
	vpcID, _ := outputs["vpc_id"].(string)
	inVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpcID}}}
	vpcs, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{vpcID}})
	if err != nil || len(vpcs.Vpcs) != 1 || aws.ToString(vpcs.Vpcs[0].CidrBlock) != "10.0.0.0/16" {
		t.Fatalf("R1.5: VPC %s: %+v, %v", vpcID, vpcs, err)
	}
	subnets, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: inVPC})
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]int{}
	for _, s := range subnets.Subnets {
		zones[aws.ToString(s.AvailabilityZone)]++
	}
	if diff := cmp.Diff(map[string]int{"ap-northeast-1a": 2, "ap-northeast-1c": 2}, zones); diff != "" {
		t.Errorf("R1.5: subnets by zone (-want +got):\n%s", diff)
	}
	gateways, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{Filter: inVPC})
	if err != nil || len(gateways.NatGateways) != 1 {
		t.Errorf("R1.5: NAT gateways: %v, %v", gateways, err)
	}
	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: inVPC})
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range groups.SecurityGroups {
		name := aws.ToString(g.GroupName)
		switch {
		case name == "default" && len(g.IpPermissions)+len(g.IpPermissionsEgress) != 0:
			t.Error("R1.5: the default security group is not closed")
		case strings.Contains(name, "database"):
			in := g.IpPermissions
			if len(g.IpPermissionsEgress) != 0 || len(in) != 1 || aws.ToInt32(in[0].FromPort) != 5432 || len(in[0].IpRanges) != 0 || len(in[0].UserIdGroupPairs) != 1 {
				t.Errorf("R1.5: the database's group lets more through than 5432 from the functions: %+v", g)
			}
		}
	}
}

// checkSecrets looks at the facts of R1.4.
func checkSecrets(t *testing.T, p *kit.Project) {
	client := secretsmanager.NewFromConfig(p.AWSConfig(t.Context()))
	list, err := client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"jwt-key", "external-api", "slack-webhook"} {
		found := false
		for _, s := range list.SecretList {
			if strings.HasSuffix(aws.ToString(s.Name), "/"+want) {
				found = aws.ToString(s.KmsKeyId) != ""
			}
		}
		if !found {
			t.Errorf("R1.4: no secret %s with a key of its own", want)
		}
	}
	jwt, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("goal-mandala-local/jwt-key")})
	if err != nil {
		t.Fatal(err)
	}
	value := aws.ToString(jwt.SecretString)
	if len(value) < 32 {
		t.Fatalf("R1.4: the JWT key has %d characters", len(value))
	}
	bucket := "goal-mandala-local-deploy"
	for _, layer := range []string{"network", "secrets", "database"} {
		if strings.Contains(string(p.Object(bucket, "states/"+layer+".tfstate")), value) {
			t.Errorf("R1.4: the JWT key stands in the state of %s", layer)
		}
	}
}

// checkDatabase looks at the facts of R1.1.
func checkDatabase(t *testing.T, p *kit.Project) {
	client := rds.NewFromConfig(p.AWSConfig(t.Context()))
	clusters, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{})
	if err != nil || len(clusters.DBClusters) != 1 {
		t.Fatalf("R1.1: clusters: %v, %v", clusters, err)
	}
	c := clusters.DBClusters[0]
	facts := map[string]bool{
		"Aurora PostgreSQL":          aws.ToString(c.Engine) == "aurora-postgresql",
		"encrypted":                  aws.ToBool(c.StorageEncrypted) && aws.ToString(c.KmsKeyId) != "",
		"IAM authentication":         aws.ToBool(c.IAMDatabaseAuthenticationEnabled),
		"database name":              aws.ToString(c.DatabaseName) == "goalmandalamain",
		"backup window":              aws.ToString(c.PreferredBackupWindow) == "03:00-04:00",
		"maintenance window":         aws.ToString(c.PreferredMaintenanceWindow) == "sun:04:00-sun:05:00",
		"logs exported":              cmp.Equal(c.EnabledCloudwatchLogsExports, []string{"postgresql"}),
		"managed password":           c.MasterUserSecret != nil,
		"serverless from 0.5 ACU":    c.ServerlessV2ScalingConfiguration != nil && aws.ToFloat64(c.ServerlessV2ScalingConfiguration.MinCapacity) == 0.5,
		"writer and reader":          len(c.DBClusterMembers) == 2,
		"own cluster parameters":     strings.HasPrefix(aws.ToString(c.DBClusterParameterGroup), "goal-mandala-local"),
		"deletion protection lifted": !aws.ToBool(c.DeletionProtection), // local's own value
	}
	for fact, holds := range facts {
		if !holds {
			t.Errorf("R1.1: %s does not hold: %+v", fact, c)
		}
	}
	instances, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	if err != nil {
		t.Fatal(err)
	}
	zones := map[string]bool{}
	for _, i := range instances.DBInstances {
		zones[aws.ToString(i.AvailabilityZone)] = true
		if !aws.ToBool(i.PerformanceInsightsEnabled) || aws.ToInt32(i.MonitoringInterval) != 60 || aws.ToBool(i.PubliclyAccessible) {
			t.Errorf("R1.1: instance %s: insights %v, monitoring %v s, public %v", aws.ToString(i.DBInstanceIdentifier),
				aws.ToBool(i.PerformanceInsightsEnabled), aws.ToInt32(i.MonitoringInterval), aws.ToBool(i.PubliclyAccessible))
		}
	}
	if len(zones) != 2 {
		t.Errorf("R1.1: the instances stand in %v", zones)
	}
}

// nothingLeft looks for what a destroy could have forgotten.
func nothingLeft(t *testing.T, p *kit.Project) {
	t.Helper()
	config := p.AWSConfig(t.Context())
	vpcs, err := ec2.NewFromConfig(config).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{
		Filters: []ec2types.Filter{{Name: aws.String("is-default"), Values: []string{"false"}}}})
	if err != nil || len(vpcs.Vpcs) != 0 {
		t.Errorf("VPCs left: %v, %v", vpcs, err)
	}
	clusters, err := rds.NewFromConfig(config).DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{})
	if err != nil || len(clusters.DBClusters) != 0 {
		t.Errorf("clusters left: %v, %v", clusters, err)
	}
	secrets, err := secretsmanager.NewFromConfig(config).ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{})
	if err != nil || len(secrets.SecretList) != 0 {
		t.Errorf("secrets left: %v, %v", secrets, err)
	}
}
