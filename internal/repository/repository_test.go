package repository_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/repository"
)

// environ has nothing of the user's.
func environ(t *testing.T) []string {
	t.Helper()
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
		"GIT_COMMITTER_DATE=2026-01-02T03:04:05+09:00", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z"}
}

func git(t *testing.T, dir string, env []string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir}, arguments...)...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}

func write(t *testing.T, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// project gives a project in a repository, in a folder of it.
func project(t *testing.T) (dir string, env []string, commit string) {
	t.Helper()
	top, env := t.TempDir(), environ(t)
	dir = filepath.Join(top, "app")
	write(t, dir, "environments/main.tf", "# root\n")
	git(t, top, env, "init", "-q")
	git(t, top, env, "add", ".")
	git(t, top, env, "commit", "-q", "-m", "one")
	return dir, env, git(t, top, env, "rev-parse", "HEAD")
}

func TestSource(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(dir string)
		dirty  bool
	}{
		"as committed":           {func(string) {}, false},
		"changed":                {func(dir string) { write(t, dir, "environments/main.tf", "# other\n") }, true},
		"with a new file":        {func(dir string) { write(t, dir, "modules/x/main.tf", "") }, true},
		"with an approval":       {func(dir string) { write(t, dir, "plan.json", "{}") }, false},
		"with a work directory":  {func(dir string) { write(t, dir, ".mandala/x", "") }, false},
		"changed beside project": {func(dir string) { write(t, filepath.Dir(dir), "other", "") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, env, commit := project(t)
			test.change(dir)
			got, err := repository.At(dir, env, []string{"environments", "modules"}).Source(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := release.Source{Commit: commit, CommitTime: time.Date(2026, 1, 1, 18, 4, 5, 0, time.UTC), Dirty: test.dirty}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoRepository(t *testing.T) {
	t.Parallel()
	dir, env, _ := project(t)
	inner := filepath.Join(dir, "inner")
	write(t, inner, "environments/main.tf", "# of another project\n")
	fresh := t.TempDir()
	git(t, fresh, env, "init", "-q")
	for name, at := range map[string]repository.Repository{
		"none":                          repository.At(t.TempDir(), env, nil),
		"without a commit":              repository.At(fresh, env, nil),
		"of another project":            repository.At(inner, env, nil),
		"no such folder":                repository.At(filepath.Join(dir, "nowhere"), env, nil),
		"git refuses to read it":        repository.At(dir, append(env, "GIT_DIR=/nowhere"), nil),
		"its owner is somebody unknown": repository.At(dir, append(env, "GIT_TEST_ASSUME_DIFFERENT_OWNER=1"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := at.Source(t.Context())
			if err != nil || got != (release.Source{}) {
				t.Errorf("got %+v, %v", got, err)
			}
			if tag, err := at.Tag(t.Context(), "v1.0.0"); tag != "" || err != nil {
				t.Errorf("tag %q, %v", tag, err)
			}
			if ignored, err := at.Ignored(t.Context(), []string{"environments"}); len(ignored) != 0 || err != nil {
				t.Errorf("ignored %q, %v", ignored, err)
			}
		})
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	dir, env, first := project(t)
	git(t, dir, env, "tag", "-a", "-m", "annotated", "v1.0.0")
	write(t, dir, "environments/main.tf", "# two\n")
	git(t, dir, env, "commit", "-q", "-a", "-m", "two")
	at := repository.At(dir, env, nil)
	if got, err := at.Tag(t.Context(), "v1.0.0"); got != first || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, first)
	}
	if got, err := at.Tag(t.Context(), "v9.0.0"); got != "" || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestIgnored(t *testing.T) {
	t.Parallel()
	dir, env, _ := project(t)
	write(t, filepath.Dir(dir), ".gitignore", "*.auto.tfvars\nprivate/\n")
	for _, name := range []string{"environments/kept.auto.tfvars", "environments/a b ü.auto.tfvars", "environments/new.tf", "environments/private/x/deploy.hcl",
		"modules/one/x.auto.tfvars", "modules/[two]/x.auto.tfvars", "modules/three/x.auto.tfvars"} {
		write(t, dir, name, "")
	}
	git(t, dir, env, "add", "-f", "environments/kept.auto.tfvars") // it is the repository's, whatever the rule
	at := repository.At(dir, env, nil)
	got, err := at.Ignored(t.Context(), []string{"environments", "modules/one", "modules/[two]", "modules/nowhere"})
	slices.Sort(got)
	want := []string{"environments/a b ü.auto.tfvars", "environments/private/x/deploy.hcl", "modules/[two]/x.auto.tfvars", "modules/one/x.auto.tfvars"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir, env, _ := project(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := repository.At(dir, env, nil).Source(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted question is taken for an answer: %v", err)
	}
}
