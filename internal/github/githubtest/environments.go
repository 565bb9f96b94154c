package githubtest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Environment is a GitHub Environment.
type Environment struct {
	WaitTimer         int
	PreventSelfReview bool
	Reviewers         []Reviewer
	AdminsBypass      bool
	Branches          *Branches
	Patterns          []Pattern
	Variables         map[string]string
}

// Reviewer is one, by what GitHub counts them.
type Reviewer struct {
	Type string `json:"type"`
	ID   int64  `json:"id"`
}

// Branches say which branches may deploy.
type Branches struct {
	Protected bool `json:"protected_branches"`
	Custom    bool `json:"custom_branch_policies"`
}

// Pattern is of branches or tags that may.
type Pattern struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (p *Repository) environment(w http.ResponseWriter, r *http.Request, name, rest string) bool {
	is := p.Environments[name]
	if rest == "" && r.Method == http.MethodPut {
		p.put(w, r, name)
		return true
	}
	if is == nil {
		return false
	}
	variable, isVariables := strings.CutPrefix(rest, "variables")
	switch {
	case rest == "":
		respond(w, http.StatusOK, is.shown(name))
	case rest == "deployment-branch-policies" && r.Method == http.MethodPost:
		var sent Pattern
		switch {
		case !taken(w, r, &sent):
		case is.Branches == nil || !is.Branches.Custom:
			return false // says GitHub's description
		case slices.Contains(is.Patterns, sent):
			w.WriteHeader(http.StatusSeeOther)
		default:
			is.Patterns = append(is.Patterns, sent)
			respond(w, http.StatusOK, sent)
		}
	case rest == "deployment-branch-policies":
		respond(w, http.StatusOK, map[string]any{"branch_policies": page(w, r, 2, is.Patterns)})
	case isVariables:
		variables(w, r, strings.TrimPrefix(variable, "/"), is.Variables)
	default:
		return false
	}
	return true
}

func (p *Repository) put(w http.ResponseWriter, r *http.Request, name string) {
	var sent struct {
		WaitTimer         int        `json:"wait_timer"`
		PreventSelfReview bool       `json:"prevent_self_review"`
		Reviewers         []Reviewer `json:"reviewers"`
		AdminsBypass      *bool      `json:"can_admins_bypass"` // GitHub takes it, its description has it not
		Branches          *Branches  `json:"deployment_branch_policy"`
	}
	if !taken(w, r, &sent) {
		return
	}
	is := p.Environments[name]
	if is == nil {
		is = &Environment{Variables: map[string]string{}}
		p.Environments[name] = is
	}
	is.WaitTimer, is.PreventSelfReview, is.Reviewers, is.Branches = sent.WaitTimer, sent.PreventSelfReview, sent.Reviewers, sent.Branches
	is.AdminsBypass = sent.AdminsBypass == nil || *sent.AdminsBypass
	respond(w, http.StatusOK, is.shown(name))
}

// shown gives an environment as GitHub tells it.
func (e *Environment) shown(name string) map[string]any {
	rules := []any{map[string]any{"type": "branch_policy"}}
	if e.WaitTimer > 0 {
		rules = append(rules, map[string]any{"type": "wait_timer", "wait_timer": e.WaitTimer})
	}
	if len(e.Reviewers) > 0 {
		var reviewers []any
		for _, r := range e.Reviewers {
			who := map[string]any{"id": r.ID, "login": map[int64]string{1: "ann", 2: "Bob"}[r.ID]}
			if r.Type == "Team" {
				who = map[string]any{"id": r.ID, "slug": "platform"}
			}
			reviewers = append(reviewers, map[string]any{"type": r.Type, "reviewer": who})
		}
		rules = append(rules, map[string]any{"type": "required_reviewers", "prevent_self_review": e.PreventSelfReview, "reviewers": reviewers})
	}
	return map[string]any{"name": name, "can_admins_bypass": e.AdminsBypass, "protection_rules": rules, "deployment_branch_policy": e.Branches}
}

func variables(w http.ResponseWriter, r *http.Request, name string, of map[string]string) {
	var sent struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	switch r.Method {
	case http.MethodGet:
		all := []map[string]string{}
		for _, name := range slices.Sorted(maps.Keys(of)) {
			all = append(all, map[string]string{"name": name, "value": of[name]})
		}
		respond(w, http.StatusOK, map[string]any{"total_count": len(all), "variables": page(w, r, 2, all)})
	case http.MethodPost:
		if !taken(w, r, &sent) {
			return
		}
		if _, exists := of[sent.Name]; exists {
			refuse(w, http.StatusConflict, "Already exists")
			return
		}
		of[sent.Name] = sent.Value
		respond(w, http.StatusCreated, struct{}{})
	case http.MethodPatch:
		if !taken(w, r, &sent) {
			return
		}
		if _, exists := of[name]; !exists {
			refuse(w, http.StatusNotFound, "Not Found")
			return
		}
		of[name] = sent.Value
		w.WriteHeader(http.StatusNoContent)
	}
}
