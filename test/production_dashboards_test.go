package test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/google/go-cmp/cmp"
)

// dashboard is the body of one, as far as it is read here.
type dashboard struct {
	Widgets []struct {
		Type       string
		Properties struct {
			Region  string
			Metrics [][]any  // namespace, name, dimension, value, …, options
			Alarms  []string // ARNs
		}
	}
}

// shows gives the values of a dimension that the dashboard shows a metric of, in
// a region; without dimension, a metric that it shows at all counts as "".
func (d dashboard) shows(region, namespace, name, dimension string) []string {
	var values []string
	for _, widget := range d.Widgets {
		for _, line := range widget.Properties.Metrics {
			if widget.Properties.Region != region || len(line) < 2 || line[0] != namespace || line[1] != name {
				continue
			}
			for i := 2; i+1 < len(line); i += 2 {
				if value, ok := line[i+1].(string); ok && line[i] == dimension {
					values = append(values, value)
				}
			}
		}
	}
	return slices.Compact(sorted(values))
}

// checkDashboards holds the five dashboards and the overview to R3.1.
func checkDashboards(t *testing.T, s *stack, functions map[string]string) {
	t.Helper()
	region, client := s.config.Region, cloudwatch.NewFromConfig(s.config)
	all := map[string]dashboard{}
	for _, name := range []string{"api", "cloudfront", "database", "functions", "overview", "workflow"} {
		found, err := client.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String(s.Name + "-" + name)})
		if err != nil {
			t.Fatalf("R3.1: dashboard %s: %v", name, err)
		}
		var body dashboard
		if err := json.Unmarshal([]byte(aws.ToString(found.DashboardBody)), &body); err != nil {
			t.Fatalf("R3.1: dashboard %s: %v", name, err)
		}
		all[name] = body
	}
	fullNames := []string{}
	for _, name := range functions {
		fullNames = append(fullNames, name)
	}
	for _, each := range []struct {
		dashboard, region, namespace, dimension string
		metrics, of                             []string
	}{
		{"api", region, "AWS/ApiGateway", "ApiName", []string{"Count", "4XXError", "5XXError", "Latency"}, []string{s.Name + "-api"}},
		{"functions", region, "AWS/Lambda", "FunctionName", []string{"Invocations", "Errors", "Duration", "ConcurrentExecutions", "Throttles"}, sorted(fullNames)},
		{"database", region, "AWS/RDS", "DBInstanceIdentifier", []string{"DatabaseConnections", "CPUUtilization", "FreeableMemory", "ServerlessDatabaseCapacity"}, []string{s.Name + "-1", s.Name + "-2"}},
		{"cloudfront", "us-east-1", "AWS/CloudFront", "DistributionId", []string{"Requests", "4xxErrorRate", "5xxErrorRate", "CacheHitRate"}, []string{s.output(t, "distribution_id")}},
		{"workflow", region, "AWS/States", "StateMachineArn", []string{"ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionTime"}, []string{s.output(t, "state_machine_arn")}},
	} {
		for _, metric := range each.metrics {
			if diff := cmp.Diff(each.of, all[each.dashboard].shows(each.region, each.namespace, metric, each.dimension)); diff != "" {
				t.Errorf("R3.1: dashboard %s: %s of (-want +got):\n%s", each.dashboard, metric, diff)
			}
		}
	}
	checkOverview(t, s, all["overview"])
}

// checkOverview: it shows every alarm that there is, and CloudWatch takes 100 in
// a widget.
func checkOverview(t *testing.T, s *stack, overview dashboard) {
	t.Helper()
	var want, got []string
	for _, in := range []aws.Config{s.config, s.usEast1} {
		pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(in), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: aws.String(s.Name + "-")})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, each := range page.MetricAlarms {
				want = append(want, aws.ToString(each.AlarmArn))
			}
		}
	}
	for _, widget := range overview.Widgets {
		if len(widget.Properties.Alarms) > 100 {
			t.Errorf("R3.1: the overview has %d alarms in one widget", len(widget.Properties.Alarms))
		}
		got = append(got, widget.Properties.Alarms...)
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("R3.1: alarms of the overview (-want +got):\n%s", diff)
	}
}
