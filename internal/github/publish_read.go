package github

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	gh "github.com/google/go-github/v92/github"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	// publishPatience is for a publication as a whole: some requests for each deployment.
	publishPatience = 10 * time.Minute
	// longestWait is how long a job waits for its approval at most: by that much a
	// deployment of GitHub Actions is older than what ran in its job.
	longestWait = 30 * 24 * time.Hour
	// clockSkew is by how much the clocks of GitHub and of a run differ at most.
	clockSkew = 5 * time.Minute
)

// NeedsPublish are the permissions of a token that publishes.
const NeedsPublish = "the permissions `contents: write` and `deployments: write`"

func publishing(doing string) task {
	return task{
		refused: problem.PublishRefused, failed: problem.NotPublished,
		refuses: "GitHub refuses to " + doing, undone: "GitHub could not " + doing, again: "run the command again",
		forbidden: "give the token " + NeedsPublish + " on the repository; a tag whose commit changes workflows has to be pushed by somebody who may",
		missing:   "see that the repository exists, and give the token " + NeedsPublish,
	}
}

// published makes a request of a publication again while it fails for now.
func (c *Client) published(ctx context.Context, doing string, request func() error) error {
	return c.doing(publishing(doing)).retry(ctx, request)
}

// payload is what a deployment of the tool's says of itself on GitHub.
type payload struct {
	ID        string `json:"mandala_deployment"`
	Release   string `json:"release,omitempty"`
	Operation string `json:"operation,omitempty"`
}

// payloadOf reads a payload: GitHub gives it as it was sent, an object or a text.
func payloadOf(raw json.RawMessage) payload {
	var p payload
	if json.Unmarshal(raw, &p) == nil {
		return p
	}
	var text string
	if json.Unmarshal(raw, &text) == nil && json.Unmarshal([]byte(text), &p) == nil {
		return p
	}
	return payload{}
}

// LookAtPublication reads what GitHub says of an environment's deployments.
func (c *Client) LookAtPublication(ctx context.Context, on Repo, wanted Publication) (FoundPublication, error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	found := FoundPublication{Deployments: map[string]FoundDeployment{}, Releases: map[string]FoundRelease{}, Tags: map[string]string{}, Commits: map[string]bool{}}
	if err := c.foundDeployments(ctx, on, wanted, &found); err != nil {
		return found, err
	}
	if len(wanted.Releases) > 0 {
		if err := c.foundReleases(ctx, on, wanted, &found); err != nil {
			return found, err
		}
	}
	for _, d := range wanted.Deployments {
		if _, exists := found.Deployments[d.ID]; !exists && d.Left == "" {
			if err := c.foundCommit(ctx, on, d.Commit, &found); err != nil {
				return found, err
			}
		}
	}
	return found, nil
}

func (c *Client) foundDeployments(ctx context.Context, on Repo, wanted Publication, found *FoundPublication) error {
	if len(wanted.Deployments) == 0 {
		return nil
	}
	oldest := wanted.Deployments[0].Began
	for _, d := range wanted.Deployments {
		if d.Began.Before(oldest) {
			oldest = d.Began
		}
	}
	all, err := c.deployments(ctx, on, gh.DeploymentsListOptions{Environment: wanted.Environment}, oldest.Add(-longestWait))
	if err != nil {
		return err
	}
	own, theirs := map[string][]int64{}, []*gh.Deployment{}
	for _, each := range all {
		if id := payloadOf(each.Payload).ID; id != "" {
			own[id] = append(own[id], each.GetID())
		} else if each.GetCreator().GetType() == "Bot" {
			theirs = append(theirs, each)
		}
	}
	for _, d := range wanted.Deployments {
		if ids := own[d.ID]; len(ids) > 0 {
			slices.Sort(ids)
			is, err := c.foundDeployment(ctx, on, ids[0], d)
			if err != nil {
				return err
			}
			for _, id := range ids[1:] {
				extra, err := c.foundDeployment(ctx, on, id, d)
				if err != nil {
					return err
				}
				if extra.State != DeploymentInactive {
					is.Extra = append(is.Extra, id)
				}
			}
			found.Deployments[d.ID] = is
		}
	}
	return c.foundOfActions(ctx, on, wanted, theirs, found)
}

// foundOfActions finds the deployments that GitHub Actions made for the jobs of the
// runs that deployed. One of the same commit is history's, and is told to be. Another,
// as of a rollback, whose job runs at a branch's head, claims what was not deployed.
func (c *Client) foundOfActions(ctx context.Context, on Repo, wanted Publication, theirs []*gh.Deployment, found *FoundPublication) error {
	slices.SortFunc(theirs, func(a, b *gh.Deployment) int { return cmp.Compare(b.GetID(), a.GetID()) }) // newest first
	statuses := map[int64][]*gh.DeploymentStatus{}
	taken := map[int64]bool{}
	ofRun := func(each *gh.Deployment, run string) (bool, error) {
		id := each.GetID()
		if _, read := statuses[id]; !read {
			some, err := c.deploymentStatuses(ctx, on, id)
			if err != nil {
				return false, err
			}
			statuses[id] = some
		}
		return slices.ContainsFunc(statuses[id], func(s *gh.DeploymentStatus) bool {
			return within(s.GetLogURL(), run) || within(s.GetTargetURL(), run)
		}), nil
	}
	for _, d := range slices.Backward(wanted.Deployments) {
		if _, exists := found.Deployments[d.ID]; exists || d.Left != "" || d.Rollback || d.Run == "" {
			continue
		}
		for _, each := range theirs {
			if taken[each.GetID()] || each.GetSHA() != d.Commit || each.GetCreatedAt().After(d.Began.Add(clockSkew)) {
				continue
			}
			is, err := ofRun(each, d.Run)
			if err != nil {
				return err
			}
			if is {
				taken[each.GetID()] = true
				found.Deployments[d.ID] = foundOf(each.GetID(), statuses[each.GetID()], d.ID, true)
				break
			}
		}
	}
	runs := map[string]bool{}
	for _, d := range wanted.Deployments {
		runs[d.Run] = d.Run != ""
	}
	for _, each := range theirs {
		for run, named := range runs {
			if !named || taken[each.GetID()] {
				continue
			}
			is, err := ofRun(each, run)
			if err != nil {
				return err
			}
			if stray := foundOf(each.GetID(), statuses[each.GetID()], "", true); is && stray.State == DeploymentStands {
				taken[each.GetID()] = true
				found.Strays = append(found.Strays, stray)
			}
		}
	}
	return nil
}

// within reports whether a page is one of a run's.
func within(page, run string) bool { return page == run || strings.HasPrefix(page, run+"/") }

func (c *Client) foundDeployment(ctx context.Context, on Repo, id int64, d PublishedDeployment) (FoundDeployment, error) {
	statuses, err := c.deploymentStatuses(ctx, on, id)
	return foundOf(id, statuses, d.ID, false), err
}

func foundOf(id int64, statuses []*gh.DeploymentStatus, name string, actions bool) FoundDeployment {
	is := FoundDeployment{ID: id, Actions: actions}
	var newest int64
	for _, s := range statuses {
		if s.GetID() >= newest {
			newest, is.State = s.GetID(), DeploymentState(s.GetState())
		}
		is.Succeeded = is.Succeeded || s.GetState() == string(DeploymentStands)
		is.Told = is.Told || name != "" && strings.Contains(s.GetDescription(), name)
	}
	return is
}

// deployments lists, newest first, those that were made since a time.
func (c *Client) deployments(ctx context.Context, on Repo, options gh.DeploymentsListOptions, since time.Time) ([]*gh.Deployment, error) {
	var all []*gh.Deployment
	options.ListOptions = gh.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		var page []*gh.Deployment
		var response *gh.Response
		if err := c.published(ctx, "list deployments", func() (err error) {
			page, response, err = c.api.Repositories.ListDeployments(ctx, on.Owner, on.Name, &options)
			return err
		}); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if response.NextPage <= options.Page || len(page) > 0 && page[len(page)-1].GetCreatedAt().Before(since) {
			break
		}
		options.Page = response.NextPage
	}
	return all, nil
}

func (c *Client) deploymentStatuses(ctx context.Context, on Repo, id int64) ([]*gh.DeploymentStatus, error) {
	var all []*gh.DeploymentStatus
	options := &gh.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		var page []*gh.DeploymentStatus
		var response *gh.Response
		if err := c.published(ctx, "list the statuses of a deployment", func() (err error) {
			page, response, err = c.api.Repositories.ListDeploymentStatuses(ctx, on.Owner, on.Name, id, options)
			return err
		}); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if response.NextPage <= options.Page {
			break
		}
		options.Page = response.NextPage
	}
	return all, nil
}

// foundReleases lists all: a draft is not found by its tag.
func (c *Client) foundReleases(ctx context.Context, on Repo, wanted Publication, found *FoundPublication) error {
	options := &gh.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		var page []*gh.RepositoryRelease
		var response *gh.Response
		if err := c.published(ctx, "list releases", func() (err error) {
			page, response, err = c.api.Repositories.ListReleases(ctx, on.Owner, on.Name, options)
			return err
		}); err != nil {
			return err
		}
		for _, r := range page {
			if was, exists := found.Releases[r.TagName]; !exists || was.Draft {
				found.Releases[r.TagName] = FoundRelease{ID: r.ID, Draft: r.Draft, URL: r.HTMLURL}
			}
		}
		if response.NextPage <= options.Page {
			break
		}
		options.Page = response.NextPage
	}
	if err := c.published(ctx, "tell of the latest release", func() error {
		latest, _, err := c.api.Repositories.GetLatestRelease(ctx, on.Owner, on.Name)
		if isStatus(err, http.StatusNotFound) {
			return nil
		}
		if err == nil {
			found.Latest = latest.TagName
		}
		return err
	}); err != nil {
		return err
	}
	for _, r := range wanted.Releases {
		if _, exists := found.Releases[r.Tag]; exists || r.Left != "" {
			continue
		}
		if err := c.foundTag(ctx, on, r.Tag, found); err != nil {
			return err
		}
		if _, tagged := found.Tags[r.Tag]; !tagged {
			if err := c.foundCommit(ctx, on, r.Commit, found); err != nil {
				return err
			}
		}
	}
	return nil
}

// foundTag finds the commit of a tag, of one with a message, too.
func (c *Client) foundTag(ctx context.Context, on Repo, tag string, found *FoundPublication) error {
	const most = 10 // tags of tags
	var object *gh.GitObject
	if err := c.published(ctx, "tell of tag "+tag, func() error {
		reference, _, err := c.api.Git.GetRef(ctx, on.Owner, on.Name, "tags/"+tag)
		if isStatus(err, http.StatusNotFound) {
			return nil
		}
		if err == nil {
			object = reference.GetObject()
		}
		return err
	}); err != nil || object == nil {
		return err
	}
	for range most {
		if object.GetType() != "tag" {
			break
		}
		if err := c.published(ctx, "tell of tag "+tag, func() error {
			annotated, _, err := c.api.Git.GetTag(ctx, on.Owner, on.Name, object.GetSHA())
			if err == nil {
				object = annotated.GetObject()
			}
			return err
		}); err != nil {
			return err
		}
	}
	found.Tags[tag] = object.GetSHA()
	return nil
}

// foundCommit asks whether GitHub has a commit: who deploys from a shell need not have
// pushed it.
func (c *Client) foundCommit(ctx context.Context, on Repo, commit string, found *FoundPublication) error {
	if _, asked := found.Commits[commit]; asked {
		return nil
	}
	return c.published(ctx, "tell of commit "+short(commit), func() error {
		_, _, err := c.api.Git.GetCommit(ctx, on.Owner, on.Name, commit)
		found.Commits[commit] = err == nil
		if isStatus(err, http.StatusNotFound) || isStatus(err, http.StatusConflict) { // a repository without commits
			return nil
		}
		return err
	})
}
