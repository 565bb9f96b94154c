package localaws_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// metrics shows that calls of a stage, and of the function behind it, are counted.
func (a *application) metrics(t *testing.T) {
	deployment, err := a.api.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: &a.id})
	if err != nil {
		t.Fatal(err)
	}
	a.stage(t, "counted", *deployment.Id)
	base := *a.to.BaseEndpoint + "/_aws/execute-api/" + a.id + "/counted"
	for _, path := range []string{"/search?token=x", "/search", "/fails", "/none", "/search?token=y"} {
		send(t, "GET", base+path, "", nil)
	}
	api := cloudwatch.NewFromConfig(a.to)
	read := func(namespace, metric, statistic string, dimensions ...string) float64 {
		t.Helper()
		query := &cwtypes.Metric{Namespace: &namespace, MetricName: &metric}
		for i := 0; i < len(dimensions); i += 2 {
			query.Dimensions = append(query.Dimensions, cwtypes.Dimension{Name: &dimensions[i], Value: &dimensions[i+1]})
		}
		found, err := api.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
			StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Minute)),
			MetricDataQueries: []cwtypes.MetricDataQuery{{Id: aws.String("a"), MetricStat: &cwtypes.MetricStat{Metric: query, Period: aws.Int32(3600), Stat: &statistic}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		total := 0.0
		for _, value := range found.MetricDataResults[0].Values {
			total += value
		}
		return total
	}
	const gateway = "AWS/ApiGateway"
	stage := []string{"ApiName", "pages", "Stage", "counted"}
	wait(t, func() error {
		count, refused, failed := read(gateway, "Count", "Sum", stage...), read(gateway, "4XXError", "Sum", stage...), read(gateway, "5XXError", "Sum", stage...)
		if count != 5 || refused != 2 || failed != 1 {
			return fmt.Errorf("%v calls, %v refused, %v failed", count, refused, failed)
		}
		return nil
	})
	if whole, own := read(gateway, "Latency", "Maximum", stage...), read(gateway, "IntegrationLatency", "Maximum", stage...); own <= 0 || whole < own {
		t.Errorf("latency %v ms, of it %v ms in the function", whole, own)
	}
	if all := read(gateway, "Count", "Sum", stage[:2]...); all <= 5 {
		t.Errorf("%v calls of the API", all)
	}
	if calls := read("AWS/Lambda", "Invocations", "Sum"); calls < 3 {
		t.Errorf("%v calls of functions", calls)
	}
}
