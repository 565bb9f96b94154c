package script

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// elsewhere are the codes of releases, deployments, history and verification that no
// script shows, and why.
func elsewhere() map[problem.Code]string {
	return map[problem.Code]string{
		problem.CanaryFailed:    "no refusal: it ends a deployment that shares calls out, which takes deployed functions; the engine's tests have it",
		problem.MigrationFailed: "no refusal: it ends a deployment whose database's own function fails; the engine's tests have it",
		problem.NoticeFailed:    "no refusal: it takes a Slack that answers, which the tests of functions/slack have",
		problem.NotCommented:    "no refusal: a warning, and it takes a GitHub that fails, which the tests of internal/github have",
		problem.IssueRefused:    "no refusal: a warning beside a drift, which takes a deployment; the tests of internal/github and internal/cli have it",
		problem.DriftNotTold:    "no refusal: a warning beside a drift, and it takes a GitHub that fails, which the tests of internal/github have",
		problem.NotPublished:    "it takes a GitHub that fails for minutes, which the tests of internal/github have",
		problem.NotSetUp:        "it takes a GitHub that fails for minutes, which the tests of internal/github have",
	}
}

var codeShown = regexp.MustCompile(`(?m)^(?:refuses|stdout|stderr) .*?(MD\d{4})`)

// Every refusal of a release, of going back, of looking back and of verifying has a
// script that shows it.
func TestEveryRefusalHasAScript(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	shown := map[problem.Code]bool{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script, _, _ := strings.Cut(string(body), "\n-- ")
		for _, found := range codeShown.FindAllStringSubmatch(script, -1) {
			shown[problem.Code(found[1])] = true
		}
	}
	excepted := elsewhere()
	for _, entry := range problem.Catalogue() {
		switch {
		case !strings.HasPrefix(string(entry.Code), "MD08"):
		case shown[entry.Code] && excepted[entry.Code] != "":
			t.Errorf("%s, %s, is shown by a script: take it from the exceptions", entry.Code, entry.Title)
		case !shown[entry.Code] && excepted[entry.Code] == "":
			t.Errorf("no script shows %s, %s", entry.Code, entry.Title)
		}
	}
}
