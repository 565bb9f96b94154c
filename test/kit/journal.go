package kit

import (
	"slices"
	"sync"
)

// Ran is a command that a project ran to its end.
type Ran struct {
	Args []string
	Code int
}

// journal keeps what a project ran, whichever test did it.
type journal struct {
	mutex sync.Mutex
	all   []Ran
}

func (j *journal) add(done Ran) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.all = append(j.all, done)
}

// Ran gives all commands of the project that have ended, in that order.
func (p *Project) Ran() []Ran {
	p.ran.mutex.Lock()
	defer p.ran.mutex.Unlock()
	return slices.Clone(p.ran.all)
}
