package graph

// Order gives all nodes so that each comes after what it depends on; among
// equals, those added first come first. It takes O(nodes + edges). A graph with
// a cycle gives a *CycleError.
func (g *Graph[K]) Order() ([]K, error) {
	waiting := make([]int, len(g.keys))
	order := make([]int, 0, len(g.keys))
	for i, dependencies := range g.dependencies {
		waiting[i] = len(dependencies)
		if waiting[i] == 0 {
			order = append(order, i)
		}
	}
	// order is its own queue: what stands behind next is ready, not yet visited.
	for next := 0; next < len(order); next++ {
		for _, dependant := range g.dependants[order[next]] {
			if waiting[dependant]--; waiting[dependant] == 0 {
				order = append(order, dependant)
			}
		}
	}
	if len(order) < len(g.keys) {
		return nil, &CycleError[K]{Nodes: g.cycleAmong(waiting)}
	}
	return g.named(order), nil
}

// Cycle gives the nodes of one cycle, each depending on the next, or nil when
// there is none.
func (g *Graph[K]) Cycle() []K {
	_, err := g.Order()
	if err == nil {
		return nil
	}
	return err.(*CycleError[K]).Nodes //nolint:errorlint,forcetypeassert // Order gives no other error
}

// cycleAmong finds a cycle among the nodes that still wait. Each of them
// depends on another that waits, so following those must come back to a node
// already passed.
func (g *Graph[K]) cycleAmong(waiting []int) []K {
	at := -1
	for i, n := range waiting {
		if n > 0 {
			at = i
			break
		}
	}
	position := map[int]int{}
	var path []int
	for {
		if start, seen := position[at]; seen {
			return g.named(fromSmallest(path[start:]))
		}
		position[at] = len(path)
		path = append(path, at)
		for _, dependency := range g.dependencies[at] {
			if waiting[dependency] > 0 {
				at = dependency
				break
			}
		}
	}
}

// fromSmallest turns a cycle so that the node that was added first is first.
func fromSmallest(cycle []int) []int {
	least := 0
	for i, node := range cycle {
		if node < cycle[least] {
			least = i
		}
	}
	return append(append([]int(nil), cycle[least:]...), cycle[:least]...)
}
