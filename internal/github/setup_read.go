package github

import (
	"context"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v92/github"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// maxVariables is how many variables GitHub gives on one page.
const maxVariables = 30

// settingUp is one step of a setup: what it does, as a verb with its object, and
// the permission that it takes.
func settingUp(doing, permission string) task {
	return task{
		refused: problem.SetupRefused, failed: problem.NotSetUp,
		refuses: "GitHub refuses to " + doing, undone: "GitHub could not " + doing, again: "run the command again",
		forbidden: "give the token the permission `" + permission + "`",
		missing:   "see that the repository exists, and give the token the permission `" + permission + "`",
		invalid:   "look at the reason: in a private repository required reviewers are GitHub Enterprise's, and each of them needs to be able to read it",
	}
}

// try makes a request of a setup again while it fails for now.
func (c *Client) try(ctx context.Context, doing, permission string, request func() error) error {
	return c.doing(settingUp(doing, permission)).retry(ctx, request)
}

// isStatus reports whether GitHub answered with a status.
func isStatus(err error, status int) bool {
	response := answerOf(err)
	return response != nil && response.StatusCode == status
}

// Reviewers finds users by login and teams by OWNER/TEAM, each with or without @.
func (c *Client) Reviewers(ctx context.Context, owner string, named []string) ([]Reviewer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all []Reviewer
	for _, name := range named {
		reviewer, err := c.reviewer(ctx, owner, strings.TrimPrefix(name, "@"))
		if err != nil {
			return nil, err
		}
		all = together(all, []Reviewer{reviewer})
	}
	return all, nil
}

func (c *Client) reviewer(ctx context.Context, owner, name string) (Reviewer, error) {
	unknown := func(what, next string) error {
		return &problem.Error{Code: problem.UnknownReviewer, Where: problem.Location{Flag: "--reviewer"}, What: what, Next: next}
	}
	if organization, slug, ok := strings.Cut(name, "/"); ok {
		if !strings.EqualFold(organization, owner) {
			return Reviewer{}, unknown("team "+name+" is not one of "+owner+"'s", "name a team of the repository's owner: "+owner+"/TEAM")
		}
		var team *gh.Team
		err := c.try(ctx, "tell of team "+name, "members: read` of the organization `"+owner, func() (err error) {
			team, _, err = c.api.Teams.GetTeamBySlug(ctx, organization, slug)
			if isStatus(err, http.StatusNotFound) {
				team, err = nil, nil
			}
			return err
		})
		if err != nil {
			return Reviewer{}, err
		}
		if team == nil {
			return Reviewer{}, unknown("GitHub knows no team "+name, "")
		}
		return Reviewer{Team: true, ID: team.GetID(), Name: owner + "/" + team.GetSlug()}, nil
	}
	var user *gh.User
	err := c.try(ctx, "tell of user "+name, "metadata: read", func() (err error) {
		user, _, err = c.api.Users.Get(ctx, name)
		if isStatus(err, http.StatusNotFound) {
			user, err = nil, nil
		}
		return err
	})
	switch {
	case err != nil:
		return Reviewer{}, err
	case user == nil:
		return Reviewer{}, unknown("GitHub knows no user "+name, "")
	case user.GetType() != "User":
		return Reviewer{}, unknown(name+" is no user who could approve", "name a user, or a team as "+owner+"/TEAM")
	}
	return Reviewer{ID: user.GetID(), Name: user.GetLogin()}, nil
}

// Look reads what the repository has of environments and variables.
func (c *Client) Look(ctx context.Context, on Repo, environments []string) (Found, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	found := Found{Environments: map[string]FoundEnvironment{}}
	if err := c.try(ctx, "tell of "+on.String(), "metadata: read", func() error {
		_, _, err := c.api.Repositories.Get(ctx, on.Owner, on.Name)
		return err
	}); err != nil {
		return found, err
	}
	var err error
	found.Variables, err = c.variables(ctx, "the repository", "variables: read", func(options *gh.ListOptions) (*gh.ActionsVariables, *gh.Response, error) {
		return c.api.Actions.ListRepoVariables(ctx, on.Owner, on.Name, options)
	})
	if err != nil {
		return found, err
	}
	for _, name := range environments {
		is, exists, err := c.environment(ctx, on, name)
		if err != nil {
			return found, err
		}
		if exists {
			found.Environments[name] = is
		}
	}
	return found, nil
}

// variables gives variables by name, of all pages.
func (c *Client) variables(ctx context.Context, of, permission string, list func(*gh.ListOptions) (*gh.ActionsVariables, *gh.Response, error)) (map[string]string, error) {
	all := map[string]string{}
	options := &gh.ListOptions{PerPage: maxVariables, Page: 1}
	for range maxPages {
		var page *gh.ActionsVariables
		var response *gh.Response
		if err := c.try(ctx, "list the variables of "+of, permission, func() (err error) {
			page, response, err = list(options)
			return err
		}); err != nil {
			return nil, err
		}
		for _, v := range page.Variables {
			all[v.Name] = v.Value
		}
		if response.NextPage <= options.Page {
			break
		}
		options.Page = response.NextPage
	}
	return all, nil
}

func (c *Client) environment(ctx context.Context, on Repo, name string) (is FoundEnvironment, exists bool, err error) {
	var answer *gh.Environment
	err = c.try(ctx, "tell of environment "+name, "actions: read", func() (err error) {
		answer, _, err = c.api.Repositories.GetEnvironment(ctx, on.Owner, on.Name, name)
		if isStatus(err, http.StatusNotFound) {
			answer, err = nil, nil
		}
		return err
	})
	if err != nil || answer == nil {
		return is, false, err
	}
	is = foundEnvironment(on.Owner, answer)
	if is.Branches == SelectedBranches {
		if is.Patterns, err = c.patterns(ctx, on, name); err != nil {
			return is, true, err
		}
	}
	is.Variables, err = c.variables(ctx, "environment "+name, "environments: read", func(options *gh.ListOptions) (*gh.ActionsVariables, *gh.Response, error) {
		return c.api.Actions.ListEnvVariables(ctx, on.Owner, on.Name, name, options)
	})
	return is, true, err
}

// foundEnvironment reads what GitHub says of an environment.
func foundEnvironment(owner string, answer *gh.Environment) FoundEnvironment {
	is := FoundEnvironment{Branches: AnyBranch, adminsBypass: answer.CanAdminsBypass}
	if policy := answer.GetDeploymentBranchPolicy(); policy != nil {
		is.Branches = ProtectedBranches
		if policy.GetCustomBranchPolicies() {
			is.Branches = SelectedBranches
		}
	}
	for _, rule := range answer.ProtectionRules {
		switch rule.GetType() {
		case "wait_timer":
			is.waitMinutes = rule.GetWaitTimer()
		case "required_reviewers":
			is.preventSelfReview = rule.GetPreventSelfReview()
			for _, each := range rule.Reviewers {
				switch r := each.Reviewer.(type) {
				case *gh.User:
					is.Reviewers = append(is.Reviewers, Reviewer{ID: r.GetID(), Name: r.GetLogin()})
				case *gh.Team:
					is.Reviewers = append(is.Reviewers, Reviewer{Team: true, ID: r.GetID(), Name: owner + "/" + r.GetSlug()})
				}
			}
		}
	}
	return is
}

func (c *Client) patterns(ctx context.Context, on Repo, environment string) ([]Pattern, error) {
	all := []Pattern{}
	options := &gh.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		var page *gh.DeploymentBranchPolicyResponse
		var response *gh.Response
		if err := c.try(ctx, "list the branches that deploy into "+environment, "actions: read", func() (err error) {
			page, response, err = c.api.Repositories.ListDeploymentBranchPolicies(ctx, on.Owner, on.Name, environment, options)
			return err
		}); err != nil {
			return nil, err
		}
		for _, p := range page.BranchPolicies {
			all = append(all, Pattern{Name: p.GetName(), Tag: p.GetType() == "tag"})
		}
		if response.NextPage <= options.Page {
			break
		}
		options.Page = response.NextPage
	}
	return all, nil
}
