// Package graph holds a generic directed graph of dependencies: its order, its
// cycles, and the scheduling of work along it. It knows nothing of layers.
package graph

import (
	"fmt"
	"strings"
)

// Graph is a directed graph whose edges run from a node to what it depends on.
// Nodes keep the order in which they were added; every answer is deterministic
// and follows it. The zero value is not usable: call New. A graph that is no
// longer changed may be read from many goroutines.
type Graph[K comparable] struct {
	keys         []K
	index        map[K]int
	dependencies [][]int // by node: what it depends on
	dependants   [][]int // by node: what depends on it
	edges        map[[2]int]struct{}
}

// New gives an empty graph.
func New[K comparable]() *Graph[K] {
	return &Graph[K]{index: map[K]int{}, edges: map[[2]int]struct{}{}}
}

// Add adds a node; adding it again changes nothing.
func (g *Graph[K]) Add(key K) { g.node(key) }

// Connect says that key depends on dependency, and adds both where missing. A
// repeated edge changes nothing. An edge from a node to itself is a cycle.
func (g *Graph[K]) Connect(key, dependency K) {
	from, to := g.node(key), g.node(dependency)
	edge := [2]int{from, to}
	if _, exists := g.edges[edge]; exists {
		return
	}
	g.edges[edge] = struct{}{}
	g.dependencies[from] = append(g.dependencies[from], to)
	g.dependants[to] = append(g.dependants[to], from)
}

func (g *Graph[K]) node(key K) int {
	if i, ok := g.index[key]; ok {
		return i
	}
	i := len(g.keys)
	g.index[key] = i
	g.keys = append(g.keys, key)
	g.dependencies = append(g.dependencies, nil)
	g.dependants = append(g.dependants, nil)
	return i
}

// Len gives the number of nodes.
func (g *Graph[K]) Len() int { return len(g.keys) }

// Has reports whether key is a node.
func (g *Graph[K]) Has(key K) bool {
	_, ok := g.index[key]
	return ok
}

// Nodes gives all nodes in the order in which they were added.
func (g *Graph[K]) Nodes() []K { return append([]K(nil), g.keys...) }

// Dependencies gives what key directly depends on, in the order connected.
func (g *Graph[K]) Dependencies(key K) []K { return g.neighbours(key, g.dependencies) }

// Dependants gives what directly depends on key, in the order connected.
func (g *Graph[K]) Dependants(key K) []K { return g.neighbours(key, g.dependants) }

func (g *Graph[K]) neighbours(key K, along [][]int) []K {
	i, ok := g.index[key]
	if !ok {
		return nil
	}
	return g.named(along[i])
}

func (g *Graph[K]) named(nodes []int) []K {
	if len(nodes) == 0 {
		return nil
	}
	keys := make([]K, len(nodes))
	for n, i := range nodes {
		keys[n] = g.keys[i]
	}
	return keys
}

// AllDependencies gives everything that keys depend on, directly or not, in
// the order added. The keys themselves are not among it, unless one depends on
// another. Unknown keys have none.
func (g *Graph[K]) AllDependencies(keys ...K) []K { return g.reach(g.dependencies, keys) }

// AllDependants gives everything that depends on keys, directly or not, in the
// order added, with the same rules as AllDependencies.
func (g *Graph[K]) AllDependants(keys ...K) []K { return g.reach(g.dependants, keys) }

func (g *Graph[K]) reach(along [][]int, keys []K) []K {
	var stack []int
	for _, key := range keys {
		if i, ok := g.index[key]; ok {
			stack = append(stack, i)
		}
	}
	seen := make([]bool, len(g.keys))
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, next := range along[i] {
			if !seen[next] {
				seen[next] = true
				stack = append(stack, next)
			}
		}
	}
	var reached []K
	for i, yes := range seen {
		if yes {
			reached = append(reached, g.keys[i])
		}
	}
	return reached
}

// Reversed gives the graph with every edge turned round: the order in which
// things are taken down. Nodes are in the reverse order too.
func (g *Graph[K]) Reversed() *Graph[K] {
	r := New[K]()
	for i := len(g.keys) - 1; i >= 0; i-- {
		r.Add(g.keys[i])
	}
	for i := len(g.keys) - 1; i >= 0; i-- {
		for _, to := range g.dependencies[i] {
			r.Connect(g.keys[to], g.keys[i])
		}
	}
	return r
}

// CycleError says that a graph has no order. Nodes is one of its cycles: each
// depends on the next, and the last on the first.
type CycleError[K comparable] struct{ Nodes []K }

// Error names the nodes of the cycle.
func (e *CycleError[K]) Error() string {
	names := make([]string, 0, len(e.Nodes)+1)
	for _, node := range e.Nodes {
		names = append(names, fmt.Sprint(node))
	}
	if len(names) > 0 {
		names = append(names, names[0])
	}
	return "cycle: " + strings.Join(names, " → ")
}
