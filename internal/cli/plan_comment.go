package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type commentOptions struct {
	wanted      bool
	values      bool
	repository  string
	pullRequest int
}

func addCommentFlags(cmd *cobra.Command, o *commentOptions) {
	flags := cmd.Flags()
	flags.BoolVar(&o.wanted, "comment", false, "tell a pull request on GitHub, in one comment that is kept up to date")
	flags.BoolVar(&o.values, "values", false, "with --comment or --html: show the values that are not sensitive")
	flags.StringVar(&o.repository, "repository", "", "with --comment: owner/name (default: the CI run's)")
	flags.IntVar(&o.pullRequest, "pull-request", 0, "with --comment: its number (default: the CI run's)")
}

func (o commentOptions) validate(changed func(flag string) bool) error {
	for _, flag := range []string{"repository", "pull-request"} {
		if changed(flag) && !o.wanted {
			return flagProblem("--"+flag, "--"+flag+" says something of a comment: it wants --comment")
		}
	}
	if _, ok := github.Repository(o.repository); changed("repository") && !ok {
		return flagProblem("--repository", "--repository wants OWNER/NAME")
	}
	if changed("pull-request") && o.pullRequest <= 0 {
		return flagProblem("--pull-request", "--pull-request wants the number of a pull request")
	}
	return nil
}

// comment tells the pull request of plans, where that is wanted. It fails
// nothing: what keeps it from telling is a warning. A run that was stopped tells
// nobody, for it knows half.
func (a *app) comment(ctx context.Context, o commentOptions, plans []comment.Plan) *view.CommentJSON {
	if !o.wanted || ctx.Err() != nil {
		return nil
	}
	told := &view.CommentJSON{}
	commented, on, err := a.commentOn(ctx, o, plans)
	if err != nil {
		view.Warning(a.Stderr, err, a.palette(a.Stderr))
		told.Errors = view.ErrorsForJSON(err)
		return told
	}
	told.PullRequest, told.Outcome, told.URL = on.String(), string(commented.Outcome), commented.URL
	a.note(ctx, fmt.Sprintf("comment on %s %s: %s", on, commented.Outcome, commented.URL))
	return told
}

func (a *app) commentOn(ctx context.Context, o commentOptions, plans []comment.Plan) (github.Commented, github.PullRequest, error) {
	on, err := github.Find(o.repository, o.pullRequest, a.getenv, os.ReadFile)
	if err != nil {
		return github.Commented{}, on, err
	}
	client, err := a.github(github.NeedsComment)
	if err != nil {
		return github.Commented{}, on, err
	}
	var environments []string
	for _, p := range plans {
		environments = append(environments, p.Environment)
	}
	commented, err := client.Comment(ctx, on, comment.Marker(environments), func(previous string) string {
		return comment.Render(plans, previous, comment.Options{Values: o.values, Run: lease.CIRun(a.getenv)})
	})
	return commented, on, err
}
