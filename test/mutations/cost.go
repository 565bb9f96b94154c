package mutations

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgettypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func costMutations() []mutation {
	return []mutation{
		{"a second NAT gateway", []string{"cost.nat-gateways"}, "cost", secondGateway},
		{"an endpoint by the hour", []string{"cost.nat-gateways"}, "cost", hourlyEndpoint},
		{"a database that grows without bounds", []string{"cost.database-capacity"}, "cost", capacity(64)},
		{"a log that is kept for ever", []string{"cost.log-retention"}, "cost", logKeptForever("tasks")},
		{"a trail that stays where it is dear", []string{"cost.storage-lifecycle"}, "cost", noLifecycle("trail_bucket")},
		{"a budget of another size", []string{"cost.budget"}, "cost", budgetOf("5000")},
	}
}

func secondGateway(t *testing.T, w *world) func() {
	t.Helper()
	client := ec2.NewFromConfig(w.config)
	subnets, _ := w.outputs["public_subnet_ids"].([]any)
	subnet, _ := subnets[0].(string)
	address, err := client.AllocateAddress(t.Context(), &ec2.AllocateAddressInput{Domain: ec2types.DomainTypeVpc})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateNatGateway(t.Context(), &ec2.CreateNatGatewayInput{SubnetId: &subnet, AllocationId: address.AllocationId})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := client.DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: made.NatGateway.NatGatewayId}); err != nil {
			t.Fatal(err)
		}
		if _, err := client.ReleaseAddress(t.Context(), &ec2.ReleaseAddressInput{AllocationId: address.AllocationId}); err != nil {
			t.Log(err) // it may still be the gateway's
		}
	}
}

func hourlyEndpoint(t *testing.T, w *world) func() {
	t.Helper()
	client := ec2.NewFromConfig(w.config)
	made, err := client.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{
		VpcId: aws.String(w.output(t, "vpc_id")), ServiceName: aws.String("com.amazonaws." + w.config.Region + ".secretsmanager"), VpcEndpointType: ec2types.VpcEndpointTypeInterface,
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := client.DeleteVpcEndpoints(t.Context(), &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*made.VpcEndpoint.VpcEndpointId}}); err != nil {
			t.Fatal(err)
		}
	}
}

// capacity lets the database grow to so many ACU.
func capacity(acu float64) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client := rds.NewFromConfig(w.config)
		found, err := client.DescribeDBClusters(t.Context(), &rds.DescribeDBClustersInput{DBClusterIdentifier: &w.name})
		if err != nil {
			t.Fatal(err)
		}
		before := found.DBClusters[0].ServerlessV2ScalingConfiguration
		set := func(most *float64) {
			if _, err := client.ModifyDBCluster(t.Context(), &rds.ModifyDBClusterInput{DBClusterIdentifier: &w.name, ApplyImmediately: aws.Bool(true),
				ServerlessV2ScalingConfiguration: &rdstypes.ServerlessV2ScalingConfiguration{MinCapacity: before.MinCapacity, MaxCapacity: most}}); err != nil {
				t.Fatal(err)
			}
		}
		set(&acu)
		return func() { set(before.MaxCapacity) }
	}
}

// noLifecycle takes the rules from a bucket.
func noLifecycle(output string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := s3.NewFromConfig(w.config, func(o *s3.Options) { o.UsePathStyle = true }), w.output(t, output)
		found, err := client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := client.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{Bucket: &name,
				TransitionDefaultMinimumObjectSize: found.TransitionDefaultMinimumObjectSize, LifecycleConfiguration: lifecycle(found)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func budgetOf(usd string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := budgets.NewFromConfig(w.inUsEast1()), w.name+"-monthly"
		found, err := client.DescribeBudget(t.Context(), &budgets.DescribeBudgetInput{AccountId: &w.account, BudgetName: &name})
		if err != nil {
			t.Fatal(err)
		}
		before := aws.ToString(found.Budget.BudgetLimit.Amount)
		set := func(amount string) {
			found.Budget.BudgetLimit = &budgettypes.Spend{Amount: &amount, Unit: aws.String("USD")}
			if _, err := client.UpdateBudget(t.Context(), &budgets.UpdateBudgetInput{AccountId: &w.account, NewBudget: found.Budget}); err != nil {
				t.Fatal(err)
			}
		}
		set(usd)
		return func() { set(before) }
	}
}

func lifecycle(found *s3.GetBucketLifecycleConfigurationOutput) *s3types.BucketLifecycleConfiguration {
	return &s3types.BucketLifecycleConfiguration{Rules: found.Rules}
}
