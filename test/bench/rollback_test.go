package bench

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// Targets of going back, in seconds: until the old code answers, and until the
// infrastructure has followed and everything is verified. How fast the machine is decides
// about them, so what fails is the ratio: the guard wants one plan before the code may go
// back, and all else together may take as long again.
const (
	codeTarget  = 15
	wholeTarget = 90
	codeRatio   = 2
)

// rollbackApplication deploys two releases, which differ in a function, the site and the
// functions' configuration, and goes back from the second to the first.
func rollbackApplication(b *testing.B, p *kit.Project, outputs map[string]any) {
	b.Helper()
	a := kit.NewApplication(b, p, outputs)
	deploy := func(version string) {
		b.Helper()
		p.Must(0, "release", "build", version, "-e", "local")
		begun := time.Now()
		p.Must(0, "apply", "local", "--version", version, "--auto-approve")
		b.Logf("deployment of %s: %.1f s", version, time.Since(begun).Seconds())
	}
	deploy("v1.0.0")
	p.Write("functions/reflections/edition.go", "package main\n\nimport \"os\"\n\nvar _, _ = os.LookupEnv(\"EDITION\")\n")
	p.Replace("frontend/index.html", "Goals as a mandala chart", "The second edition")
	p.Replace("environments/local/terraform.tfvars", `generator = "offline"`, "generator = \"offline\"\n  log_level = \"DEBUG\"")
	deploy("v1.1.0")

	plan := measure(b, func() { p.Must(0, "plan", "local", "--version", "v1.0.0", "--refresh=false") })

	var code time.Duration
	took := measure(b, func() {
		begun := time.Now()
		running := p.Start("rollback", "local", "--version", "v1.0.0", "--confirm", "rollback")
		for code = 0; code == 0; time.Sleep(50 * time.Millisecond) {
			select {
			case <-running.Done():
				b.Fatalf("it ended before the old code answered: %s", running.Wait())
			default:
			}
			var health struct{ Version string }
			got, err := a.Anybody().Try(b.Context(), "GET", "/health", nil)
			if err == nil && json.Unmarshal(got.Body, &health) == nil && health.Version == "v1.0.0" {
				code = time.Since(begun)
			}
		}
		if result := running.Wait(); result.Code != 0 {
			b.Fatal(result)
		}
	})
	b.ReportMetric(code.Seconds(), "code-s/rollback")
	b.ReportMetric(took.wall.Seconds(), "s/rollback")
	b.ReportMetric(code.Seconds()/plan.wall.Seconds(), "code/plan")
	b.Logf("rollback: the old code answers after %.1f s (target < %d s), %.2f times a plan without refresh (%v); all is back and verified after %v (target < %d s)",
		code.Seconds(), codeTarget, code.Seconds()/plan.wall.Seconds(), plan, took, wholeTarget)
	if code > codeRatio*plan.wall {
		b.Errorf("going back took more than %d times as long as its plan until the old code answered", codeRatio)
	}
}
