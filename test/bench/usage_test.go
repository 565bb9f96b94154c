package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// usage is what a piece of work took: wall time, CPU time of this process's
// ended children with all their descendants, and the highest sum of resident
// memory of the descendants, sampled.
type usage struct {
	wall, cpu time.Duration
	peak      uint64 // bytes
}

func (u usage) String() string {
	return fmt.Sprintf("%.2f s wall, %.2f s CPU, %d MB peak", u.wall.Seconds(), u.cpu.Seconds(), u.peak>>20)
}

// sampleEvery is how often memory is looked at: short against the second that
// a provider lives.
const sampleEvery = 40 * time.Millisecond

// measure runs work and gives what it took. The local AWS, which runs all the
// time, is not among the children that end, and its memory is left out by
// watching only what is new since the start.
func measure(b *testing.B, work func()) usage {
	b.Helper()
	before := descendants(os.Getpid())
	stop, watched := make(chan struct{}), sync.WaitGroup{}
	var peak uint64
	watched.Add(1)
	go func() {
		defer watched.Done()
		for {
			select {
			case <-stop:
				return
			case <-time.After(sampleEvery):
				var sum uint64
				for pid := range descendants(os.Getpid()) {
					if !before[pid] {
						sum += resident(pid)
					}
				}
				peak = max(peak, sum)
			}
		}
	}()
	cpu, begun := childrenCPU(b), time.Now()
	work()
	took := usage{wall: time.Since(begun), cpu: childrenCPU(b) - cpu}
	close(stop)
	watched.Wait()
	took.peak = peak
	return took
}

func childrenCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// descendants gives the pids of a process's living descendants, from /proc.
func descendants(of int) map[int]bool {
	parents := map[int]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		body, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		rest := string(body[strings.LastIndexByte(string(body), ')')+1:])
		if fields := strings.Fields(rest); len(fields) > 1 {
			parents[pid], _ = strconv.Atoi(fields[1])
		}
	}
	found := map[int]bool{}
	for pid := range parents {
		for p := pid; p > 1; p = parents[p] {
			if p == of && pid != of {
				found[pid] = true
				break
			}
		}
	}
	return found
}

func resident(pid int) uint64 {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(body))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

// program gives the name of a process's program.
func program(pid int) string {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(name))
}

// median gives the usage with the middle wall time.
func median(all []usage) usage {
	sorted := append([]usage(nil), all...)
	for i := range sorted {
		for j := i; j > 0 && sorted[j].wall < sorted[j-1].wall; j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	return sorted[len(sorted)/2]
}
