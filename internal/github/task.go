package github

import "github.com/goal-mandala/mandala-deploy/internal/problem"

// task is what a request is made for, as its problems tell it.
type task struct {
	refused, failed problem.Code
	refuses         string // what GitHub does that will not do it: "GitHub refuses to …"
	undone          string // what has not happened where GitHub failed
	again           string // what to do once GitHub takes requests again: "run … again"

	forbidden, missing, invalid string // what to do at status 403, 404 and 422
}

// doing gives the client with what its requests are made for.
func (c *Client) doing(t task) *Client {
	other := *c
	other.task = t
	return &other
}

// The permissions that tokens need.
const (
	NeedsComment = "the permission `pull-requests: write`"
	NeedsIssue   = "the permission `issues: write`"
	NeedsSetup   = "the permissions `actions: read`, `administration: write`, `environments: write` and `variables: write`"
)

func commenting() task {
	return task{
		refused: problem.GitHubRefused, failed: problem.NotCommented,
		refuses: "GitHub refuses to take a comment", undone: "GitHub was not told of the plan", again: "run the plan again",
		forbidden: "give the token " + NeedsComment + " on the repository, and see that the pull request is not locked",
		missing:   "see that the repository and the pull request exist, and that the token may read them",
	}
}
