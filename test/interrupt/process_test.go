package interrupt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// pollEvery is how often processes and files are looked at.
const pollEvery = 3 * time.Millisecond

// terraformProcess is a Terraform command at work in a project.
type terraformProcess struct {
	pid     int
	command string // init, plan, apply …
	dir     string // its directory's name: preview, layer-network …
}

// terraforms lists the Terraform commands at work below a directory.
func terraforms(below string) []terraformProcess {
	var found []terraformProcess
	paths, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil
	}
	for _, path := range paths {
		line, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		args := strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00")
		if filepath.Base(args[0]) != "terraform" || len(args) < 2 {
			continue
		}
		cwd, err := os.Readlink(filepath.Join(filepath.Dir(path), "cwd"))
		if err != nil || !strings.HasPrefix(cwd, below+string(filepath.Separator)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil {
			found = append(found, terraformProcess{pid, args[1], filepath.Base(cwd)})
		}
	}
	return found
}

// kill does to a command, and to its Terraform, what way says. With -9 nothing
// that dies can tidy up.
func kill(how way, project string, running *kit.Running) error {
	var victims []terraformProcess
	if how != tool {
		// Looked for first: a Terraform that only reads dies with the tool.
		if victims = terraforms(project); len(victims) == 0 {
			return fmt.Errorf("there is no Terraform to kill in %s", project)
		}
	}
	if how != terraform {
		if err := running.Cmd.Process.Kill(); err != nil {
			return fmt.Errorf("kill mandala-deploy: %w", err)
		}
	}
	for _, victim := range victims {
		whom := victim.pid
		if how == both {
			whom = -victim.pid // its group: the providers, too
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
