package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/secrecy"
)

// checked is the verification, by requirement.
type checked struct {
	State        State
	Lead         string
	Note         string
	Requirements []requirement
	Unverified   string // requirements that no check of it proves
}

type requirement struct {
	ID     string
	Title  string
	State  State
	Open   bool
	Count  string
	Checks []check
}

type check struct {
	ID       string
	Title    string
	State    State
	Lines    []string // why it did not pass, and what was seen
	Evidence []string
	Remedy   string
}

// costs is what is known of what the environment costs.
type costs struct {
	State   State
	Lead    string
	Command string // that looks; "" where this run did
	Checks  []check
}

const costArea = "cost"

// checkedOf gives the verification of a run: nil where none was made.
func checkedOf(d Deployment) *checked {
	results, note := results(d)
	if results == nil {
		return nil
	}
	c := &checked{State: State{"passed", "ok", "✓"}, Note: note}
	passed := 0
	for _, each := range results {
		if each.Result == engine.CheckPassed {
			passed++
		} else {
			c.State = State{"not passed", "bad", "✗"}
		}
	}
	c.Lead = fmt.Sprintf("%d of %s passed.", passed, plural(len(results), "check"))
	var without []string
	known := map[string]bool{}
	for _, each := range d.Catalogue.Requirements {
		known[each.ID] = true
		of := proving(results, each.ID)
		if len(of) == 0 {
			without = append(without, each.ID)
			continue
		}
		c.Requirements = append(c.Requirements, requirementOf(each.ID, each.Title, of))
	}
	var rest []engine.CheckResult
	for _, each := range results {
		if !slices.ContainsFunc(each.Requirements, func(id string) bool { return known[id] }) {
			rest = append(rest, each)
		}
	}
	if len(rest) > 0 {
		c.Requirements = append(c.Requirements, requirementOf("–", "Of no requirement in the catalogue", rest))
	}
	if len(without) > 0 {
		c.Unverified = "Not looked at here: " + strings.Join(without, ", ") + "."
	}
	return c
}

func proving(results []engine.CheckResult, requirement string) []engine.CheckResult {
	var of []engine.CheckResult
	for _, each := range results {
		if slices.Contains(each.Requirements, requirement) {
			of = append(of, each)
		}
	}
	return of
}

func requirementOf(id, title string, results []engine.CheckResult) requirement {
	r := requirement{ID: say(id, maxName), Title: say(title, maxName), State: State{"passed", "ok", "✓"}}
	passed := 0
	for _, each := range results {
		switch each.Result {
		case engine.CheckPassed:
			passed++
		case engine.CheckUnknown:
			if r.State.Class == "ok" {
				r.State = State{"unknown", "warn", "?"}
			}
		default:
			r.State = State{"failed", "bad", "✗"}
		}
		r.Checks = append(r.Checks, checkOf(each))
	}
	r.Open = passed < len(results)
	r.Count = fmt.Sprintf("%d of %d", passed, len(results))
	return r
}

func checkOf(result engine.CheckResult) check {
	c := check{ID: say(result.ID, maxName), Title: say(result.Title, maxText)}
	switch result.Result {
	case engine.CheckPassed:
		c.State = State{"passed", "ok", "✓"}
	case engine.CheckUnknown:
		c.State = State{"unknown", "warn", "?"}
	default:
		c.State = State{"failed", "bad", "✗"}
	}
	c.Lines = prose(result.Reason)
	const most = 6
	for i, each := range result.Evidence {
		if i == most {
			c.Evidence = append(c.Evidence, fmt.Sprintf("and %d more", len(result.Evidence)-i))
			break
		}
		c.Evidence = append(c.Evidence, sentence(each))
	}
	if c.State.Class != "ok" {
		c.Remedy = sentence(result.Remedy)
	}
	return c
}

// results gives what each check found: as the run itself had it, or as far as its record
// tells it, which has the ids of those that did not pass.
func results(d Deployment) (list []engine.CheckResult, note string) {
	if d.Verification != nil {
		return d.Verification.Checks, ""
	}
	recorded := d.Account.Record.Verification
	if recorded == nil {
		return nil, ""
	}
	left := map[string]engine.CheckStatus{}
	for _, id := range recorded.Failed {
		left[id] = engine.CheckFailed
	}
	for _, id := range recorded.Unknown {
		left[id] = engine.CheckUnknown
	}
	missed := len(left)
	for _, each := range d.Catalogue.Checks {
		if !slices.Contains(recorded.Areas, each.Area) {
			continue
		}
		result := engine.CheckResult{ID: each.ID, Area: each.Area, Title: each.Title, Requirements: each.Requirements, Result: engine.CheckPassed}
		if status, named := left[each.ID]; named {
			result.Result, result.Reason = status, "The record does not say why; the output of the run does, and `verify` looks again."
			delete(left, each.ID)
		}
		list = append(list, result)
	}
	for _, id := range append(append([]string{}, recorded.Failed...), recorded.Unknown...) {
		if status, named := left[id]; named {
			area, _, _ := strings.Cut(id, ".")
			list = append(list, engine.CheckResult{ID: id, Area: area, Result: status, Title: "a check that this version of the tool does not have"})
		}
	}
	note = "From the record, which has the results and not what was seen."
	if len(list)-missed != recorded.Passed {
		note = fmt.Sprintf("From the record, which has %d passed; the checks of this version of the tool are others.", recorded.Passed)
	}
	return list, note
}

// costsOf gives what the verification saw of costs; nothing is made up where it saw none.
func costsOf(d Deployment, environment string) *costs {
	all, _ := results(d)
	c := &costs{State: State{"not recorded", "idle", "·"}, Lead: "What the environment costs was not looked at by this run."}
	if word, ok := secrecy.ShellWord(environment); ok {
		c.Command = "mandala-deploy verify " + word + " --area cost"
	}
	for _, each := range all {
		if each.Area != costArea {
			continue
		}
		c.Checks = append(c.Checks, checkOf(each))
		c.State = worse(c.State, c.Checks[len(c.Checks)-1].State)
	}
	switch {
	case len(c.Checks) > 0 && d.Verification != nil:
		c.Lead, c.Command = "As the verification of this run saw it.", ""
	case len(c.Checks) > 0:
		c.Lead = "The record has the results and no amounts."
	}
	return c
}

func worse(a, b State) State {
	order := []string{"idle", "ok", "busy", "warn", "bad"}
	if slices.Index(order, b.Class) > slices.Index(order, a.Class) {
		return b
	}
	return a
}
