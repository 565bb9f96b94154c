package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/comment"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const testToken = "test-token-0815"

// pullRequest stands in for GitHub: it takes comments on o/r#12, or answers all
// requests with status.
type pullRequest struct {
	status   int
	comments []string
}

func (p *pullRequest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case p.status != 0:
		w.WriteHeader(p.status)
		fmt.Fprintf(w, `{"message":"no, %s"}`, r.Header.Get("Authorization"))
	case r.URL.Path != "/api/repos/o/r/issues/12/comments" || r.Header.Get("Authorization") != "Bearer "+testToken:
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodGet:
		fmt.Fprint(w, "[]")
	default:
		var sent struct{ Body string }
		body, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(body, &sent)
		p.comments = append(p.comments, sent.Body)
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":1,"html_url":"https://github.example/o/r/pull/12#issuecomment-1"}`)
	}
}

func changed(environment string) comment.Plan {
	c := change.Change{Address: "module.a.aws_thing.this", Layer: "a", Type: "aws_thing", Operation: change.Update, Attributes: []change.Attribute{{Path: "size", Before: "1", After: "4711"}}}
	return comment.Plan{Environment: environment, Preview: &engine.Preview{Environment: environment, Approval: &change.Approval{Environment: environment, Digest: "sha256:0123"},
		Changes: []change.Change{c}, Layers: []string{"a"}, Steps: []engine.Step{{Layer: "a", Stage: engine.StageApply}}}}
}

func failing(environment string) comment.Plan {
	return comment.Plan{Environment: environment, Failure: &problem.Error{Code: problem.TerraformFailed, What: "layer a of " + environment + " failed"}}
}

func TestPlanComment(t *testing.T) {
	t.Parallel()
	event := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(event, []byte(`{"pull_request":{"number":12}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	run := []string{"GITHUB_REPOSITORY=o/r", "GITHUB_EVENT_PATH=" + event, "GITHUB_TOKEN=" + testToken, "GITHUB_SERVER_URL=https://github.example", "GITHUB_RUN_ID=9"}
	wanted := commentOptions{wanted: true}
	cases := map[string]struct {
		plans   []comment.Plan
		options commentOptions
		environ []string
		status  int
		exit    int
		stderr  string
		comment []string // texts of the one comment; none is made where nil
	}{
		"in a run of GitHub Actions":   {[]comment.Plan{changed("staging")}, wanted, run, 0, ExitChanges, "comment on o/r#12 created: https://github.example/o/r/pull/12#issuecomment-1", []string{"## Plan of `staging`: 1 to update", "https://github.example/o/r/actions/runs/9"}},
		"elsewhere, named":             {[]comment.Plan{changed("staging")}, commentOptions{wanted: true, repository: "o/r", pullRequest: 12}, []string{"GH_TOKEN=" + testToken}, 0, ExitChanges, "created", []string{"## Plan of `staging`"}},
		"with values":                  {[]comment.Plan{changed("staging")}, commentOptions{wanted: true, values: true}, run, 0, ExitChanges, "created", []string{"size: 1 → 4711"}},
		"not wanted":                   {[]comment.Plan{changed("staging")}, commentOptions{}, run, 0, ExitChanges, "", nil},
		"several environments":         {[]comment.Plan{changed("staging"), changed("production")}, wanted, run, 0, ExitChanges, "created", []string{`["production","staging"]`, "## Plan of 2 environments"}},
		"one of several fails":         {[]comment.Plan{failing("staging"), changed("production")}, wanted, run, 0, ExitError, "MD0203", []string{"| `staging` | ❌ failed", "| `production` | to approve"}},
		"the plan fails":               {[]comment.Plan{failing("staging")}, wanted, run, 0, ExitError, "MD0203", []string{"The plan of `staging` failed", "MD0203"}},
		"the plan fails, and GitHub":   {[]comment.Plan{failing("staging")}, wanted, run, 401, ExitError, "warning: GitHub refuses to take a comment, with status 401", nil},
		"GitHub refuses the token":     {[]comment.Plan{changed("staging")}, wanted, run, 401, ExitChanges, "[MD0853]\n  next: the token is not valid", nil},
		"GitHub refuses the comment":   {[]comment.Plan{changed("staging")}, wanted, run, 403, ExitChanges, "pull-requests: write", nil},
		"there is no pull request":     {[]comment.Plan{changed("staging")}, wanted, slices.Concat(run, []string{"GITHUB_EVENT_PATH="}), 0, ExitChanges, "warning: the pull request of o/r is not known [MD0851]\n  next: ", nil},
		"there is no token":            {[]comment.Plan{changed("staging")}, wanted, slices.Concat(run, []string{"GITHUB_TOKEN="}), 0, ExitChanges, "[MD0852]", nil},
		"the token would be overheard": {[]comment.Plan{changed("staging")}, wanted, slices.Concat(run, []string{"GITHUB_API_URL=http://github.example"}), 0, ExitChanges, "[MD0851]", nil},
	}
	for name, c := range cases {
		for _, asJSON := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, json %v", name, asJSON), func(t *testing.T) {
				t.Parallel()
				hub := &pullRequest{status: c.status}
				server := httptest.NewServer(hub)
				t.Cleanup(server.Close)
				a, stdout, stderr := fake("")
				a.Environ, a.flags.json = append([]string{"GITHUB_API_URL=" + server.URL + "/api"}, c.environ...), asJSON
				o := planOptions{comment: c.options, detailedExitCode: true}
				for _, p := range c.plans {
					o.environments = append(o.environments, p.Environment)
				}
				if got := a.exit(a.reportPlans(t.Context(), o, slices.Clone(c.plans))); got != c.exit {
					t.Errorf("exit code %d, want %d", got, c.exit)
				}
				if !strings.Contains(stderr.String(), c.stderr) || strings.Contains(stdout.String()+stderr.String(), testToken) {
					t.Errorf("stderr: %s", stderr)
				}
				if (c.comment == nil) != (len(hub.comments) == 0) || len(hub.comments) > 1 {
					t.Fatalf("comments: %q", hub.comments)
				}
				for _, text := range c.comment {
					if !strings.Contains(hub.comments[0], text) {
						t.Errorf("%q is not in the comment: %s", text, hub.comments[0])
					}
				}
				if asJSON {
					oneDocument(t, stdout, c.plans, c.options.wanted, c.comment != nil)
				}
			})
		}
	}
}

// oneDocument sees that there is one, and that it tells of the comment.
func oneDocument(t *testing.T, stdout *bytes.Buffer, plans []comment.Plan, wanted, commented bool) {
	t.Helper()
	var document struct {
		Environment  string
		Environments []struct{ Environment string }
		Comment      *struct {
			Outcome string
			Errors  []struct{ Code, Next string }
		}
		Errors []struct{ Code string }
	}
	decoder := json.NewDecoder(stdout)
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		t.Error("more than one document")
	}
	failed := slices.ContainsFunc(plans, func(p comment.Plan) bool { return p.Failure != nil })
	if failed != (len(document.Errors) > 0) {
		t.Errorf("%+v", document)
	}
	if failed && len(plans) == 1 {
		return // a document of errors, as every command's
	}
	if (len(plans) == 1) != (document.Environment != "") || (len(plans) > 1) != (len(document.Environments) > 0) {
		t.Errorf("%+v", document)
	}
	if !wanted {
		if document.Comment != nil {
			t.Errorf("%+v", document.Comment)
		}
		return
	}
	if document.Comment == nil || (document.Comment.Outcome == "created") != commented || (len(document.Comment.Errors) == 1) == commented {
		t.Errorf("%+v", document.Comment)
	}
}

func TestPlanArguments(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args []string
		want string // in the error; "" is well
	}{
		"one":                         {[]string{"staging"}, ""},
		"several":                     {[]string{"staging", "production", "--comment", "--values", "--repository", "o/r", "--pull-request", "12"}, ""},
		"none":                        {nil, "which environment"},
		"one twice":                   {[]string{"staging", "staging"}, "twice"},
		"an approval of several":      {[]string{"staging", "production", "--out", "x"}, "--out holds"},
		"values of no comment":        {[]string{"staging", "--values"}, "--values"},
		"values of a page":            {[]string{"staging", "--values", "--html", "x"}, ""},
		"a page of several":           {[]string{"staging", "production", "--html", "x"}, "--html is"},
		"a number of no comment":      {[]string{"staging", "--pull-request", "1"}, "--pull-request"},
		"no number":                   {[]string{"staging", "--comment", "--pull-request", "0"}, "wants the number"},
		"no repository":               {[]string{"staging", "--comment", "--repository", "r"}, "OWNER/NAME"},
		"a repository that is a path": {[]string{"staging", "--comment", "--repository", "../.."}, "OWNER/NAME"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var o planOptions
			a, _, _ := fake("")
			cmd := a.planCommand()
			must(t, cmd.Flags().Parse(c.args))
			o.out, _ = cmd.Flags().GetString("out")
			o.html, _ = cmd.Flags().GetString("html")
			o.comment.wanted, _ = cmd.Flags().GetBool("comment")
			o.comment.repository, _ = cmd.Flags().GetString("repository")
			o.comment.pullRequest, _ = cmd.Flags().GetInt("pull-request")
			err := o.arguments(cmd, cmd.Flags().Args())
			if err == nil {
				err = o.validate(cmd.Flags().Changed)
			}
			if c.want == "" && err != nil || c.want != "" && (!problem.Is(err, problem.Usage) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v", err)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
