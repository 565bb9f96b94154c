package engine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// releases finds deletions of a layer that must precede those of a layer it
// depends on: a lost resource of the latter is named, by id or ARN, in the
// former's present attributes.
func (out *staging) releases(in stagingInput, byLayer map[string][]change.Change) error {
	for layer, changes := range byLayer {
		if in.orphans[layer] {
			continue
		}
		lost := map[string]bool{}
		for _, upstream := range in.layers.AllDependencies(layer) {
			if !out.deferred[upstream] {
				collectLost(byLayer[upstream], lost)
			}
		}
		if len(lost) == 0 {
			continue
		}
		addresses := map[string]bool{}
		for _, c := range changes {
			if loses(c) && c.Deposed == "" && mentions(c.Mentions, lost) {
				addresses[c.Address] = true
			}
		}
		if len(addresses) == 0 {
			continue
		}
		drawn, err := along(in.states[layer], addresses)
		if err != nil {
			return err
		}
		planned := map[string]change.Operation{}
		for _, c := range changes {
			planned[c.Address] = c.Operation
		}
		for _, address := range drawn {
			if op := planned[address]; op != change.Replace && op != change.Delete {
				out.drawn = append(out.drawn, address)
			}
		}
		step := Step{Layer: layer, Stage: StageRelease, Addresses: sortedSet(addresses)}
		out.steps[step.key()] = step
		out.order.Add(step.key())
	}
	sort.Strings(out.drawn)
	return nil
}

// deferDeletes finds layers that only delete something that a layer standing on
// them lets go of in this very run. They come after it, as Terraform itself
// would order it; the others plan with the outputs that they will have. Where
// the outputs are not known yet, or the layer does more than delete, that order
// cannot be had: the preview then says what AWS may refuse.
func (out *staging) deferDeletes(in stagingInput, byLayer map[string][]change.Change) {
	for _, upstream := range in.layers.Nodes() {
		going := byLayer[upstream]
		onlyDeletes := len(going) > 0 && !slices.ContainsFunc(going, func(c change.Change) bool { return c.Operation != change.Delete })
		for _, gone := range going {
			held := holder(gone, in.layers.AllDependants(upstream), byLayer)
			switch {
			case held == "":
			case onlyDeletes && in.planned[upstream]:
				out.deferred[upstream] = true
			default:
				out.warnings = append(out.warnings, fmt.Sprintf("%s goes before %s lets go of it: AWS may refuse. Take it away in a change of its own, after this one", gone.Address, held))
			}
		}
	}
}

// holder gives the address of a change in one of the layers by which a resource
// lets go of one that is deleted after its replacement or for good.
func holder(gone change.Change, layers []string, byLayer map[string][]change.Change) string {
	afterwards := gone.Operation == change.Delete ||
		gone.Operation == change.Replace && len(gone.Actions) > 0 && gone.Actions[0] == string(change.Create)
	if !afterwards || gone.Deposed != "" {
		return ""
	}
	lost := map[string]bool{}
	collectLost([]change.Change{gone}, lost)
	for _, layer := range layers {
		for _, c := range byLayer[layer] {
			if c.Operation == change.Update && mentions(c.Mentions, lost) {
				return c.Address
			}
		}
	}
	return ""
}

// collectLost adds the ids and ARNs of what the changes delete.
func collectLost(changes []change.Change, lost map[string]bool) {
	for _, c := range changes {
		if !loses(c) {
			continue
		}
		for _, id := range c.Identities {
			lost[id] = true
		}
	}
}

func loses(c change.Change) bool {
	return c.Operation == change.Delete || c.Operation == change.Replace
}

func mentions(values change.Strings, lost map[string]bool) bool {
	for id := range lost {
		if values[id] {
			return true
		}
	}
	return false
}

// along gives the instances of a state that a targeted destroy takes along:
// those that depend on one of the addresses.
func along(state *tfstate.State, addresses map[string]bool) ([]string, error) {
	if state == nil {
		return nil, nil
	}
	instances, err := state.Instances()
	if err != nil {
		return nil, err
	}
	resources := map[string]bool{}
	for address := range addresses {
		resources[withoutIndexes(address)] = true
	}
	var drawn []string
	for _, i := range instances {
		for _, dependency := range i.Dependencies {
			if resources[dependency] && !addresses[i.Address] {
				drawn = append(drawn, i.Address)
				break
			}
		}
	}
	return drawn, nil
}

// withoutIndexes turns module.a["x"].t.n[0] into module.a.t.n, the form in
// which a state lists dependencies.
func withoutIndexes(address string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(address); i++ {
		ch := address[i]
		switch {
		case quoted && ch == '\\':
			i++
		case depth > 0 && ch == '"':
			quoted = !quoted
		case quoted:
		case ch == '[':
			depth++
		case ch == ']':
			depth--
		case depth == 0:
			b.WriteByte(ch)
		}
	}
	return b.String()
}

func anyLoses(changes []change.Change) bool {
	for _, c := range changes {
		if loses(c) {
			return true
		}
	}
	return false
}
