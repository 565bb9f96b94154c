package graph

// Queue hands out the nodes of a graph as they become ready, that is when all
// that they depend on is done. It is for one goroutine; all calls together take
// O(nodes + edges). The graph must not change meanwhile.
type Queue[K comparable] struct {
	graph   *Graph[K]
	waiting []int // by node: how many dependencies are not done
	skipped []bool
	ready   []int
	left    int
}

// NewQueue gives a queue over all nodes of g, or a *CycleError.
func NewQueue[K comparable](g *Graph[K]) (*Queue[K], error) {
	if _, err := g.Order(); err != nil {
		return nil, err
	}
	q := &Queue[K]{
		graph:   g,
		waiting: make([]int, len(g.keys)),
		skipped: make([]bool, len(g.keys)),
		left:    len(g.keys),
	}
	for i, dependencies := range g.dependencies {
		q.waiting[i] = len(dependencies)
		if q.waiting[i] == 0 {
			q.ready = append(q.ready, i)
		}
	}
	return q, nil
}

// Ready gives the nodes that became ready since the last call. Each is given
// once and must come back through Done or Fail.
func (q *Queue[K]) Ready() []K {
	keys := q.graph.named(q.ready)
	q.ready = nil
	return keys
}

// Done says that a node succeeded.
func (q *Queue[K]) Done(key K) {
	q.left--
	for _, dependant := range q.graph.dependants[q.graph.index[key]] {
		q.waiting[dependant]--
		if q.waiting[dependant] == 0 && !q.skipped[dependant] {
			q.ready = append(q.ready, dependant)
		}
	}
}

// Fail says that a node failed and gives what is skipped because of it: all
// its direct and indirect dependants that no earlier failure had skipped.
func (q *Queue[K]) Fail(key K) (skipped []K) {
	q.left--
	stack := []int{q.graph.index[key]}
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, dependant := range q.graph.dependants[i] {
			// The dependants of one skipped before were skipped with it.
			if !q.skipped[dependant] {
				q.skipped[dependant] = true
				q.left--
				skipped = append(skipped, q.graph.keys[dependant])
				stack = append(stack, dependant)
			}
		}
	}
	return skipped
}

// Left gives the number of nodes that are neither done, failed nor skipped.
func (q *Queue[K]) Left() int { return q.left }
