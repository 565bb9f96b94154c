package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

func tracingChecks() []Check {
	return []Check{
		{
			ID: "monitoring.function-tracing", Area: Monitoring, Requirements: []string{"R1.2", "R3.3"},
			Title:  "every function is traced by X-Ray",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions: `mandala-deploy drift ENV` shows what was changed",
			Run:    functionsAreTraced,
		},
		{
			ID: "monitoring.api-tracing", Area: Monitoring, Requirements: []string{"R1.2", "R3.3"},
			Title:  "the API's stage is traced by X-Ray",
			Reads:  []string{"apigateway:GetRestApis", "apigateway:GetStage"},
			Remedy: "apply the layer api: its stage has xray_tracing_enabled",
			Run:    apiIsTraced,
		},
		{
			ID: "monitoring.workflow-tracing", Area: Monitoring, Requirements: []string{"R1.2", "R3.3"},
			Title:  "the workflow is traced by X-Ray",
			Reads:  []string{"states:DescribeStateMachine"},
			Remedy: "apply the layer workflow",
			Run:    workflowIsTraced,
		},
		{
			ID: "monitoring.trace-sampling", Area: Monitoring, Requirements: []string{"R3.3"},
			Title:  "traces of the API's requests are sampled and grouped",
			Reads:  []string{"xray:GetGroups", "xray:GetSamplingRules"},
			Remedy: "apply the layer monitoring; monitoring.tracing of the environment's values sets the rates",
			Run:    tracesAreSampled,
		},
	}
}

func functionsAreTraced(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		v.must(f.TracingConfig != nil && f.TracingConfig.Mode == types.TracingModeActive, "function %s is not traced", f.short)
	}
	v.saw("tracing of %d functions", len(functions))
	return v.give()
}

// restAPI finds the API by its name.
func restAPI(ctx context.Context, s *Subject) (apitypes.RestApi, error) {
	return recall(ctx, "rest-api", func(ctx context.Context) (apitypes.RestApi, error) {
		pages := apigateway.NewGetRestApisPaginator(apigateway.NewFromConfig(s.AWS), &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return apitypes.RestApi{}, err
			}
			for _, each := range page.Items {
				if text(each.Name) == s.Name()+"-api" {
					return each, nil
				}
			}
		}
		return apitypes.RestApi{}, fmt.Errorf("there is no API %s-api", s.Name())
	})
}

// apiStage reads the API's stage.
func apiStage(ctx context.Context, s *Subject) (*apigateway.GetStageOutput, error) {
	return recall(ctx, "stage", func(ctx context.Context) (*apigateway.GetStageOutput, error) {
		api, err := restAPI(ctx, s)
		if err != nil {
			return nil, err
		}
		return apigateway.NewFromConfig(s.AWS).GetStage(ctx, &apigateway.GetStageInput{RestApiId: api.Id, StageName: aws.String("v1")})
	})
}

func apiIsTraced(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	stage, err := apiStage(ctx, s)
	if err != nil {
		return nil, err
	}
	v.saw("stage %s: tracing %v", text(stage.StageName), stage.TracingEnabled)
	v.must(stage.TracingEnabled, "stage %s is not traced", text(stage.StageName))
	return v.give()
}

// stateMachine reads the workflow.
func stateMachine(ctx context.Context, s *Subject) (*sfn.DescribeStateMachineOutput, error) {
	return recall(ctx, "workflow", func(ctx context.Context) (*sfn.DescribeStateMachineOutput, error) {
		arn, err := s.Output("state_machine_arn")
		if err != nil {
			return nil, err
		}
		return sfn.NewFromConfig(s.AWS).DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	})
}

func workflowIsTraced(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	machine, err := stateMachine(ctx, s)
	if err != nil {
		return nil, err
	}
	traced := machine.TracingConfiguration != nil && machine.TracingConfiguration.Enabled
	v.saw("%s: tracing %v", text(machine.Name), traced)
	v.must(traced, "the workflow is not traced")
	return v.give()
}

func tracesAreSampled(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client, api := xray.NewFromConfig(s.AWS), s.Name()+"-api/v1"
	rules, err := client.GetSamplingRules(ctx, &xray.GetSamplingRulesInput{})
	if err != nil {
		return nil, err
	}
	sampled := false
	for _, record := range rules.SamplingRuleRecords {
		if rule := record.SamplingRule; rule != nil && text(rule.ServiceName) == api {
			sampled = true
			v.saw("rule %s: %d a second and %g %% beyond", text(rule.RuleName), rule.ReservoirSize, 100*rule.FixedRate)
			v.must(rule.ReservoirSize > 0 || rule.FixedRate > 0, "rule %s samples nothing", text(rule.RuleName))
		}
	}
	v.must(sampled, "no sampling rule is for %s", api)
	groups, err := client.GetGroups(ctx, &xray.GetGroupsInput{})
	if err != nil {
		return nil, err
	}
	grouped := false
	for _, group := range groups.Groups {
		if filter := text(group.FilterExpression); strings.Contains(filter, `"`+api+`"`) {
			grouped = true
			v.saw("group %s", text(group.GroupName))
			v.must(strings.Contains(filter, `"`+s.Name()+`-TaskGenerationWorkflow"`), "group %s leaves the workflow out", text(group.GroupName))
		}
	}
	v.must(grouped, "no group has the traces of %s", api)
	return v.give()
}
