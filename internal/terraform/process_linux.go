package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// processAttributes puts a child into a process group of its own. One that
// changes nothing is interrupted when this process is killed, so that it ends
// its providers and itself; one that writes goes on.
func processAttributes(writes bool) *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if !writes {
		attributes.Pdeathsig = syscall.SIGINT
	}
	return attributes
}

// startMark identifies a process among all that ever had its id: the boot and
// the clock tick since boot at which it started. "" when there is no such
// process.
func startMark(pid int) string {
	stat, ok := readStat(pid)
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if !ok || err != nil {
		return ""
	}
	return strings.TrimSpace(string(boot)) + "/" + stat.start
}

// processAlive reports whether the process with this mark still runs. One that
// has ended and was not reaped does not.
func processAlive(p engine.Process) bool {
	stat, ok := readStat(p.PID)
	if !ok || stat.state == "Z" || stat.state == "X" {
		return false
	}
	return p.Started == "" || startMark(p.PID) == p.Started
}

// processStat is what /proc/PID/stat says; see proc_pid_stat(5).
type processStat struct {
	name  string // field 2, cut to 15 bytes
	state string // field 3
	group int    // field 5
	start string // field 22
}

func readStat(pid int) (processStat, bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processStat{}, false
	}
	return parseStat(string(content))
}

// parseStat splits after the last parenthesis: a name may hold blanks and
// parentheses.
func parseStat(text string) (processStat, bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return processStat{}, false
	}
	fields := strings.Fields(text[end+1:]) // fields[0] is field 3
	if len(fields) < 20 {
		return processStat{}, false
	}
	group, err := strconv.Atoi(fields[2])
	if err != nil {
		return processStat{}, false
	}
	return processStat{name: text[open+1 : end], state: fields[0], group: group, start: fields[19]}, true
}

// endOrphans ends the providers that are left in p's process group. The
// group's number is not given to anything else while they live.
func endOrphans(p engine.Process) int {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	ended := 0
	for _, path := range paths {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		stat, ok := readStat(pid)
		if !ok || stat.group != p.PID || !strings.HasPrefix(stat.name, providerName) {
			continue
		}
		if syscall.Kill(pid, syscall.SIGTERM) == nil {
			ended++
		}
	}
	return ended
}

// providerName is how a provider's process name begins: the kernel keeps 15
// bytes of terraform-provider-….
const providerName = "terraform-provi"
