package apigateway

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	d := &definition{}
	for _, path := range []string{"/", "/goals", "/goals/{goalId}", "/goals/own", "/goals/{goalId}/{proxy+}", "/files/{path+}"} {
		d.resources = append(d.resources, resource{Path: path, segments: segments(path)})
	}
	slices.SortStableFunc(d.resources, func(a, b resource) int { return strings.Compare(order(a), order(b)) })
	tests := map[string]struct {
		resource string
		values   map[string]string
	}{
		"/":                 {"/", nil},
		"/goals":            {"/goals", nil},
		"/goals/":           {"/goals", nil},
		"/goals/own":        {"/goals/own", nil},
		"/goals/1":          {"/goals/{goalId}", map[string]string{"goalId": "1"}},
		"/goals/a%2Fb":      {"/goals/{goalId}", map[string]string{"goalId": "a/b"}},
		"/goals/1/a/b":      {"/goals/{goalId}/{proxy+}", map[string]string{"goalId": "1", "proxy": "a/b"}},
		"/files/a/b%20c":    {"/files/{path+}", map[string]string{"path": "a/b c"}},
		"/files":            {"", nil},
		"/GOALS":            {"", nil},
		"/goals//something": {"", nil},
	}
	for path, test := range tests {
		found, values := d.match(path)
		name := ""
		if found != nil {
			name = found.Path
		}
		if name != test.resource {
			t.Errorf("%s: %q, want %q", path, name, test.resource)
		}
		if diff := cmp.Diff(test.values, values); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for target, want := range map[string][]string{
		"http://127.0.0.1:1/_aws/execute-api/abc/v1/goals/a%2Fb": {"abc", "v1", "/goals/a%2Fb"},
		"http://127.0.0.1:1/_aws/execute-api/abc/v1":             {"abc", "v1", "/"},
		"http://abc.execute-api.localhost:4566/v1/goals":         {"abc", "v1", "/goals"},
		"https://abc.execute-api.us-east-1.amazonaws.com/v1/":    {"abc", "v1", "/"},
	} {
		r := httptest.NewRequest("GET", target, nil)
		if !IsStage(r) {
			t.Errorf("%s is no stage", target)
			continue
		}
		api, stage, path := address(r)
		if diff := cmp.Diff(want, []string{api, stage, path}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
	for _, target := range []string{"http://127.0.0.1:1/restapis", "http://execute-api.localhost/", "http://abc.execute-api.localhost.example.com/"} {
		if IsStage(httptest.NewRequest("GET", target, nil)) {
			t.Errorf("%s is taken for a stage", target)
		}
	}
}

func TestLimitFillsUp(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	l := newLimits(func() time.Time { return now })
	setting := methodSetting{ThrottlingRateLimit: 2, ThrottlingBurstLimit: 3}
	var passed []bool
	for _, wait := range []time.Duration{0, 0, 0, 0, 400 * time.Millisecond, 100 * time.Millisecond, time.Hour, 0, 0, 0} {
		now = now.Add(wait)
		passed = append(passed, l.from("stage", setting))
	}
	if diff := cmp.Diff([]bool{true, true, true, false, false, true, true, true, true, false}, passed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		content string
		status  int // 0 for malformed
	}{
		"a number": {`{"statusCode":201}`, 201}, "text": {`{"statusCode":"201"}`, 201}, "none": {`{"body":"x"}`, 200},
		"no number": {`{"statusCode":"many"}`, 0}, "out of range": {`{"statusCode":1000}`, 0}, "something else": {`{"foo":1}`, 0},
		"a list": {`[]`, 0}, "text only": {`"x"`, 0}, "an object as body": {`{"statusCode":200,"body":{}}`, 0},
		"an object as header": {`{"statusCode":200,"headers":{"A":{}}}`, 0},
	}
	for name, test := range tests {
		c := testCall()
		c.stage.definition = &definition{}
		a, err := c.parse([]byte(test.content))
		if (err != nil) != (test.status == 0) || a != nil && a.status != test.status {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
}
