package comment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/testresult"
)

func TestTests(t *testing.T) {
	t.Parallel()
	covered := 81.25
	many := Tested{Job: "unit", Results: testresult.Results{Passed: 3}}
	for i := range 400 {
		many.Results.Failed = append(many.Results.Failed, testresult.Test{Package: "example.com/p", Name: fmt.Sprintf("TestA/%s_%d", strings.Repeat("`|", 200), i)})
	}
	cases := map[string][]Tested{
		"tests-none": nil,
		"tests-passed": {
			{Job: "integration", Results: testresult.Results{Passed: 120, Skipped: 2}},
			{Job: "unit", Results: testresult.Results{Passed: 2311}, Coverage: &covered},
			{Job: "workflows"},
		},
		"tests-failed": {
			{Job: "@team | `x`", Results: testresult.Results{Failed: []testresult.Test{{Package: "example.com/p"}, {Package: "example.com/q", Name: "TestB/@everyone_<b>_`c`"}}}},
			{Job: "unit", Results: testresult.Results{Passed: 9, Failed: []testresult.Test{{Package: "example.com/r", Name: "TestC"}}}, Coverage: &covered},
		},
		"tests-many": {many},
	}
	for name, jobs := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Tests(jobs, Options{Run: "https://github.com/acme/goals/actions/runs/7"})
			file := filepath.Join("testdata", name+".golden.md")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if small := Tests(jobs, Options{Limit: 3_000}); len(small) > 3_000 || len(got) > Limit {
				t.Errorf("%d and %d bytes", len(small), len(got))
			}
		})
	}
}
