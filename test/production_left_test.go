package test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// lister gives the names or ARNs of all of a kind that an account has.
type lister func(ctx context.Context, s *stack, region aws.Config) ([]string, error)

// listers are the kinds that the stack makes. Few are paged: a copy's account
// has few of each.
func listers() map[string]lister {
	return map[string]lister{
		"buckets": func(ctx context.Context, s *stack, _ aws.Config) ([]string, error) {
			out, err := s.S3(ctx).ListBuckets(ctx, &s3.ListBucketsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Buckets {
					if name := aws.ToString(each.Name); name != s.Bucket {
						all = append(all, name)
					}
				}
				return all
			})
		},
		"VPCs": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := ec2.NewFromConfig(region).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Vpcs {
					for _, tag := range each.Tags {
						if aws.ToString(tag.Key) == "Name" {
							all = append(all, aws.ToString(tag.Value))
						}
					}
				}
				return all
			})
		},
		"keys": listKeys,
		"clusters": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := rds.NewFromConfig(region).DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.DBClusters {
					all = append(all, aws.ToString(each.DBClusterIdentifier))
				}
				return all
			})
		},
		"secrets": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := secretsmanager.NewFromConfig(region).ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.SecretList {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"user pools": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cognitoidentityprovider.NewFromConfig(region).ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(60)})
			return names(out, err, func() (all []string) {
				for _, each := range out.UserPools {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"functions": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := lambda.NewListFunctionsPaginator(lambda.NewFromConfig(region), &lambda.ListFunctionsInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.Functions {
					all = append(all, aws.ToString(each.FunctionName))
				}
			}
			return all, nil
		},
		"log groups": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(region), &cloudwatchlogs.DescribeLogGroupsInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.LogGroups {
					all = append(all, aws.ToString(each.LogGroupName))
				}
			}
			return all, nil
		},
		"roles": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := iam.NewListRolesPaginator(iam.NewFromConfig(region), &iam.ListRolesInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.Roles {
					all = append(all, aws.ToString(each.RoleName))
				}
			}
			return all, nil
		},
		"policies": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := iam.NewListPoliciesPaginator(iam.NewFromConfig(region), &iam.ListPoliciesInput{Scope: "Local"})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.Policies {
					all = append(all, aws.ToString(each.PolicyName))
				}
			}
			return all, nil
		},
		"state machines": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := sfn.NewFromConfig(region).ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.StateMachines {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"REST APIs": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := apigateway.NewFromConfig(region).GetRestApis(ctx, &apigateway.GetRestApisInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Items {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"schedules": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := scheduler.NewFromConfig(region).ListScheduleGroups(ctx, &scheduler.ListScheduleGroupsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.ScheduleGroups {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"queues": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := sqs.NewFromConfig(region).ListQueues(ctx, &sqs.ListQueuesInput{})
			return names(out, err, func() []string { return out.QueueUrls })
		},
		"topics": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := sns.NewFromConfig(region).ListTopics(ctx, &sns.ListTopicsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Topics {
					all = append(all, aws.ToString(each.TopicArn))
				}
				return all
			})
		},
		"distributions": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			client := cloudfront.NewFromConfig(region)
			out, err := client.ListDistributions(ctx, &cloudfront.ListDistributionsInput{})
			if err != nil || out.DistributionList == nil {
				return nil, err
			}
			for _, each := range out.DistributionList.Items {
				distribution, err := client.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: each.Id})
				if err != nil {
					return nil, err
				}
				all = append(all, aws.ToString(distribution.DistributionConfig.Comment))
			}
			return all, nil
		},
		"trails": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudtrail.NewFromConfig(region).ListTrails(ctx, &cloudtrail.ListTrailsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Trails {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"alarms": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(region), &cloudwatch.DescribeAlarmsInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.MetricAlarms {
					all = append(all, aws.ToString(each.AlarmName))
				}
			}
			return all, nil
		},
		"dashboards": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudwatch.NewFromConfig(region).ListDashboards(ctx, &cloudwatch.ListDashboardsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.DashboardEntries {
					all = append(all, aws.ToString(each.DashboardName))
				}
				return all
			})
		},
		"budgets": func(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
			out, err := budgets.NewFromConfig(region).DescribeBudgets(ctx, &budgets.DescribeBudgetsInput{AccountId: &s.Account})
			return names(out, err, func() (all []string) {
				for _, each := range out.Budgets {
					all = append(all, aws.ToString(each.BudgetName))
				}
				return all
			})
		},
	}
}

// names gives what read gives, unless the call failed.
func names[T any](_ *T, err error, read func() []string) ([]string, error) {
	if err != nil {
		return nil, err
	}
	return read(), nil
}

// listKeys lists the keys that are not on their way out.
func listKeys(ctx context.Context, s *stack, region aws.Config) (all []string, err error) {
	client := kms.NewFromConfig(region)
	pages := kms.NewListKeysPaginator(client, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.Keys {
			key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: each.KeyId})
			if err != nil {
				return nil, err
			}
			description := aws.ToString(key.KeyMetadata.Description)
			if key.KeyMetadata.KeyState != kmstypes.KeyStatePendingDeletion && !strings.Contains(description, s.Bucket) {
				all = append(all, description)
			}
		}
	}
	return all, nil
}

// standing gives what stands in the account under the copy's name, by kind, the
// tool's own bucket and its key left out.
func standing(t *testing.T, s *stack) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for kind, list := range listers() {
		for _, region := range []aws.Config{s.config, s.usEast1} {
			all, err := list(t.Context(), s, region)
			if err != nil {
				t.Errorf("list %s in %s: %v", kind, region.Region, err)
			}
			for _, name := range all {
				if strings.Contains(name, s.Name) {
					found[kind] = append(found[kind], name)
				}
			}
		}
	}
	return found
}

// checkEverythingStands keeps checkNothingLeft honest: a kind that it does not
// find while the stack stands it would not miss afterwards.
func checkEverythingStands(t *testing.T, s *stack) {
	found := standing(t, s)
	for kind := range listers() {
		if len(found[kind]) == 0 {
			t.Errorf("there are no %s of %s", kind, s.Name)
		}
	}
}

func checkNothingLeft(t *testing.T, s *stack) {
	for kind, left := range standing(t, s) {
		t.Errorf("%s left: %v", kind, left)
	}
	var status struct {
		Layers []struct {
			Name      string
			Resources int
		}
		LastDeployment struct{ Operation, Status string } `json:"last_deployment"`
		Lease          any
	}
	s.For(t).JSON(0, &status, "status", s.Environment)
	for _, layer := range status.Layers {
		if layer.Resources != 0 {
			t.Errorf("layer %s has %d resources left", layer.Name, layer.Resources)
		}
	}
	if status.Lease != nil || status.LastDeployment.Operation != "destroy" || status.LastDeployment.Status != "succeeded" {
		t.Errorf("status: %+v", status)
	}
}
