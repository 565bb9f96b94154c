package graph_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goal-mandala/mandala-deploy/internal/graph"
)

var errBroken = errors.New("broken")

func TestRun(t *testing.T) {
	t.Parallel()
	type result = graph.Result[string]
	tests := map[string]struct {
		graph *graph.Graph[string]
		fail  map[string]bool
		want  []result
	}{
		"nothing": {graph: of(), want: []result{}},
		"all well": {
			graph: of([]string{"b", "a"}),
			want:  []result{{Key: "b", Status: graph.Succeeded}, {Key: "a", Status: graph.Succeeded}},
		},
		"dependants of a failure are skipped, the rest goes on": {
			graph: of([]string{"a"}, []string{"b", "a"}, []string{"c", "b"}, []string{"d"}, []string{"e", "d"}),
			fail:  map[string]bool{"a": true},
			want: []result{
				{Key: "a", Status: graph.Failed, Err: errBroken},
				{Key: "b", Status: graph.Skipped, Because: "a"},
				{Key: "c", Status: graph.Skipped, Because: "a"},
				{Key: "d", Status: graph.Succeeded},
				{Key: "e", Status: graph.Succeeded},
			},
		},
		"skipped once, because of the first": {
			graph: of([]string{"a"}, []string{"b"}, []string{"c", "a", "b"}, []string{"d", "c"}),
			fail:  map[string]bool{"a": true, "b": true},
			want: []result{
				{Key: "a", Status: graph.Failed, Err: errBroken},
				{Key: "b", Status: graph.Failed, Err: errBroken},
				{Key: "c", Status: graph.Skipped, Because: "a"},
				{Key: "d", Status: graph.Skipped, Because: "a"},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := graph.Run(t.Context(), test.graph, 1, func(_ context.Context, key string) error {
				if test.fail[key] {
					return errBroken
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRunTakesTheLongestChainFirst: what many wait for, one after the other,
// does not itself wait for what nobody waits for.
func TestRunTakesTheLongestChainFirst(t *testing.T) {
	t.Parallel()
	g := of([]string{"alone"}, []string{"also alone"}, []string{"first"}, []string{"second", "first"}, []string{"third", "second"}, []string{"aside", "first"})
	var got []string
	_, err := graph.Run(t.Context(), g, 1, func(_ context.Context, key string) error {
		got = append(got, key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"first", "second", "alone", "also alone", "third", "aside"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestRunRefusesACycle(t *testing.T) {
	t.Parallel()
	_, err := graph.Run(t.Context(), of([]string{"a", "a"}), 1, func(context.Context, string) error { return nil })
	var cycle *graph.CycleError[string]
	if !errors.As(err, &cycle) {
		t.Errorf("error = %v, want a cycle", err)
	}
}

func TestRunWaitsForWhatRunsWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var finished atomic.Bool
	got, err := graph.Run(ctx, of([]string{"a"}, []string{"b"}, []string{"c", "a"}), 1, func(_ context.Context, _ string) error {
		cancel()
		finished.Store(true)
		return nil
	})
	if err != nil || !finished.Load() {
		t.Fatalf("err = %v, finished = %v", err, finished.Load())
	}
	want := []graph.Result[string]{
		{Key: "a", Status: graph.Succeeded}, {Key: "b", Status: graph.NotStarted}, {Key: "c", Status: graph.NotStarted},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// randomDAG gives a graph over 0…nodes-1 in which edges run from later to
// earlier numbers of a hidden permutation, so that it has no cycle.
func randomDAG(random *rand.Rand, nodes int) *graph.Graph[int] {
	g := graph.New[int]()
	hidden := random.Perm(nodes)
	for _, n := range random.Perm(nodes) {
		g.Add(n)
	}
	for range nodes * 2 {
		a, b := random.IntN(nodes), random.IntN(nodes)
		if a != b {
			g.Connect(hidden[max(a, b)], hidden[min(a, b)])
		}
	}
	return g
}

func TestLawsOnRandomGraphs(t *testing.T) {
	t.Parallel()
	for seed := range uint64(150) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			g := randomDAG(random, 1+random.IntN(60))
			order, err := g.Order()
			if err != nil {
				t.Fatal(err)
			}
			respects(t, g, order)
			parallelism := 1 + random.IntN(5)
			failing := map[int]bool{}
			for _, n := range g.Nodes() {
				failing[n] = random.IntN(12) == 0
			}

			var mu sync.Mutex
			var ran []int
			running, most := 0, 0
			results, err := graph.Run(t.Context(), g, parallelism, func(_ context.Context, n int) error {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					running--
					ran = append(ran, n)
				}()
				if failing[n] {
					return errBroken
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if most > parallelism {
				t.Errorf("%d ran at once, parallelism is %d", most, parallelism)
			}
			agree(t, g, failing, ran, results)
		})
	}
}

// respects checks that each node of order comes once, after all it depends on.
func respects(t *testing.T, g *graph.Graph[int], order []int) {
	t.Helper()
	done := map[int]bool{}
	for _, n := range order {
		for _, dependency := range g.Dependencies(n) {
			if !done[dependency] {
				t.Errorf("%d comes before %d, on which it depends", n, dependency)
			}
		}
		if done[n] {
			t.Errorf("%d comes twice", n)
		}
		done[n] = true
	}
	if len(order) != g.Len() {
		t.Errorf("%d of %d nodes in order", len(order), g.Len())
	}
}

// agree checks results against what the failing nodes make of the graph.
func agree(t *testing.T, g *graph.Graph[int], failing map[int]bool, ran []int, results []graph.Result[int]) {
	t.Helper()
	runs := map[int]int{}
	finished := map[int]bool{}
	for _, n := range ran {
		runs[n]++
		for _, dependency := range g.Dependencies(n) {
			if !finished[dependency] {
				t.Errorf("%d ran before %d had finished", n, dependency)
			}
		}
		finished[n] = true
	}
	status := map[int]graph.Status{}
	for _, result := range results {
		status[result.Key] = result.Status
	}
	for _, result := range results {
		blocked := false
		for _, dependency := range g.Dependencies(result.Key) {
			blocked = blocked || status[dependency] != graph.Succeeded
		}
		want := graph.Succeeded
		switch {
		case blocked:
			want = graph.Skipped
		case failing[result.Key]:
			want = graph.Failed
		}
		if result.Status != want || (runs[result.Key] == 1) == blocked || runs[result.Key] > 1 {
			t.Errorf("%d is %s after %d runs, want %s", result.Key, result.Status, runs[result.Key], want)
		}
		if result.Status == graph.Skipped && status[result.Because] != graph.Failed {
			t.Errorf("%d was skipped because of %d, which is %s", result.Key, result.Because, status[result.Because])
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, nodes := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(nodes), func(b *testing.B) {
			g := randomDAG(rand.New(rand.NewPCG(1, 1)), nodes)
			for b.Loop() {
				if _, err := graph.Run(b.Context(), g, 2, func(context.Context, int) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
