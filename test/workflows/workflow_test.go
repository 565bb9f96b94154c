package workflows

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// workflow is what the rules read of a workflow. Of a composite action it has the
// steps only.
type workflow struct {
	file        string
	On          yaml.Node
	Permissions yaml.Node
	Jobs        jobs
}

// jobs are a workflow's, in the order in which they stand there.
type jobs []job

// UnmarshalYAML keeps the order, which a map would lose.
func (all *jobs) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		each := job{name: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&each); err != nil {
			return err
		}
		*all = append(*all, each)
	}
	return nil
}

type job struct {
	name        string
	Uses        yaml.Node // of a job that is another workflow
	Permissions yaml.Node
	Timeout     yaml.Node `yaml:"timeout-minutes"`
	Concurrency struct {
		Group  string
		Cancel yaml.Node `yaml:"cancel-in-progress"`
	}
	Environment yaml.Node
	Steps       []step
}

type step struct {
	Uses yaml.Node
	Run  string
	With map[string]string
}

// parseWorkflow reads a workflow.
func parseWorkflow(file string, content []byte) (workflow, error) {
	w := workflow{file: file}
	if err := yaml.NewDecoder(bytes.NewReader(content)).Decode(&w); err != nil {
		return w, fmt.Errorf("%s: %w", file, err)
	}
	return w, nil
}

// parseAction reads a composite action.
func parseAction(file string, content []byte) ([]step, error) {
	var action struct{ Runs struct{ Steps []step } }
	if err := yaml.Unmarshal(content, &action); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return action.Runs.Steps, nil
}

// events gives what starts a workflow, whichever way that is written.
func (w workflow) events() []string {
	switch w.On.Kind {
	case yaml.MappingNode:
		var names []string
		for i := 0; i < len(w.On.Content); i += 2 {
			names = append(names, w.On.Content[i].Value)
		}
		return names
	case yaml.SequenceNode:
		var names []string
		for _, each := range w.On.Content {
			names = append(names, each.Value)
		}
		return names
	default:
		return []string{w.On.Value}
	}
}

// permission gives what a job may do with one thing, "" for nothing.
func (j job) permission(name string) string {
	for i := 0; i+1 < len(j.Permissions.Content); i += 2 {
		if j.Permissions.Content[i].Value == name {
			return j.Permissions.Content[i+1].Value
		}
	}
	return ""
}

// action gives the action of a step without its version, "" for a script.
func (s step) action() string {
	name, _, _ := strings.Cut(s.Uses.Value, "@")
	return name
}
