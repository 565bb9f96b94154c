// Package githubtest stands in, for tests, for what GitHub's API has of one
// repository: environments, variables, issues, deployments and releases. Requests to it,
// and its answers, are held to GitHub's own description of its API.
package githubtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Repository is o/r, of which everything may be read once nothing is asked any
// more. User 1 is ann, 2 is Bob, and the token is ann's; team 1 is o/platform.
type Repository struct {
	Token        string           // that requests have to bear
	Clock        func() time.Time // nil: it stands still
	App          bool             // the token is that of a run of GitHub Actions, whose user it may not ask for
	Environments map[string]*Environment
	Variables    map[string]string
	Issues       []*Issue
	Deployments  []*Deployment      // oldest first
	Releases     []*Release         // oldest first
	Latest       string             // the tag of the latest release
	Tags         map[string]string  // their commits
	Annotated    map[string]string  // the objects of those tags that have a message
	Commits      map[string]bool    // that there are
	History      []RepositoryCommit // oldest first
	Requests     []string           // that wrote, by method and path
	Refuses      string             // the request that is refused, by method and path

	mu sync.Mutex
}

// New gives a repository that has nothing.
func New(token string) *Repository {
	return &Repository{Token: token, Environments: map[string]*Environment{}, Variables: map[string]string{},
		Tags: map[string]string{}, Annotated: map[string]string{}, Commits: map[string]bool{}}
}

// ServeHTTP implements http.Handler.
func (p *Repository) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Header.Get("Authorization") != "Bearer "+p.Token:
		refuse(w, http.StatusUnauthorized, "Bad credentials")
	case r.Method+" "+r.URL.Path == p.Refuses:
		refuse(w, http.StatusForbidden, "Resource not accessible by personal access token")
	case !p.Serve(w, r):
		refuse(w, http.StatusNotFound, "Not Found")
	}
}

// Serve answers a request, whoever makes it; false where GitHub has nothing there.
func (p *Repository) Serve(w http.ResponseWriter, r *http.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.Method != http.MethodGet {
		p.Requests = append(p.Requests, r.Method+" "+r.URL.Path)
	}
	if p.App && r.URL.Path == "/user" {
		refuse(w, http.StatusForbidden, "Resource not accessible by integration")
		return true
	}
	if body := people(r.URL.Path); body != nil {
		respond(w, http.StatusOK, body)
		return true
	}
	rest, ok := strings.CutPrefix(r.URL.Path, "/repos/o/r")
	switch {
	case !ok:
		return false
	case rest == "":
		respond(w, http.StatusOK, map[string]any{"id": 1, "full_name": "o/r", "html_url": "https://github.example/o/r"})
		return true
	}
	area, rest, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch area {
	case "environments":
		name, rest, _ := strings.Cut(rest, "/")
		return p.environment(w, r, name, rest)
	case "actions":
		name, ok := strings.CutPrefix(rest, "variables")
		if ok {
			variables(w, r, strings.TrimPrefix(name, "/"), p.Variables)
		}
		return ok
	case "issues":
		return p.issues(w, r, rest)
	case "deployments":
		return p.deployments(w, r, rest)
	case "releases":
		return p.releases(w, r, rest)
	case "git":
		return p.git(w, rest)
	case "compare":
		return p.compare(w, r, rest)
	}
	return false
}

// people are the users and teams that GitHub knows.
func people(path string) any {
	switch path {
	case "/user", "/users/ann":
		return map[string]any{"id": 1, "login": "ann", "type": "User"}
	case "/users/bob":
		return map[string]any{"id": 2, "login": "Bob", "type": "User"}
	case "/users/acme":
		return map[string]any{"id": 3, "login": "acme", "type": "Organization"}
	case "/orgs/o/teams/platform":
		return map[string]any{"id": 1, "slug": "platform"}
	}
	return nil
}

// taken reads a body, in which nothing may stand that GitHub does not know.
func taken(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		refuse(w, http.StatusUnprocessableEntity, err.Error())
		return false
	}
	return true
}

func respond(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, status int, message string) {
	respond(w, status, map[string]string{"message": message})
}

// page gives the part of all that is asked for, at most of size, and links to the
// next.
func page[T any](w http.ResponseWriter, r *http.Request, size int, all []T) []T {
	number := max(atoi(r.URL.Query().Get("page")), 1)
	from, to := min((number-1)*size, len(all)), min(number*size, len(all))
	if to < len(all) {
		query := r.URL.Query()
		query.Set("page", strconv.Itoa(number+1))
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?%s>; rel="next"`, r.Host, r.URL.Path, query.Encode()))
	}
	return all[from:to]
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
