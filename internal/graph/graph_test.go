package graph_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/graph"
)

// of builds a graph from node → dependencies, given as pairs in order.
func of(nodes ...[]string) *graph.Graph[string] {
	g := graph.New[string]()
	for _, node := range nodes {
		g.Add(node[0])
		for _, dependency := range node[1:] {
			g.Connect(node[0], dependency)
		}
	}
	return g
}

func TestOrder(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		graph *graph.Graph[string]
		want  []string
		cycle []string
	}{
		"empty":                  {graph: of()},
		"alone keep their order": {graph: of([]string{"b"}, []string{"a"}), want: []string{"b", "a"}},
		"chain":                  {graph: of([]string{"c", "b"}, []string{"b", "a"}), want: []string{"a", "b", "c"}},
		"diamond":                {graph: of([]string{"top", "left", "right"}, []string{"left", "base"}, []string{"right", "base"}), want: []string{"base", "left", "right", "top"}},
		"repeated edge":          {graph: of([]string{"b", "a", "a"}), want: []string{"a", "b"}},
		"self":                   {graph: of([]string{"a", "a"}), cycle: []string{"a"}},
		"cycle of two":           {graph: of([]string{"a", "b"}, []string{"b", "a"}), cycle: []string{"a", "b"}},
		"cycle behind a tail":    {graph: of([]string{"tail", "x"}, []string{"x", "y"}, []string{"y", "z"}, []string{"z", "x"}), cycle: []string{"x", "y", "z"}},
		"cycle with a dead end":  {graph: of([]string{"x", "leaf", "y"}, []string{"y", "x"}), cycle: []string{"x", "y"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.graph.Order()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			var cycle *graph.CycleError[string]
			if errors.As(err, &cycle) != (test.cycle != nil) {
				t.Fatalf("error = %v, want cycle %v", err, test.cycle)
			}
			if diff := cmp.Diff(test.cycle, test.graph.Cycle()); diff != "" {
				t.Errorf("cycle (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	g := of([]string{"api", "functions", "auth"}, []string{"functions", "network", "database"}, []string{"database", "network"}, []string{"auth"}, []string{"frontend", "api"})
	tests := map[string]struct{ got, want []string }{
		"direct dependencies":   {g.Dependencies("functions"), []string{"network", "database"}},
		"direct dependants":     {g.Dependants("network"), []string{"functions", "database"}},
		"all dependencies":      {g.AllDependencies("api"), []string{"functions", "auth", "network", "database"}},
		"all dependants":        {g.AllDependants("database"), []string{"api", "functions", "frontend"}},
		"of several":            {g.AllDependants("auth", "api"), []string{"api", "frontend"}},
		"of an unknown":         {g.AllDependants("nowhere"), nil},
		"of a leaf":             {g.AllDependencies("auth"), nil},
		"reversed dependencies": {g.Reversed().Dependencies("network"), []string{"database", "functions"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCycleErrorNamesTheWayRound(t *testing.T) {
	t.Parallel()
	_, err := graph.NewQueue(of([]string{"a", "b"}, []string{"b", "a"}))
	if want := "cycle: a → b → a"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %q", err, want)
	}
}
