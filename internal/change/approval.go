package change

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// approvalVersion is the format of approval files.
const approvalVersion = 1

// Inputs are the digests of everything that a preview was made from.
type Inputs struct {
	Root      string                         `json:"root"`      // environments/*.tf
	Modules   string                         `json:"modules"`   // local modules, recursively
	Variables string                         `json:"variables"` // terraform.tfvars and TF_VAR_…
	Settings  string                         `json:"settings"`  // deploy.hcl
	Lock      string                         `json:"lock"`      // .terraform.lock.hcl
	Terraform string                         `json:"terraform"` // version in use
	Release   string                         `json:"release"`
	Functions string                         `json:"functions,omitempty"` // the code of the Lambda functions
	Manifest  string                         `json:"manifest,omitempty"`  // of the release, or of the working tree: the site and the migrations too
	Account   string                         `json:"account"`
	Region    string                         `json:"region"`
	Layers    []string                       `json:"layers,omitempty"` // selected ones; all when empty
	Destroy   bool                           `json:"destroy,omitempty"`
	States    map[string]tfstate.Fingerprint `json:"states"`
}

// Approval is a preview that someone may approve: its digest covers the
// environment, the inputs and the changes, and nothing about when or by whom
// it was made, so the same preview has the same digest. It holds no values.
type Approval struct {
	Version     int              `json:"version"`
	Environment string           `json:"environment"`
	Digest      string           `json:"digest"` // "sha256:" and 64 hex digits
	Inputs      Inputs           `json:"inputs"`
	Changes     []ApprovedChange `json:"changes"`
	Outputs     []string         `json:"output_layers,omitempty"` // layers whose outputs change
	CreatedAt   time.Time        `json:"created_at"`
	CreatedBy   string           `json:"created_by"`
}

// ApprovedChange is a Change as an approval keeps it.
type ApprovedChange struct {
	Address   string    `json:"address"`
	Type      string    `json:"type"`
	Operation Operation `json:"operation"`
	Actions   []string  `json:"actions"`
	Deposed   string    `json:"deposed,omitempty"`
	Stateful  bool      `json:"stateful"`
	After     Tree      `json:"after,omitempty"`
}

// NewApproval makes the approval of a change set.
func NewApproval(environment string, inputs Inputs, set Set) (*Approval, error) {
	a := &Approval{Version: approvalVersion, Environment: environment, Inputs: inputs, Changes: []ApprovedChange{}}
	for _, c := range set.Changes {
		a.Changes = append(a.Changes, ApprovedChange{c.Address, c.Type, c.Operation, c.Actions, c.Deposed, c.Stateful, c.After})
	}
	for layer := range set.OutputLayers {
		a.Outputs = append(a.Outputs, layer)
	}
	sort.Strings(a.Outputs)
	digest, err := a.digest()
	if err != nil {
		return nil, err
	}
	a.Digest = digest
	return a, nil
}

// digest hashes the canonical JSON of all that the digest covers: struct
// fields in order, map keys sorted, no white space.
func (a *Approval) digest() (string, error) {
	body, err := json.Marshal(struct {
		Version     int
		Environment string
		Inputs      Inputs
		Changes     []ApprovedChange
		Outputs     []string
	}{a.Version, a.Environment, a.Inputs, a.Changes, a.Outputs})
	if err != nil {
		return "", fmt.Errorf("digest the change set of %s: %w", a.Environment, err)
	}
	sum := sha256.Sum256(body)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// Set gives the approved changes back, for a refinement check.
func (a *Approval) Set() Set {
	set := Set{OutputLayers: map[string]bool{}}
	for _, c := range a.Changes {
		set.Changes = append(set.Changes, Change{
			Address: c.Address, Layer: Layer(c.Address), Type: c.Type, Operation: c.Operation,
			Actions: c.Actions, Deposed: c.Deposed, Stateful: c.Stateful, After: c.After,
		})
	}
	for _, layer := range a.Outputs {
		set.OutputLayers[layer] = true
	}
	return set
}

// Encode writes the approval as indented JSON.
func (a *Approval) Encode() ([]byte, error) {
	body, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the approval of %s: %w", a.Environment, err)
	}
	return append(body, '\n'), nil
}

// ReadApproval reads an approval for an environment. file names its place.
// One that does not match its own digest is MD0403, one of another environment
// MD0402.
func ReadApproval(file, environment string, body []byte) (*Approval, error) {
	at := problem.Location{File: file}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var a Approval
	if err := decoder.Decode(&a); err != nil {
		return nil, &problem.Error{Code: problem.EditedApproval, Where: at, What: "the approval cannot be read", Err: err}
	}
	if decoder.More() {
		return nil, &problem.Error{Code: problem.EditedApproval, Where: at, What: "the approval has text after its end"}
	}
	if a.Version != approvalVersion {
		return nil, &problem.Error{Code: problem.EditedApproval, Where: at, What: fmt.Sprintf("the approval has format version %d; this tool reads %d", a.Version, approvalVersion)}
	}
	digest, err := a.digest()
	if err != nil {
		return nil, err
	}
	if digest != a.Digest {
		return nil, &problem.Error{Code: problem.EditedApproval, Where: at, What: "the approval's content does not match its digest " + a.Digest}
	}
	if a.Environment != environment {
		return nil, &problem.Error{Code: problem.ForeignApproval, Where: at,
			What: fmt.Sprintf("the approval is for environment %q, not %q", a.Environment, environment)}
	}
	return &a, nil
}

// Stale compares the inputs that an approval was made from with the present
// ones and gives what differs, one line each.
func (a *Approval) Stale(now Inputs) []string {
	return append(a.StaleSource(now), staleStates(a.Inputs.States, now.States)...)
}

// StaleSource is Stale but for the states, which a run changes itself.
func (a *Approval) StaleSource(now Inputs) []string {
	var differs []string
	for _, each := range []struct{ name, was, is string }{
		{"environments/*.tf", a.Inputs.Root, now.Root},
		{"a module", a.Inputs.Modules, now.Modules},
		{"a variable's value", a.Inputs.Variables, now.Variables},
		{"deploy.hcl", a.Inputs.Settings, now.Settings},
		{".terraform.lock.hcl", a.Inputs.Lock, now.Lock},
		{"the Terraform version", a.Inputs.Terraform, now.Terraform},
		{"the release", a.Inputs.Release, now.Release},
		{"the functions' code, or the Go that builds it,", a.Inputs.Functions, now.Functions},
		{"the site or a migration", a.Inputs.Manifest, now.Manifest},
		{"the account", a.Inputs.Account, now.Account},
		{"the region", a.Inputs.Region, now.Region},
		{"the selection of layers", fmt.Sprint(a.Inputs.Layers), fmt.Sprint(now.Layers)},
		{"the direction (apply or destroy)", fmt.Sprint(a.Inputs.Destroy), fmt.Sprint(now.Destroy)},
	} {
		if each.was != each.is {
			differs = append(differs, each.name+" changed")
		}
	}
	return differs
}

func staleStates(was, is map[string]tfstate.Fingerprint) []string {
	names := map[string]bool{}
	for layer := range was {
		names[layer] = true
	}
	for layer := range is {
		names[layer] = true
	}
	var differs []string
	for layer := range names {
		if was[layer] != is[layer] {
			differs = append(differs, fmt.Sprintf("the state of layer %s changed: serial %d, now %d", layer, was[layer].Serial, is[layer].Serial))
		}
	}
	sort.Strings(differs)
	return differs
}
