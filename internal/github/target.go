package github

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// PullRequest is where a comment goes.
type PullRequest struct {
	Owner, Name string // of the repository
	Number      int
}

// String gives it as GitHub writes it: owner/name#12.
func (p PullRequest) String() string { return fmt.Sprintf("%s/%s#%d", p.Owner, p.Name, p.Number) }

// repository is an owner and a name. They become part of the API's paths.
var repository = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_-]*)/([A-Za-z0-9._-]+)$`)

// pullRef is the ref that GitHub Actions checks out for a pull request.
var pullRef = regexp.MustCompile(`^refs/pull/([1-9][0-9]*)/(?:merge|head)$`)

// Find gives the pull request: as named, by owner/name and number, else as a run
// of GitHub Actions describes it. readFile reads the run's event.
func Find(named string, number int, getenv func(string) string, readFile func(string) ([]byte, error)) (PullRequest, error) {
	if named == "" {
		named = getenv("GITHUB_REPOSITORY")
	}
	parts, ok := Repository(named)
	if !ok {
		return PullRequest{}, &problem.Error{Code: problem.NoPullRequest, What: "the repository is not known", Next: "name it with --repository OWNER/NAME"}
	}
	on := PullRequest{Owner: parts[0], Name: parts[1], Number: number}
	if on.Number <= 0 {
		on.Number = numberOf(getenv, readFile)
	}
	if on.Number <= 0 {
		return PullRequest{}, &problem.Error{Code: problem.NoPullRequest, What: "the pull request of " + named + " is not known", Next: "name it with --pull-request NUMBER, or leave --comment away where there is none"}
	}
	return on, nil
}

// Repo is a repository.
type Repo struct{ Owner, Name string }

// String gives it as GitHub writes it: owner/name.
func (r Repo) String() string { return r.Owner + "/" + r.Name }

// FindRepo gives the repository: as named, else that of a run of GitHub Actions.
func FindRepo(named string, getenv func(string) string) (Repo, error) {
	if named == "" {
		named = getenv("GITHUB_REPOSITORY")
	}
	parts, ok := Repository(named)
	if !ok {
		return Repo{}, &problem.Error{Code: problem.NoRepository, What: "the repository is not known"}
	}
	return Repo{Owner: parts[0], Name: parts[1]}, nil
}

// Repository takes owner/name apart.
func Repository(named string) (parts [2]string, ok bool) {
	found := repository.FindStringSubmatch(named)
	if len(found) == 0 || strings.Trim(found[2], ".") == "" {
		return parts, false
	}
	return [2]string{found[1], found[2]}, true
}

// numberOf reads the number out of the run's event, else out of its ref; 0 where
// neither has one.
func numberOf(getenv func(string) string, readFile func(string) ([]byte, error)) int {
	type pull struct {
		Number int `json:"number"`
	}
	var event struct {
		PullRequest *pull `json:"pull_request"`
		Issue       *struct {
			pull
			PullRequest *struct{} `json:"pull_request"`
		} `json:"issue"`
		WorkflowRun *struct {
			PullRequests []pull `json:"pull_requests"`
		} `json:"workflow_run"`
	}
	if path := getenv("GITHUB_EVENT_PATH"); path != "" {
		if body, err := readFile(path); err == nil && json.Unmarshal(body, &event) == nil {
			switch {
			case event.PullRequest != nil:
				return event.PullRequest.Number
			case event.Issue != nil && event.Issue.PullRequest != nil:
				return event.Issue.Number
			case event.WorkflowRun != nil && len(event.WorkflowRun.PullRequests) == 1:
				return event.WorkflowRun.PullRequests[0].Number
			}
		}
	}
	if found := pullRef.FindStringSubmatch(getenv("GITHUB_REF")); found != nil {
		number, err := strconv.Atoi(found[1])
		if err == nil {
			return number
		}
	}
	return 0
}

// Token gives the token of the environment variables.
func Token(getenv func(string) string) string {
	if token := getenv("GITHUB_TOKEN"); token != "" {
		return token
	}
	return getenv("GH_TOKEN")
}
