package engine

import (
	"context"
	"fmt"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// adoptRounds bounds how often a resumed preview is planned again because the
// last round found more: each round makes the ids known that the next one's
// look-ups need, and no chain of references in a layer is longer.
const adoptRounds = 8

// adopt previews the environment with import blocks for everything that a dead
// run created and no state has: what it reported, by the id it reported; what
// it began and never reported, by a look into the account.
func (e *Engine) adopt(ctx context.Context, request PreviewRequest, dead *deadRun) (*Preview, error) {
	imports := map[string]string{}
	halfMade := map[string]bool{}
	var lost []string
	for range adoptRounds {
		request.imports, request.replace = importBlocks(imports), sortedKeys(halfMade)
		preview, err := e.Preview(ctx, request)
		if err != nil {
			return nil, err
		}
		found, notImportable, err := e.search(ctx, preview, dead, imports, halfMade)
		if err != nil {
			return nil, err
		}
		lost = notImportable
		if len(found) == 0 {
			if len(lost) > 0 {
				return nil, cannotAdopt(e.name(), lost)
			}
			return preview, nil
		}
		for _, address := range sortedKeys(found) {
			e.note("adopting %s (%s), which run %s created", address, found[address], dead.record.ID)
			imports[address] = found[address]
		}
	}
	return nil, fmt.Errorf("adopting what run %s created did not come to an end after %d rounds", dead.record.ID, adoptRounds)
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
// that exist already. lost lists those that exist and cannot be imported; to
// halfMade it adds those whose creation may not have come to its end.
func (e *Engine) search(ctx context.Context, preview *Preview, dead *deadRun, have map[string]string, halfMade map[string]bool) (found map[string]string, lost []string, err error) {
	found = map[string]string{}
	reported := reportedCreations(dead.events)
	taken, err := takenIDs(preview.states, have)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range preview.Changes {
		if text := successor(c, reported[c.Address], taken); text != "" && have[c.Address] == "" && dead.worked[c.Layer] {
			lost = append(lost, text)
		}
		if c.Operation != change.Create || have[c.Address] != "" || !dead.worked[c.Layer] {
			continue
		}
		planned := preview.planned[c.Address]
		if id := reported[c.Address]; id != "" {
			importID, ok, err := e.Adopter.ImportID(ctx, c.Type, id, planned)
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				lost = append(lost, fmt.Sprintf("%s with id %s", c.Address, id))
				continue
			}
			if importID != "" {
				found[c.Address] = importID
			}
			continue
		}
		if !dead.started[c.Address] && !dead.unheard[c.Layer] {
			continue
		}
		importID, ok, err := e.Adopter.Find(ctx, c.Type, planned, taken)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			found[c.Address] = importID
			taken[importID] = true
			if e.Adopter.HalfMade(c.Type) {
				halfMade[c.Address] = true
			}
		}
	}
	return found, lost, nil
}

// successor tells of an object that was created before the one in whose place
// it comes was deleted: both exist, one state entry cannot name both, and which
// one is to go is nobody's guess.
func successor(c change.Change, id string, taken map[string]bool) string {
	if c.Operation != change.Replace || id == "" || taken[id] {
		return ""
	}
	return fmt.Sprintf("%s with id %s, made before its predecessor was deleted: delete one of the two", c.Address, id)
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
