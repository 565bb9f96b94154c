package change

import (
	"fmt"
	"strings"
)

// Excess is a change at apply time that was not approved.
type Excess struct {
	Address string `json:"address"`
	Why     string `json:"why"`
}

// allowed says which operations may stand where each was approved. A replace
// whose first half was done by an interrupted run, or by a release step, is a
// create, or an import if the second was done, too; an update of what was adopted is an
// import if it was done.
var allowed = map[Operation][]Operation{
	Create:  {Create, Import},
	Update:  {Update, Import},
	Replace: {Replace, Update, Create, Import},
	Delete:  {Delete},
	Import:  {Import, Update},
	Forget:  {Forget},
	Move:    {Move},
}

// Refines compares what a plan wants now with what was approved, and gives
// what exceeds it: applied ⊆ approved, address by address; a change may
// become smaller or vanish; known planned values stay equal. started are
// addresses that this deployment itself began to create before it was
// interrupted: what is left of them may be updated or replaced.
func Refines(approved, applied []Change, started map[string]bool) []Excess {
	known := make(map[string]Change, len(approved))
	for _, c := range approved {
		known[c.key()] = c
	}
	var excess []Excess
	for _, now := range applied {
		was, ok := known[now.key()]
		if !ok && now.Deposed != "" && known[now.Address+"\x00"].Operation == Replace {
			continue // what an approved replace, half done, has left to delete
		}
		if !ok {
			excess = append(excess, Excess{now.Address, fmt.Sprintf("%s is not part of what was approved", now.Operation)})
			continue
		}
		if !permits(was, now, started[now.Address]) {
			excess = append(excess, Excess{now.Address, fmt.Sprintf("%s was approved, %s is planned now", was.Operation, now.Operation)})
			continue
		}
		if now.After == nil || was.After == nil {
			continue
		}
		wanted, planned := was.After, now.After
		if now.ImportID != "" || was.Operation == Create && now.Operation == Update {
			wanted, planned = written(now, wanted), written(now, planned)
		}
		if at := conflict(wanted, planned, ""); at != "" {
			excess = append(excess, Excess{now.Address, fmt.Sprintf("the planned value of %s differs from the approved one", at)})
		}
	}
	return excess
}

// written gives the part of a tree that an adopting change writes. What it
// leaves alone is as the provider reads it, which says "" or a default where a
// creation was planned with null.
func written(c Change, t Tree) Tree {
	object, ok := fromJSON(t).(map[string]Tree)
	if !ok {
		return t
	}
	part := map[string]Tree{}
	for _, a := range c.Attributes {
		name, _, _ := strings.Cut(a.Path, ".")
		if each, known := object[name]; known {
			part[name] = each
		}
	}
	return part
}

// Releases gives what was approved as it concerns a step that only deletes: the
// first half of each replace, and the deletes.
func Releases(approved []Change) []Change {
	var deletes []Change
	for _, c := range approved {
		if c.Operation == Replace || c.Operation == Delete {
			c.Operation, c.After = Delete, nil
			deletes = append(deletes, c)
		}
	}
	return deletes
}

func permits(was, now Change, startedHere bool) bool {
	for _, each := range allowed[was.Operation] {
		if each == now.Operation {
			return true
		}
	}
	adopted := was.Operation == Create && now.Operation == Update && now.ImportID != ""
	unfinished := was.Operation == Create && startedHere && (now.Operation == Update || now.Operation == Replace)
	return adopted || unfinished
}
