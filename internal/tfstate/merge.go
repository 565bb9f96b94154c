package tfstate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// Merge gives one state with all resources of the layers' states, for a plan
// of the uncut root. The root's data sources stand in every slice; they are
// taken once. Only the outputs that keep accepts are carried over, so that the
// plan tells which of them change.
func Merge(states []*State, keep func(output string) bool) ([]byte, error) {
	sorted := append([]*State(nil), states...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Layer < sorted[j].Layer })
	merged := document{Version: formatVersion, Serial: 1, Lineage: "mandala-preview", Outputs: map[string]Output{}, CheckResults: json.RawMessage("null")}
	seen := map[string]bool{}
	for _, s := range sorted {
		if merged.TerraformVersion == "" || newer(s.TerraformVersion, merged.TerraformVersion) {
			merged.TerraformVersion = s.TerraformVersion
		}
		for name, output := range s.Outputs {
			if keep != nil && keep(name) {
				merged.Outputs[name] = output
			}
		}
		for _, r := range s.resources {
			if key := r.key(); !seen[key] {
				seen[key] = true
				merged.Resources = append(merged.Resources, r.raw)
			}
		}
	}
	if merged.Resources == nil {
		merged.Resources = []json.RawMessage{}
	}
	return merged.encode()
}

func (d document) encode() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return nil, fmt.Errorf("write the state: %w", err)
	}
	return out.Bytes(), nil
}
