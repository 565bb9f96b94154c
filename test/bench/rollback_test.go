package bench

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// Targets of going back, in seconds, of issue 5: until the old code answers, and
// until the infrastructure has followed and everything is verified.
const (
	codeTarget  = 15
	wholeTarget = 90
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
	told := fmt.Sprintf("rollback: the old code answers after %.1f s (target < %d s), all is back and verified after %v (target < %d s)", code.Seconds(), codeTarget, took, wholeTarget)
	if code.Seconds() > codeTarget || took.wall.Seconds() > wholeTarget {
		b.Error(told)
		return
	}
	b.Log(told)
}
