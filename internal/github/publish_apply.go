package github

import (
	"context"
	"errors"
	"net/http"
	"time"

	gh "github.com/google/go-github/v92/github"
)

const (
	mostCommits     = 100 // that notes list
	mostDescription = 140 // characters, of a deployment's status
)

// Publish does the steps that there are, in their order, and marks what it did; told
// hears of each. It ends at the first that GitHub refuses: to run it again does what
// is missing.
func (c *Client) Publish(ctx context.Context, on Repo, wanted Publication, found FoundPublication, steps []PublishStep, told func(PublishStep)) error {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	strays := map[string]FoundDeployment{}
	for _, stray := range found.Strays {
		strays[strayName(stray.ID)] = stray
	}
	for i := range steps {
		step := &steps[i]
		if !step.acts() || step.Kind == KindTag { // a tag comes with its release
			continue
		}
		var err error
		switch step.Kind {
		case KindDeployment:
			if stray, ok := strays[step.Name]; ok {
				err = c.setDeployment(ctx, on, wanted.Environment, stray.ID, PublishedDeployment{Description: "History has the deployment as one of its own"}, DeploymentInactive)
			} else {
				err = c.publishDeployment(ctx, on, wanted.Environment, wanted.deployment(step.Name), found.Deployments[step.Name])
			}
		case KindRelease:
			err = c.publishRelease(ctx, on, wanted, step, found)
		case KindLatest:
			err = c.markLatest(ctx, on, step.Name, found)
		default:
		}
		if err != nil {
			return err
		}
		step.Done = true
		if i > 0 && steps[i-1].Kind == KindTag && steps[i-1].Name == step.Name {
			steps[i-1].Done = true
			told(steps[i-1])
		}
		told(*step)
	}
	return nil
}

// publishDeployment makes a deployment where there is none, and has it say how it stands.
func (c *Client) publishDeployment(ctx context.Context, on Repo, environment string, d PublishedDeployment, is FoundDeployment) error {
	if is.ID == 0 {
		id, err := c.createDeployment(ctx, on, environment, d)
		if err != nil {
			return err
		}
		is.ID = id
	}
	for _, state := range d.statuses(is) {
		if err := c.setDeployment(ctx, on, environment, is.ID, d, state); err != nil {
			return err
		}
	}
	for _, extra := range is.Extra {
		if err := c.setDeployment(ctx, on, environment, extra, d, DeploymentInactive); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) createDeployment(ctx context.Context, on Repo, environment string, d PublishedDeployment) (int64, error) {
	c = c.doing(publishing("take deployment " + d.ID))
	kind, operation := "deploy", "apply"
	if d.Rollback {
		kind, operation = "rollback", "rollback"
	}
	for attempt := 0; ; attempt++ {
		if attempt > 0 { // the answer to the creation may have been lost
			all, err := c.deployments(ctx, on, gh.DeploymentsListOptions{Environment: environment, SHA: d.Commit}, time.Time{})
			if err != nil {
				return 0, err
			}
			for _, each := range all {
				if payloadOf(each.Payload).ID == d.ID {
					return each.GetID(), nil
				}
			}
		}
		created, _, err := c.api.Repositories.CreateDeployment(ctx, on.Owner, on.Name, gh.DeploymentRequest{
			Ref: d.Commit, Task: &kind, AutoMerge: new(false), RequiredContexts: []string{}, Environment: &environment,
			Payload: payload{ID: d.ID, Release: d.Release, Operation: operation}, Description: new(cutText(d.Description, mostDescription)),
		})
		if err == nil {
			if created.GetID() == 0 {
				err = errors.New("GitHub made no deployment")
			} else {
				return created.GetID(), nil
			}
		}
		if err := c.again(ctx, attempt, err); err != nil {
			return 0, err
		}
	}
}

// setDeployment has a deployment say how it stands. The others' statuses are set one by
// one: GitHub's own way of ending them leaves production alone.
func (c *Client) setDeployment(ctx context.Context, on Repo, environment string, id int64, d PublishedDeployment, state DeploymentState) error {
	request := gh.DeploymentStatusRequest{State: string(state), Description: new(cutText(d.Description, mostDescription)), Environment: &environment, AutoInactive: new(false)}
	if d.Run != "" {
		request.LogURL = &d.Run
	}
	if d.Site != "" && state == DeploymentStands {
		request.EnvironmentURL = &d.Site
	}
	return c.published(ctx, "take the status of deployment "+d.ID, func() error {
		_, _, err := c.api.Repositories.CreateDeploymentStatus(ctx, on.Owner, on.Name, id, request)
		return err
	})
}

func cutText(text string, most int) string {
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most-1]) + "…"
	}
	return text
}

// publishRelease makes a release. GitHub makes its tag where there is none.
func (c *Client) publishRelease(ctx context.Context, on Repo, wanted Publication, step *PublishStep, found FoundPublication) error {
	r := wanted.release(step.Name)
	changes, err := c.changes(ctx, on, r)
	if err != nil {
		return err
	}
	latest := "false" // the mark follows in a step of its own
	request := gh.CreateReleaseRequest{TagName: r.Tag, TargetCommitish: &r.Commit, Name: &r.Tag, Body: new(r.Notes(changes)), Prerelease: &r.Prerelease, MakeLatest: &latest}
	return c.published(ctx, "take release "+r.Tag, func() error {
		made, _, err := c.api.Repositories.CreateRelease(ctx, on.Owner, on.Name, request)
		if alreadyThere(err) { // another run was here first, or the answer was lost
			made, _, err = c.api.Repositories.GetReleaseByTag(ctx, on.Owner, on.Name, r.Tag)
		}
		if err != nil {
			return err
		}
		step.URL = made.HTMLURL
		found.Releases[r.Tag] = FoundRelease{ID: made.ID, URL: made.HTMLURL}
		return nil
	})
}

// alreadyThere reports whether GitHub refuses to make what is there already.
func alreadyThere(err error) bool {
	var refused *gh.ErrorResponse
	if !errors.As(err, &refused) || !isStatus(err, http.StatusUnprocessableEntity) {
		return false
	}
	for _, each := range refused.Errors {
		if each.Code == "already_exists" {
			return true
		}
	}
	return false
}

func (c *Client) markLatest(ctx context.Context, on Repo, tag string, found FoundPublication) error {
	return c.published(ctx, "mark release "+tag+" as the latest", func() error {
		_, _, err := c.api.Repositories.UpdateRelease(ctx, on.Owner, on.Name, found.Releases[tag].ID, gh.UpdateReleaseRequest{MakeLatest: new("true")})
		return err
	})
}

// changes asks GitHub what a version has and the one before has not: so nobody needs
// the whole of the repository. Of many commits it takes the newest. Where GitHub does
// not know one of the two, the notes do without.
func (c *Client) changes(ctx context.Context, on Repo, r PublishedRelease) (Changes, error) {
	var changes Changes
	if err := c.published(ctx, "tell of "+on.String(), func() error {
		repository, _, err := c.api.Repositories.Get(ctx, on.Owner, on.Name)
		changes.Repository = repository.GetHTMLURL()
		return err
	}); err != nil || r.Previous == "" {
		return changes, err
	}
	options := &gh.ListOptions{PerPage: mostCommits, Page: 1}
	var page []*gh.RepositoryCommit
	get := func() error {
		return c.published(ctx, "compare "+short(r.Previous)+" with "+short(r.Commit), func() error {
			compared, _, err := c.api.Repositories.CompareCommits(ctx, on.Owner, on.Name, r.Previous, r.Commit, options)
			switch {
			case isStatus(err, http.StatusNotFound):
				changes.Unknown = "GitHub does not have both commits"
				return nil
			case err != nil:
				return err
			}
			changes.Total, page = compared.GetTotalCommits(), compared.Commits
			return nil
		})
	}
	if err := get(); err != nil || changes.Unknown != "" {
		return changes, err
	}
	// They come oldest first: what is wanted is on the last two pages.
	all := page
	if last := (changes.Total + mostCommits - 1) / mostCommits; last > 1 {
		all = nil
		for _, options.Page = range []int{last - 1, last} {
			if err := get(); err != nil {
				return changes, err
			}
			all = append(all, page...)
		}
	}
	for i := len(all) - 1; i >= 0 && len(changes.Commits) < mostCommits; i-- {
		changes.Commits = append(changes.Commits, Commit{SHA: all[i].GetSHA(), Message: all[i].GetCommit().GetMessage(), Merge: len(all[i].Parents) > 1})
	}
	return changes, nil
}
