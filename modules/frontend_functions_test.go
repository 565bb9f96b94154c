package modules

import (
	"path/filepath"
	"testing"

	"github.com/dop251/goja"
)

// TestFrontendFunctions runs the programs of CloudFront's edges on requests, as
// CloudFront calls them.
func TestFrontendFunctions(t *testing.T) {
	t.Parallel()
	for program, cases := range map[string][]struct{ name, uri, want string }{
		"api_path.js": {
			{"a collection", "/api/goals", "/goals"},
			{"one thing of it", "/api/goals/42", "/goals/42"},
			{"a slash at the end", "/api/goals/", "/goals/"},
			{"only the first api goes", "/api/api/goals", "/api/goals"},
			{"api inside of a path stays", "/api/goals/api/x", "/goals/api/x"},
			{"the top", "/api/", "/"},
			{"escapes stay as they are", "/api/goals/%2Fapi%20x", "/goals/%2Fapi%20x"},
			{"another path stays", "/apiary/bees", "/apiary/bees"},
		},
		"single_page.js": {
			{"the top", "/", "/index.html"},
			{"a deep link", "/goals/42/tasks", "/index.html"},
			{"a deep link with a slash at the end", "/goals/", "/index.html"},
			{"a dot in a folder only", "/v1.2/goals", "/index.html"},
			{"an escaped path", "/goals/%E7%9B%AE%E6%A8%99", "/index.html"},
			{"the API's name without a path", "/api", "/index.html"},
			{"the page itself", "/index.html", "/index.html"},
			{"a file at the top", "/favicon.ico", "/favicon.ico"},
			{"a file in a folder", "/.well-known/security.txt", "/.well-known/security.txt"},
			{"a file with several dots", "/app.3f2a.js.map", "/app.3f2a.js.map"},
		},
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					request := viewerRequest(t, program, c.uri)
					if got := request["uri"]; got != c.want {
						t.Errorf("%s becomes %v, want %s", c.uri, got, c.want)
					}
					if request["method"] != "GET" || len(request["querystring"].(map[string]any)) != 1 {
						t.Errorf("the rest of the request changed: %v", request)
					}
				})
			}
		})
	}
}

// viewerRequest gives the request that a program passes on for one to uri.
func viewerRequest(t *testing.T, program, uri string) map[string]any {
	t.Helper()
	engine := goja.New()
	if _, err := engine.RunString(read(t, filepath.Join("frontend", "functions", program))); err != nil {
		t.Fatal(err)
	}
	handler, ok := goja.AssertFunction(engine.Get("handler"))
	if !ok {
		t.Fatal("there is no function handler")
	}
	event := engine.ToValue(map[string]any{
		"version": "1.0",
		"context": map[string]any{"eventType": "viewer-request"},
		"request": map[string]any{
			"method":      "GET",
			"uri":         uri,
			"querystring": map[string]any{"page": map[string]any{"value": "2"}},
			"headers":     map[string]any{"host": map[string]any{"value": "d111111abcdef8.cloudfront.net"}},
			"cookies":     map[string]any{},
		},
	})
	answer, err := handler(goja.Undefined(), event)
	if err != nil {
		t.Fatal(err)
	}
	request, ok := answer.Export().(map[string]any)
	if !ok {
		t.Fatalf("the program gives %v, no request", answer)
	}
	return request
}
