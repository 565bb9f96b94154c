package github

import (
	"context"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v92/github"
)

// Outcome is what became of a comment.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Unchanged Outcome = "unchanged" // it said the same already
)

// Commented tells where a comment is.
type Commented struct {
	Outcome Outcome `json:"outcome"`
	URL     string  `json:"url"`
}

const (
	perPage  = 100
	maxPages = 1_000 // an answer that leads on for ever is none
)

// Comment keeps the one comment of a pull request that begins with marker as
// render writes it: it updates the one that there is, else creates one. render
// gets the text of the one before, "" for none, and writes it with the marker.
//
// Only a comment of this token's own user counts: anybody who may comment can
// begin one with the marker, and could change later what stands in it.
func (c *Client) Comment(ctx context.Context, on PullRequest, marker string, render func(previous string) string) (Commented, error) {
	return c.doing(commenting()).keep(ctx, on, marker, render)
}

func (c *Client) keep(ctx context.Context, on PullRequest, marker string, render func(previous string) string) (Commented, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for attempt := 0; ; attempt++ {
		mine, err := c.mine(ctx, on, marker)
		if err != nil {
			return Commented{}, err
		}
		if len(mine) > 0 {
			return c.update(ctx, on, mine, render)
		}
		var created *gh.IssueComment
		created, _, err = c.api.Issues.CreateComment(ctx, on.Owner, on.Name, on.Number, gh.IssueCommentRequest{Body: render("")})
		if err == nil {
			return Commented{Outcome: Created, URL: created.GetHTMLURL()}, nil
		}
		// An answer that was lost may have been a success: so it is looked for
		// again before another one is created.
		if err := c.again(ctx, attempt, err); err != nil {
			return Commented{}, err
		}
	}
}

// update writes the oldest of one's comments, and deletes the others, which two
// runs at the same moment may have left: they would go on telling an old plan.
func (c *Client) update(ctx context.Context, on PullRequest, mine []*gh.IssueComment, render func(string) string) (Commented, error) {
	first := mine[0]
	done := Commented{Outcome: Unchanged, URL: first.GetHTMLURL()}
	if body := render(first.GetBody()); body != strings.ReplaceAll(first.GetBody(), "\r\n", "\n") {
		done.Outcome = Updated
		if err := c.retry(ctx, func() error {
			_, _, err := c.api.Issues.UpdateComment(ctx, on.Owner, on.Name, first.GetID(), gh.IssueCommentRequest{Body: body})
			return err
		}); err != nil {
			return Commented{}, err
		}
	}
	for _, extra := range mine[1:] {
		if err := c.retry(ctx, func() error {
			_, err := c.api.Issues.DeleteComment(ctx, on.Owner, on.Name, extra.GetID())
			if response := answerOf(err); response != nil && response.StatusCode == http.StatusNotFound {
				return nil // the other run was here first
			}
			return err
		}); err != nil {
			return Commented{}, err
		}
	}
	return done, nil
}

// mine gives the comments of one's own that begin with marker, oldest first.
func (c *Client) mine(ctx context.Context, on PullRequest, marker string) ([]*gh.IssueComment, error) {
	var marked []*gh.IssueComment
	options := &gh.IssueListCommentsOptions{ListOptions: gh.ListOptions{PerPage: perPage, Page: 1}}
	for range maxPages {
		var page []*gh.IssueComment
		var response *gh.Response
		if err := c.retry(ctx, func() (err error) {
			page, response, err = c.api.Issues.ListComments(ctx, on.Owner, on.Name, on.Number, options)
			return err
		}); err != nil {
			return nil, err
		}
		for _, each := range page {
			if strings.HasPrefix(each.GetBody(), marker) {
				marked = append(marked, each)
			}
		}
		if response.NextPage <= options.Page {
			break
		}
		options.Page = response.NextPage
	}
	if len(marked) == 0 {
		return nil, nil
	}
	own, err := c.own(ctx)
	if err != nil {
		return nil, err
	}
	var mine []*gh.IssueComment
	for _, each := range marked {
		if own(each.GetUser()) {
			mine = append(mine, each)
		}
	}
	return mine, nil
}

// own tells this token's own user. The token of an app, such as that of a run of
// GitHub Actions, may not ask who it is: its comments are those of a bot, as
// which nobody comments by hand.
func (c *Client) own(ctx context.Context) (func(*gh.User) bool, error) {
	var me *gh.User
	app := false
	err := c.retry(ctx, func() (err error) {
		me, _, err = c.api.Users.Get(ctx, "")
		app = c.unknown(err)
		if app {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return func(author *gh.User) bool {
		if app {
			return author.GetType() == "Bot"
		}
		return author.GetID() != 0 && author.GetID() == me.GetID()
	}, nil
}

// unknown reports whether GitHub does not tell a token who it is.
func (c *Client) unknown(err error) bool {
	response := answerOf(err)
	if response == nil || response.StatusCode != http.StatusForbidden && response.StatusCode != http.StatusNotFound {
		return false
	}
	_, passing := c.passing(err)
	return !passing
}
