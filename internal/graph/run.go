package graph

import "context"

// Status tells what became of a node.
type Status string

// The ends of a node.
const (
	Succeeded  Status = "succeeded"
	Failed     Status = "failed"
	Skipped    Status = "skipped"     // something that it depends on failed
	NotStarted Status = "not started" // the context was done before its turn
)

// Result is the end of one node.
type Result[K comparable] struct {
	Key     K
	Status  Status
	Err     error // of a failed node
	Because K     // of a skipped node: the node that failed
}

// Run calls do for each node after all that it depends on has succeeded, with
// at most parallelism (at least 1) calls at a time. When a node fails, its
// dependants are skipped and everything else goes on. When ctx is done nothing
// new starts, but what runs is waited for. There is one result per node, in
// the order in which nodes were added; the error is a *CycleError only.
func Run[K comparable](ctx context.Context, g *Graph[K], parallelism int, do func(context.Context, K) error) ([]Result[K], error) {
	queue, err := NewQueue(g)
	if err != nil {
		return nil, err
	}
	results := make([]Result[K], g.Len())
	for i, key := range g.keys {
		results[i] = Result[K]{Key: key, Status: NotStarted}
	}

	type end struct {
		key K
		err error
	}
	ends := make(chan end)
	running := 0
	for {
		for running < max(parallelism, 1) && ctx.Err() == nil {
			key, ok := queue.Next()
			if !ok {
				break
			}
			running++
			go func() { ends <- end{key, do(ctx, key)} }()
		}
		if running == 0 {
			return results, nil
		}
		ended := <-ends
		running--
		result := &results[g.index[ended.key]]
		if ended.err == nil {
			result.Status = Succeeded
			queue.Done(ended.key)
			continue
		}
		result.Status, result.Err = Failed, ended.err
		for _, skipped := range queue.Fail(ended.key) {
			results[g.index[skipped]].Status = Skipped
			results[g.index[skipped]].Because = ended.key
		}
	}
}
