// Package tfstate reads Terraform states of format version 4 and merges the
// layers' states into the one that a preview plans against. The one state that it
// writes for Terraform to keep is that of a replace cut short: see Succeed.
package tfstate

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	version "github.com/hashicorp/go-version"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// formatVersion is the state format of Terraform 0.12 and later.
const formatVersion = 4

// State is one layer's state. Resources stay as they were read, so that a
// merge copies them byte for byte.
type State struct {
	Layer            string
	TerraformVersion string
	Serial           uint64
	Lineage          string
	Outputs          map[string]Output
	resources        []resource
	checks           json.RawMessage
}

// Output is a root output as a state stores it: Type is cty's JSON type.
type Output struct {
	Value     json.RawMessage `json:"value"`
	Type      json.RawMessage `json:"type"`
	Sensitive bool            `json:"sensitive,omitempty"`
}

// Fingerprint tells two states of a layer apart.
type Fingerprint struct {
	Lineage string `json:"lineage"`
	Serial  uint64 `json:"serial"`
}

type document struct {
	Version          int               `json:"version"`
	TerraformVersion string            `json:"terraform_version"`
	Serial           uint64            `json:"serial"`
	Lineage          string            `json:"lineage"`
	Outputs          map[string]Output `json:"outputs"`
	Resources        []json.RawMessage `json:"resources"`
	CheckResults     json.RawMessage   `json:"check_results"`
}

type resource struct {
	Module   string `json:"module"`
	Mode     string `json:"mode"`
	Type     string `json:"type"`
	Name     string `json:"name"`
	Provider string `json:"provider"`
	raw      json.RawMessage
}

// key identifies a resource within a state.
func (r resource) key() string {
	return r.Module + "|" + r.Mode + "|" + r.Type + "|" + r.Name
}

// Parse reads the state of a layer. current is the version of the Terraform in
// use; "" checks nothing against it. object names the state's place for
// errors. A state that is not one is MD0307, one that holds resources outside
// its layer's module MD0308, one from a newer Terraform or format MD0309.
func Parse(layer, object string, body []byte, current string) (*State, error) {
	at := problem.Location{File: object}
	var doc document
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, &problem.Error{Code: problem.CorruptState, Where: at,
			What: fmt.Sprintf("the state of layer %q is not JSON", layer), Err: err}
	}
	if doc.Version > formatVersion {
		return nil, &problem.Error{Code: problem.NewerState, Where: at,
			What: fmt.Sprintf("the state of layer %q has format version %d; this tool reads %d", layer, doc.Version, formatVersion)}
	}
	if doc.Version != formatVersion || doc.Lineage == "" {
		return nil, &problem.Error{Code: problem.CorruptState, Where: at,
			What: fmt.Sprintf("the state of layer %q has no lineage or an unknown format version %d", layer, doc.Version)}
	}
	if newer(doc.TerraformVersion, current) {
		return nil, &problem.Error{Code: problem.NewerState, Where: at,
			What: fmt.Sprintf("the state of layer %q was written by Terraform %s; %s is in use", layer, doc.TerraformVersion, current)}
	}
	state := &State{Layer: layer, TerraformVersion: doc.TerraformVersion, Serial: doc.Serial, Lineage: doc.Lineage, Outputs: doc.Outputs, checks: doc.CheckResults}
	for _, raw := range doc.Resources {
		r := resource{raw: raw}
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, &problem.Error{Code: problem.CorruptState, Where: at,
				What: fmt.Sprintf("the state of layer %q holds a resource that cannot be read", layer), Err: err}
		}
		if !belongs(r, layer) {
			return nil, &problem.Error{Code: problem.ForeignState, Where: at,
				What: fmt.Sprintf("the state of layer %q holds %s, which is not part of module.%s", layer, r.address(), layer)}
		}
		state.resources = append(state.resources, r)
	}
	return state, nil
}

// belongs reports whether a resource may stand in a layer's state: in the
// layer's module, or a data source of the root.
func belongs(r resource, layer string) bool {
	if r.Module == "" {
		return r.Mode == "data"
	}
	rest, ok := strings.CutPrefix(r.Module, "module."+layer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func newer(written, current string) bool {
	if written == "" || current == "" {
		return false
	}
	w, err := version.NewVersion(written)
	if err != nil {
		return false
	}
	c, err := version.NewVersion(current)
	return err == nil && w.Core().GreaterThan(c.Core())
}

func (r resource) address() string {
	address := r.Type + "." + r.Name
	if r.Mode == "data" {
		address = "data." + address
	}
	if r.Module != "" {
		address = r.Module + "." + address
	}
	return address
}

// Fingerprint gives the state's lineage and serial.
func (s *State) Fingerprint() Fingerprint {
	return Fingerprint{Lineage: s.Lineage, Serial: s.Serial}
}

// Instance is one object that a state has.
type Instance struct {
	Address      string   // full, with index
	Type         string   //
	ID           string   // the attribute "id", where it has one
	ARN          string   // the attribute "arn", where it has one
	Dependencies []string // resource addresses without index, transitive
	Tainted      bool
	Deposed      bool // it waits for its deletion, and another one stands at its address
	Protected    bool // its own deletion protection attribute is on
}

// protection are the attributes by which AWS's services spell deletion
// protection: a flag under several names or, for user pools, a word.
type protection struct {
	Plain     any `json:"deletion_protection"`         // RDS, user pools
	Enabled   any `json:"deletion_protection_enabled"` // DynamoDB, DSQL
	Enable    any `json:"enable_deletion_protection"`  // load balancers
	Terminate any `json:"disable_api_termination"`     // EC2 instances
}

func (p protection) on() bool {
	return p.Plain == true || p.Plain == "ACTIVE" || p.Enabled == true || p.Enable == true || p.Terminate == true
}

// Instances lists the managed objects of the state; data sources are left out.
func (s *State) Instances() ([]Instance, error) {
	var all []Instance
	for _, r := range s.resources {
		if r.Mode != "managed" {
			continue
		}
		var body struct {
			Instances []struct {
				IndexKey   any    `json:"index_key"`
				Status     string `json:"status"`
				Deposed    string `json:"deposed"`
				Attributes struct {
					ID  any `json:"id"`
					ARN any `json:"arn"`
					protection
				} `json:"attributes"`
				Dependencies []string `json:"dependencies"`
			} `json:"instances"`
		}
		if err := json.Unmarshal(r.raw, &body); err != nil {
			return nil, fmt.Errorf("read the instances of %s: %w", r.address(), err)
		}
		for _, i := range body.Instances {
			instance := Instance{Address: r.address() + index(i.IndexKey), Type: r.Type, Dependencies: i.Dependencies, Tainted: i.Status == "tainted", Deposed: i.Deposed != ""}
			instance.ID, _ = i.Attributes.ID.(string)
			instance.ARN, _ = i.Attributes.ARN.(string)
			instance.Protected = i.Attributes.on()
			all = append(all, instance)
		}
	}
	return all, nil
}

func index(key any) string {
	switch k := key.(type) {
	case string:
		quoted, _ := json.Marshal(k)
		return "[" + string(quoted) + "]"
	case float64:
		return fmt.Sprintf("[%d]", int(k))
	}
	return ""
}

// Object is what a state has of one managed resource. Attributes may be secret.
type Object struct {
	Address    string // full, with index
	Index      string // the key of for_each; "" for none
	Attributes map[string]any
}

// Objects gives the managed objects of one type, without deposed ones.
func (s *State) Objects(resourceType string) ([]Object, error) {
	var all []Object
	for _, r := range s.resources {
		if r.Mode != "managed" || r.Type != resourceType {
			continue
		}
		var body struct {
			Instances []struct {
				IndexKey   any            `json:"index_key"`
				Deposed    string         `json:"deposed"`
				Attributes map[string]any `json:"attributes"`
			} `json:"instances"`
		}
		if err := json.Unmarshal(r.raw, &body); err != nil {
			return nil, fmt.Errorf("read the instances of %s: %w", r.address(), err)
		}
		for _, i := range body.Instances {
			if i.Deposed != "" {
				continue
			}
			object := Object{Address: r.address() + index(i.IndexKey), Attributes: i.Attributes}
			object.Index, _ = i.IndexKey.(string)
			all = append(all, object)
		}
	}
	return all, nil
}

// Count gives the number of managed resource instances.
func (s *State) Count() int {
	instances, err := s.Instances()
	if err != nil {
		return len(s.resources)
	}
	return len(instances)
}

// Empty reports whether the state has no managed resource.
func (s *State) Empty() bool {
	for _, r := range s.resources {
		if r.Mode == "managed" {
			return false
		}
	}
	return true
}

// Providers gives the provider configurations that the state's resources were
// made with, as the state writes them:
// `provider["registry.terraform.io/hashicorp/aws"].us_east_1`.
func (s *State) Providers() []string {
	seen := map[string]bool{}
	for _, r := range s.resources {
		seen[r.Provider] = true
	}
	configurations := make([]string, 0, len(seen))
	for each := range seen {
		configurations = append(configurations, each)
	}
	sort.Strings(configurations)
	return configurations
}

// Without gives the state without the objects at these addresses (full, with
// index), as `terraform state rm` would leave it.
func (s *State) Without(addresses map[string]bool) (*State, error) {
	rest := *s
	rest.resources = nil
	for _, r := range s.resources {
		var body map[string]json.RawMessage
		var instances []json.RawMessage
		if err := json.Unmarshal(r.raw, &body); err != nil {
			return nil, fmt.Errorf("read %s: %w", r.address(), err)
		}
		if err := json.Unmarshal(body["instances"], &instances); err != nil {
			return nil, fmt.Errorf("read the instances of %s: %w", r.address(), err)
		}
		var kept []json.RawMessage
		for _, raw := range instances {
			var instance struct {
				IndexKey any `json:"index_key"`
			}
			if err := json.Unmarshal(raw, &instance); err != nil {
				return nil, fmt.Errorf("read an instance of %s: %w", r.address(), err)
			}
			if !addresses[r.address()+index(instance.IndexKey)] {
				kept = append(kept, raw)
			}
		}
		if len(kept) < len(instances) {
			if len(kept) == 0 {
				continue
			}
			var err error
			if body["instances"], err = json.Marshal(kept); err != nil {
				return nil, fmt.Errorf("write the instances of %s: %w", r.address(), err)
			}
			if r.raw, err = json.Marshal(body); err != nil {
				return nil, fmt.Errorf("write %s: %w", r.address(), err)
			}
		}
		rest.resources = append(rest.resources, r)
	}
	return &rest, nil
}
