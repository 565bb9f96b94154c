package lambda

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/metrics"
)

const namespace = "AWS/Lambda"

// run runs one event as the pools do, and counts it.
func (p *Plane) run(ctx context.Context, fn *function, inv *invocation) (outcome, []byte, error) {
	begin := time.Now()
	own, all := p.gauge.enter(fn)
	result, logs, err := p.pools.run(ctx, fn, inv)
	p.gauge.leave(fn)
	var throttled *throttledError
	switch sets := dimensions(fn, inv); {
	case errors.As(err, &throttled):
		p.options.Metrics.Add(fn.region, namespace, begin, sets, metrics.Value{Metric: "Throttles", Unit: metrics.Count, Value: 1})
	case err == nil:
		failed := 0.0
		if result.failure != "" {
			failed = 1
		}
		p.options.Metrics.Add(fn.region, namespace, begin, sets,
			metrics.Value{Metric: "Invocations", Unit: metrics.Count, Value: 1},
			metrics.Value{Metric: "Errors", Unit: metrics.Count, Value: failed},
			metrics.Value{Metric: "Throttles", Unit: metrics.Count},
			metrics.Value{Metric: "Duration", Unit: metrics.Milliseconds, Value: milliseconds(result.duration)})
		const concurrent = "ConcurrentExecutions"
		p.options.Metrics.Add(fn.region, namespace, begin, sets[:1], metrics.Value{Metric: concurrent, Unit: metrics.Count, Value: all})
		p.options.Metrics.Add(fn.region, namespace, begin, sets[1:], metrics.Value{Metric: concurrent, Unit: metrics.Count, Value: own})
	}
	return result, logs, err
}

// dimensions are the sets by which AWS counts a call: all functions, the function, what
// it was called by, and, of an alias, the version that ran.
func dimensions(fn *function, inv *invocation) []metrics.Dimensions {
	function := metrics.Dimension{Name: "FunctionName", Value: fn.name}
	resource := metrics.Dimension{Name: "Resource", Value: fn.name}
	called, _ := parseName(inv.arn, "", fn.region)
	if called.qualifier != "" {
		resource.Value += ":" + called.qualifier
	}
	sets := []metrics.Dimensions{{}, {function}, {function, resource}}
	if strings.Trim(called.qualifier, "0123456789") != "" && called.qualifier != "$LATEST" {
		sets = append(sets, metrics.Dimensions{function, resource, {Name: "ExecutedVersion", Value: fn.version}})
	}
	return sets
}

// gauge counts the events that run. Its zero value is ready for use.
type gauge struct {
	mu        sync.Mutex
	functions map[name]int
	regions   map[string]int
}

// enter gives how many run now: of the function, and of all in its region.
func (g *gauge) enter(fn *function) (own, all float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.functions == nil {
		g.functions, g.regions = map[name]int{}, map[string]int{}
	}
	n := name{region: fn.region, function: fn.name}
	g.functions[n]++
	g.regions[fn.region]++
	return float64(g.functions[n]), float64(g.regions[fn.region])
}

func (g *gauge) leave(fn *function) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := name{region: fn.region, function: fn.name}
	g.functions[n]--
	if g.functions[n] == 0 {
		delete(g.functions, n)
	}
	g.regions[fn.region]--
}
