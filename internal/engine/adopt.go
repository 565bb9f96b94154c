package engine

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// adoptRounds bounds how often a resumed preview is planned again because the
// last round found more: each round makes the ids known that the next one's
// look-ups need, and no chain of references in a layer is longer.
const adoptRounds = 8

// adoption is what is known so far of what a dead run created.
type adoption struct {
	imports  map[string]string // address → import id
	halfMade map[string]bool   // those of them whose creation may not have come to its end
	// succeeded are those of them that were created before what they replace
	// was deleted; once a plan has read them they move to successors.
	succeeded  map[string]bool
	successors map[string]tfstate.Successor
	// gone are those whose object was reported and exists no more: what it belonged
	// to was deleted meanwhile, and took it along.
	gone map[string]bool
}

// has reports whether an address is looked after already.
func (a *adoption) has(address string) bool {
	_, succeeded := a.successors[address]
	return succeeded || a.imports[address] != "" || a.gone[address]
}

// forget takes what cannot be imported because it does not exist out of the imports,
// and reports whether that was all that a preview failed at.
func (a *adoption) forget(failure error) bool {
	var diagnostics *DiagnosticsError
	if !errors.As(failure, &diagnostics) || len(diagnostics.Diagnostics) == 0 {
		return false
	}
	for _, d := range diagnostics.Diagnostics {
		if a.imports[unimportable(d)] == "" {
			return false
		}
	}
	for _, d := range diagnostics.Diagnostics {
		address := unimportable(d)
		delete(a.imports, address)
		delete(a.halfMade, address)
		delete(a.succeeded, address)
		a.gone[address] = true
	}
	return true
}

// unimportable gives the address that Terraform could not import to, for it found no
// object; "" where it says something else.
func unimportable(d Diagnostic) string {
	quoted := importedTo.FindStringSubmatch(d.Detail)
	if d.Summary != "Cannot import non-existent remote object" || quoted == nil {
		return ""
	}
	address, err := strconv.Unquote(quoted[1])
	if err != nil {
		return ""
	}
	return address
}

var importedTo = regexp.MustCompile(`import an existing object to\s+("(?:[^"\\]|\\.)*")`)

// adopt previews the environment with import blocks for everything that a dead
// run created and no state has: what it reported, by the id it reported; what
// it began and never reported, by a look into the account. Of a replace that
// creates first both objects may exist: then the state gets both, as Terraform
// would have written it, so that the old one is deleted.
func (e *Engine) adopt(ctx context.Context, request PreviewRequest, dead *deadRun) (*Preview, error) {
	so := &adoption{imports: map[string]string{}, halfMade: map[string]bool{}, succeeded: map[string]bool{}, successors: map[string]tfstate.Successor{}, gone: map[string]bool{}}
	for range adoptRounds {
		request.imports, request.replace, request.successors = importBlocks(so.imports), sortedKeys(so.halfMade), so.successors
		preview, err := e.Preview(ctx, request)
		if err != nil && so.forget(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		read := so.takeOver(preview)
		found, lost, err := e.search(ctx, preview, dead, so)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 && !read {
			if len(lost) > 0 {
				return nil, cannotAdopt(e.name(), lost)
			}
			return preview, nil
		}
		for _, address := range sortedKeys(found) {
			e.note("adopting %s (%s), which run %s created", address, found[address], dead.record.ID)
			so.imports[address] = found[address]
		}
	}
	return nil, fmt.Errorf("adopting what run %s created did not come to an end after %d rounds", dead.record.ID, adoptRounds)
}

// takeOver turns the imports of successors that a preview has read into
// successors. It reports whether there were any.
func (a *adoption) takeOver(preview *Preview) bool {
	successors := map[string]tfstate.Successor{}
	for address, successor := range a.successors {
		successors[address] = successor
	}
	for address, successor := range preview.read {
		if a.succeeded[address] {
			successors[address] = successor
			delete(a.imports, address)
			delete(a.succeeded, address)
		}
	}
	grown := len(successors) > len(a.successors)
	a.successors = successors
	return grown
}

func importBlocks(imports map[string]string) []compose.Import {
	var blocks []compose.Import
	for _, address := range sortedKeys(imports) {
		blocks = append(blocks, compose.Import{To: address, ID: imports[address]})
	}
	return blocks
}

func cannotAdopt(environment string, lost []string) error {
	text := ""
	for _, each := range lost {
		text += "; " + each
	}
	return &problem.Error{Code: problem.CannotAdopt, What: fmt.Sprintf("the interrupted run of %s created resources that cannot be imported%s", environment, text)}
}

// search gives the import ids of addresses that the preview would create but
// that exist already. lost lists those that exist and cannot be imported; so
// gets which of them are half made or successors.
func (e *Engine) search(ctx context.Context, preview *Preview, dead *deadRun, so *adoption) (found map[string]string, lost []string, err error) {
	found = map[string]string{}
	reported := reportedCreations(dead.events)
	taken, err := takenIDs(preview.states, so.imports)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range preview.Changes {
		id := reported[c.Address]
		succeeds := createsFirst(c) && !taken[id]
		if c.Operation != change.Create && !succeeds || so.has(c.Address) || !dead.worked[c.Layer] {
			continue
		}
		var importID string
		var ok, halfMade bool
		switch planned := preview.planned[c.Address]; {
		case id != "":
			if importID, ok, err = e.Adopter.ImportID(ctx, c.Type, id, planned); err == nil && !ok {
				lost = append(lost, fmt.Sprintf("%s with id %s", c.Address, id))
			}
		case dead.started[c.Address] || dead.unheard[c.Layer]:
			importID, ok, err = e.Adopter.Find(ctx, c.Type, planned, taken)
			halfMade = ok && e.Adopter.HalfMade(c.Type)
		}
		if err != nil {
			return nil, nil, err
		}
		if !ok || importID == "" {
			continue
		}
		found[c.Address], taken[importID] = importID, true
		if halfMade {
			so.halfMade[c.Address] = true
		}
		if succeeds {
			so.succeeded[c.Address] = true
		}
	}
	return found, lost, nil
}

// createsFirst reports whether a change is a replace whose new object comes
// before the old one goes.
func createsFirst(c change.Change) bool {
	return c.Operation == change.Replace && len(c.Actions) > 0 && c.Actions[0] == "create"
}

// reportedCreations gives the ids of what was reported as created and not as
// deleted after that. A replace that creates first deletes another object at
// the same address later: the start of a deletion says which.
func reportedCreations(events map[string][]Event) map[string]string {
	ids, going := map[string]string{}, map[string]string{}
	for _, list := range events {
		for _, event := range list {
			switch {
			case event.Kind == ApplyStart && event.Action == "delete":
				going[event.Address] = event.IDValue
			case event.Kind == ApplyComplete && event.Action == "create":
				ids[event.Address] = event.IDValue
			case event.Kind == ApplyComplete && event.Action == "delete":
				if gone := going[event.Address]; gone == "" || gone == ids[event.Address] {
					delete(ids, event.Address)
				}
			}
		}
	}
	return ids
}

func takenIDs(states map[string]*tfstate.State, imports map[string]string) (map[string]bool, error) {
	taken := map[string]bool{}
	for _, state := range states {
		instances, err := state.Instances()
		if err != nil {
			return nil, err
		}
		for _, i := range instances {
			taken[i.ID] = true
		}
	}
	for _, id := range imports {
		taken[id] = true
	}
	return taken, nil
}
