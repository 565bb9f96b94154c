package bench

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/graph"
)

// wideProject gives a project of n layers in memory, each referring to two
// earlier ones, half of them to the one just before.
func wideProject(n int) fstest.MapFS {
	var main strings.Builder
	for i := range n {
		fmt.Fprintf(&main, "module \"layer%d\" {\n  source = \"../modules/layer\"\n", i)
		if i > 1 {
			fmt.Fprintf(&main, "  a = module.layer%d.id\n  b = module.layer%d.id\n", i/2, i-1-i%2)
		}
		main.WriteString("}\n\n")
	}
	return fstest.MapFS{
		"environments/main.tf":          {Data: []byte(main.String())},
		"environments/local/deploy.hcl": {Data: []byte("target = \"local\"\nregion = \"ap-northeast-1\"\n")},
		"modules/layer/main.tf": {Data: []byte(`variable "a" {
  type    = string
  default = ""
}
variable "b" {
  type    = string
  default = ""
}
resource "terraform_data" "this" {
  input = [var.a, var.b]
}
output "id" {
  value = terraform_data.this.id
}
`)},
	}
}

// BenchmarkSchedule parses, orders and schedules large environments with a
// runner that does nothing: targets for 10,000 layers are 2 s and 500 MB, and
// growth in proportion.
func BenchmarkSchedule(b *testing.B) {
	perLayer := map[int]float64{}
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			project := wideProject(n)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := time.Now()
			for b.Loop() {
				env, err := environment.Load(project, "local")
				if err != nil {
					b.Fatal(err)
				}
				var done atomic.Int64
				if _, err := graph.Run(b.Context(), env.Root.Graph(), 2, func(context.Context, string) error {
					done.Add(1)
					return nil
				}); err != nil || int(done.Load()) != n {
					b.Fatalf("%d of %d layers: %v", done.Load(), n, err)
				}
			}
			took := time.Since(begun).Seconds() / float64(b.N)
			runtime.ReadMemStats(&after)
			allocated := float64(after.TotalAlloc-before.TotalAlloc) / float64(b.N) / 1e6
			perLayer[n] = took / float64(n)
			b.ReportMetric(allocated, "MB-allocated/op")
			if n == 10000 && (took > 2 || allocated > 500) {
				b.Errorf("%d layers took %.2f s and %.0f MB; the targets are 2 s and 500 MB", n, took, allocated)
			}
		})
	}
	if perLayer[1000] > 0 && perLayer[10000] > 0 {
		growth := perLayer[10000] / perLayer[1000]
		b.Logf("a layer of 10,000 takes %.2f times that of 1,000", growth)
		if growth > 2 {
			b.Errorf("growth is not linear: %.2f", growth)
		}
	}
}
