package test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
)

// computeListers list what runs and the network that it runs in.
func computeListers() map[string]lister {
	return map[string]lister{
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
		"event rules": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := eventbridge.NewFromConfig(region).ListRules(ctx, &eventbridge.ListRulesInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Rules {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
	}
}
