package github

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	ours     = "<!-- drift production -->"
	farewell = "<!-- gone -->"
)

func drifting(previous string) (title, body string) {
	if previous == ours+"\nnew" {
		return "Drift", previous
	}
	return "Drift", ours + "\nnew"
}

func driftIssue(body string) githubtest.Issue {
	return githubtest.Issue{By: 1, Title: "Drift", Body: body, Labels: []string{"drift"}}
}

// states gives each issue's state and text.
func states(p *githubtest.Repository) []string {
	var all []string
	for _, i := range p.Issues {
		all = append(all, strings.TrimSuffix(i.State+" "+i.Reason, " ")+": "+strings.ReplaceAll(i.Body, "\n", " "))
	}
	return all
}

func TestIssue(t *testing.T) {
	t.Parallel()
	edited := func(edit func(*githubtest.Issue)) githubtest.Issue {
		i := driftIssue(ours + "\nold")
		edit(&i)
		return i
	}
	other := edited(func(i *githubtest.Issue) { i.Body = "<!-- drift prod -->\nold" })
	cases := map[string]struct {
		before  []githubtest.Issue
		outcome Outcome
		url     string
		want    []string
		writes  []string
	}{
		"none yet": {nil, Created, "/1", []string{"open: " + ours + " new"}, []string{"POST /repos/o/r/issues"}},
		"one of an older drift": {[]githubtest.Issue{driftIssue(ours + "\nold")}, Updated, "/1", []string{"open: " + ours + " new"},
			[]string{"PATCH /repos/o/r/issues/1"}},
		"it says so already": {[]githubtest.Issue{driftIssue(ours + "\nnew")}, Unchanged, "/1", []string{"open: " + ours + " new"}, nil},
		"on the second page": {[]githubtest.Issue{other, other, driftIssue(ours + "\nold")}, Updated, "/3", []string{"open: <!-- drift prod --> old", "open: <!-- drift prod --> old", "open: " + ours + " new"},
			[]string{"PATCH /repos/o/r/issues/3"}},
		"one that was closed": {[]githubtest.Issue{edited(func(i *githubtest.Issue) { i.State = "closed" })}, Created, "/2", []string{"closed: " + ours + " old", "open: " + ours + " new"},
			[]string{"POST /repos/o/r/issues"}},
		"one without the label": {[]githubtest.Issue{edited(func(i *githubtest.Issue) { i.Labels = nil })}, Created, "/2", []string{"open: " + ours + " old", "open: " + ours + " new"},
			[]string{"POST /repos/o/r/issues"}},
		"one of somebody else": {[]githubtest.Issue{edited(func(i *githubtest.Issue) { i.By = 9 })}, Created, "/2", []string{"open: " + ours + " old", "open: " + ours + " new"},
			[]string{"POST /repos/o/r/issues"}},
		"a pull request": {[]githubtest.Issue{edited(func(i *githubtest.Issue) { i.Pull = true })}, Created, "/2", []string{"open: " + ours + " old", "open: " + ours + " new"},
			[]string{"POST /repos/o/r/issues"}},
		"two, of two runs at once": {[]githubtest.Issue{driftIssue(ours + "\nold"), driftIssue(ours + "\nold")}, Updated, "/1", []string{"open: " + ours + " new", "closed not_planned: " + ours + " old"},
			[]string{"PATCH /repos/o/r/issues/1", "PATCH /repos/o/r/issues/2"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, p := newProject(t)
			for _, i := range c.before {
				p.Add(i)
			}
			client, _ := client(t, h)
			got, err := client.Issue(t.Context(), Repo{"o", "r"}, "drift", ours, drifting)
			if err != nil || got.Outcome != c.outcome || !strings.HasSuffix(got.URL, c.url) {
				t.Errorf("%+v, %v", got, err)
			}
			if diff := cmp.Diff(c.want, states(p)); diff != "" {
				t.Errorf("issues (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.writes, p.Requests); diff != "" {
				t.Errorf("requests that write (-want +got):\n%s", diff)
			}
			if last := p.Issues[len(p.Issues)-1]; c.outcome == Created && !cmp.Equal(last.Labels, []string{"drift"}) {
				t.Errorf("labels %v", last.Labels)
			}
		})
	}
}

func TestIssueAfterALostAnswer(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	h.failingAfter(1, func(_ http.ResponseWriter, r *http.Request) bool {
		p.Serve(&nowhere{}, r)
		panic(http.ErrAbortHandler)
	})
	client, _ := client(t, h)
	got, err := client.Issue(t.Context(), Repo{"o", "r"}, "drift", ours, drifting)
	if err != nil || got.Outcome != Unchanged || len(p.Issues) != 1 {
		t.Errorf("%+v, %v, %v", got, err, states(p))
	}
}

// GitHub leaves labels away without saying so; the next run has to find the issue.
func TestIssueWithoutItsLabel(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	h.failingAfter(1, func(w http.ResponseWriter, _ *http.Request) bool {
		p.Add(githubtest.Issue{By: 1, Title: "Drift", Body: ours + "\nnew"})
		return answer(201, `{"number":1,"html_url":"https://github.example/o/r/issues/1"}`)(w, nil)
	})
	client, _ := client(t, h)
	if got, err := client.Issue(t.Context(), Repo{"o", "r"}, "drift", ours, drifting); err != nil || got.Outcome != Created || !cmp.Equal(p.Issues[0].Labels, []string{"drift"}) {
		t.Errorf("%+v, %v, %v", got, err, p.Issues[0].Labels)
	}
}

func TestCloseIssue(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	client, _ := client(t, h)
	closing := func() (Commented, error) {
		return client.CloseIssue(t.Context(), Repo{"o", "r"}, "drift", ours, farewell, farewell+"\nnothing differs")
	}
	if got, err := closing(); err != nil || got.Outcome != None || len(p.Requests) > 0 {
		t.Fatalf("no issue: %+v, %v, %v", got, err, p.Requests)
	}
	p.Add(driftIssue(ours + "\nold"))
	p.Add(driftIssue(ours + "\nsecond"))
	p.Add(driftIssue("<!-- drift staging -->"))

	// The first run is cut short between the comment and the closing.
	h.failingAfter(5, answer(403, `{}`))
	if _, err := closing(); !problem.Is(err, problem.IssueRefused) {
		t.Fatalf("%v", err)
	}
	if got, err := closing(); err != nil || got.Outcome != Closed || !strings.HasSuffix(got.URL, "/1") {
		t.Fatalf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"closed completed: " + ours + " old", "closed not_planned: " + ours + " second", "open: <!-- drift staging -->"}, states(p)); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]githubtest.Comment{{ID: 100, By: 1, Body: farewell + "\nnothing differs"}}, p.Issues[0].Comments); diff != "" || len(p.Issues[1].Comments) > 0 {
		t.Errorf("comments (-want +got):\n%s", diff)
	}
}

func TestIssueRefusals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fail func(http.ResponseWriter, *http.Request) bool
		code problem.Code
		next string
	}{
		"401":                                   {answer(401, `{"message":"`+token+`"}`), problem.IssueRefused, "GITHUB_TOKEN"},
		"403":                                   {answer(403, `{}`), problem.IssueRefused, "`issues: write`"},
		"404":                                   {answer(404, `{}`), problem.IssueRefused, "`issues: write`"},
		"410, where a repository has no issues": {answer(410, `{}`), problem.IssueRefused, "has issues"},
		"a limit that lasts":                    {answer(429, `{}`, "Retry-After", "4000"), problem.DriftNotTold, "run the command again after"},
	}
	for name, c := range cases {
		for step := range 2 { // looking, opening
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h, _ := newProject(t)
				h.failingAfter(step, c.fail)
				client, _ := client(t, h)
				_, err := client.Issue(t.Context(), Repo{"o", "r"}, "drift", ours, drifting)
				found := problem.Find(err)
				if len(found) != 1 || found[0].Code != c.code || !strings.Contains(found[0].Remedy(), c.next) || strings.Contains(err.Error(), token) {
					t.Errorf("%v", err)
				}
			})
		}
	}
}
