package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// aWait is the time, in seconds, from which a resource's creation counts as
// waiting: the emulator itself answers within milliseconds.
const aWait = 5

// BenchmarkStack deploys environment local, all twelve layers, from nothing:
// wall time, CPU time and peak memory of the run, and the time of each layer.
// The waits are the creations that took five seconds or more, in which the
// provider looks again and again at what it made; many run side by side.
func BenchmarkStack(b *testing.B) {
	for b.Loop() {
		p := kit.Real(b)
		p.LocalAWS()
		var done struct {
			DeploymentID string `json:"deployment_id"`
			Layers       []struct {
				Name    string
				Seconds float64
			}
			Outputs map[string]any
		}
		took := measure(b, func() { p.JSON(0, &done, "apply", "local", "--auto-approve") })
		const target = 240
		b.ReportMetric(took.wall.Seconds(), "s/stack")
		b.ReportMetric(took.cpu.Seconds(), "cpu-s/stack")
		b.ReportMetric(float64(took.peak>>20), "MB/stack")
		b.Logf("whole stack from nothing: %v (target < %d s)", took, target)
		for _, layer := range done.Layers {
			b.Logf("  %-12s %6.1f s", layer.Name, layer.Seconds)
		}
		waits := waits(b, p, done.DeploymentID)
		var sum float64
		for _, w := range waits {
			sum += w.seconds
		}
		b.ReportMetric(sum, "wait-s/stack")
		b.Logf("waits: %.0f s in %d creations", sum, len(waits))
		slices.SortFunc(waits, func(a, b wait) int { return int(b.seconds - a.seconds) })
		for _, w := range waits[:min(len(waits), 15)] {
			b.Logf("  %6.1f s %s", w.seconds, w.address)
		}
		if took.wall.Seconds() > target {
			b.Logf("the target of %d s is missed", target)
		}
		loadApplication(b, p, done.Outputs)
		rollbackApplication(b, p, done.Outputs)
	}
}

type wait struct {
	address string
	seconds float64
}

// waits reads from the deployment's record what took long.
func waits(b *testing.B, p *kit.Project, id string) []wait {
	b.Helper()
	const bucket = "goal-mandala-local-deploy"
	name, prefix := bucket, "deployments/"
	pages := s3.NewListObjectsV2Paginator(p.S3(b.Context()), &s3.ListObjectsV2Input{Bucket: &name, Prefix: &prefix})
	var found []wait
	for pages.HasMorePages() {
		page, err := pages.NextPage(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, object := range page.Contents {
			if !strings.Contains(*object.Key, id) || !strings.HasSuffix(*object.Key, ".jsonl") {
				continue
			}
			lines := bufio.NewScanner(bytes.NewReader(p.Object(bucket, *object.Key)))
			lines.Buffer(nil, 1<<20)
			for lines.Scan() {
				var event engine.Event
				if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
					b.Fatalf("%s: %v", *object.Key, err)
				}
				if event.Kind == engine.ApplyComplete && event.Elapsed >= aWait {
					found = append(found, wait{event.Address, event.Elapsed})
				}
			}
		}
	}
	if len(found) == 0 {
		b.Fatalf("the record of %s tells of no wait", id)
	}
	return found
}
