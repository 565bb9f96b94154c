package interrupt

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// way says what is killed.
type way string

const (
	tool      way = "tool"      // mandala-deploy alone; Terraform goes on
	terraform way = "terraform" // Terraform alone; its provider and mandala-deploy go on
	both      way = "both"      // all three
)

// pollEvery is how often files are looked at, and commandEvery all processes, which takes
// a processor most of that time: a Terraform command takes longer.
const (
	pollEvery    = 10 * time.Millisecond
	commandEvery = 50 * time.Millisecond
)

// kill does to a command, and to its Terraform, what way says. With -9 nothing
// that dies can tidy up.
func kill(how way, project string, running *kit.Running) error {
	var victims []kit.TerraformProcess
	if how != tool {
		// Looked for first: a Terraform that only reads dies with the tool.
		if victims = kit.TerraformProcesses(project); len(victims) == 0 {
			return fmt.Errorf("there is no Terraform to kill in %s", project)
		}
	}
	if how != terraform {
		if err := running.Cmd.Process.Kill(); err != nil {
			return fmt.Errorf("kill mandala-deploy: %w", err)
		}
	}
	for _, victim := range victims {
		whom := victim.PID
		if how == both {
			whom = -victim.PID // its group: the providers, too
		}
		err := syscall.Kill(whom, syscall.SIGKILL)
		if how == both && errors.Is(err, syscall.ESRCH) {
			continue // it has died with the tool
		}
		if err != nil {
			return fmt.Errorf("kill %v: %w", victim, err)
		}
	}
	return nil
}
