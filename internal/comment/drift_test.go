package comment

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func drifted(address string, missing, stateful bool, attributes int) change.Drifted {
	d := change.Drifted{Address: address, Type: "aws_thing", Missing: missing, Stateful: stateful}
	for i := range attributes {
		d.Attributes = append(d.Attributes, change.Attribute{Path: fmt.Sprintf("path%d", i), Before: "hunter2", After: "4711"})
	}
	return d
}

func someDrift() *engine.Drift {
	return &engine.Drift{Environment: "production", Release: "v1", Layers: []engine.LayerDrift{
		{Name: "network"},
		{Name: "database", Resources: []change.Drifted{drifted("module.database.aws_rds_cluster.this", true, true, 0), drifted("module.database.aws_thing.a", false, false, 1)}},
		{Name: "functions", Resources: []change.Drifted{drifted(`module.functions.aws_lambda_alias.live["a|b"]`, false, false, 3), drifted("module.functions.aws_thing.gone", true, false, 0)}},
		{Name: "", Resources: []change.Drifted{drifted("aws_thing.outside", false, true, 2)}},
	}}
}

func TestDriftIssue(t *testing.T) {
	t.Parallel()
	options := Options{Run: "https://github.example/o/r/actions/runs/1"}
	title, body := Drift(someDrift(), "", options)
	got := title + "\n---\n" + body + "---\n" + DriftGone("production", options)
	file := filepath.Join("testdata", "drift.golden.md")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (make it with -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got), accept with -update:\n%s", diff)
	}
	sound(t, body, Limit)
	sound(t, DriftGone("production", options), Limit)
	for _, value := range []string{"hunter2", "4711", "path0"} {
		if strings.Contains(got, value) {
			t.Errorf("%s is told", value)
		}
	}
	if !strings.HasPrefix(body, DriftMarker("production")+"\n") || !strings.HasPrefix(DriftGone("production", options), DriftGoneMarker("production")+"\n") {
		t.Error("no marker")
	}
}

// The text changes with the drift and with nothing else.
func TestDriftIssueIsKept(t *testing.T) {
	t.Parallel()
	_, first := Drift(someDrift(), "", Options{Run: "https://github.example/o/r/actions/runs/1"})
	cases := map[string]struct {
		edit func(*engine.Drift)
		same bool
	}{
		"the same":        {func(*engine.Drift) {}, true},
		"another release": {func(d *engine.Drift) { d.Release = "v2" }, true},
		"another value":   {func(d *engine.Drift) { d.Layers[1].Resources[1].Attributes[0].After = "8" }, true},
		"one more attribute": {func(d *engine.Drift) {
			d.Layers[1].Resources[1] = drifted("module.database.aws_thing.a", false, false, 2)
		}, false},
		"another resource":       {func(d *engine.Drift) { d.Layers[1].Resources[1].Address += "b" }, false},
		"one fewer":              {func(d *engine.Drift) { d.Layers[1].Resources = d.Layers[1].Resources[:1] }, false},
		"gone meanwhile":         {func(d *engine.Drift) { d.Layers[1].Resources[1].Missing = true }, false},
		"of another environment": {func(d *engine.Drift) { d.Environment = "staging" }, false},
	}
	for name, c := range cases {
		for _, previous := range []string{first, strings.ReplaceAll(first, "\n", "\r\n")} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := someDrift()
				c.edit(d)
				_, body := Drift(d, previous, Options{Run: "https://github.example/o/r/actions/runs/2"})
				if (body == previous) != c.same {
					t.Errorf("kept: %v", body == previous)
				}
			})
		}
	}
}

// TestNoDriftMakesABadIssue renders drifts made at random.
func TestNoDriftMakesABadIssue(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		w := &world{Rand: rand.New(rand.NewPCG(seed, 7))}
		d := &engine.Drift{Environment: w.text()}
		for range w.IntN(20) {
			l := engine.LayerDrift{Name: w.text()}
			for range w.size() {
				each := drifted(w.text()+w.maybe(w.shaped), w.IntN(2) == 0, w.IntN(2) == 0, w.IntN(4))
				l.Resources = append(l.Resources, each)
			}
			d.Layers = append(d.Layers, l)
		}
		limit := []int{Limit, 8_000}[w.IntN(2)]
		title, body := Drift(d, "", Options{Limit: limit})
		sound(t, body, limit)
		if strings.ContainsAny(title, "\r\n") || len([]rune(title)) > 2*maxName {
			t.Errorf("title %q", title)
		}
		if !strings.Contains(body, fmt.Sprint(d.Count())) {
			t.Error("the count is not told")
		}
		for _, secret := range w.secrets {
			if strings.Contains(body+title, secret) {
				t.Errorf("%q is shown", secret)
			}
		}
	}
}
