package githubtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The part of GitHub's description is what operations.txt says.
func TestThePartHasTheOperations(t *testing.T) {
	t.Parallel()
	listed, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(listed)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	described, err := describedOperations()
	if err != nil {
		t.Fatal(err)
	}
	for path, item := range described.document.Paths.Map() {
		for method := range item.Operations() {
			got = append(got, method+" "+path)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run `%s` (-listed +in description.json):\n%s", regenerate, diff)
	}
}

// told is a test that hears of faults instead of failing.
type told struct {
	*testing.T
	faults []string
}

func (t *told) Errorf(format string, args ...any) {
	t.faults = append(t.faults, fmt.Sprintf(format, args...))
}

// What GitHub would not take, or not answer, is told.
func TestDescribed(t *testing.T) {
	t.Parallel()
	const issues = "/repos/o/r/issues"
	says := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	cases := map[string]struct {
		method, path, body string
		answer             http.HandlerFunc
		want               string // in the only fault; "" is none
	}{
		"as it is":               {"POST", issues, `{"title":"t","labels":["l"]}`, says(201, `{"number":1,"labels":[{"name":"l"}]}`), ""},
		"a list":                 {"GET", issues + "?state=all&per_page=100", "", says(200, `[{"number":1,"pull_request":{"url":"https://x"}}]`), ""},
		"below a path":           {"GET", "/api/v3/user", "", says(200, `{"id":1,"login":"ann"}`), ""},
		"a refusal":              {"POST", issues, `{"title":"t"}`, says(404, `{"message":"Not Found"}`), ""},
		"a failure":              {"GET", issues, "", says(502, `<html>`), ""},
		"no such operation":      {"GET", "/repos/o/r/milestones", "", says(200, `[]`), "run `" + regenerate + "`"},
		"no such method":         {"DELETE", issues, "", says(200, `[]`), "no such operation"},
		"no such parameter":      {"GET", issues + "?status=open", "", says(200, `[]`), "it has no parameter status"},
		"a parameter's value":    {"GET", issues + "?state=opened", "", says(200, `[]`), "value is not one of the allowed values"},
		"no such field":          {"POST", issues, `{"title":"t","label":"l"}`, says(201, `{}`), "its body has no field .label"},
		"a field's type":         {"POST", issues, `{"title":"t","labels":"l"}`, says(201, `{}`), "labels"},
		"a field that is needed": {"POST", issues, `{"body":"b"}`, says(201, `{}`), `"title" is missing`},
		"a body where none is":   {"GET", issues, `{"state":"all"}`, says(200, `[]`), "it takes no body"},
		"no JSON":                {"POST", issues, `title`, says(201, `{}`), "request body"},
		"no such status":         {"POST", issues, `{"title":"t"}`, says(200, `{}`), "does not answer with status 200"},
		"no such answered field": {"POST", issues, `{"title":"t"}`, says(201, `{"nr":1}`), "answers without a field .nr"},
		"an answered type":       {"POST", issues, `{"title":"t"}`, says(201, `{"number":"1"}`), "number"},
		"an answer to nothing":   {"PATCH", "/repos/o/r/actions/variables/V", `{"value":"v"}`, says(200, `{}`), "does not answer with status 200"},
		"an answer of no JSON":   {"GET", issues, "", says(200, `<html>`), "no JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hears, answer := &told{T: t}, httptest.NewRecorder()
			path := ""
			if strings.HasPrefix(c.path, "/api/v3") {
				path = "/api/v3"
			}
			request := httptest.NewRequestWithContext(t.Context(), c.method, c.path, io.NopCloser(strings.NewReader(c.body)))
			request.Header.Set("Content-Type", "application/json")
			Described(hears, path, c.answer).ServeHTTP(answer, request)
			if c.want == "" && len(hears.faults) > 0 || c.want != "" && (len(hears.faults) == 0 || !strings.Contains(strings.Join(hears.faults, "\n"), c.want)) {
				t.Errorf("want a fault with %q, got %q", c.want, hears.faults)
			}
		})
	}
}

// What has to be there is, also where the stand-in says nothing of it.
func TestAnswersAreWhole(t *testing.T) {
	t.Parallel()
	answer := httptest.NewRecorder()
	Described(t, "", New("token")).ServeHTTP(answer, func() *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/repos/o/r", nil)
		r.Header.Set("Authorization", "Bearer token")
		return r
	}())
	for _, field := range []string{`"full_name":"o/r"`, `"id":1`, `"private":false`, `"owner":{`} {
		if !strings.Contains(answer.Body.String(), field) {
			t.Errorf("no %s in %s", field, answer.Body)
		}
	}
}
