package script

import (
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
)

// gitHub gives the script a GitHub of its own on loopback, with a repository o/r that
// has nothing, as a run of GitHub Actions knows it: github-api
func gitHub(t githubtest.Reporter, ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: github-api")
	}
	const token = "test-token-0815"
	server := httptest.NewServer(githubtest.Described(t, "", githubtest.New(token)))
	ts.Defer(server.Close)
	ts.Setenv("GITHUB_API_URL", server.URL)
	ts.Setenv("GITHUB_TOKEN", token)
	ts.Setenv("GITHUB_REPOSITORY", "o/r")
}
