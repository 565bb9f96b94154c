package github

import (
	"errors"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestFind(t *testing.T) {
	t.Parallel()
	type env = map[string]string
	run := func(event string) env {
		return env{"GITHUB_REPOSITORY": "o/r", "GITHUB_EVENT_PATH": event}
	}
	files := map[string]string{
		"pull":      `{"number":12,"pull_request":{"number":12}}`,
		"comment":   `{"issue":{"number":13,"pull_request":{"url":"x"}}}`,
		"issue":     `{"issue":{"number":14}}`,
		"push":      `{"ref":"refs/heads/main","number":15}`,
		"after":     `{"workflow_run":{"pull_requests":[{"number":16}]}}`,
		"after-two": `{"workflow_run":{"pull_requests":[{"number":16},{"number":17}]}}`,
		"broken":    `{`,
		"null":      `{"pull_request":null}`,
	}
	cases := map[string]struct {
		named  string
		number int
		env    env
		want   string // "" is a problem
	}{
		"a pull request's run":         {"", 0, run("pull"), "o/r#12"},
		"a comment on one":             {"", 0, run("comment"), "o/r#13"},
		"a comment on an issue":        {"", 0, run("issue"), ""},
		"a push":                       {"", 0, run("push"), ""},
		"a run after another":          {"", 0, run("after"), "o/r#16"},
		"a run after one of two":       {"", 0, run("after-two"), ""},
		"a broken event":               {"", 0, run("broken"), ""},
		"no pull request in the event": {"", 0, run("null"), ""},
		"no event, but a ref":          {"", 0, env{"GITHUB_REPOSITORY": "o/r", "GITHUB_EVENT_PATH": "gone", "GITHUB_REF": "refs/pull/18/merge"}, "o/r#18"},
		"a branch":                     {"", 0, env{"GITHUB_REPOSITORY": "o/r", "GITHUB_REF": "refs/heads/refs/pull/18/merge"}, ""},
		"named":                        {"group/project", 3, run("pull"), "group/project#3"},
		"only the number is named":     {"", 3, run("pull"), "o/r#3"},
		"outside of CI":                {"", 3, env{}, ""},
		"a name that is a path":        {"o/..", 3, env{}, ""},
		"a name with more":             {"o/r/../../user", 3, env{}, ""},
		"a name with a query":          {"o/r?x=y", 3, env{}, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Find(c.named, c.number, func(k string) string { return c.env[k] }, func(path string) ([]byte, error) {
				if body, ok := files[path]; ok {
					return []byte(body), nil
				}
				return nil, errors.New("gone")
			})
			if c.want == "" {
				if !problem.Is(err, problem.NoPullRequest) {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err != nil || got.String() != c.want {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{"a": {"GITHUB_TOKEN": "a", "GH_TOKEN": "b"}, "b": {"GH_TOKEN": "b"}, "": {}} {
		if got := Token(func(k string) string { return env[k] }); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
