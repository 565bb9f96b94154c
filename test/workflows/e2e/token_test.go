package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// permitted lets those requests that write through to GitHub's stand-in which the job at
// work may make: a run's token has the permissions that the workflow's file gives the job,
// and all of a run's jobs have one token in act.
func (r *runner) permitted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		needs := permissions(request.URL.Path)
		r.mu.Lock()
		is := r.atWork
		r.mu.Unlock()
		if request.Method != http.MethodGet && !slices.ContainsFunc(needs, func(name string) bool { return is.Permissions[name] == "write" }) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"message":"Resource not accessible by integration: it needs one of %q"}`, needs)
			return
		}
		next.ServeHTTP(w, request)
	})
}

// permissions gives those of which one is needed to write to a path.
func permissions(path string) []string {
	for _, each := range []struct {
		path  *regexp.Regexp
		needs []string
	}{
		{regexp.MustCompile(`^/repos/o/r/issues/(\d+/comments|comments/\d+)$`), []string{"pull-requests", "issues"}},
		{regexp.MustCompile(`^/repos/o/r/issues(/|$)`), []string{"issues"}},
		{regexp.MustCompile(`^/repos/o/r/releases(/|$)`), []string{"contents"}},
		{regexp.MustCompile(`^/repos/o/r/deployments(/|$)`), []string{"deployments"}},
		{regexp.MustCompile(`^/repos/o/r/statuses/`), []string{"statuses"}},
		{regexp.MustCompile(`^/repos/o/r/check-runs(/|$)`), []string{"checks"}},
	} {
		if each.path.MatchString(path) {
			return each.needs
		}
	}
	return nil
}
