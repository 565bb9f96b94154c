package terraform

import "github.com/goal-mandala/mandala-deploy/internal/engine"

// Processes asks after Terraform processes of dead runs; it implements
// engine.Processes.
type Processes struct{}

var _ engine.Processes = Processes{}

// Alive reports whether a process still runs; see ProcessAlive.
func (Processes) Alive(p engine.Process) (alive, known bool) { return ProcessAlive(p) }

// EndOrphans ends the providers that a killed Terraform left behind.
func (Processes) EndOrphans(p engine.Process) int { return EndOrphans(p) }
