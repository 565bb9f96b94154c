package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.yaml.in/yaml/v3"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// runner stands in for what GitHub does for its runners and act does not: it keeps jobs
// with an Environment back until they are approved, and gives jobs the token by which
// they take a role of AWS. Both it does by what the workflows' own files say of a job.
type runner struct {
	*httptest.Server
	place *place
	jobs  map[string]job
	uses  []string // every action that the workflows use, as owner/name@commit

	mu     sync.Mutex
	review func(job string) bool // whether the reviewers approve a job
	begun  []string              // jobs
	atWork job                   // the last of them: act runs one after the other
	taken  []string              // roles, as "job: deploy"
}

// job is what a workflow's file says of a job.
type job struct {
	If          any // what else it hangs on
	Environment named
	Permissions map[string]string
}

// named is a name, or an object that has one.
type named string

// UnmarshalYAML implements yaml.Unmarshaler.
func (n *named) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return node.Decode((*string)(n))
	}
	var object struct{ Name string }
	err := node.Decode(&object)
	*n = named(object.Name)
	return err
}

func newRunner(p *place) *runner {
	p.t.Helper()
	r := &runner{place: p, jobs: map[string]job{}}
	for _, pattern := range []string{"workflows/*.yml", "actions/*/action.yml"} {
		files, err := filepath.Glob(filepath.Join("../../../.github", pattern))
		if err != nil || len(files) == 0 {
			p.t.Fatalf("no %s: %v", pattern, err)
		}
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				p.t.Fatal(err)
			}
			var workflow struct{ Jobs map[string]job }
			if err := yaml.Unmarshal(body, &workflow); err != nil {
				p.t.Fatalf("%s: %v", file, err)
			}
			for id, is := range workflow.Jobs {
				id = strings.TrimSuffix(filepath.Base(file), ".yml") + "/" + id
				r.jobs[id] = is
			}
			for _, used := range action.FindAllStringSubmatch(string(body), -1) {
				r.uses = append(r.uses, used[1])
			}
		}
	}
	slices.Sort(r.uses)
	r.uses = slices.Compact(r.uses)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{workflow}/begin/{job}", r.begin)
	mux.HandleFunc("POST /{workflow}/credentials/{job}", r.credentials)
	r.Server = httptest.NewServer(mux)
	p.t.Cleanup(r.Close)
	return r
}

// action finds the actions that a file uses.
var action = regexp.MustCompile(`(?m)^\s*(?:- )?uses: ([\w-]+/[\w-]+@[0-9a-f]{40})\b`)

// of gives a request's job: of its workflow, or of ci.yml, which others call.
func (r *runner) of(request *http.Request) (string, job) {
	name := request.PathValue("job")
	if is, ok := r.jobs[request.PathValue("workflow")+"/"+name]; ok {
		return name, is
	}
	return name, r.jobs["ci/"+name]
}

// begin answers once a job may begin.
func (r *runner) begin(w http.ResponseWriter, request *http.Request) {
	name, is := r.of(request)
	if is.Environment != "" {
		r.mu.Lock()
		review := r.review
		r.mu.Unlock()
		if review == nil || !review(name) {
			http.Error(w, "the reviewers of Environment "+string(is.Environment)+" rejected the deployment", http.StatusForbidden)
			return
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begun, r.atWork = append(r.begun, name), is
}

// credentials gives those of a role, as lines for the run's environment.
func (r *runner) credentials(w http.ResponseWriter, request *http.Request) {
	name, is := r.of(request)
	lines, err := r.assume(request.Context(), is, request.FormValue)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	role := request.FormValue("role")
	r.mu.Lock()
	r.taken = append(r.taken, name+": "+role[strings.LastIndexByte(role, '-')+1:])
	r.mu.Unlock()
	fmt.Fprint(w, lines)
}

func (r *runner) assume(ctx context.Context, is job, form func(string) string) (string, error) {
	if is.Permissions["id-token"] != "write" {
		return "", errors.New("the job gets no token: it lacks the permission id-token: write")
	}
	subject := "repo:o/r:ref:" + form("ref")
	switch {
	case is.Environment != "":
		subject = "repo:o/r:environment:" + string(is.Environment)
	case form("event") == "pull_request":
		subject = "repo:o/r:pull_request"
	}
	arn := form("role")
	seconds, err := strconv.Atoi(form("seconds"))
	if err != nil {
		return "", err
	}
	role, err := iam.NewFromConfig(r.place.aws).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(arn[strings.LastIndexByte(arn, '/')+1:])})
	if err != nil {
		return "", err
	}
	policy, err := iampolicy.Read(arn, *role.Role.AssumeRolePolicyDocument)
	if err != nil {
		return "", err
	}
	trusted := slices.ContainsFunc(policy.Allowing(), func(s iampolicy.Statement) bool {
		conditions := s.Condition["StringEquals"]
		return s.Principal.Include("arn:aws:iam::123456789012:oidc-provider/"+issuer) &&
			slices.Contains(conditions[issuer+":aud"], "sts.amazonaws.com") && slices.Contains(conditions[issuer+":sub"], subject)
	})
	if !trusted {
		return "", fmt.Errorf("not authorized to perform sts:AssumeRoleWithWebIdentity: %s does not trust %s", arn, subject)
	}
	if int32(seconds) > *role.Role.MaxSessionDuration { //nolint:gosec // a few thousand
		return "", fmt.Errorf("%s lasts %d seconds at most, not %d", arn, *role.Role.MaxSessionDuration, seconds)
	}
	session, err := sts.NewFromConfig(r.place.aws).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: &arn, RoleSessionName: aws.String("GitHubActions"), WebIdentityToken: aws.String(subject), DurationSeconds: aws.Int32(int32(seconds)), //nolint:gosec // as above
	})
	if err != nil {
		return "", err
	}
	given := session.Credentials
	return fmt.Sprintf("AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\nAWS_SESSION_TOKEN=%s\nAWS_REGION=%[4]s\nAWS_DEFAULT_REGION=%[4]s\nAWS_ENDPOINT_URL=%s\n",
		*given.AccessKeyId, *given.SecretAccessKey, *given.SessionToken, form("region"), r.place.address), nil
}

// since gives the roles that were taken and forgets them.
func (r *runner) since() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.taken
	r.taken, r.begun = nil, nil
	return taken
}
