package graph

import "container/heap"

// Queue hands out the nodes of a graph as they become ready, that is when all
// that they depend on is done. Of those that are ready, the one with the longest
// chain of dependants behind it comes first: it decides when all is done. It is
// for one goroutine; all calls together take O(edges + nodes × log nodes). The
// graph must not change meanwhile.
type Queue[K comparable] struct {
	graph   *Graph[K]
	waiting []int // by node: how many dependencies are not done
	skipped []bool
	ready   urgency
	left    int
}

// NewQueue gives a queue over all nodes of g, or a *CycleError.
func NewQueue[K comparable](g *Graph[K]) (*Queue[K], error) {
	order, err := g.Order()
	if err != nil {
		return nil, err
	}
	q := &Queue[K]{
		graph:   g,
		waiting: make([]int, len(g.keys)),
		skipped: make([]bool, len(g.keys)),
		ready:   urgency{behind: make([]int, len(g.keys))},
		left:    len(g.keys),
	}
	for at := len(order) - 1; at >= 0; at-- {
		i := g.index[order[at]]
		for _, dependant := range g.dependants[i] {
			q.ready.behind[i] = max(q.ready.behind[i], q.ready.behind[dependant]+1)
		}
	}
	for i, dependencies := range g.dependencies {
		q.waiting[i] = len(dependencies)
		if q.waiting[i] == 0 {
			heap.Push(&q.ready, i)
		}
	}
	return q, nil
}

// Next gives the most urgent node that is ready. Each is given once and must
// come back through Done or Fail; ok is false while none is ready.
func (q *Queue[K]) Next() (key K, ok bool) {
	if q.ready.Len() == 0 {
		return key, false
	}
	return q.graph.keys[heap.Pop(&q.ready).(int)], true //nolint:forcetypeassert // nothing else is pushed
}

// urgency is a heap of nodes: the longest chain of dependants first, among
// equals the one that was added to the graph first.
type urgency struct {
	nodes  []int
	behind []int // by node: length of its longest chain of dependants
}

func (u *urgency) Len() int      { return len(u.nodes) }
func (u *urgency) Swap(i, j int) { u.nodes[i], u.nodes[j] = u.nodes[j], u.nodes[i] }
func (u *urgency) Push(node any) { u.nodes = append(u.nodes, node.(int)) } //nolint:forcetypeassert // as above
func (u *urgency) Less(i, j int) bool {
	a, b := u.nodes[i], u.nodes[j]
	if u.behind[a] != u.behind[b] {
		return u.behind[a] > u.behind[b]
	}
	return a < b
}

func (u *urgency) Pop() any {
	last := u.nodes[len(u.nodes)-1]
	u.nodes = u.nodes[:len(u.nodes)-1]
	return last
}

// Done says that a node succeeded.
func (q *Queue[K]) Done(key K) {
	q.left--
	for _, dependant := range q.graph.dependants[q.graph.index[key]] {
		q.waiting[dependant]--
		if q.waiting[dependant] == 0 && !q.skipped[dependant] {
			heap.Push(&q.ready, dependant)
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
