package verify

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

func costChecks() []Check {
	return append([]Check{
		{
			ID: "cost.nat-gateways", Area: Cost, Requirements: []string{"R1.5", "R7.1"},
			Title:  "there is one NAT gateway at most, and no endpoint that costs by the hour",
			Reads:  []string{"ec2:DescribeNatGateways", "ec2:DescribeVpcEndpoints"},
			Remedy: "set network.nat_gateways to \"single\" and network.interface_endpoints to none, and apply; one per zone is the choice of who pays for it",
			Run:    networkIsCheap,
		},
		{
			ID: "cost.database-capacity", Area: Cost, Requirements: []string{"R1.1", "R7.1"},
			Title:  "the database rests at 0.5 ACU and grows to 2 at most, outside production to 1",
			Reads:  []string{"rds:DescribeDBClusters", "rds:DescribeDBInstances"},
			Remedy: "apply the layer database; database.capacity_acu of the environment's values sets the bounds",
			Run:    databaseIsBounded,
		},
		{
			ID: "cost.function-architecture", Area: Cost, Requirements: []string{"R7.1"},
			Title:  "functions run on the processor that deploy.hcl names: arm64 costs a fifth less",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "deploy again: functions are built for functions.architecture of deploy.hcl",
			Run:    functionsAreCheap,
		},
		{
			ID: "cost.log-retention", Area: Cost, Requirements: []string{"R3.4", "R7.1"},
			Title:  "no log is kept for ever",
			Reads:  []string{"logs:DescribeLogGroups"},
			Remedy: "apply the layers; a log group that a service made by itself is deleted or gets `aws logs put-retention-policy`",
			Run:    logsExpire,
		},
		{
			ID: "cost.storage-lifecycle", Area: Cost, Requirements: []string{"R1.3", "R4.2", "R7.1"},
			Title:  "the trail's files move to cheaper classes, and the site's old versions go",
			Reads:  []string{"s3:GetBucketLifecycleConfiguration"},
			Remedy: "apply the layers audit and frontend",
			Run:    storageIsCheap,
		},
		{
			ID: "cost.price-class", Area: Cost, Requirements: []string{"R1.3", "R7.1"},
			Title:  "CloudFront serves from as many places as the environment pays for",
			Reads:  []string{"cloudfront:GetDistributionConfig"},
			Remedy: "apply the layer frontend; frontend.price_class of the environment's values sets it",
			Run:    priceClassFits,
		},
	}, spendingChecks()...)
}

func networkIsCheap(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	vpc, err := s.Output("vpc_id")
	if err != nil {
		return nil, err
	}
	client := ec2.NewFromConfig(s.AWS)
	filters := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{vpc}}}
	gateways, err := client.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{Filter: filters})
	if err != nil {
		return nil, err
	}
	standing := 0
	for _, gateway := range gateways.NatGateways {
		if gateway.State == ec2types.NatGatewayStateAvailable || gateway.State == ec2types.NatGatewayStatePending {
			standing++
		}
	}
	endpoints, err := client.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{Filters: filters})
	if err != nil {
		return nil, err
	}
	hourly := []string{}
	for _, endpoint := range endpoints.VpcEndpoints {
		gone := strings.HasPrefix(strings.ToLower(string(endpoint.State)), "delet") // it is listed for a while
		if endpoint.VpcEndpointType == ec2types.VpcEndpointTypeInterface && !gone {
			hourly = append(hourly, text(endpoint.ServiceName))
		}
	}
	v.saw("%d NAT gateways, %d endpoints, %d of them by the hour", standing, len(endpoints.VpcEndpoints), len(hourly))
	v.must(standing <= 1, "%d NAT gateways stand", standing)
	v.must(len(hourly) == 0, "endpoints that cost by the hour: %s", strings.Join(hourly, ", "))
	return v.give()
}

func databaseIsBounded(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client := rds.NewFromConfig(s.AWS)
	found, err := client.DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{DBClusterIdentifier: aws.String(s.Name())})
	if err != nil {
		return nil, err
	}
	most := 1.0
	if isProduction(s) {
		most = 2
	}
	for _, cluster := range found.DBClusters {
		scaling := cluster.ServerlessV2ScalingConfiguration
		if scaling == nil {
			v.must(false, "the database does not scale")
			continue
		}
		v.saw("%g to %g ACU", aws.ToFloat64(scaling.MinCapacity), aws.ToFloat64(scaling.MaxCapacity))
		v.must(aws.ToFloat64(scaling.MinCapacity) <= 0.5, "the database rests at %g ACU", aws.ToFloat64(scaling.MinCapacity))
		v.must(aws.ToFloat64(scaling.MaxCapacity) <= most, "the database grows to %g ACU, more than %g", aws.ToFloat64(scaling.MaxCapacity), most)
		for _, member := range cluster.DBClusterMembers {
			instances, err := client.DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{DBInstanceIdentifier: member.DBInstanceIdentifier})
			if err != nil {
				return nil, err
			}
			for _, each := range instances.DBInstances {
				v.must(text(each.DBInstanceClass) == "db.serverless", "instance %s is a %s, which costs at rest, too", text(each.DBInstanceIdentifier), text(each.DBInstanceClass))
			}
		}
		v.must(len(cluster.DBClusterMembers) <= 2, "the database has %d instances", len(cluster.DBClusterMembers))
	}
	v.must(len(found.DBClusters) == 1, "there is no database %s", s.Name())
	return v.give()
}

func functionsAreCheap(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	want := lambdatypes.Architecture(s.Settings.Functions.Architecture)
	if s.Settings.Functions.Architecture == environment.ThisHost {
		// They are processes of this machine, and cost nothing.
		for _, f := range functions {
			v.must(len(f.Architectures) == 1 && f.Architectures[0] == functions[0].Architectures[0], "function %s is built for another processor than function %s", f.short, functions[0].short)
		}
		v.saw("built for this machine, as deploy.hcl says: %v", functions[0].Architectures)
		return v.give()
	}
	if want == "" {
		want = lambdatypes.ArchitectureArm64
	}
	for _, f := range functions {
		v.must(len(f.Architectures) == 1 && f.Architectures[0] == want, "function %s runs on %v, not %s", f.short, f.Architectures, want)
	}
	v.saw("%d functions on %s", len(functions), want)
	return v.give()
}

func logsExpire(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	groups, err := environmentLogs(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, group := range groups {
		v.must(aws.ToInt32(group.RetentionInDays) > 0, "log group %s is kept for ever", text(group.LogGroupName))
	}
	v.saw("%d log groups", len(groups))
	return v.give()
}

func storageIsCheap(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	rules := func(output string) ([]types.LifecycleRule, error) {
		name, err := s.Output(output)
		if err != nil {
			return nil, err
		}
		found, err := storage(s).GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
		if answered(err, "NoSuchLifecycleConfiguration") {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return found.Rules, nil
	}
	trail, err := rules("trail_bucket")
	if err != nil {
		return nil, err
	}
	moves := map[types.TransitionStorageClass]int32{}
	for _, rule := range trail {
		for _, move := range rule.Transitions {
			if rule.Status == types.ExpirationStatusEnabled {
				moves[move.StorageClass] = aws.ToInt32(move.Days)
			}
		}
	}
	v.saw("trail: Infrequent Access after %d days, Glacier after %d", moves[types.TransitionStorageClassStandardIa], moves[types.TransitionStorageClassGlacier])
	v.must(moves[types.TransitionStorageClassStandardIa] == 30, "the trail's files do not move to Infrequent Access after 30 days")
	v.must(!isProduction(s) || moves[types.TransitionStorageClassGlacier] == 90, "the trail's files do not move to Glacier after 90 days")

	site, err := rules("site_bucket")
	if err != nil {
		return nil, err
	}
	old, incomplete := false, false
	for _, rule := range site {
		if rule.Status == types.ExpirationStatusEnabled {
			old = old || rule.NoncurrentVersionExpiration != nil && aws.ToInt32(rule.NoncurrentVersionExpiration.NoncurrentDays) <= 30
			incomplete = incomplete || rule.AbortIncompleteMultipartUpload != nil
		}
	}
	v.saw("site: old versions expire %v, incomplete uploads %v", old, incomplete)
	v.must(old, "old versions of the site's files are kept for ever")
	v.must(incomplete, "incomplete uploads of the site's files are kept for ever")
	return v.give()
}

// priceClassFits: production serves the whole world, staging and development less of
// it; other environments may choose.
func priceClassFits(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := distribution(ctx, s)
	if err != nil {
		return nil, err
	}
	want := map[string]cftypes.PriceClass{"staging": cftypes.PriceClassPriceClass200, "development": cftypes.PriceClassPriceClass100}[s.Environment]
	if isProduction(s) {
		want = cftypes.PriceClassPriceClassAll
	}
	v.saw("%s", d.PriceClass)
	v.must(want == "" || d.PriceClass == want, "%s, not %s", d.PriceClass, want)
	return v.give()
}
