package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/github"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/testresult"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

func (a *app) githubReportCommand() *cobra.Command {
	var o commentOptions
	cmd := &cobra.Command{
		Use:   "report DIRECTORY",
		Short: "Tell what tests said, as Markdown and in one comment of a pull request",
		Long: `report reads the results of tests: a folder for each job, with what go test -json
wrote (*.json) and a coverage profile (coverage.out). It writes how many passed, which
failed, and the coverage, as Markdown for a job's summary, and with --comment into one
comment of the pull request that is kept up to date. It tells names, and nothing that
tests wrote. A comment that cannot be made, as by the token of a fork's run, is a
warning. Whether tests failed is the business of who ran them: it changes no exit code.`,
		Example: `  mandala-deploy github report results >> "$GITHUB_STEP_SUMMARY"
  mandala-deploy github report results --comment --repository acme/goals --pull-request 12`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return nil
			}
			return &problem.Error{Code: problem.Usage, What: "where are the results? " + cmd.CommandPath() + " wants the one folder that holds those of all jobs"}
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(cmd.Flags().Changed); err != nil {
				return err
			}
			return a.githubReport(cmd.Context(), args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.wanted, "comment", false, "tell a pull request on GitHub, in one comment that is kept up to date")
	flags.StringVar(&o.repository, "repository", "", "with --comment: owner/name (default: the CI run's)")
	flags.IntVar(&o.pullRequest, "pull-request", 0, "with --comment: its number (default: the CI run's)")
	return cmd
}

func (a *app) githubReport(ctx context.Context, dir string, o commentOptions) error {
	jobs, err := testedIn(dir)
	if err != nil {
		return err
	}
	body := comment.Tests(jobs, comment.Options{Run: lease.CIRun(a.getenv)})
	var told *view.CommentJSON
	if o.wanted && ctx.Err() == nil {
		told = &view.CommentJSON{}
		commented, on, err := a.testsOn(ctx, o, body)
		if err != nil {
			view.Warning(a.Stderr, err, a.palette(a.Stderr))
			told.Errors = view.ErrorsForJSON(err)
		} else {
			told.PullRequest, told.Outcome, told.URL = on.String(), string(commented.Outcome), commented.URL
			a.note(ctx, fmt.Sprintf("comment on %s %s: %s", on, commented.Outcome, commented.URL))
		}
	}
	if a.flags.json {
		return view.WriteJSON(a.Stdout, testReportOf(jobs, told))
	}
	_, err = io.WriteString(a.Stdout, body)
	return err
}

func (a *app) testsOn(ctx context.Context, o commentOptions, body string) (github.Commented, github.PullRequest, error) {
	on, err := github.Find(o.repository, o.pullRequest, a.getenv, os.ReadFile)
	if err != nil {
		return github.Commented{}, on, err
	}
	client, err := a.github(github.NeedsComment)
	if err != nil {
		return github.Commented{}, on, err
	}
	commented, err := client.Comment(ctx, on, comment.TestsMarker, func(string) string { return body })
	return commented, on, err
}

func testReportOf(jobs []comment.Tested, told *view.CommentJSON) view.TestReport {
	report := view.TestReport{Jobs: []view.TestedJob{}, Comment: told}
	for _, j := range jobs {
		job := view.TestedJob{Job: j.Job, Passed: j.Results.Passed, Skipped: j.Results.Skipped, Failed: []string{}, Coverage: j.Coverage}
		for _, each := range j.Results.Failed {
			job.Failed = append(job.Failed, each.String())
		}
		report.Jobs = append(report.Jobs, job)
	}
	return report
}

// testedIn reads the results of all jobs, by the names of their folders.
func testedIn(dir string) ([]comment.Tested, error) {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return nil, &problem.Error{Code: problem.NoTestResults, What: "there is no folder " + dir + " with the results of tests", Err: err}
	}
	var jobs []comment.Tested
	for _, folder := range folders {
		if !folder.IsDir() {
			continue
		}
		job, err := testedBy(dir, folder.Name())
		if err != nil {
			return nil, &problem.Error{Code: problem.NoTestResults, What: "the results of " + folder.Name() + " cannot be read", Err: err}
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

func testedBy(dir, name string) (comment.Tested, error) {
	job := comment.Tested{Job: strings.TrimPrefix(name, "results-")}
	files, err := filepath.Glob(filepath.Join(dir, name, "*.json"))
	if err != nil {
		return job, err
	}
	var all []io.Reader
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			return job, err
		}
		all = append(all, bytes.NewReader(body), strings.NewReader("\n"))
	}
	if job.Results, err = testresult.Read(io.MultiReader(all...)); err != nil {
		return job, err
	}
	profile, err := os.Open(filepath.Join(dir, name, "coverage.out"))
	if os.IsNotExist(err) {
		return job, nil
	}
	if err != nil {
		return job, err
	}
	defer func() { _ = profile.Close() }() // it was only read
	percent, is, err := testresult.Coverage(profile)
	if is {
		job.Coverage = &percent
	}
	return job, err
}
