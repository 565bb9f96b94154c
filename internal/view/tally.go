package view

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// Tally counts what runs change, by what Terraform reports. It is safe for concurrent
// use.
type Tally struct {
	mu   sync.Mutex
	run  string
	runs map[string]*tallied
}

// tallied is what one run changed.
type tallied struct {
	actions map[string]int
	layers  []string
}

// Show takes one thing that happened.
func (t *Tally) Show(p engine.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case p.Kind == engine.ProgressRun:
		t.run = p.Outline.ID
	case p.Kind == engine.ProgressEvent && p.Event.Kind == engine.ApplyComplete && p.Event.Action != "read" && p.Event.Action != "no-op":
		if t.runs == nil {
			t.runs = map[string]*tallied{}
		}
		if t.runs[t.run] == nil {
			t.runs[t.run] = &tallied{actions: map[string]int{}}
		}
		of := t.runs[t.run]
		of.actions[p.Event.Action]++
		if !slices.Contains(of.layers, p.Layer) {
			of.layers = append(of.layers, p.Layer)
		}
	}
}

// Of tells what a run changed: "12 created, 1 deleted in network and database".
func (t *Tally) Of(run string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	of := t.runs[run]
	if of == nil {
		return "no resource"
	}
	var parts []string
	for _, action := range []string{"create", "update", "delete"} {
		if n := of.actions[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, pastTense(action)))
		}
	}
	for _, action := range slices.Sorted(maps.Keys(of.actions)) {
		if !slices.Contains([]string{"create", "update", "delete"}, action) {
			parts = append(parts, fmt.Sprintf("%d %s", of.actions[action], pastTense(action)))
		}
	}
	return strings.Join(parts, ", ") + " in " + strings.Join(of.layers, ", ")
}
