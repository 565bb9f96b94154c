package verify

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

func logChecks() []Check {
	return []Check{
		{
			ID: "monitoring.log-retention", Area: Monitoring, Requirements: []string{"R1.2", "R3.4"},
			Title:  "every log is kept 30 days, outside production at most",
			Reads:  []string{"logs:DescribeLogGroups"},
			Remedy: "apply the layers: `mandala-deploy drift ENV` shows which log group was changed; log_retention_days of the environment's values sets it",
			Run:    logsAreKept,
		},
		{
			ID: "monitoring.function-logs", Area: Monitoring, Requirements: []string{"R1.2", "R3.4"},
			Title:  "every function logs JSON into a group of its own",
			Reads:  []string{"lambda:GetFunctionConfiguration"},
			Remedy: "apply the layer functions",
			Run:    functionsLogJSON,
		},
		{
			ID: "monitoring.api-logs", Area: Monitoring, Requirements: []string{"R1.2", "R3.4"},
			Title:  "the API writes an access log in JSON, an execution log at INFO, and metrics",
			Reads:  []string{"apigateway:GetStage"},
			Remedy: "apply the layer api; without api.account_logging API Gateway has no role to write logs with",
			Run:    apiWritesLogs,
		},
		{
			ID: "monitoring.workflow-logs", Area: Monitoring, Requirements: []string{"R1.2", "R3.4"},
			Title:  "the workflow logs every event, but none of the users' texts",
			Reads:  []string{"states:DescribeStateMachine"},
			Remedy: "apply the layer workflow",
			Run:    workflowLogs,
		},
		{
			ID: "monitoring.error-metrics", Area: Monitoring, Requirements: []string{"R3.4"},
			Title:  "errors in every function's log become a metric",
			Reads:  []string{"logs:DescribeMetricFilters"},
			Remedy: "apply the layer monitoring, which has a metric filter for each function",
			Run:    errorsAreCounted,
		},
		{
			ID: "monitoring.saved-queries", Area: Monitoring, Requirements: []string{"R3.4"},
			Title:  "what one asks the logs first is saved",
			Reads:  []string{"logs:DescribeQueryDefinitions"},
			Remedy: "apply the layer monitoring, which saves the queries of Logs Insights",
			Run:    queriesAreSaved,
		},
	}
}

// environmentLogs reads the environment's log groups: those that have its name in
// theirs, and that of the API's execution.
func environmentLogs(ctx context.Context, s *Subject) ([]logtypes.LogGroup, error) {
	return recall(ctx, "log-groups", func(ctx context.Context) ([]logtypes.LogGroup, error) {
		api, err := restAPI(ctx, s)
		if err != nil {
			return nil, err
		}
		var groups []logtypes.LogGroup
		pages := cloudwatchlogs.NewDescribeLogGroupsPaginator(cloudwatchlogs.NewFromConfig(s.AWS), &cloudwatchlogs.DescribeLogGroupsInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, group := range page.LogGroups {
				name := text(group.LogGroupName)
				rest, ours := strings.CutPrefix(name[strings.LastIndexByte(name, '/')+1:], s.Name())
				if ours && (rest == "" || rest[0] == '-') || strings.Contains(name, "/"+s.Name()+"/") || strings.Contains(name, "/"+s.Name()+"-") ||
					strings.HasPrefix(name, "API-Gateway-Execution-Logs_"+text(api.Id)+"/") {
					groups = append(groups, group)
				}
			}
		}
		return groups, nil
	})
}

func logsAreKept(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	groups, err := environmentLogs(ctx, s)
	if err != nil {
		return nil, err
	}
	names, err := functionNames(s)
	if err != nil {
		return nil, err
	}
	v.saw("%d log groups", len(groups))
	v.must(len(groups) >= len(names)+6, "there are %d log groups, not one for each of %d functions and 6 others", len(groups), len(names))
	for _, group := range groups {
		days := aws.ToInt32(group.RetentionInDays)
		switch {
		case days == 0:
			v.must(false, "log group %s is kept for ever", text(group.LogGroupName))
		case isProduction(s) || s.Settings.Target == "local":
			v.must(days == 30, "log group %s is kept %d days", text(group.LogGroupName), days)
		default:
			v.must(days <= 30, "log group %s is kept %d days", text(group.LogGroupName), days)
		}
	}
	return v.give()
}

func functionsLogJSON(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	functions, err := liveFunctions(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, f := range functions {
		log := f.LoggingConfig
		v.must(log != nil && log.LogFormat == types.LogFormatJson, "function %s does not log JSON", f.short)
		v.must(log != nil && text(log.LogGroup) == "/aws/lambda/"+f.full, "function %s has no log group of its own", f.short)
	}
	v.saw("logging of %d functions", len(functions))
	return v.give()
}

func apiWritesLogs(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	stage, err := apiStage(ctx, s)
	if err != nil {
		return nil, err
	}
	settings := stage.MethodSettings["*/*"]
	v.saw("execution log %s, metrics %v", text(settings.LoggingLevel), settings.MetricsEnabled)
	v.must(text(settings.LoggingLevel) == "INFO", "the execution log is at level %q", text(settings.LoggingLevel))
	v.must(settings.MetricsEnabled, "the stage has no metrics of its methods")
	v.must(!settings.DataTraceEnabled, "bodies and tokens are logged")
	if stage.AccessLogSettings == nil {
		v.must(false, "the stage has no access log")
		return v.give()
	}
	group := "/aws/apigateway/" + s.Name() + "-api/access"
	v.must(strings.HasSuffix(text(stage.AccessLogSettings.DestinationArn), ":log-group:"+group), "accesses are not logged into %s", group)
	var entry map[string]any
	if err := json.Unmarshal([]byte(text(stage.AccessLogSettings.Format)), &entry); err != nil {
		v.must(false, "the access log is no JSON")
		return v.give()
	}
	for _, member := range []string{"requestId", "requestTime", "httpMethod", "resourcePath", "status", "responseLatency", "ip", "xrayTraceId"} {
		v.must(entry[member] != nil, "the access log lacks %s", member)
	}
	return v.give()
}

func workflowLogs(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	machine, err := stateMachine(ctx, s)
	if err != nil {
		return nil, err
	}
	log := machine.LoggingConfiguration
	if log == nil || len(log.Destinations) == 0 {
		v.must(false, "the workflow has no log")
		return v.give()
	}
	v.saw("level %s, %d destination", log.Level, len(log.Destinations))
	v.must(log.Level == sfntypes.LogLevelAll, "the workflow logs at level %s", log.Level)
	v.must(!log.IncludeExecutionData, "what users wrote is in the workflow's log")
	return v.give()
}

func errorsAreCounted(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	names, err := functionNames(s)
	if err != nil {
		return nil, err
	}
	counted := map[string]bool{}
	pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(cloudwatchlogs.NewFromConfig(s.AWS), &cloudwatchlogs.DescribeMetricFiltersInput{FilterNamePrefix: aws.String(s.Name() + "-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, filter := range page.MetricFilters {
			for _, metric := range filter.MetricTransformations {
				if strings.Contains(text(filter.FilterPattern), "ERROR") && text(metric.MetricNamespace) == s.Name()+"/logs" {
					counted[text(filter.LogGroupName)] = true
				}
			}
		}
	}
	v.saw("%d log groups whose errors are counted", len(counted))
	for short, full := range names {
		v.must(counted["/aws/lambda/"+full], "errors in the log of function %s are not counted", short)
	}
	return v.give()
}

func queriesAreSaved(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	found, err := cloudwatchlogs.NewFromConfig(s.AWS).DescribeQueryDefinitions(ctx, &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String(s.Name() + "/")})
	if err != nil {
		return nil, err
	}
	saved := map[string]bool{}
	for _, query := range found.QueryDefinitions {
		saved[strings.TrimPrefix(text(query.Name), s.Name()+"/")] = len(query.LogGroupNames) > 0 && text(query.QueryString) != ""
	}
	v.saw("%d saved queries", len(saved))
	for _, name := range []string{"api-failures", "error-counts", "errors", "slow-database-queries", "slow-invocations", "workflow-failures"} {
		v.must(saved[name], "query %s is not saved, or asks no log group", name)
	}
	return v.give()
}
