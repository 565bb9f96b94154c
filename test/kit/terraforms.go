package kit

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// TerraformProcess is a Terraform command at work in a project.
type TerraformProcess struct {
	PID     int    // of Terraform and, negative, of its group: the providers are in it, too
	Command string // init, plan, apply …
	Dir     string // its directory's name: preview, layer-network …
}

// TerraformProcesses lists the Terraform commands at work below a directory.
func TerraformProcesses(below string) []TerraformProcess {
	var found []TerraformProcess
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
			found = append(found, TerraformProcess{pid, args[1], filepath.Base(cwd)})
		}
	}
	return found
}
