package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gh "github.com/google/go-github/v92/github"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// More outcomes, of an issue.
const (
	Closed Outcome = "closed"
	None   Outcome = "none" // there was none to close
)

func telling() task {
	return task{
		refused: problem.IssueRefused, failed: problem.DriftNotTold,
		refuses: "GitHub refuses to take an issue", undone: "GitHub was not told of the drift", again: "run the command again",
		forbidden: "give the token " + NeedsIssue + " on the repository",
		missing:   "see that the repository exists and has issues, and give the token " + NeedsIssue,
	}
}

// Issue keeps the one open issue with a label whose text begins with marker as
// render writes it: it updates the one that there is, else opens one. render gets
// the text of the one before, "" for none, and writes it with the marker.
//
// As with comments, only an issue of this token's own user counts.
func (c *Client) Issue(ctx context.Context, on Repo, label, marker string, render func(previous string) (title, body string)) (Commented, error) {
	c = c.doing(telling())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		mine, err := c.ownIssues(ctx, on, label, marker)
		if err != nil {
			return Commented{}, err
		}
		if len(mine) > 0 {
			return c.updateIssue(ctx, on, mine, render)
		}
		title, body := render("")
		var created *gh.Issue
		created, _, err = c.api.Issues.Create(ctx, on.Owner, on.Name, gh.CreateIssueRequest{Title: title, Body: &body, Labels: []string{label}})
		if err == nil {
			return Commented{Outcome: Created, URL: created.GetHTMLURL()}, c.label(ctx, on, created, label)
		}
		// As with comments, the answer may have been lost.
		if err := c.again(ctx, attempt, err); err != nil {
			return Commented{}, err
		}
	}
}

// label gives an issue its label where GitHub left it away, as it does without
// saying so for a token that may not give labels: the next run would not find it.
func (c *Client) label(ctx context.Context, on Repo, issue *gh.Issue, label string) error {
	if slices.ContainsFunc(issue.Labels, func(l *gh.Label) bool { return strings.EqualFold(l.GetName(), label) }) {
		return nil
	}
	return c.retry(ctx, func() error {
		// go-github sends a list, which GitHub's description does not have any more.
		request, err := c.api.NewRequest(ctx, http.MethodPost, fmt.Sprintf("repos/%s/%s/issues/%d/labels", on.Owner, on.Name, issue.GetNumber()), map[string][]string{"labels": {label}})
		if err != nil {
			return err
		}
		_, err = c.api.Do(request, nil)
		return err
	})
}

// updateIssue writes the oldest of one's issues, and closes the others, which two
// runs at the same moment may have opened.
func (c *Client) updateIssue(ctx context.Context, on Repo, mine []*gh.Issue, render func(string) (string, string)) (Commented, error) {
	first := mine[0]
	done := Commented{Outcome: Unchanged, URL: first.GetHTMLURL()}
	title, body := render(first.GetBody())
	if title != first.GetTitle() || !sameText(body, first.GetBody()) {
		done.Outcome = Updated
		if err := c.edit(ctx, on, first, gh.UpdateIssueRequest{Title: &title, Body: &body}); err != nil {
			return Commented{}, err
		}
	}
	return done, c.closeAll(ctx, on, mine[1:], "not_planned")
}

func sameText(a, b string) bool {
	return strings.ReplaceAll(a, "\r\n", "\n") == strings.ReplaceAll(b, "\r\n", "\n")
}

// CloseIssue closes the issue that Issue keeps, with a comment that begins with
// farewell's own marker.
func (c *Client) CloseIssue(ctx context.Context, on Repo, label, marker, farewellMarker, farewell string) (Commented, error) {
	c = c.doing(telling())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	mine, err := c.ownIssues(ctx, on, label, marker)
	if err != nil || len(mine) == 0 {
		return Commented{Outcome: None}, err
	}
	// The comment comes first: it is looked for before it is made, so that a run
	// which was cut short between the two does not say it twice.
	first := mine[0]
	if _, err := c.keep(ctx, PullRequest{on.Owner, on.Name, first.GetNumber()}, farewellMarker, func(string) string { return farewell }); err != nil {
		return Commented{}, err
	}
	if err := c.closeAll(ctx, on, mine[:1], "completed"); err != nil {
		return Commented{}, err
	}
	return Commented{Outcome: Closed, URL: first.GetHTMLURL()}, c.closeAll(ctx, on, mine[1:], "not_planned")
}

func (c *Client) closeAll(ctx context.Context, on Repo, issues []*gh.Issue, reason string) error {
	for _, issue := range issues {
		if err := c.edit(ctx, on, issue, gh.UpdateIssueRequest{State: new("closed"), StateReason: &reason}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) edit(ctx context.Context, on Repo, issue *gh.Issue, request gh.UpdateIssueRequest) error {
	return c.retry(ctx, func() error {
		_, _, err := c.api.Issues.Update(ctx, on.Owner, on.Name, issue.GetNumber(), request)
		return err
	})
}

// ownIssues gives the open issues of one's own that have the label and begin with
// marker, oldest first.
func (c *Client) ownIssues(ctx context.Context, on Repo, label, marker string) ([]*gh.Issue, error) {
	var marked []*gh.Issue
	options := &gh.IssueListByRepoOptions{State: "open", Labels: []string{label}, Sort: "created", Direction: "asc", ListOptions: gh.ListOptions{PerPage: perPage, Page: 1}}
	for range maxPages {
		var page []*gh.Issue
		var response *gh.Response
		if err := c.retry(ctx, func() (err error) {
			page, response, err = c.api.Issues.ListByRepo(ctx, on.Owner, on.Name, options)
			return err
		}); err != nil {
			return nil, err
		}
		for _, each := range page {
			if !each.IsPullRequest() && strings.HasPrefix(each.GetBody(), marker) {
				marked = append(marked, each)
			}
		}
		if response.NextPage <= options.ListOptions.Page && response.After == "" {
			break
		}
		// GitHub counts pages, or names where the next one begins.
		options.ListOptions.Page, options.After = response.NextPage, response.After
	}
	if len(marked) == 0 {
		return nil, nil
	}
	own, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(marked, func(i *gh.Issue) bool { return !own(i.GetUser()) }), nil
}
