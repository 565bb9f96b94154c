package github

import (
	"fmt"
	"slices"
	"strings"
)

// Setup is what a repository needs for its workflows.
type Setup struct {
	Branch       string // the only one that deploys
	Environments []Environment
	Variables    []Variable // of the repository
}

// Environment is what a GitHub Environment is to be: that of the tool's
// environment of the same name.
type Environment struct {
	Name      string
	Approval  bool       // somebody has to approve each run in it
	Reviewers []Reviewer // who may; they come to those that there are
	Variables []Variable
}

// Variable is one that workflows read. It is no secret.
type Variable struct {
	Name, Value string
	Unknown     string // why there is no value yet
}

// Reviewer is a user or a team.
type Reviewer struct {
	Team bool
	ID   int64
	Name string // a user's login; OWNER/TEAM
}

// String gives "ann" or "team owner/name".
func (r Reviewer) String() string {
	if r.Team {
		return "team " + r.Name
	}
	return r.Name
}

// Found is what of it the repository has.
type Found struct {
	Environments map[string]FoundEnvironment // those that there are
	Variables    map[string]string
}

// FoundEnvironment is one as it is on GitHub.
type FoundEnvironment struct {
	Reviewers []Reviewer
	Branches  BranchRule
	Patterns  []Pattern // that deploy, where Branches is SelectedBranches
	Variables map[string]string

	// What is not the tool's, and has to be sent again with each change.
	waitMinutes       int
	preventSelfReview bool
	adminsBypass      *bool
}

// BranchRule says which branches may deploy into a GitHub Environment.
type BranchRule string

// The rules.
const (
	AnyBranch         BranchRule = "any branch"
	ProtectedBranches BranchRule = "protected branches"
	SelectedBranches  BranchRule = "selected branches"
)

// Pattern names branches or tags that may deploy.
type Pattern struct {
	Name string
	Tag  bool
}

// String gives "main" or "tag v*".
func (p Pattern) String() string {
	if p.Tag {
		return "tag " + p.Name
	}
	return p.Name
}

// Action is what a step does.
type Action string

// The actions. Leave is of what others made and this command would not have; Wait
// is of what nobody knows yet.
const (
	Create Action = "create"
	Change Action = "change"
	Keep   Action = "keep"
	Wait   Action = "unknown"
	Leave  Action = "leave"
)

// Kind is what a step is about.
type Kind string

// The kinds.
const (
	KindEnvironment Kind = "environment"
	KindReviewers   Kind = "required reviewers"
	KindBranches    Kind = "deployment branches"
	KindVariable    Kind = "variable"
)

// Step is one thing that the repository needs, and what becomes of it.
type Step struct {
	Action      Action
	Kind        Kind
	Environment string // "" for the repository itself
	Name        string // of a variable
	From, To    string
	Note        string // why not: of Wait and Leave
	Done        bool   // by Apply
}

// acts reports whether a step changes something.
func (s Step) acts() bool { return s.Action == Create || s.Action == Change }

// Steps compares what is wanted with what there is, in the order in which it is
// done: an environment is guarded before it gets what a deployment needs.
func Steps(wanted Setup, found Found) []Step {
	var steps []Step
	for _, e := range wanted.Environments {
		is, exists := found.Environments[e.Name]
		step := Step{Action: Keep, Kind: KindEnvironment, Environment: e.Name}
		if !exists {
			step.Action = Create
			is.Branches = AnyBranch
		}
		steps = append(steps, step)
		if e.Approval {
			steps = append(steps, reviewersStep(e, is))
		}
		steps = append(steps, branchSteps(e.Name, wanted.Branch, exists, is)...)
		steps = append(steps, variableSteps(e.Name, e.Variables, is.Variables)...)
	}
	return append(steps, variableSteps("", wanted.Variables, found.Variables)...)
}

// together gives the reviewers that there are and those that are wanted beside.
func together(is, wanted []Reviewer) []Reviewer {
	all := slices.Clone(is)
	for _, each := range wanted {
		if !slices.ContainsFunc(all, func(r Reviewer) bool { return r.Team == each.Team && r.ID == each.ID }) {
			all = append(all, each)
		}
	}
	return all
}

func reviewersStep(e Environment, is FoundEnvironment) Step {
	all := together(is.Reviewers, e.Reviewers)
	step := Step{Action: Keep, Kind: KindReviewers, Environment: e.Name, To: names(all)}
	switch {
	case len(all) == 0:
		step.Action, step.Note = Wait, "nobody is named: who approves it? --reviewer LOGIN or OWNER/TEAM"
	case len(is.Reviewers) == 0:
		step.Action = Create
	case len(all) > len(is.Reviewers):
		step.Action, step.From = Change, names(is.Reviewers)
	}
	return step
}

// branchSteps has one branch deploy. What else may is left as it is, and told:
// somebody allowed it.
func branchSteps(environment, branch string, exists bool, is FoundEnvironment) []Step {
	step := Step{Action: Keep, Kind: KindBranches, Environment: environment, To: branch}
	if is.Branches != SelectedBranches {
		step.Action, step.From = Change, string(is.Branches)
		if !exists {
			step.Action, step.From = Create, ""
		}
		return []Step{step}
	}
	if !slices.Contains(is.Patterns, Pattern{Name: branch}) {
		step.Action = Create
	}
	steps := []Step{step}
	for _, p := range is.Patterns {
		if p != (Pattern{Name: branch}) {
			steps = append(steps, Step{Action: Leave, Kind: KindBranches, Environment: environment, To: p.String(),
				Note: "may deploy, too; who allowed it has to take it away"})
		}
	}
	return steps
}

func variableSteps(environment string, wanted []Variable, is map[string]string) []Step {
	var steps []Step
	for _, v := range wanted {
		step := Step{Action: Keep, Kind: KindVariable, Environment: environment, Name: v.Name, To: v.Value}
		value, exists := is[v.Name]
		switch {
		case v.Unknown != "":
			step.Action, step.From, step.Note = Wait, value, v.Unknown
		case !exists:
			step.Action = Create
		case value != v.Value:
			step.Action, step.From = Change, value
		}
		steps = append(steps, step)
	}
	return steps
}

func names[T fmt.Stringer](of []T) string {
	texts := make([]string, len(of))
	for i, each := range of {
		texts[i] = each.String()
	}
	return strings.Join(texts, ", ")
}
