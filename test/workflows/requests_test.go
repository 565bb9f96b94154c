package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What is typed into a form is refused before anything is checked out or built.
func TestRequestsAreChecked(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	cases := map[string]struct {
		file    string
		typed   []string
		refused string // "" for what goes on
	}{
		"roll back to a version":        {"rollback-production.yml", []string{"VERSION=v1.2.0", "CONFIRM=rollback"}, ""},
		"roll back to a pre-release":    {"rollback-production.yml", []string{"VERSION=v1.2.0-rc.1", "CONFIRM=rollback"}, ""},
		"roll back to a commit":         {"rollback-production.yml", []string{"VERSION=" + commit, "CONFIRM=rollback"}, ""},
		"roll back to a short commit":   {"rollback-production.yml", []string{"VERSION=0123456", "CONFIRM=rollback"}, ""},
		"another word":                  {"rollback-production.yml", []string{"VERSION=v1.2.0", "CONFIRM=yes"}, "confirm wants the word rollback"},
		"a word in capitals":            {"rollback-production.yml", []string{"VERSION=v1.2.0", "CONFIRM=Rollback"}, "confirm wants the word rollback"},
		"the format before the word":    {"rollback-production.yml", []string{"VERSION=1.2.0", "CONFIRM="}, "version wants v1.2.3"},
		"two numbers":                   {"rollback-production.yml", []string{"VERSION=v1.2", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"a commit that is too short":    {"rollback-production.yml", []string{"VERSION=012345", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"a branch":                      {"rollback-production.yml", []string{"VERSION=main", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"a flag":                        {"rollback-production.yml", []string{"VERSION=--previous", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"a command":                     {"rollback-production.yml", []string{"VERSION=v1.2.0$(touch escaped)", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"a second line":                 {"rollback-production.yml", []string{"VERSION=v1.2.0\nx", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"no version to go back to":      {"rollback-production.yml", []string{"VERSION=", "CONFIRM=rollback"}, "version wants v1.2.3"},
		"deploy a version":              {"deploy-production.yml", []string{"VERSION=v1.3.0", "CONFIRM=production"}, ""},
		"deploy a commit":               {"deploy-production.yml", []string{"VERSION=" + commit, "CONFIRM=production"}, ""},
		"deploy by another word":        {"deploy-production.yml", []string{"VERSION=v1.3.0", "CONFIRM=staging"}, "confirm wants the word production"},
		"deploy without a word":         {"deploy-production.yml", []string{"VERSION=v1.3.0", "CONFIRM="}, "confirm wants the word production"},
		"deploy what is no version":     {"deploy-production.yml", []string{"VERSION=latest", "CONFIRM=production"}, "version wants v1.2.3"},
		"deploy with a line of outputs": {"deploy-production.yml", []string{"VERSION=v1.3.0\nx=y", "CONFIRM=production"}, "version wants v1.2.3"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := parseWorkflow(c.file, read(t, filepath.Join(github, "workflows", c.file)))
			if err != nil {
				t.Fatal(err)
			}
			if w.Jobs[0].name != "request" {
				t.Fatalf("the first job is %s", w.Jobs[0].name)
			}
			dir, failed, said := t.TempDir(), false, ""
			outputs := filepath.Join(dir, "outputs")
			for _, s := range w.Jobs[0].Steps {
				cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
				cmd.Dir, cmd.Env = dir, slices.Concat(c.typed, []string{"GITHUB_OUTPUT=" + outputs})
				output, err := cmd.CombinedOutput()
				said += string(output)
				if failed = err != nil; failed {
					break
				}
			}
			if failed != (c.refused != "") || !strings.Contains(said, c.refused) {
				t.Errorf("refused: %t, saying %q; want %q", failed, said, c.refused)
			}
			left, err := os.ReadFile(outputs)
			if want := strings.Join(c.typed[:1], "") + "\n"; err == nil && !strings.EqualFold(string(left), want) {
				t.Errorf("outputs %q, want %q", left, want)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) > 1 {
				t.Errorf("files %v, %v", files, err)
			}
		})
	}
}
