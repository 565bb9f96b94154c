package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files")

func render(t *testing.T, d report.Deployment, options report.Options) string {
	t.Helper()
	if options.Now.IsZero() {
		options.Now = reporttest.Now()
	}
	var body bytes.Buffer
	if err := report.WriteDeployment(&body, d, options); err != nil {
		t.Fatal(err)
	}
	return body.String()
}

func renderPlan(t *testing.T, p report.Plan, options report.Options) string {
	t.Helper()
	options.Now = reporttest.Now()
	var body bytes.Buffer
	if err := report.WritePlan(&body, p, options); err != nil {
		t.Fatal(err)
	}
	return body.String()
}

// asset takes the style and the script, which have tests of their own, out.
var asset = regexp.MustCompile(`(?s)(<style>).*?(</style>)|(<script>).*?(</script>)|sha256-[A-Za-z0-9+/=]{44}`)

func TestGolden(t *testing.T) {
	t.Parallel()
	recorded := reporttest.Deployment(14, false)
	recorded.Preview, recorded.Verification = nil, nil
	recorded.Account.Record.Verification = &engine.VerificationRecord{Result: engine.Failed, Areas: []string{"health", "cost"}, Passed: 1, Failed: []string{"health.api-answers", "health.of-long-ago"}, Unknown: []string{"cost.nat-gateways"}}
	for name, got := range map[string]string{
		"failed":   render(t, reporttest.Deployment(24, true), report.Options{}),
		"recorded": render(t, recorded, report.Options{}),
		"unlock":   render(t, report.Deployment{Account: engine.Account{Record: engine.Record{ID: "5a", Environment: "staging", Operation: engine.OperationUnlock, Status: engine.Succeeded, StartedAt: reporttest.Now(), EndedAt: reporttest.Now()}}}, report.Options{}),
		"plan":     renderPlan(t, reporttest.Plan(14), report.Options{}),
		"nothing":  renderPlan(t, report.Plan{Preview: &engine.Preview{Environment: "staging", Layers: []string{"network"}}}, report.Options{}),
	} {
		file := filepath.Join("testdata", name+".golden.html")
		got = asset.ReplaceAllString(got, "$1$2$3$4")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTheSameDeploymentIsTheSameFile(t *testing.T) {
	t.Parallel()
	once := render(t, reporttest.Deployment(200, true), report.Options{})
	if again := render(t, reporttest.Deployment(200, true), report.Options{}); once != again {
		t.Error("two reports of one deployment differ")
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ resources, limit int }{{500, 0}, {500, 300_000}, {3_000, 0}} {
		limit := test.limit
		if limit == 0 {
			limit = report.Limit
		}
		body := render(t, reporttest.Deployment(test.resources, false), report.Options{Limit: test.limit})
		if len(body) > limit {
			t.Errorf("%d resources: %d bytes, more than %d", test.resources, len(body), limit)
		}
		whole := strings.Count(body, "<tr data-item>") >= 2*test.resources
		if test.resources == 500 && test.limit == 0 && !whole {
			t.Errorf("500 resources do not fit: %d bytes", len(body))
		}
		if !whole && !strings.Contains(body, "are left out") {
			t.Errorf("%d resources within %d: it is not said that some are left out", test.resources, limit)
		}
		plan := renderPlan(t, reporttest.Plan(test.resources), report.Options{Limit: test.limit, Values: true})
		if len(plan) > limit {
			t.Errorf("plan of %d resources: %d bytes, more than %d", test.resources, len(plan), limit)
		}
	}
}

// TestNothingIsLoaded holds the file to itself: no address that a browser would fetch.
func TestNothingIsLoaded(t *testing.T) {
	t.Parallel()
	body := render(t, reporttest.Deployment(60, true), report.Options{}) + renderPlan(t, reporttest.Plan(60), report.Options{})
	for _, pattern := range []string{`\ssrc=`, `<link rel="(?:[^i]|i[^c])`, `@import`, `url\(`, `\sstyle="`, `\son[a-z]+="`, `<iframe`, `<object`, `fetch\(`, `XMLHttpRequest`} {
		if at := regexp.MustCompile(pattern).FindStringIndex(body); at != nil {
			t.Errorf("%s: …%s…", pattern, body[max(0, at[0]-40):min(len(body), at[1]+40)])
		}
	}
	if want := `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;`; !strings.Contains(body, want) {
		t.Error("no content security policy")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	without, with := renderPlan(t, reporttest.Plan(60), report.Options{}), renderPlan(t, reporttest.Plan(60), report.Options{Values: true})
	for _, value := range []string{"was-in-clear", "is-in-clear", "an-id-that-is-not-shown"} {
		if strings.Contains(without+with+render(t, reporttest.Deployment(60, false), report.Options{Values: true}), value) {
			t.Errorf("%s is shown", value)
		}
	}
	for _, value := range []string{`<del><span class="hidden">before </span>128</del>`, "goals-v2"} {
		if strings.Contains(without, value) || !strings.Contains(with, value) {
			t.Errorf("%s: shown without being asked for, or not shown", value)
		}
	}
	if !strings.Contains(without, "<code>memory_size</code> changes") {
		t.Error("the names of what changes are missing")
	}
}

func TestRunning(t *testing.T) {
	t.Parallel()
	d := reporttest.Deployment(14, false)
	d.Preview, d.Verification = nil, nil
	record := &d.Account.Record
	record.Status, record.EndedAt, record.Verification = engine.Running, time.Time{}, nil
	record.Layers[11].Status, record.Layers[11].EndedAt = engine.Running, time.Time{}
	d.Account.Events["monitoring"] = d.Account.Events["monitoring"][:1]
	body := render(t, d, report.Options{Links: func(id string) string { return "../" + id + ".html" }})
	for _, want := range []string{
		"It is under way since 20 min 00 s.", `<a href="../3e0b1c2d3a4b5c6d.html"><code>3e0b1c2d3a4b5c6d</code></a>`, `<span class="state busy"><span class="sign" aria-hidden="true">▶</span> create running</span>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing", want)
		}
	}
}
