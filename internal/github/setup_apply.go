package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	gh "github.com/google/go-github/v92/github"
)

// Apply does the steps that there are, in their order, and marks what it did; told
// hears of each. It ends at the first that GitHub refuses: to run it again does
// what is missing.
func (c *Client) Apply(ctx context.Context, on Repo, wanted Setup, found Found, steps []Step, told func(Step)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, e := range wanted.Environments {
		if err := c.guard(ctx, on, wanted.Branch, e, found, of(steps, e.Name), told); err != nil {
			return err
		}
		if err := c.setVariables(ctx, on, e.Name, steps, told); err != nil {
			return err
		}
	}
	return c.setVariables(ctx, on, "", steps, told)
}

// setVariables writes those of an environment, or of the repository itself.
func (c *Client) setVariables(ctx context.Context, on Repo, environment string, steps []Step, told func(Step)) error {
	for i := range steps {
		if !steps[i].acts() || steps[i].Kind != KindVariable || steps[i].Environment != environment {
			continue
		}
		if err := c.setVariable(ctx, on, steps[i]); err != nil {
			return err
		}
		steps[i].Done = true
		told(steps[i])
	}
	return nil
}

// of gives the steps that make an environment, its variables apart.
func of(steps []Step, environment string) []*Step {
	var some []*Step
	for i := range steps {
		if steps[i].Environment == environment && steps[i].Kind != KindVariable && steps[i].acts() {
			some = append(some, &steps[i])
		}
	}
	return some
}

// guard makes an environment with its reviewers and its branch. GitHub takes its
// settings as a whole: what is not this command's is sent as it was found.
func (c *Client) guard(ctx context.Context, on Repo, branch string, e Environment, found Found, steps []*Step, told func(Step)) error {
	if len(steps) == 0 {
		return nil
	}
	is := found.Environments[e.Name]
	whole, selects := false, false
	for _, step := range steps {
		branches := step.Kind == KindBranches
		whole = whole || !branches || is.Branches != SelectedBranches
		selects = selects || branches
	}
	if whole {
		if err := c.try(ctx, "set environment "+e.Name, "administration: write", func() error {
			request, err := c.api.NewRequest(ctx, http.MethodPut, fmt.Sprintf("repos/%s/%s/environments/%s", on.Owner, on.Name, url.PathEscape(e.Name)), settingsOf(e, is))
			if err != nil {
				return err
			}
			_, err = c.api.Do(request, nil)
			return err
		}); err != nil {
			return err
		}
	}
	if selects {
		if err := c.try(ctx, "let branch "+branch+" deploy into "+e.Name, "administration: write", func() error {
			_, _, err := c.api.Repositories.CreateDeploymentBranchPolicy(ctx, on.Owner, on.Name, e.Name,
				gh.CreateDeploymentBranchPolicyRequest{Name: branch, Type: new("branch")})
			if isStatus(err, http.StatusSeeOther) {
				return nil // it may already; patterns outlive a change of the rule
			}
			return err
		}); err != nil {
			return err
		}
	}
	for _, step := range steps {
		step.Done = true
		told(*step)
	}
	return nil
}

// settings are an environment's, as GitHub takes them. go-github's own type always
// sends all of them, also those that GitHub's description does not have and those
// that it refuses where a repository's plan does not allow them.
type settings struct {
	WaitTimer         int               `json:"wait_timer,omitempty"` // minutes
	PreventSelfReview bool              `json:"prevent_self_review,omitempty"`
	Reviewers         []gh.EnvReviewers `json:"reviewers,omitempty"`
	AdminsBypass      *bool             `json:"can_admins_bypass,omitempty"`
	Branches          branchPolicy      `json:"deployment_branch_policy"`
}

type branchPolicy struct {
	Protected bool `json:"protected_branches"`
	Custom    bool `json:"custom_branch_policies"`
}

func settingsOf(e Environment, is FoundEnvironment) settings {
	reviewers := is.Reviewers
	if e.Approval {
		reviewers = together(reviewers, e.Reviewers)
	}
	s := settings{WaitTimer: is.waitMinutes, PreventSelfReview: is.preventSelfReview, Branches: branchPolicy{Custom: true}}
	if is.adminsBypass != nil && !*is.adminsBypass {
		s.AdminsBypass = is.adminsBypass // without it GitHub would take what is usual: that they may
	}
	for _, r := range reviewers {
		kind := "User"
		if r.Team {
			kind = "Team"
		}
		s.Reviewers = append(s.Reviewers, gh.EnvReviewers{Type: &kind, ID: &r.ID})
	}
	return s
}

// setVariable writes a variable. One that was there, or that came meanwhile, is
// changed: the answer to its creation may have been lost.
func (c *Client) setVariable(ctx context.Context, on Repo, step Step) error {
	doing, permission := "set variable "+step.Name, "variables: write"
	create := func() error {
		_, err := c.api.Actions.CreateRepoVariable(ctx, on.Owner, on.Name, gh.ActionsCreateVariableRequest{Name: step.Name, Value: step.To})
		return err
	}
	update := func() error {
		_, err := c.api.Actions.UpdateRepoVariable(ctx, on.Owner, on.Name, step.Name, gh.ActionsUpdateVariableRequest{Value: new(step.To)})
		return err
	}
	if step.Environment != "" {
		doing, permission = doing+" of environment "+step.Environment, "environments: write"
		create = func() error {
			_, err := c.api.Actions.CreateEnvVariable(ctx, on.Owner, on.Name, step.Environment, gh.ActionsCreateVariableRequest{Name: step.Name, Value: step.To})
			return err
		}
		update = func() error {
			_, err := c.api.Actions.UpdateEnvVariable(ctx, on.Owner, on.Name, step.Environment, step.Name, gh.ActionsUpdateVariableRequest{Value: new(step.To)})
			return err
		}
	}
	return c.try(ctx, doing, permission, func() error {
		if step.Action == Change {
			return update()
		}
		err := create()
		if isStatus(err, http.StatusConflict) {
			return update()
		}
		return err
	})
}
