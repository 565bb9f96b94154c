package progress_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/progress"
)

const wait = 20 * time.Second

func note(i int) engine.Progress {
	return engine.Progress{Kind: engine.ProgressNote, Text: fmt.Sprint(i)}
}

func TestEverybodyHearsAllInOrder(t *testing.T) {
	t.Parallel()
	var fan progress.Fan
	heard := map[string][]string{}
	var mu sync.Mutex
	hear := func(who string) func(engine.Progress) {
		return func(p engine.Progress) {
			mu.Lock()
			defer mu.Unlock()
			heard[who] = append(heard[who], p.Text)
		}
	}
	fan.Direct(hear("direct"))
	fan.Add("a", hear("a"))
	fan.Add("b", hear("b"))
	var want []string
	for i := range 1000 {
		fan.Show(note(i))
		want = append(want, fmt.Sprint(i))
	}
	fan.Flush(wait)
	if losses := fan.Close(wait); losses != nil {
		t.Errorf("lost: %v", losses)
	}
	fan.Show(note(1000)) // nobody is told any more
	fan.Close(wait)
	if diff := cmp.Diff(map[string][]string{"direct": append(want, "1000"), "a": want, "b": want}, heard); diff != "" {
		t.Error(diff)
	}
}

func TestManyMayTell(t *testing.T) {
	t.Parallel()
	var fan progress.Fan
	heard := 0
	fan.Add("a", func(engine.Progress) { heard++ })
	var tellers sync.WaitGroup
	for range 20 {
		tellers.Go(func() {
			for i := range 200 {
				fan.Show(note(i))
			}
		})
	}
	tellers.Wait()
	fan.Close(wait)
	if heard != 4000 {
		t.Errorf("heard %d", heard)
	}
}

// One who is stuck holds up neither the run, nor the others, nor the end.
func TestOneIsStuck(t *testing.T) {
	t.Parallel()
	var fan progress.Fan
	free, heard := make(chan struct{}), 0
	fan.Add("stuck", func(engine.Progress) { <-free })
	fan.Add("other", func(engine.Progress) { heard++ })
	const many = 40000
	for i := range many {
		fan.Show(note(i))
		if i%1000 == 0 {
			time.Sleep(time.Millisecond) // the other one keeps up
		}
	}
	begun := time.Now()
	fan.Flush(50 * time.Millisecond)
	losses := fan.Close(50 * time.Millisecond)
	if took := time.Since(begun); took > wait {
		t.Errorf("the end took %v", took)
	}
	if len(losses) == 0 || losses[0].Name != "stuck" || !losses[0].Stuck || losses[0].Count != many {
		t.Errorf("losses: %+v", losses)
	}
	close(free)
}
