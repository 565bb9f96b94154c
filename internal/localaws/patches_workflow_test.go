package localaws_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// workflowQuestions are about Step Functions, CloudTrail and the trail's bucket: patches 650 to 669.
func workflowQuestions() []question {
	return []question{
		{"650_sfn_validate_definition", "valid definition", machineValidation(machineDefinition), "OK, 0 diagnostics"},
		{"650_sfn_validate_definition", "invalid definition", machineValidation(`{"StartAt":"A","States":{"A":{"Type":"Guess"}}}`), "FAIL, 1 diagnostics"},
		{"651_sfn_list_versions", "two versions", machineVersions, "2 1"},
		{"651_sfn_list_versions", "none published", unpublishedMachine, "none"},
		{"652_sfn_start_execution", "two of one machine", twoExecutions, "2 executions"},
		{"652_sfn_start_execution", "without a name", unnamedExecution, "36 characters"},
		{"652_sfn_start_execution", "a name that AWS refuses", refusedName, "InvalidName"},
		{"653_sfn_execution_end", "stopped", stoppedExecution, "ABORTED by a user, last ExecutionAborted"},
		{"653_sfn_execution_end", "too long", lateExecution, "TIMED_OUT with a stop date"},
		{"653_sfn_execution_end", "a string", stringOutput, `"text"`},
		{"654_sfn_tagged", "a machine among tagged resources", taggedMachine, "Layer=workflow"},
		{"655_sfn_history", "one event of the last page", lastEvent, "1 ExecutionSucceeded, more true"},
		{"660_cloudtrail_by_arn", "start and stop", trailLogging, "on, then off"},
		{"660_cloudtrail_by_arn", "unknown trail", unknownTrail, "TrailNotFoundException"},
		{"660_cloudtrail_by_arn", "deleted trail", deletedTrail, "TrailNotFoundException"},
		{"661_cloudtrail_insight_selectors", "one of two taken out", fewerInsights, "ApiCallRateInsight"},
		{"662_s3_transition_minimum", "read back", transitionMinimum, "varies_by_storage_class, then all_storage_classes_128K"},
	}
}

const machineDefinition = `{"StartAt":"Only","States":{"Only":{"Type":"Pass","End":true}}}`

func machineValidation(definition string) func(context.Context, aws.Config) (string, error) {
	return func(ctx context.Context, to aws.Config) (string, error) {
		answer, err := sfn.NewFromConfig(to).ValidateStateMachineDefinition(ctx, &sfn.ValidateStateMachineDefinitionInput{Definition: &definition})
		if err != nil {
			return code(err)
		}
		return fmt.Sprintf("%s, %d diagnostics", answer.Result, len(answer.Diagnostics)), nil
	}
}

// newMachine creates a state machine, with a first version where publish is set.
func newMachine(ctx context.Context, to aws.Config, name string, publish bool) (*sfn.Client, *string, error) {
	api := sfn.NewFromConfig(to)
	machine, err := api.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &name, Definition: aws.String(machineDefinition), Publish: publish,
		RoleArn: aws.String("arn:aws:iam::123456789012:role/workflow"),
		Type:    sfntypes.StateMachineTypeStandard,
	})
	if err != nil {
		return nil, nil, err
	}
	return api, machine.StateMachineArn, nil
}

// versionNumbers gives the last parts of the versions' ARNs, as they are listed.
func versionNumbers(ctx context.Context, api *sfn.Client, machine *string) (string, error) {
	listed, err := api.ListStateMachineVersions(ctx, &sfn.ListStateMachineVersionsInput{StateMachineArn: machine})
	if err != nil {
		return code(err)
	}
	if len(listed.StateMachineVersions) == 0 {
		return "none", nil
	}
	var numbers string
	for _, version := range listed.StateMachineVersions {
		numbers += " " + (*version.StateMachineVersionArn)[len(*machine)+1:]
	}
	return numbers[1:], nil
}

func machineVersions(ctx context.Context, to aws.Config) (string, error) {
	api, machine, err := newMachine(ctx, to, "published", true)
	if err != nil {
		return "", err
	}
	if _, err := api.UpdateStateMachine(ctx, &sfn.UpdateStateMachineInput{
		StateMachineArn: machine, Definition: aws.String(machineDefinition), Publish: true,
	}); err != nil {
		return code(err)
	}
	return versionNumbers(ctx, api, machine)
}

func unpublishedMachine(ctx context.Context, to aws.Config) (string, error) {
	api, machine, err := newMachine(ctx, to, "unpublished", false)
	if err != nil {
		return "", err
	}
	return versionNumbers(ctx, api, machine)
}

func newTrail(ctx context.Context, to aws.Config, name string) (*cloudtrail.Client, *string, error) {
	if _, err := bucket(ctx, to, name); err != nil {
		return nil, nil, err
	}
	api := cloudtrail.NewFromConfig(to)
	trail, err := api.CreateTrail(ctx, &cloudtrail.CreateTrailInput{Name: &name, S3BucketName: &name})
	if err != nil {
		return nil, nil, err
	}
	return api, trail.TrailARN, nil
}

func trailLogging(ctx context.Context, to aws.Config) (string, error) {
	api, trail, err := newTrail(ctx, to, "trail-logging")
	if err != nil {
		return "", err
	}
	state := func() (string, error) {
		status, err := api.GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail})
		if err != nil {
			return "", err
		}
		return map[bool]string{false: "off", true: "on"}[aws.ToBool(status.IsLogging)], nil
	}
	if _, err := api.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: trail}); err != nil {
		return code(err)
	}
	started, err := state()
	if err != nil {
		return "", err
	}
	if _, err := api.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: trail}); err != nil {
		return code(err)
	}
	stopped, err := state()
	return started + ", then " + stopped, err
}

func unknownTrail(ctx context.Context, to aws.Config) (string, error) {
	_, err := cloudtrail.NewFromConfig(to).StartLogging(ctx, &cloudtrail.StartLoggingInput{
		Name: aws.String("arn:aws:cloudtrail:" + region + ":123456789012:trail/unknown"),
	})
	return code(err)
}

func deletedTrail(ctx context.Context, to aws.Config) (string, error) {
	api, trail, err := newTrail(ctx, to, "trail-deleted")
	if err != nil {
		return "", err
	}
	if _, err := api.DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: trail}); err != nil {
		return code(err)
	}
	if _, err := api.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: trail}); err != nil {
		return code(err)
	}
	return "still there", nil
}

func fewerInsights(ctx context.Context, to aws.Config) (string, error) {
	api, trail, err := newTrail(ctx, to, "trail-insights")
	if err != nil {
		return "", err
	}
	rate := trailtypes.InsightSelector{InsightType: trailtypes.InsightTypeApiCallRateInsight}
	errorRate := trailtypes.InsightSelector{InsightType: trailtypes.InsightTypeApiErrorRateInsight}
	for _, selectors := range [][]trailtypes.InsightSelector{{rate, errorRate}, {rate}} {
		if _, err := api.PutInsightSelectors(ctx, &cloudtrail.PutInsightSelectorsInput{TrailName: trail, InsightSelectors: selectors}); err != nil {
			return code(err)
		}
	}
	kept, err := api.GetInsightSelectors(ctx, &cloudtrail.GetInsightSelectorsInput{TrailName: trail})
	if err != nil {
		return code(err)
	}
	var kinds []string
	for _, selector := range kept.InsightSelectors {
		kinds = append(kinds, string(selector.InsightType))
	}
	return strings.Join(kinds, " "), nil
}

func transitionMinimum(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("transition-minimum")
	api, err := bucket(ctx, to, *name)
	if err != nil {
		return "", err
	}
	rules := &s3types.BucketLifecycleConfiguration{Rules: []s3types.LifecycleRule{{
		ID: aws.String("moved"), Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("")}, Status: s3types.ExpirationStatusEnabled,
		Transitions: []s3types.Transition{{Days: aws.Int32(90), StorageClass: s3types.TransitionStorageClassGlacier}},
	}}}
	var answers []string
	for _, minimum := range []s3types.TransitionDefaultMinimumObjectSize{s3types.TransitionDefaultMinimumObjectSizeVariesByStorageClass, ""} {
		if _, err := api.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{
			Bucket: name, LifecycleConfiguration: rules, TransitionDefaultMinimumObjectSize: minimum,
		}); err != nil {
			return code(err)
		}
		got, err := api.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: name})
		if err != nil {
			return code(err)
		}
		answers = append(answers, string(got.TransitionDefaultMinimumObjectSize))
	}
	return strings.Join(answers, ", then "), nil
}

// startedMachine starts an execution of a definition.
func startedMachine(ctx context.Context, to aws.Config, name, definition string) (*sfn.Client, *string, error) {
	api := sfn.NewFromConfig(to)
	machine, err := api.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{
		Name: &name, Definition: &definition, RoleArn: aws.String("arn:aws:iam::123456789012:role/workflow"),
	})
	if err != nil {
		return nil, nil, err
	}
	started, err := api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: aws.String("one")})
	if err != nil {
		return nil, nil, err
	}
	return api, started.ExecutionArn, nil
}

// ended waits until an execution does not run any more.
func ended(ctx context.Context, api *sfn.Client, execution *string) (*sfn.DescribeExecutionOutput, error) {
	for {
		described, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: execution})
		if err != nil || described.Status != sfntypes.ExecutionStatusRunning {
			return described, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func twoExecutions(ctx context.Context, to aws.Config) (string, error) {
	api, first, err := startedMachine(ctx, to, "two", machineDefinition)
	if err != nil {
		return code(err)
	}
	machine := strings.TrimSuffix(strings.Replace(*first, ":execution:", ":stateMachine:", 1), ":one")
	if _, err := api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: &machine, Name: aws.String("two")}); err != nil {
		return code(err)
	}
	all, err := api.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: &machine})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%d executions", len(all.Executions)), nil
}

// startNamed starts an execution of a new machine, which has had none.
func startNamed(ctx context.Context, to aws.Config, machine string, name *string) (string, error) {
	api, arn, err := newMachine(ctx, to, machine, false)
	if err != nil {
		return code(err)
	}
	started, err := api.StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: arn, Name: name})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%d characters", len((*started.ExecutionArn)[strings.LastIndex(*started.ExecutionArn, ":")+1:])), nil
}

func unnamedExecution(ctx context.Context, to aws.Config) (string, error) {
	return startNamed(ctx, to, "unnamed", nil)
}

func refusedName(ctx context.Context, to aws.Config) (string, error) {
	return startNamed(ctx, to, "refused-name", aws.String("not <this>"))
}

func stoppedExecution(ctx context.Context, to aws.Config) (string, error) {
	api, execution, err := startedMachine(ctx, to, "stopped",
		`{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 2, "Next": "Done"}, "Done": {"Type": "Pass", "End": true}}}`)
	if err != nil {
		return code(err)
	}
	if _, err := api.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: execution, Error: aws.String("Cancelled"), Cause: aws.String("by a user")}); err != nil {
		return code(err)
	}
	described, err := api.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: execution})
	if err != nil {
		return code(err)
	}
	history, err := api.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: execution})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%s %s, last %s", described.Status, aws.ToString(described.Cause), history.Events[len(history.Events)-1].Type), nil
}

func lateExecution(ctx context.Context, to aws.Config) (string, error) {
	api, execution, err := startedMachine(ctx, to, "late",
		`{"TimeoutSeconds": 1, "StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3, "End": true}}}`)
	if err != nil {
		return code(err)
	}
	described, err := ended(ctx, api, execution)
	if err != nil {
		return code(err)
	}
	if described.StopDate == nil {
		return string(described.Status), nil
	}
	return string(described.Status) + " with a stop date", nil
}

func stringOutput(ctx context.Context, to aws.Config) (string, error) {
	api, execution, err := startedMachine(ctx, to, "string", `{"StartAt": "Only", "States": {"Only": {"Type": "Pass", "Result": "text", "End": true}}}`)
	if err != nil {
		return code(err)
	}
	described, err := ended(ctx, api, execution)
	if err != nil {
		return code(err)
	}
	return aws.ToString(described.Output), nil
}

func lastEvent(ctx context.Context, to aws.Config) (string, error) {
	api, execution, err := startedMachine(ctx, to, "told", machineDefinition)
	if err != nil {
		return code(err)
	}
	if _, err := ended(ctx, api, execution); err != nil {
		return code(err)
	}
	history, err := api.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: execution, MaxResults: 1, ReverseOrder: true})
	if err != nil {
		return code(err)
	}
	return fmt.Sprintf("%d %s, more %t", len(history.Events), history.Events[0].Type, history.NextToken != nil), nil
}

// taggedMachine looks for a state machine where all tagged resources are.
func taggedMachine(ctx context.Context, to aws.Config) (string, error) {
	api, arn, err := newMachine(ctx, to, "tagged", false)
	if err != nil {
		return code(err)
	}
	if _, err := api.TagResource(ctx, &sfn.TagResourceInput{ResourceArn: arn, Tags: []sfntypes.Tag{{Key: aws.String("Layer"), Value: aws.String("workflow")}}}); err != nil {
		return code(err)
	}
	found, err := resourcegroupstaggingapi.NewFromConfig(to).GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{ResourceTypeFilters: []string{"states:stateMachine"}})
	if err != nil {
		return code(err)
	}
	for _, resource := range found.ResourceTagMappingList {
		if aws.ToString(resource.ResourceARN) == *arn && len(resource.Tags) == 1 {
			return aws.ToString(resource.Tags[0].Key) + "=" + aws.ToString(resource.Tags[0].Value), nil
		}
	}
	return "not there", nil
}
