package terraform

import (
	"os"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// thisProcess describes the process with this id on this host.
func thisProcess(pid int) engine.Process {
	host, err := os.Hostname()
	if err != nil {
		host = "" // ProcessAlive then knows nothing of it
	}
	return engine.Process{Host: host, PID: pid, Started: startMark(pid)}
}

// ProcessAlive reports whether p still runs. known is false when that cannot
// be told from here: p ran on another host.
func ProcessAlive(p engine.Process) (alive, known bool) {
	host, err := os.Hostname()
	if err != nil || host == "" || host != p.Host || p.PID <= 0 {
		return false, false
	}
	return processAlive(p), true
}

// EndOrphans ends the provider processes that a killed Terraform left behind
// on this host and gives their number; it leaves a living Terraform's alone.
// Such providers do nothing more, but each keeps some 300 MB of memory.
func EndOrphans(p engine.Process) int {
	if alive, known := ProcessAlive(p); alive || !known {
		return 0
	}
	return endOrphans(p)
}
