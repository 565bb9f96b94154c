package verify

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
)

func dashboardChecks() []Check {
	var all []Check
	for _, name := range []string{"api", "functions", "database", "cloudfront", "workflow"} {
		all = append(all, Check{
			ID: "monitoring.dashboard-" + name, Area: Monitoring, Requirements: []string{"R3.1"},
			Title:  "dashboard " + name + " shows the metrics of the catalogue",
			Reads:  []string{"cloudwatch:GetDashboard"},
			Remedy: "apply the layer monitoring, which writes the dashboards: changes made by hand belong there",
			Run:    func(ctx context.Context, s *Subject) ([]string, error) { return dashboardShows(ctx, s, name) },
		})
	}
	return append(all, Check{
		ID: "monitoring.cache-metrics", Area: Monitoring, Requirements: []string{"R3.1", "R6.1"},
		Title:  "CloudFront measures how much it answers from its cache",
		Reads:  []string{"cloudfront:GetMonitoringSubscription"},
		Remedy: "apply the layer frontend: its distribution has a monitoring subscription",
		Run:    cacheIsMeasured,
	})
}

// shown is what a dashboard must show: metrics of a namespace, each of every one of
// these values of a dimension.
type shown struct {
	region, namespace, dimension string
	metrics, of                  []string
}

func cataloguedDashboard(ctx context.Context, s *Subject, name string) (shown, error) {
	want := shown{region: s.Region}
	var err error
	switch name {
	case "api":
		want.namespace, want.dimension, want.of = "AWS/ApiGateway", "ApiName", []string{s.Name() + "-api"}
		want.metrics = []string{"Count", "4XXError", "5XXError", "Latency"}
	case "functions":
		want.namespace, want.dimension = "AWS/Lambda", "FunctionName"
		want.metrics = []string{"Invocations", "Errors", "Duration", "ConcurrentExecutions", "Throttles"}
		var names map[string]string
		names, err = functionNames(s)
		for _, full := range names {
			want.of = append(want.of, full)
		}
	case "database":
		want.namespace, want.dimension = "AWS/RDS", "DBInstanceIdentifier"
		want.metrics = []string{"DatabaseConnections", "CPUUtilization", "FreeableMemory", "ServerlessDatabaseCapacity"}
		var instances []string
		instances, err = databaseInstances(ctx, s)
		for _, each := range instances {
			want.of = append(want.of, s.Name()+"-"+each)
		}
	case "cloudfront":
		want.region, want.namespace, want.dimension = "us-east-1", "AWS/CloudFront", "DistributionId"
		want.metrics = []string{"Requests", "4xxErrorRate", "5xxErrorRate", "CacheHitRate"}
		var id string
		id, err = s.Output("distribution_id")
		want.of = []string{id}
	case "workflow":
		want.namespace, want.dimension = "AWS/States", "StateMachineArn"
		want.metrics = []string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionTime"}
		var arn string
		arn, err = s.Output("state_machine_arn")
		want.of = []string{arn}
	}
	return want, err
}

func dashboardShows(ctx context.Context, s *Subject, name string) ([]string, error) {
	var v verdict
	want, err := cataloguedDashboard(ctx, s, name)
	if err != nil {
		return nil, err
	}
	full := s.Name() + "-" + name
	found, err := cloudwatch.NewFromConfig(s.AWS).GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: &full})
	if answered(err, "ResourceNotFound", "DashboardNotFoundError") {
		v.must(false, "there is no dashboard %s", full)
		return v.give()
	}
	if err != nil {
		return nil, err
	}
	var body struct {
		Widgets []struct {
			Properties struct {
				Region  string
				Metrics [][]any // namespace, name, dimension, value, …, options
			}
		}
	}
	if err := json.Unmarshal([]byte(aws.ToString(found.DashboardBody)), &body); err != nil {
		return nil, err
	}
	shows := map[string][]string{}
	for _, widget := range body.Widgets {
		if widget.Properties.Region != want.region {
			continue
		}
		for _, line := range widget.Properties.Metrics {
			if len(line) < 2 || line[0] != want.namespace {
				continue
			}
			metric, _ := line[1].(string)
			for i := 2; i+1 < len(line); i += 2 {
				if value, ok := line[i+1].(string); ok && line[i] == want.dimension {
					shows[metric] = append(shows[metric], value)
				}
			}
		}
	}
	v.saw("%s: %d widgets", full, len(body.Widgets))
	for _, metric := range want.metrics {
		for _, each := range want.of {
			v.must(slices.Contains(shows[metric], each), "dashboard %s does not show %s of %s", name, metric, each)
		}
	}
	return v.give()
}

func cacheIsMeasured(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	id, err := s.Output("distribution_id")
	if err != nil {
		return nil, err
	}
	found, err := cloudfront.NewFromConfig(s.AWS).GetMonitoringSubscription(ctx, &cloudfront.GetMonitoringSubscriptionInput{DistributionId: &id})
	if answered(err, "NoSuchMonitoringSubscription") {
		v.must(false, "distribution %s has no additional metrics", id)
		return v.give()
	}
	if err != nil {
		return nil, err
	}
	on := found.MonitoringSubscription != nil && found.MonitoringSubscription.RealtimeMetricsSubscriptionConfig != nil &&
		found.MonitoringSubscription.RealtimeMetricsSubscriptionConfig.RealtimeMetricsSubscriptionStatus == types.RealtimeMetricsSubscriptionStatusEnabled
	v.saw("distribution %s: additional metrics %v", id, on)
	v.must(on, "the additional metrics of distribution %s are off", id)
	return v.give()
}
