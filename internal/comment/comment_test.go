package comment

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

var update = flag.Bool("update", false, "write the golden files")

// marked is a value that a plan marks as sensitive.
const marked = "hunter2-is-marked"

func approval(digit string) *change.Approval {
	return &change.Approval{Digest: "sha256:" + strings.Repeat(digit, 64)}
}

// of makes a change of an address; a replace is forced by its engine.
func of(address string, operation change.Operation, stateful bool) change.Change {
	_, rest, _ := strings.Cut(address, "aws_")
	kind, _, _ := strings.Cut(rest, ".")
	c := change.Change{Address: address, Layer: change.Layer(address), Type: "aws_" + kind, Operation: operation, Stateful: stateful}
	switch operation {
	case change.Replace:
		c.Reason, c.Replaces = "cannot change in place", []string{"engine"}
	case change.Delete:
		c.Reason = "no longer in the configuration"
	case change.Update:
		c.Attributes = []change.Attribute{{Path: "memory_size", Before: "128", After: "256"}, {Path: "tags.owner", Before: `"ann"`, After: `"ben"`}}
	case change.Create, change.Import, change.Forget, change.Move:
	}
	return c
}

func preview(environment string, changes ...change.Change) *engine.Preview {
	p := &engine.Preview{Environment: environment, Release: "dev-1d00b23", Approval: approval("0"), Changes: changes, Guarded: change.Guarded(changes, nil)}
	for _, layer := range layersOf(p) {
		p.Steps = append(p.Steps, engine.Step{Layer: layer, Stage: engine.StageApply})
		p.Layers = append(p.Layers, layer)
	}
	return p
}

func plan(p *engine.Preview) Plan { return Plan{Environment: p.Environment, Preview: p} }

// firstDeployment creates something in each of the twelve layers.
func firstDeployment() *engine.Preview {
	var changes []change.Change
	for i, layer := range []string{"network", "secrets", "database", "auth", "functions", "workflow", "api", "reminders", "frontend", "audit", "monitoring", "delivery"} {
		for n := range 3 + i%4 {
			changes = append(changes, of(fmt.Sprintf("module.%s.aws_thing.this[%q]", layer, string(rune('a'+n))), change.Create, n == 0))
		}
	}
	p := preview("production", changes...)
	p.Beside = engine.Beside{Assets: []string{"assets/app.js", "assets/app.css"}, Entries: []string{"index.html", "404.html"},
		Migrations: []release.Migration{{Version: 1, Name: "0001_goals.sql", Class: release.Expand}, {Version: 2, Name: "0002_tasks.sql", Class: release.Expand}}}
	return p
}

func manyChanges(n int) *engine.Preview {
	operations := []change.Operation{change.Create, change.Update, change.Delete, change.Replace, change.Move}
	var changes []change.Change
	for i := range n {
		layer := []string{"network", "functions", "api", "monitoring"}[i%4]
		changes = append(changes, of(fmt.Sprintf("module.%s.module.inner.aws_cloudwatch_metric_alarm.this[\"a-rather-long-name-of-an-alarm-%03d\"]", layer, i), operations[i%5], i%50 == 0))
	}
	return preview("staging", changes...)
}

func lostDatabase() *engine.Preview {
	p := preview("production",
		of("module.network.aws_security_group.this", change.Update, false),
		of("module.network.aws_security_group_rule.this", change.Delete, false),
		of("module.database.aws_rds_cluster.this", change.Delete, true),
		of("module.database.aws_s3_bucket.exports", change.Replace, true),
		of(`module.functions.aws_lambda_function.this["goals"]`, change.Update, false),
	)
	p.Layers = append(p.Layers, "api", "frontend")
	p.Steps = append([]engine.Step{{Layer: "database", Stage: engine.StageRelease, Addresses: []string{"module.database.aws_rds_cluster.this"}}}, p.Steps...)
	p.Beside.Snapshots, p.Beside.Aliases = []string{"goal-mandala-production"}, []string{"goals"}
	p.Warnings = []string{"module.network.aws_security_group_rule.this goes before module.api.aws_thing.x lets go of it: AWS may refuse"}
	return p
}

// secrets is a plan whose values are marked, look like secrets, or are neither.
// The shaped ones are put together here, so that nobody takes them for real.
func secrets() *engine.Preview {
	return preview("staging", change.FromPlan(&tfjson.Plan{ResourceChanges: []*tfjson.ResourceChange{{
		Address: "module.functions.aws_lambda_function.this", Mode: tfjson.ManagedResourceMode, Type: "aws_lambda_function",
		Change: &tfjson.Change{Actions: tfjson.Actions{tfjson.ActionUpdate},
			Before: map[string]any{"memory_size": 128, "description": "goals", "environment": map[string]any{}},
			After: map[string]any{"memory_size": 1769, "description": "goals and tasks", "environment": map[string]any{
				"MARKED": marked, "COPY": "x " + marked + " y", "KEY": shaped()[0], "URL": shaped()[1], "JWT": shaped()[2], "SLACK": shaped()[3], "PEM": shaped()[4], "GITHUB": shaped()[5],
				"DB_PASSWORD": "abc", "RANDOM": shaped()[6], "JSON": map[string]any{"api_key": "zyx987"}, "LEVEL": "debug",
			}},
			AfterSensitive: map[string]any{"environment": map[string]any{"MARKED": true}},
		}}}}, change.Options{}).Changes...)
}

// shaped are texts that have the shapes of secrets.
func shaped() []string {
	return []string{
		"AK" + "IAIOSFODNN7EXAMPLE", "postgres://app:" + "hunter2shaped@db/goals", "ey" + "JhbGciOiJIUzI1NiJ9.e30.abc", "https://hooks." + "slack.com/services/T0/B0/shaped",
		"-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEshaped", "gh" + "p_0123456789abcdefghijABCDEFGHIJ012345", "wJalrXUtnFEMIK7MDENG" + "bPxRfiCYEXAMPLEKEY",
	}
}

type golden struct {
	plans    []Plan
	previous string
	options  Options
}

func goldens() map[string]golden {
	nothing := &engine.Preview{Environment: "staging", Approval: approval("1"), Layers: []string{"network", "database"}}
	refused := &problem.Error{Code: problem.TerraformFailed, What: "layer database of development: terraform plan failed with 2 errors", Err: errors.New("the detail has " + marked)}
	one := func(p *engine.Preview) golden { return golden{plans: []Plan{plan(p)}} }
	again := one(lostDatabase())
	again.previous = strings.ReplaceAll(Render(again.plans, "", Options{}), "\n", "\r\n")
	again.options.Run = "https://github.example/o/r/actions/runs/9"
	released := plan(lostDatabase())
	released.Version, released.Approval = "v1.3.0", "approvals/production plan.json"
	shown := one(secrets())
	shown.options.Values = true
	several := golden{plans: []Plan{plan(nothing), plan(firstDeployment()), {Environment: "development", Failure: refused}, plan(lostDatabase())}}
	several.plans[1].Environment = "preview"
	return map[string]golden{
		"nothing": one(nothing), "first": one(firstDeployment()), "many": one(manyChanges(400)), "stateful": one(lostDatabase()),
		"again": again, "release": {plans: []Plan{released}}, "secrets": one(secrets()), "secrets-values": shown, "several": several,
		"failed":  {plans: []Plan{{Environment: "development", Failure: errors.Join(refused, errors.New("else"))}}},
		"outputs": one(&engine.Preview{Environment: "staging", Approval: approval("2"), Layers: []string{"network", "api"}, Steps: []engine.Step{{Layer: "network", Stage: engine.StageApply}}}),
		"hostile": {plans: []Plan{plan(hostile())}, options: Options{Values: true}},
	}
}

// hostile has texts that try to end what they stand in.
func hostile() *engine.Preview {
	c := of("module.api.aws_thing.this[\"a|b` </code></details>\n```\n@octocat #12 o/r#3 https://evil.example \u202e\"]", change.Replace, true)
	c.Reason = "<script>alert(1)</script> ping @octocat, fixes #12 `"
	c.Replaces = []string{"tags.```"}
	c.Attributes = []change.Attribute{{Path: "tags.`````", Before: "\"```\\n</details>\"", After: `"@octocat"`, Replaces: true}}
	p := preview("staging-->", c)
	p.Warnings = []string{"@octocat: </details> ``` | \xff"}
	p.Beside.Snapshots = []string{"<img src=x onerror=y>"}
	return p
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range goldens() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Render(c.plans, c.previous, c.options)
			sound(t, got, Limit)
			for _, secret := range append(shaped(), marked, "hunter2", "zyx987", `"abc"`, "MIIE") {
				if strings.Contains(got, secret) {
					t.Errorf("a secret is shown: %s", secret)
				}
			}
			file := filepath.Join("testdata", name+".golden.md")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v (make it with -update)", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got), accept with -update:\n%s", diff)
			}
		})
	}
}

// Without --values there are none, whatever they are.
func TestNoValuesUnlessAskedFor(t *testing.T) {
	t.Parallel()
	p := secrets()
	p.Changes[0].ImportID = "fn-0815"
	without, with := Render([]Plan{plan(p)}, "", Options{}), Render([]Plan{plan(p)}, "", Options{Values: true})
	for _, shown := range []string{"debug", "1769", "goals and tasks", "fn-0815"} {
		if strings.Contains(without, shown) {
			t.Errorf("%q is shown without --values", shown)
		}
		if !strings.Contains(with, shown) {
			t.Errorf("%q is not shown with --values", shown)
		}
	}
}

func TestReapproval(t *testing.T) {
	t.Parallel()
	const same = "Re-approval is not needed"
	before, other := plan(lostDatabase()), plan(lostDatabase())
	other.Preview.Approval = approval("f")
	elsewhere := plan(lostDatabase())
	elsewhere.Environment = "staging"
	comment := func(p Plan) string { return Render([]Plan{p}, "", Options{}) }
	cases := map[string]struct {
		previous string
		want     bool
	}{
		"no comment before":             {"", false},
		"the same digest":               {comment(before), true},
		"another digest":                {comment(other), false},
		"another environment's":         {comment(elsewhere), false},
		"quoted further down":           {"hello\n" + comment(before), false},
		"no digests":                    {Marker([]string{"production"}) + "\ntext", false},
		"broken digests":                {Marker([]string{"production"}) + "\n" + digestsBegin + "{" + hiddenEnd, false},
		"the plan before failed":        {comment(Plan{Environment: "production", Failure: errors.New("x")}), false},
		"line ends as browsers do them": {strings.ReplaceAll(comment(before), "\n", "\r\n"), true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Contains(Render([]Plan{before}, c.previous, Options{}), same); got != c.want {
				t.Errorf("says that re-approval is not needed: %v, want %v", got, c.want)
			}
		})
	}
}

func TestMarker(t *testing.T) {
	t.Parallel()
	if a, b := Marker([]string{"b", "a"}), Marker([]string{"a", "b"}); a != b {
		t.Errorf("the order of environments matters: %s, %s", a, b)
	}
	for _, names := range [][]string{{"prod"}, {"production"}, {"prod", "production"}, {"-->"}, {"a\",\"b"}} {
		marker := Marker(names)
		for _, others := range [][]string{{"prod"}, {"production"}, {"prod", "production"}, {"-->"}, {"a", "b"}} {
			if same := cmp.Equal(names, others); strings.HasPrefix(Marker(others), marker) != same {
				t.Errorf("%s is not told from %s", marker, Marker(others))
			}
		}
		if strings.Index(marker, "-->") != len(marker)-3 {
			t.Errorf("%s ends early", marker)
		}
	}
}

// The counts are those of all changes, however few are shown.
func TestCompleteCounts(t *testing.T) {
	t.Parallel()
	p := manyChanges(4000)
	got := Render([]Plan{plan(p)}, "", Options{})
	if want := "## Plan of `staging`: " + strings.Join(counts(p.Summary()), ", "); !strings.Contains(got, want) {
		t.Errorf("the title is not %q", want)
	}
	if shown := strings.Count(got, "🔴 **delete**") + strings.Count(got, "🟠 **replace**"); shown < 100 || strings.Count(got, "🟢 create") > 0 {
		t.Errorf("%d of the riskiest are shown, and %d others", shown, strings.Count(got, "🟢 create"))
	}
	for _, layer := range p.Layers {
		all := counts(change.Summarize(change.Set{Changes: p.Changes}.ByLayer()[layer]))
		if !strings.Contains(got, "<code>"+layer+"</code>: "+strings.Join(all, ", ")) {
			t.Errorf("the counts of %s are not complete", layer)
		}
	}
}
