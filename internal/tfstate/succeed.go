package tfstate

import (
	"encoding/json"
	"fmt"
)

// Successor is an object that was created to take another one's place, as a
// plan that imports it has read it.
type Successor struct {
	Attributes    map[string]any
	SchemaVersion uint64
}

// deposedKey names the predecessor among a resource's deposed objects. Any key
// that Terraform itself would not have drawn by chance is good.
const deposedKey = "ffffffff"

// Succeed gives the state as Terraform itself would have written it between the
// two halves of a replace that creates first: at each of these addresses (full,
// with index) the successor stands, and what stood there is deposed, so that
// the next plan deletes it. An address that the state does not have is left out.
func (s *State) Succeed(successors map[string]Successor) (*State, error) {
	next := *s
	next.resources = nil
	for _, r := range s.resources {
		succeeded, err := r.succeed(successors)
		if err != nil {
			return nil, fmt.Errorf("put the successor of %s into its state: %w", r.address(), err)
		}
		next.resources = append(next.resources, succeeded)
	}
	return &next, nil
}

func (r resource) succeed(successors map[string]Successor) (resource, error) {
	var body map[string]json.RawMessage
	var instances, all []map[string]json.RawMessage
	if err := json.Unmarshal(r.raw, &body); err != nil {
		return r, err
	}
	if err := json.Unmarshal(body["instances"], &instances); err != nil {
		return r, err
	}
	changed := false
	for _, old := range instances {
		var key any
		if raw, ok := old["index_key"]; ok {
			if err := json.Unmarshal(raw, &key); err != nil {
				return r, err
			}
		}
		successor, ok := successors[r.address()+index(key)]
		if _, deposed := old["deposed"]; !ok || deposed {
			all = append(all, old)
			continue
		}
		changed = true
		current := map[string]json.RawMessage{}
		for _, name := range []string{"index_key", "dependencies", "create_before_destroy", "sensitive_attributes"} {
			if value, ok := old[name]; ok {
				current[name] = value
			}
		}
		var err error
		if current["attributes"], err = json.Marshal(successor.Attributes); err != nil {
			return r, err
		}
		if current["schema_version"], err = json.Marshal(successor.SchemaVersion); err != nil {
			return r, err
		}
		old["deposed"] = json.RawMessage(`"` + deposedKey + `"`)
		all = append(all, current, old)
	}
	if !changed {
		return r, nil
	}
	var err error
	if body["instances"], err = json.Marshal(all); err != nil {
		return r, err
	}
	r.raw, err = json.Marshal(body)
	return r, err
}

// Next gives the state as the document that follows the one that was read: the
// same lineage, the next serial.
func (s *State) Next() ([]byte, error) {
	next := document{Version: formatVersion, TerraformVersion: s.TerraformVersion, Serial: s.Serial + 1, Lineage: s.Lineage, Outputs: s.Outputs, CheckResults: s.checks}
	if next.Outputs == nil {
		next.Outputs = map[string]Output{}
	}
	if next.CheckResults == nil {
		next.CheckResults = json.RawMessage("null")
	}
	next.Resources = []json.RawMessage{}
	for _, r := range s.resources {
		next.Resources = append(next.Resources, r.raw)
	}
	return next.encode()
}
