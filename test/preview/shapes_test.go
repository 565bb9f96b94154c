package preview_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// shapes holds the JSON documents to what other programs were told of them,
// and looks for a secret in everything that the commands write.
func shapes(t *testing.T, a *account) {
	const secret = "whispered-secret-value"
	s := a.open(t, "whisper", "whisper", fmt.Sprintf("secret = %q", secret))
	document := func(code int, command string, flags ...string) (shape map[string]string) {
		t.Helper()
		var body any
		result := s.JSON(code, &body, append([]string{command, s.environment, "--log-level", "debug"}, flags...)...)
		silent(t, secret, result)
		shape = map[string]string{}
		describe(shape, "", body)
		return shape
	}

	s.contains(t, document(0, "status"), map[string]string{
		"environment": "whisper", "layers[].name": "string", "layers[].serial": "number", "layers[].resources": "number",
		"lease": "null", "last_deployment": "null",
	})
	s.contains(t, document(2, "plan", "--detailed-exitcode"), map[string]string{
		"environment": "whisper", "release": "string", "digest": "sha256:",
		"summary.create": "number", "summary.update": "number", "summary.replace": "number", "summary.delete": "number",
		"layers[].name": "string", "layers[].changes[].address": "string", "layers[].changes[].type": "string",
		"layers[].changes[].actions[]": "string", "layers[].changes[].stateful": "bool",
	})
	s.contains(t, document(0, "apply", "--auto-approve"), map[string]string{
		"deployment_id": "string", "environment": "whisper", "result": "succeeded",
		"layers[].name": "string", "layers[].result": "string", "layers[].seconds": "number",
		"outputs.label": "string", "outputs.token": "null",
	})
	s.contains(t, document(0, "status"), map[string]string{"lease": "null", "last_deployment.id": "string"})

	// A change of the secret itself and of something beside it, in text.
	const other = "another-whispered-value"
	s.values(fmt.Sprintf("secret = %q\nlabel = \"loud\"", other))
	for _, format := range []string{"text", "json"} {
		result := s.do(t, 2, "plan", "--detailed-exitcode", "--log-level", "debug", "--log-format", format)
		silent(t, secret, result)
		silent(t, other, result)
		if !strings.Contains(result.Stdout, "loud") {
			t.Errorf("what is no secret is not shown either: %s", result)
		}
	}
	result := s.apply(t, 0, "--log-level", "debug", "--log-format", "json")
	silent(t, secret, result)
	silent(t, other, result)
	for line := range strings.Lines(result.Stderr) {
		if !json.Valid([]byte(line)) {
			t.Errorf("stderr has a line that is not JSON: %s", line)
		}
	}
}

// silent wants a text to be nowhere in what a command wrote.
func silent(t *testing.T, secret string, result kit.Result) {
	t.Helper()
	if strings.Contains(result.Stdout+result.Stderr, secret) {
		t.Errorf("a secret was told by %s", result)
	}
}

// describe gives the type of each part of a document by its path; of a few
// words the words themselves matter.
func describe(shape map[string]string, path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			describe(shape, strings.TrimPrefix(path+"."+key, "."), each)
		}
	case []any:
		for _, each := range v {
			describe(shape, path+"[]", each)
		}
	case nil:
		shape[path] = "null"
	case bool:
		shape[path] = "bool"
	case float64:
		shape[path] = "number"
	case string:
		shape[path] = "string"
		switch {
		case path == "environment" || path == "result":
			shape[path] = v
		case path == "digest":
			shape[path], _, _ = strings.Cut(v, ":")
			shape[path] += ":"
		}
	}
}

// contains wants these parts, with these types, to be in a document.
func (s *scene) contains(t *testing.T, shape, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for path := range want {
		if kind, ok := shape[path]; ok {
			got[path] = kind
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts of the document (-want +got):\n%s", diff)
	}
}
