package live

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

var update = flag.Bool("update", false, "write the golden files")

var sizes = [][2]int{{40, 10}, {40, 24}, {80, 10}, {80, 24}, {120, 10}, {120, 24}, {120, 60}}

// TestFrames shows moments of a run on terminals of several sizes.
func TestFrames(t *testing.T) {
	t.Parallel()
	moments := map[string]int{"planning": -20, "snapshot": 10, "layers": 45, "parallel": last() - 5, "failed": last()}
	for name, second := range moments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := modelAt(second)
			if m.outline != nil {
				m.Expect(forecast(t))
			}
			var out strings.Builder
			for _, size := range sizes {
				fmt.Fprintf(&out, "== %d x %d\n", size[0], size[1])
				for _, line := range m.Frame(at(second), size[0], size[1], view.Palette{}) {
					out.WriteString(line + "\n")
				}
			}
			golden(t, filepath.Join("testdata", name+".golden"), out.String())
		})
	}
}

// modelAt knows what was told until then.
func modelAt(second int) *Model {
	m := &Model{}
	for _, p := range told() {
		if !p.Time.After(at(second)) {
			m.Tell(p)
		}
	}
	return m
}

// At any time and size no line is too wide, and while the size stays their number does.
func TestFramesAreSteady(t *testing.T) {
	t.Parallel()
	f := forecast(t, "api")
	for _, size := range append(sizes, [2]int{1, 1}, [2]int{2, 2}, [2]int{3, 24}, [2]int{12, 7}, [2]int{25, 3}, [2]int{33, 16}, [2]int{61, 18}) {
		for _, palette := range []view.Palette{{}, {Colour: true}} {
			m, count := Model{}, -1
			for i, p := range told() {
				m.Tell(p)
				if m.outline == nil || i%5 != 0 {
					continue
				}
				if i%2 == 0 {
					m.Expect(f)
				}
				lines := m.Frame(p.Time.Add(time.Second), size[0], size[1], palette)
				if count < 0 {
					count = len(lines)
				}
				if len(lines) != count || len(lines) > max(size[1]-1, 0) {
					t.Fatalf("%v: %d lines after %d", size, len(lines), count)
				}
				for _, line := range lines {
					if ansi.StringWidth(line) > size[0]-1 {
						t.Fatalf("%v: %d cells: %q", size, ansi.StringWidth(line), line)
					}
				}
			}
		}
	}
}

// The same run told again, with other steps, keeps what is done.
func TestStepsThatTurnOutOtherwise(t *testing.T) {
	t.Parallel()
	m := modelAt(last())
	o := outline()
	o.Steps = o.Steps[:5]
	m.Tell(engine.Progress{Time: at(last()), Kind: engine.ProgressRun, Outline: &o})
	lines := m.Frame(at(last()), 100, 50, view.Palette{})
	if !strings.Contains(lines[0], "2/5 layers  47/180 resources") || !strings.Contains(lines[0], "1m") {
		t.Error(lines[0])
	}
	other := o
	other.ID = "another"
	m.Tell(engine.Progress{Time: at(last()), Kind: engine.ProgressRun, Outline: &other})
	if lines := m.Frame(at(last()), 100, 50, view.Palette{}); !strings.Contains(lines[0], "0s  0/5 layers  0/180 resources") {
		t.Error(lines[0])
	}
	m.Tell(engine.Progress{Time: at(last()), Kind: engine.ProgressEnd, Status: engine.Failed})
	if lines := m.Frame(at(last()), 100, 50, view.Palette{}); lines != nil {
		t.Error(lines)
	}
}

// TestRest holds the estimate to what is known.
func TestRest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		second   int
		forecast bool
		without  []string
		also     []engine.Progress
		want     string
	}{
		"nothing is known":        {second: 10, want: ""},
		"the longest way":         {second: 0, forecast: true, want: "about 14 min left"}, // snapshot, network, database, functions, api, frontend, monitoring, aliases, verify
		"one layer never seen":    {second: 0, forecast: true, without: []string{"api"}, want: "at least 13 min left"},
		"what failed is not done": {second: last(), forecast: true, want: "about 7 min left"},
		"overdue":                 {second: 44, forecast: true, also: []engine.Progress{layer(-1000, "network", engine.Running, 0, nil)}, want: "at least 14 min left"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := modelAt(test.second)
			if test.forecast {
				m.Expect(forecast(t, test.without...))
			}
			for _, p := range test.also {
				m.Tell(p)
			}
			if got := m.rest(at(test.second)).String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
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
}
