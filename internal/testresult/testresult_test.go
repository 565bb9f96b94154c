package testresult

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	t.Parallel()
	event := func(action, pkg, test string) string {
		return `{"Time":"2026-01-02T03:04:05Z","Action":"` + action + `","Package":"` + pkg + `","Test":"` + test + `"}`
	}
	cases := map[string]struct {
		lines []string
		want  Results
	}{
		"nothing":                  {nil, Results{}},
		"one of each":              {[]string{event("pass", "p", "A"), event("skip", "p", "B"), event("fail", "p", "C"), event("output", "p", "C"), event("fail", "p", "")}, Results{Passed: 1, Skipped: 1, Failed: []Test{{"p", "C"}}}},
		"a subtest":                {[]string{event("pass", "p", "A/x"), event("fail", "p", "A/y/z"), event("fail", "p", "A/y"), event("fail", "p", "A"), event("fail", "p", "")}, Results{Passed: 1, Failed: []Test{{"p", "A/y/z"}}}},
		"a package without tests":  {[]string{event("start", "p", ""), event("skip", "p", "")}, Results{}},
		"one that ended in a test": {[]string{event("start", "p", ""), event("run", "p", "A"), event("pass", "p", "A"), event("run", "p", "B")}, Results{Passed: 1, Failed: []Test{{"p", "B"}}}},
		"one that ended after":     {[]string{event("start", "p", ""), event("run", "p", "A"), event("pass", "p", "A"), event("fail", "p", "")}, Results{Passed: 1, Failed: []Test{{"p", ""}}}},
		"one that cannot compile":  {[]string{`{"ImportPath":"p [p.test]","Action":"build-output","Output":"x"}`, `{"ImportPath":"p [p.test]","Action":"build-fail"}`, event("start", "p", ""), event("fail", "p", "")}, Results{Failed: []Test{{"p", ""}}}},
		"two packages, two runs":   {[]string{event("pass", "q", "A"), "# not JSON", "[]", event("pass", "p", "A"), event("fail", "q", "B"), event("fail", "p", "B")}, Results{Passed: 2, Failed: []Test{{"p", "B"}, {"q", "B"}}}},
		"tried again":              {[]string{event("fail", "p", "A"), event("pass", "p", "A")}, Results{Passed: 1}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(strings.NewReader(strings.Join(c.lines, "\n")))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestCoverage(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		profile string
		percent float64
		is, bad bool
	}{
		"nothing":             {"", 0, false, false},
		"no code":             {"mode: set\n", 0, false, false},
		"a half":              {"mode: set\np/a.go:1.2,3.4 3 1\np/a.go:5.2,6.4 3 0\n", 50, true, false},
		"one of two packages": {"mode: count\np/a.go:1.2,3.4 1 0\np/a.go:1.2,3.4 1 7\np/a.go:5.2,6.4 3 0\n", 25, true, false},
		"none":                {"mode: set\np/a.go:1.2,3.4 a 1\n", 0, false, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			percent, is, err := Coverage(strings.NewReader(c.profile))
			if percent != c.percent || is != c.is || (err != nil) != c.bad {
				t.Errorf("%v, %v, %v", percent, is, err)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"Action":"fail","Package":"p","Test":"A/b"}` + "\n" + `{"Action":"run","Package":"p","Test":"A"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Read(strings.NewReader(text))
		if err != nil || r.Passed < 0 || r.Skipped < 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
