package github

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSteps(t *testing.T) {
	t.Parallel()
	userAnn, userBob, team := Reviewer{ID: 1, Name: "ann"}, Reviewer{ID: 2, Name: "bob"}, Reviewer{Team: true, ID: 1, Name: "o/platform"}
	production := func(edit func(*Environment)) Setup {
		e := Environment{Name: "production", Approval: true, Reviewers: []Reviewer{userAnn}}
		if edit != nil {
			edit(&e)
		}
		return Setup{Branch: "main", Environments: []Environment{e}}
	}
	has := func(e FoundEnvironment) Found {
		return Found{Environments: map[string]FoundEnvironment{"production": e}}
	}
	onMain := FoundEnvironment{Reviewers: []Reviewer{userAnn}, Branches: SelectedBranches, Patterns: []Pattern{{Name: "main"}}}
	step := func(action Action, kind Kind, from, to string) Step {
		return Step{Action: action, Kind: kind, Environment: "production", From: from, To: to}
	}
	there, branch := step(Keep, KindEnvironment, "", ""), step(Keep, KindBranches, "", "main")
	cases := map[string]struct {
		wanted Setup
		found  Found
		want   []Step
	}{
		"nothing there": {production(nil), Found{}, []Step{
			step(Create, KindEnvironment, "", ""), step(Create, KindReviewers, "", "ann"), step(Create, KindBranches, "", "main")}},
		"all there": {production(nil), has(onMain), []Step{there, step(Keep, KindReviewers, "", "ann"), branch}},
		"without approval, reviewers are nobody's business": {production(func(e *Environment) { e.Approval = false }), Found{}, []Step{
			step(Create, KindEnvironment, "", ""), step(Create, KindBranches, "", "main")}},
		"reviewers are added to those that there are": {production(func(e *Environment) { e.Reviewers = []Reviewer{userBob, team} }), has(onMain), []Step{
			there, step(Change, KindReviewers, "ann", "ann, bob, team o/platform"), branch}},
		"a team is no user of the same number": {production(func(e *Environment) { e.Reviewers = []Reviewer{team} }), has(onMain), []Step{
			there, step(Change, KindReviewers, "ann", "ann, team o/platform"), branch}},
		"nobody is named, and there are some": {production(func(e *Environment) { e.Reviewers = nil }), has(onMain), []Step{
			there, step(Keep, KindReviewers, "", "ann"), branch}},
		"nobody is named, and there is nobody": {production(func(e *Environment) { e.Reviewers = nil }), has(FoundEnvironment{Branches: SelectedBranches, Patterns: onMain.Patterns}), []Step{
			there, {Action: Wait, Kind: KindReviewers, Environment: "production", Note: "nobody is named: who approves it? --reviewer LOGIN or OWNER/TEAM"}, branch}},
		"every branch may deploy": {production(nil), has(FoundEnvironment{Reviewers: onMain.Reviewers, Branches: AnyBranch}), []Step{
			there, step(Keep, KindReviewers, "", "ann"), step(Change, KindBranches, "any branch", "main")}},
		"protected branches may deploy": {production(nil), has(FoundEnvironment{Reviewers: onMain.Reviewers, Branches: ProtectedBranches}), []Step{
			there, step(Keep, KindReviewers, "", "ann"), step(Change, KindBranches, "protected branches", "main")}},
		"others may deploy": {production(nil), has(FoundEnvironment{Reviewers: onMain.Reviewers, Branches: SelectedBranches, Patterns: []Pattern{{Name: "*"}, {Name: "main", Tag: true}}}), []Step{
			there, step(Keep, KindReviewers, "", "ann"), step(Create, KindBranches, "", "main"),
			{Action: Leave, Kind: KindBranches, Environment: "production", To: "*", Note: "may deploy, too; who allowed it has to take it away"},
			{Action: Leave, Kind: KindBranches, Environment: "production", To: "tag main", Note: "may deploy, too; who allowed it has to take it away"}}},
		"variables": {
			Setup{Branch: "main", Environments: []Environment{{Name: "production", Variables: []Variable{{Name: "NEW", Value: "1"}, {Name: "SAME", Value: "2"}}}},
				Variables: []Variable{{Name: "OTHER", Value: "3"}, {Name: "LATER", Unknown: "not known yet"}, {Name: "KEPT", Unknown: "not known yet"}}},
			Found{Environments: map[string]FoundEnvironment{"production": {Branches: SelectedBranches, Patterns: onMain.Patterns, Variables: map[string]string{"SAME": "2", "THEIRS": "x"}}},
				Variables: map[string]string{"OTHER": "4", "KEPT": "5", "NEW": "elsewhere"}},
			[]Step{there, branch,
				{Action: Create, Kind: KindVariable, Environment: "production", Name: "NEW", To: "1"},
				{Action: Keep, Kind: KindVariable, Environment: "production", Name: "SAME", To: "2"},
				{Action: Change, Kind: KindVariable, Name: "OTHER", From: "4", To: "3"},
				{Action: Wait, Kind: KindVariable, Name: "LATER", Note: "not known yet"},
				{Action: Wait, Kind: KindVariable, Name: "KEPT", From: "5", Note: "not known yet"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Steps(c.wanted, c.found)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
