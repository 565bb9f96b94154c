package apigateway

import (
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
)

// count tells CloudWatch of a call, by API and by its stage.
func (p *Plane) count(c *call) {
	api := metrics.Dimension{Name: "ApiName", Value: c.stage.rest.Name}
	values := []metrics.Value{
		{Metric: "Count", Unit: metrics.Count, Value: 1},
		{Metric: "4XXError", Unit: metrics.Count, Value: among(c.status, 4)},
		{Metric: "5XXError", Unit: metrics.Count, Value: among(c.status, 5)},
		{Metric: "Latency", Unit: metrics.Milliseconds, Value: milliseconds(c.end.Sub(c.begin))},
	}
	if c.integrationStatus != 0 {
		values = append(values, metrics.Value{Metric: "IntegrationLatency", Unit: metrics.Milliseconds, Value: milliseconds(c.integrationLatency)})
	}
	p.options.Metrics.Add(c.stage.region, "AWS/ApiGateway", c.begin,
		[]metrics.Dimensions{{api}, {api, {Name: "Stage", Value: c.stage.StageName}}}, values...)
}

// among gives 1 for a status of these hundred, 0 for another.
func among(status, hundred int) float64 {
	if status/100 == hundred {
		return 1
	}
	return 0
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
