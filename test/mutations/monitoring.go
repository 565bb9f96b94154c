package mutations

import (
	"encoding/json"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

func monitoringMutations() []mutation {
	return []mutation{
		{"an alarm without action", []string{"monitoring.alarm-actions"}, "monitoring", alarm("api-5xx-rate", func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = nil })},
		{"an alarm that is switched off", []string{"monitoring.alarm-actions"}, "monitoring", alarm("workflow-failure-rate", func(in *cloudwatch.PutMetricAlarmInput) { in.ActionsEnabled = aws.Bool(false) })},
		{"a higher threshold", []string{"monitoring.alarms"}, "monitoring", alarm("function-goals-error-rate", func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = aws.Float64(50) })},
		{"an alarm of one period", []string{"monitoring.alarms"}, "monitoring", alarm("database-1-connections", func(in *cloudwatch.PutMetricAlarmInput) {
			in.EvaluationPeriods, in.DatapointsToAlarm = aws.Int32(1), aws.Int32(1)
		})},
		{"a slow alarm of an outage", []string{"monitoring.outage-alarms"}, "monitoring", alarm("function-auth-outage", func(in *cloudwatch.PutMetricAlarmInput) {
			in.EvaluationPeriods, in.DatapointsToAlarm = aws.Int32(10), aws.Int32(10)
		})},
		{"reminders that may take long", []string{"monitoring.reminder-alarms"}, "monitoring", alarm("reminders-duration", func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = aws.Float64(290000) })},
		{"an alarm that is gone", []string{"monitoring.alarms"}, "monitoring", deletedAlarm("function-tasks-error-rate")},
		{"nobody is mailed", []string{"monitoring.alert-subscribers"}, "monitoring", unsubscribed("alerts", "email")},
		{"Slack is not called", []string{"monitoring.alert-subscribers"}, "monitoring", unsubscribed("alerts", "lambda")},
		{"a function is not traced", []string{"monitoring.function-tracing"}, "monitoring", function("goals", func(in *lambda.UpdateFunctionConfigurationInput) {
			in.TracingConfig = &lambdatypes.TracingConfig{Mode: lambdatypes.TracingModePassThrough}
		})},
		{"a function logs text", []string{"monitoring.function-logs"}, "monitoring", function("tasks", func(in *lambda.UpdateFunctionConfigurationInput) {
			in.LoggingConfig = &lambdatypes.LoggingConfig{LogFormat: lambdatypes.LogFormatText}
		})},
		{"a weight stays on an alias", []string{"monitoring.function-aliases"}, "monitoring", weightedAlias("auth")},
		{"the stage is not traced", []string{"monitoring.api-tracing"}, "monitoring", stage("/tracingEnabled", "false", "true")},
		{"the execution log is off", []string{"monitoring.api-logs"}, "monitoring", stage("/*/*/logging/loglevel", "OFF", "INFO")},
		{"users' texts in the workflow's log", []string{"monitoring.workflow-logs"}, "monitoring", workflow(func(in *sfn.UpdateStateMachineInput) { in.LoggingConfiguration.IncludeExecutionData = true })},
		{"a workflow without an end", []string{"monitoring.workflow-limits"}, "monitoring", workflow(func(in *sfn.UpdateStateMachineInput) {
			in.Definition = edited(*in.Definition, func(definition map[string]any) { definition["TimeoutSeconds"] = 3600 })
		})},
		{"a log that is kept for ever", []string{"monitoring.log-retention"}, "monitoring", logKeptForever("goals")},
		{"errors are not counted", []string{"monitoring.error-metrics"}, "monitoring", uncounted("ai")},
		{"a query is gone", []string{"monitoring.saved-queries"}, "monitoring", deletedQuery("errors")},
		{"reminders rest", []string{"monitoring.reminder-schedule"}, "monitoring", schedule(func(in *scheduler.UpdateScheduleInput) { in.State = schedulertypes.ScheduleStateDisabled })},
		{"reminders are not tried again", []string{"monitoring.reminder-retries"}, "monitoring", schedule(func(in *scheduler.UpdateScheduleInput) {
			in.Target.RetryPolicy = &schedulertypes.RetryPolicy{MaximumRetryAttempts: aws.Int32(0), MaximumEventAgeInSeconds: in.Target.RetryPolicy.MaximumEventAgeInSeconds}
		})},
		{"a dashboard without its metrics", []string{"monitoring.dashboard-api"}, "monitoring", emptyDashboard("api")},
	}
}

// alarm changes an alarm of the environment's region.
func alarm(name string, edit func(*cloudwatch.PutMetricAlarmInput)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		before, changed := alarmInput(t, w, name), alarmInput(t, w, name)
		edit(changed)
		put := func(in *cloudwatch.PutMetricAlarmInput) {
			if _, err := cloudwatch.NewFromConfig(w.config).PutMetricAlarm(t.Context(), in); err != nil {
				t.Fatalf("alarm %s: %v", name, err)
			}
		}
		put(changed)
		return func() { put(before) }
	}
}

// alarmInput gives an alarm as it is set.
func alarmInput(t *testing.T, w *world, name string) *cloudwatch.PutMetricAlarmInput {
	t.Helper()
	found, err := cloudwatch.NewFromConfig(w.config).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{w.name + "-" + name}})
	if err != nil || len(found.MetricAlarms) != 1 {
		t.Fatalf("alarm %s: %+v, %v", name, found, err)
	}
	a := found.MetricAlarms[0]
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: a.AlarmName, AlarmDescription: a.AlarmDescription, ActionsEnabled: a.ActionsEnabled, AlarmActions: a.AlarmActions, OKActions: a.OKActions,
		InsufficientDataActions: a.InsufficientDataActions, MetricName: a.MetricName, Namespace: a.Namespace, Statistic: a.Statistic, ExtendedStatistic: a.ExtendedStatistic,
		Dimensions: a.Dimensions, Period: a.Period, Unit: a.Unit, EvaluationPeriods: a.EvaluationPeriods, DatapointsToAlarm: a.DatapointsToAlarm, Threshold: a.Threshold,
		ComparisonOperator: a.ComparisonOperator, TreatMissingData: a.TreatMissingData, Metrics: slicesOrNil(a.Metrics),
	}
}

// slicesOrNil makes no metrics none at all: an alarm has either one or a list.
func slicesOrNil(metrics []cwtypes.MetricDataQuery) []cwtypes.MetricDataQuery {
	if len(metrics) == 0 {
		return nil
	}
	return metrics
}

func deletedAlarm(name string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		before, client := alarmInput(t, w, name), cloudwatch.NewFromConfig(w.config)
		if _, err := client.DeleteAlarms(t.Context(), &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{w.name + "-" + name}}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := client.PutMetricAlarm(t.Context(), before); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// unsubscribed takes the subscriptions of a protocol from a topic.
func unsubscribed(topic, protocol string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, arn := sns.NewFromConfig(w.config), "arn:aws:sns:"+w.config.Region+":"+w.account+":"+w.name+"-"+topic
		found, err := client.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		var endpoints []*string
		for _, each := range found.Subscriptions {
			if aws.ToString(each.Protocol) == protocol {
				endpoints = append(endpoints, each.Endpoint)
				if _, err := client.Unsubscribe(t.Context(), &sns.UnsubscribeInput{SubscriptionArn: each.SubscriptionArn}); err != nil {
					t.Fatal(err)
				}
			}
		}
		return func() {
			for _, endpoint := range endpoints {
				if _, err := client.Subscribe(t.Context(), &sns.SubscribeInput{TopicArn: &arn, Protocol: &protocol, Endpoint: endpoint}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// function changes a function and leads its alias to the version that this gives.
func function(short string, edit func(*lambda.UpdateFunctionConfigurationInput)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := lambda.NewFromConfig(w.config), w.function(t, short)
		alias, err := client.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: &name, Name: aws.String("live")})
		if err != nil {
			t.Fatal(err)
		}
		before, err := client.GetFunctionConfiguration(t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			t.Fatal(err)
		}
		in := &lambda.UpdateFunctionConfigurationInput{FunctionName: &name}
		if before.Environment != nil {
			in.Environment = &lambdatypes.Environment{Variables: maps.Clone(before.Environment.Variables)}
		}
		edit(in)
		if _, err := client.UpdateFunctionConfiguration(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		version, err := client.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name})
		if err != nil {
			t.Fatal(err)
		}
		lead(t, client, name, aws.ToString(version.Version))
		return func() {
			lead(t, client, name, aws.ToString(alias.FunctionVersion))
			back := &lambda.UpdateFunctionConfigurationInput{
				FunctionName: &name, MemorySize: before.MemorySize, Timeout: before.Timeout, LoggingConfig: before.LoggingConfig,
				TracingConfig: &lambdatypes.TracingConfig{Mode: before.TracingConfig.Mode},
			}
			if before.Environment != nil {
				back.Environment = &lambdatypes.Environment{Variables: before.Environment.Variables}
			}
			if _, err := client.UpdateFunctionConfiguration(t.Context(), back); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func lead(t *testing.T, client *lambda.Client, name, version string) {
	t.Helper()
	if _, err := client.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: &version}); err != nil {
		t.Fatal(err)
	}
}

// weightedAlias gives a tenth of a function's calls to a second version.
func weightedAlias(short string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := lambda.NewFromConfig(w.config), w.function(t, short)
		alias, err := client.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: &name, Name: aws.String("live")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, Description: aws.String("another version")}); err != nil {
			t.Fatal(err)
		}
		second, err := client.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: alias.FunctionVersion,
			RoutingConfig: &lambdatypes.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{*second.Version: 0.1}}}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := client.UpdateAlias(t.Context(), &lambda.UpdateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: alias.FunctionVersion,
				RoutingConfig: &lambdatypes.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{}}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stage changes a setting of the API's stage.
func stage(path, value, back string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client := apigateway.NewFromConfig(w.config)
		apis, err := client.GetRestApis(t.Context(), &apigateway.GetRestApisInput{Limit: aws.Int32(500)})
		if err != nil {
			t.Fatal(err)
		}
		id := ""
		for _, api := range apis.Items {
			if aws.ToString(api.Name) == w.name+"-api" {
				id = aws.ToString(api.Id)
			}
		}
		set := func(value string) {
			if _, err := client.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: &id, StageName: aws.String("v1"),
				PatchOperations: []apitypes.PatchOperation{{Op: apitypes.OpReplace, Path: &path, Value: &value}}}); err != nil {
				t.Fatalf("stage: %s: %v", path, err)
			}
		}
		set(value)
		return func() { set(back) }
	}
}

// workflow changes the state machine.
func workflow(edit func(*sfn.UpdateStateMachineInput)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, arn := sfn.NewFromConfig(w.config), w.output(t, "state_machine_arn")
		input := func() *sfn.UpdateStateMachineInput {
			found, err := client.DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
			if err != nil {
				t.Fatal(err)
			}
			return &sfn.UpdateStateMachineInput{StateMachineArn: &arn, Definition: found.Definition, RoleArn: found.RoleArn,
				LoggingConfiguration: found.LoggingConfiguration, TracingConfiguration: found.TracingConfiguration}
		}
		return revise(input, edit, func(in *sfn.UpdateStateMachineInput) {
			if _, err := client.UpdateStateMachine(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// revise updates a resource to an edited input, and gives what updates it back.
func revise[T any](input func() T, edit, update func(T)) (undo func()) {
	before, changed := input(), input()
	edit(changed)
	update(changed)
	return func() { update(before) }
}

// edited changes a JSON document.
func edited(document string, edit func(map[string]any)) *string {
	var content map[string]any
	if err := json.Unmarshal([]byte(document), &content); err != nil {
		return &document
	}
	edit(content)
	body, err := json.Marshal(content)
	if err != nil {
		return &document
	}
	return aws.String(string(body))
}

func logKeptForever(short string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, group := cloudwatchlogs.NewFromConfig(w.config), "/aws/lambda/"+w.function(t, short)
		if _, err := client.DeleteRetentionPolicy(t.Context(), &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: &group}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := client.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: &group, RetentionInDays: aws.Int32(30)}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// uncounted takes the metric filters from a function's log.
func uncounted(short string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, group := cloudwatchlogs.NewFromConfig(w.config), "/aws/lambda/"+w.function(t, short)
		found, err := client.DescribeMetricFilters(t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: &group})
		if err != nil {
			t.Fatal(err)
		}
		for _, filter := range found.MetricFilters {
			if _, err := client.DeleteMetricFilter(t.Context(), &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: &group, FilterName: filter.FilterName}); err != nil {
				t.Fatal(err)
			}
		}
		return func() {
			for _, filter := range found.MetricFilters {
				if _, err := client.PutMetricFilter(t.Context(), &cloudwatchlogs.PutMetricFilterInput{LogGroupName: &group, FilterName: filter.FilterName,
					FilterPattern: filter.FilterPattern, MetricTransformations: filter.MetricTransformations}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func deletedQuery(name string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client := cloudwatchlogs.NewFromConfig(w.config)
		found, err := client.DescribeQueryDefinitions(t.Context(), &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String(w.name + "/" + name)})
		if err != nil {
			t.Fatal(err)
		}
		for _, query := range found.QueryDefinitions {
			if aws.ToString(query.Name) != w.name+"/"+name {
				continue
			}
			if _, err := client.DeleteQueryDefinition(t.Context(), &cloudwatchlogs.DeleteQueryDefinitionInput{QueryDefinitionId: query.QueryDefinitionId}); err != nil {
				t.Fatal(err)
			}
			return func() {
				// Under its id again, by which Terraform knows it.
				if _, err := client.PutQueryDefinition(t.Context(), &cloudwatchlogs.PutQueryDefinitionInput{Name: query.Name, QueryString: query.QueryString,
					LogGroupNames: query.LogGroupNames}); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Fatalf("there is no query %s", name)
		return nil
	}
}

// schedule changes the reminders' schedule.
func schedule(edit func(*scheduler.UpdateScheduleInput)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := scheduler.NewFromConfig(w.config), w.name+"-reminders"
		input := func() *scheduler.UpdateScheduleInput {
			found, err := client.GetSchedule(t.Context(), &scheduler.GetScheduleInput{Name: &name, GroupName: &name})
			if err != nil {
				t.Fatal(err)
			}
			return &scheduler.UpdateScheduleInput{Name: &name, GroupName: &name, Description: found.Description, FlexibleTimeWindow: found.FlexibleTimeWindow,
				KmsKeyArn: found.KmsKeyArn, ScheduleExpression: found.ScheduleExpression, ScheduleExpressionTimezone: found.ScheduleExpressionTimezone, State: found.State, Target: found.Target}
		}
		return revise(input, edit, func(in *scheduler.UpdateScheduleInput) {
			if _, err := client.UpdateSchedule(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func emptyDashboard(name string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, full := cloudwatch.NewFromConfig(w.config), w.name+"-"+name
		found, err := client.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: &full})
		if err != nil {
			t.Fatal(err)
		}
		put := func(body string) {
			if _, err := client.PutDashboard(t.Context(), &cloudwatch.PutDashboardInput{DashboardName: &full, DashboardBody: &body}); err != nil {
				t.Fatal(err)
			}
		}
		put(`{"widgets":[]}`)
		return func() { put(*found.DashboardBody) }
	}
}
