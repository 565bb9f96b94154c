package script

import (
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
)

// gitHub gives the script a GitHub of its own on loopback, with a repository o/r that
// has nothing but commits, as a run of GitHub Actions knows it: github-api [COMMIT...]
func gitHub(t githubtest.Reporter, ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: github-api [COMMIT...]")
	}
	const token = "test-token-0815"
	repository := githubtest.New(token)
	for _, commit := range args {
		repository.Commit(githubtest.RepositoryCommit{SHA: commit, Message: "Commit " + commit})
	}
	server := httptest.NewServer(githubtest.Described(t, "", repository))
	ts.Defer(server.Close)
	ts.Setenv("GITHUB_API_URL", server.URL)
	ts.Setenv("GITHUB_TOKEN", token)
	ts.Setenv("GITHUB_REPOSITORY", "o/r")
}
