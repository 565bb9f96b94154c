package github

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/github/githubtest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// newProject gives a stand-in with a repository o/r that has nothing.
func newProject(t *testing.T) (*hub, *githubtest.Repository) {
	t.Helper()
	h, p := newHub(t, "", ann, 0), githubtest.New(token)
	h.more = p.Serve
	return h, p
}

func wantedSetup() Setup {
	return Setup{
		Branch: "main",
		Environments: []Environment{
			{Name: "production", Approval: true, Reviewers: []Reviewer{{ID: 1, Name: "ann"}, {Team: true, ID: 1, Name: "o/platform"}}, Variables: []Variable{{Name: "AWS_DEPLOY_ROLE_ARN", Value: "arn:deploy"}}},
			{Name: "development", Variables: []Variable{{Name: "AWS_DEPLOY_ROLE_ARN", Unknown: "later"}}},
		},
		Variables: []Variable{{Name: "AWS_REGION", Value: "r"}, {Name: "AWS_PLAN_ROLE_ARN_PRODUCTION", Value: "arn:plan"}},
	}
}

// setUp looks and applies, as the command does.
func setUp(t *testing.T, c *Client, wanted Setup) ([]Step, error) {
	t.Helper()
	on := Repo{"o", "r"}
	var environments []string
	for _, e := range wanted.Environments {
		environments = append(environments, e.Name)
	}
	found, err := c.Look(t.Context(), on, environments)
	if err != nil {
		return nil, err
	}
	steps := Steps(wanted, found)
	told := []Step{}
	err = c.Apply(t.Context(), on, wanted, found, steps, func(s Step) { told = append(told, s) })
	done := slices.DeleteFunc(slices.Clone(steps), func(s Step) bool { return !s.Done })
	if diff := cmp.Diff(done, told); diff != "" {
		t.Errorf("told is not what was done (-done +told):\n%s", diff)
	}
	return steps, err
}

func written(h *hub) []string {
	return slices.DeleteFunc(slices.Clone(h.requests), func(r string) bool { return strings.HasPrefix(r, "GET ") })
}

func TestApply(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	c, _ := client(t, h)
	if _, err := setUp(t, c, wantedSetup()); err != nil {
		t.Fatal(err)
	}
	main := []githubtest.Pattern{{Name: "main", Type: "branch"}}
	want := map[string]*githubtest.Environment{
		"production": {AdminsBypass: true, Branches: &githubtest.Branches{Custom: true}, Patterns: main,
			Reviewers: []githubtest.Reviewer{{Type: "User", ID: 1}, {Type: "Team", ID: 1}}, Variables: map[string]string{"AWS_DEPLOY_ROLE_ARN": "arn:deploy"}},
		"development": {AdminsBypass: true, Branches: &githubtest.Branches{Custom: true}, Patterns: main, Variables: map[string]string{}},
	}
	if diff := cmp.Diff(want, p.Environments); diff != "" {
		t.Errorf("environments (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"AWS_REGION": "r", "AWS_PLAN_ROLE_ARN_PRODUCTION": "arn:plan"}, p.Variables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	// An environment is guarded before it gets the role.
	if diff := cmp.Diff([]string{
		"PUT /repos/o/r/environments/production", "POST /repos/o/r/environments/production/deployment-branch-policies",
		"POST /repos/o/r/environments/production/variables",
		"PUT /repos/o/r/environments/development", "POST /repos/o/r/environments/development/deployment-branch-policies",
		"POST /repos/o/r/actions/variables", "POST /repos/o/r/actions/variables",
	}, written(h)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}

	// Again, there is nothing to do.
	h.requests = nil
	steps, err := setUp(t, c, wantedSetup())
	if err != nil || slices.ContainsFunc(steps, Step.acts) || len(written(h)) > 0 {
		t.Errorf("%v, %+v, %v", err, steps, written(h))
	}
}

// What others set stays as it is, though GitHub takes an environment as a whole.
func TestApplyKeepsWhatOthersMade(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	p.Environments["production"] = &githubtest.Environment{WaitTimer: 30, PreventSelfReview: true, Reviewers: []githubtest.Reviewer{{Type: "User", ID: 2}}, Branches: &githubtest.Branches{Protected: true},
		Patterns: []githubtest.Pattern{{Name: "main", Type: "branch"}, {Name: "v*", Type: "tag"}}, Variables: map[string]string{"AWS_DEPLOY_ROLE_ARN": "arn:old", "THEIRS": "1", "Z": "2"}}
	p.Variables = map[string]string{"THEIRS": "3", "AWS_REGION": "old", "Z": "4"}
	c, _ := client(t, h)
	if _, err := setUp(t, c, wantedSetup()); err != nil {
		t.Fatal(err)
	}
	want := &githubtest.Environment{WaitTimer: 30, PreventSelfReview: true, Reviewers: []githubtest.Reviewer{{Type: "User", ID: 2}, {Type: "User", ID: 1}, {Type: "Team", ID: 1}}, Branches: &githubtest.Branches{Custom: true},
		Patterns: []githubtest.Pattern{{Name: "main", Type: "branch"}, {Name: "v*", Type: "tag"}}, Variables: map[string]string{"AWS_DEPLOY_ROLE_ARN": "arn:deploy", "THEIRS": "1", "Z": "2"}}
	if diff := cmp.Diff(want, p.Environments["production"]); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"THEIRS": "3", "AWS_REGION": "r", "AWS_PLAN_ROLE_ARN_PRODUCTION": "arn:plan", "Z": "4"}, p.Variables); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

// A branch alone is added without writing the environment.
func TestApplyAddsABranch(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	p.Environments["development"] = &githubtest.Environment{AdminsBypass: true, Branches: &githubtest.Branches{Custom: true}, Patterns: []githubtest.Pattern{{Name: "dev", Type: "branch"}}, Variables: map[string]string{}}
	c, _ := client(t, h)
	steps, err := setUp(t, c, Setup{Branch: "main", Environments: wantedSetup().Environments[1:]})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"POST /repos/o/r/environments/development/deployment-branch-policies"}, written(h)); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if !slices.ContainsFunc(steps, func(s Step) bool { return s.Action == Leave && s.To == "dev" }) {
		t.Errorf("%+v", steps)
	}
}

// What GitHub did though its answer was lost is not done twice.
func TestApplyAfterLostAnswers(t *testing.T) {
	t.Parallel()
	h, p := newProject(t)
	const looks = 4 // requests that only read: repository, variables, two environments
	p.Variables = map[string]string{}
	h.failing(slices.Repeat([]func(http.ResponseWriter, *http.Request) bool{well}, looks)...)
	carriedOut := func(_ http.ResponseWriter, r *http.Request) bool {
		p.Serve(&nowhere{}, r)
		panic(http.ErrAbortHandler)
	}
	for _, variable := range []bool{false, false, true, false, false, true, true} { // the writing requests of TestApply
		h.failing(carriedOut, well)
		if variable {
			h.failing(well) // that it is there already makes it an update
		}
	}
	c, at := client(t, h)
	if _, err := setUp(t, c, wantedSetup()); err != nil || len(at.waits) != 7 {
		t.Fatalf("%v after %v", err, at.waits)
	}
	if len(p.Environments) != 2 || len(p.Environments["production"].Patterns) != 1 || p.Environments["production"].Variables["AWS_DEPLOY_ROLE_ARN"] != "arn:deploy" || len(p.Variables) != 2 {
		t.Errorf("%+v, %v", p.Environments["production"], p.Variables)
	}
}

// nowhere is where an answer is lost.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header {
	if n.header == nil {
		n.header = http.Header{}
	}
	return n.header
}
func (*nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (*nowhere) WriteHeader(int)             {}

func TestReviewers(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		named []string
		want  []Reviewer
		next  string // part of the remedy, where one is unknown
	}{
		"none":                       {},
		"users and a team":           {[]string{"@bob", "o/platform", "ann"}, []Reviewer{{ID: 2, Name: "Bob"}, {Team: true, ID: 1, Name: "o/platform"}, {ID: 1, Name: "ann"}}, ""},
		"one twice":                  {[]string{"ann", "@ann"}, []Reviewer{{ID: 1, Name: "ann"}}, ""},
		"nobody of that name":        {[]string{"nobody"}, nil, "OWNER/TEAM"},
		"no team of that name":       {[]string{"@o/nobody"}, nil, "members: read"},
		"a team of somebody else":    {[]string{"acme/platform"}, nil, "o/TEAM"},
		"an organization is no user": {[]string{"acme"}, nil, "o/TEAM"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := newProject(t)
			client, _ := client(t, h)
			got, err := client.Reviewers(t.Context(), "o", c.named)
			if found := problem.Find(err); c.next != "" && (len(found) != 1 || found[0].Code != problem.UnknownReviewer || !strings.Contains(found[0].Remedy(), c.next)) {
				t.Fatalf("%v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || c.next == "" && err != nil {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

func TestSetupRefusals(t *testing.T) {
	t.Parallel()
	const no = `{"message":"no, test-token-0815"}`
	cases := map[string]struct {
		after int // requests that go well
		fail  func(http.ResponseWriter, *http.Request) bool
		code  problem.Code
		next  string
		done  int // steps
	}{
		"the token is not valid":             {0, answer(401, no), problem.SetupRefused, "GITHUB_TOKEN", 0},
		"the repository is not shown":        {0, answer(404, no), problem.SetupRefused, "metadata: read", 0},
		"its variables are not":              {1, answer(403, no), problem.SetupRefused, "`variables: read`", 0},
		"an environment is not":              {2, answer(403, no), problem.SetupRefused, "`actions: read`", 0},
		"an environment is not to be made":   {4, answer(403, no), problem.SetupRefused, "`administration: write`", 0},
		"nor found, for writing":             {4, answer(404, no), problem.SetupRefused, "`administration: write`", 0},
		"the plan has no reviewers":          {4, answer(422, no), problem.SetupRefused, "Enterprise", 0},
		"no branch rule":                     {5, answer(403, no), problem.SetupRefused, "`administration: write`", 0},
		"a variable of an environment":       {6, answer(403, no), problem.SetupRefused, "`environments: write`", 3},
		"a variable of the repository":       {9, answer(404, no), problem.SetupRefused, "`variables: write`", 6},
		"a limit that lasts":                 {0, answer(403, no, "Retry-After", "4000"), problem.NotSetUp, "run the command again after", 0},
		"GitHub fails for now, then is well": {6, answer(502, "<html>"), "", "", 8},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := newProject(t)
			h.failingAfter(c.after, c.fail)
			client, _ := client(t, h)
			steps, err := setUp(t, client, wantedSetup())
			done := 0
			for _, s := range steps {
				if s.Done {
					done++
				}
			}
			if done != c.done {
				t.Errorf("%d steps done, want %d: %+v", done, c.done, steps)
			}
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			found := problem.Find(err)
			if len(found) != 1 || found[0].Code != c.code || !strings.Contains(found[0].Remedy(), c.next) || strings.Contains(err.Error(), token) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestFindRepo(t *testing.T) {
	t.Parallel()
	run := func(k string) string { return map[string]string{"GITHUB_REPOSITORY": "o/r"}[k] }
	none := func(string) string { return "" }
	cases := map[string]struct {
		named string
		env   func(string) string
		want  string
	}{
		"named":           {"a/b", run, "a/b"},
		"of the run":      {"", run, "o/r"},
		"nowhere":         {"", none, ""},
		"no repository":   {"a", run, ""},
		"a path":          {"a/..", run, ""},
		"a name and more": {"a/b/c", run, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := FindRepo(c.named, c.env)
			if c.want == "" && !problem.Is(err, problem.NoRepository) || c.want != "" && (err != nil || got.String() != c.want) {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}
