package deploy

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/test/kit"
	"github.com/goal-mandala/mandala-deploy/test/shell"
)

// documented is a command of the guides.
type documented struct {
	file string
	shell.Call
}

// answers are the exit codes of commands that do not end with 0 here, with the error code
// by which they say why. What they do where there is something to do for them is shown by
// test/interrupt, and that nothing else fails to verify by checkVerification.
var answers = map[string]struct {
	code int
	says string
}{
	"apply ENV --resume":                            {1, "MD0505"}, // nothing was interrupted
	"unlock ENV --confirm ENV":                      {1, "MD0507"}, // there is no lease
	"verify ENV --drill alarm --junit FILE --probe": {3, "MD0843"}, // of what the local AWS cannot tell
}

// harmless are the commands that checkDocuments may run itself: they read, or are safe to
// repeat, or change nothing here. All others have to have been run by the tests before it.
var harmless = []string{
	"apply ENV --resume", "bootstrap", "doctor", "drift", "environments", "functions invoke", "graph", "history", "local logs", "local status",
	"plan", "release diff", "release list", "release prune", "release show", "release verify", "rollback ENV --dry-run", "status", "unlock", "verify", "version",
}

// checkDocuments holds every command of docs/guide to being run: what the tests of this
// stack have run in the same form (shell.Call.Form) counts, what is harmless and was not
// run is run now, and anything else fails. The guides say production, and all that is run
// here is run on environment local; v1.3.0 and v1.2.0, the release that comes and the one
// that stands, are two that the tests built, and an id is that of the last deployment.
//
// In a project that stands already nothing is changed: there it runs what is harmless.
func checkDocuments(t *testing.T, p *kit.Project, a *kit.Application, standing bool) {
	slackChannel(t, a)
	var history struct {
		Deployments []struct{ ID string }
	}
	p.JSON(0, &history, "history", "local", "--limit", "1")
	scratch := t.TempDir()
	here := strings.NewReplacer("production", "local", "v1.3.0", "v1.1.0", "v1.2.0", "v1.0.0", "4f1c2d3e4a5b6c7d", history.Deployments[0].ID)
	for _, each := range commandsOf(t) {
		form := each.Form()
		want := answers[form]
		if wasRun(p, form, want.code) {
			continue
		}
		if !slices.ContainsFunc(harmless, func(begins string) bool { return strings.HasPrefix(form, begins) }) {
			if standing {
				continue
			}
			t.Errorf("%s: nothing has run `%s %s`: let a test of this stack run it, in the form\n%s", each.file, shell.Program, strings.Join(each.Args, " "), form)
			continue
		}
		if standing && (strings.Contains(form, "VERSION") || strings.HasPrefix(form, "release prune --keep")) {
			continue // who knows which releases there are, and which somebody wants to keep
		}
		var args []string
		for i, argument := range each.Args {
			if i > 0 && slices.Contains([]string{"--junit", "--out"}, each.Args[i-1]) {
				argument = filepath.Join(scratch, argument)
			}
			args = append(args, here.Replace(argument))
		}
		if result := p.Run(args...); result.Code != want.code || !strings.Contains(result.Stderr, want.says) {
			t.Errorf("%s: want exit code %d %s of %s", each.file, want.code, want.says, result)
		}
	}
}

// wasRun reports whether a command of this form has ended with this code.
func wasRun(p *kit.Project, form string, code int) bool {
	return slices.ContainsFunc(p.Ran(), func(done kit.Ran) bool {
		return done.Code == code && shell.Call{Args: done.Args}.Form() == form
	})
}

// commandsOf gives all commands of the English guides; test/architecture holds the
// Japanese ones to having the same.
func commandsOf(t *testing.T) []documented {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(kit.Repository(), "docs", "guide", "en", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []documented
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range shell.Blocks(string(text)) {
			for _, call := range shell.Calls(block.Script) {
				all = append(all, documented{file: filepath.Base(file), Call: call})
			}
		}
	}
	if len(all) < 40 {
		t.Fatalf("only %d commands are found", len(all))
	}
	return all
}
