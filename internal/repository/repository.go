// Package repository asks git what commit a project's working tree is at. A
// project in no repository, or on a machine without git, is an ordinary one.
package repository

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

// Repository is the one that a project lies in, if any. It implements
// engine.Repository.
type Repository struct {
	dir     string
	environ []string
	sources []string
}

var _ engine.Repository = Repository{}

// At gives the repository of the project in a directory. environ is the
// environment, NAME=value, in which git runs. sources are the folders from which
// things are deployed: only there a new file makes the tree differ, so that an
// approval that somebody writes beside them does not make itself stale.
func At(dir string, environ, sources []string) Repository {
	return Repository{dir: dir, environ: environ, sources: sources}
}

// Source gives the commit at which the working tree is and whether the project
// differs from it, new files of its sources included.
func (r Repository) Source(ctx context.Context) (release.Source, error) {
	head, err := r.git(ctx, "log", "-1", "--format=%H %ct")
	if err != nil || head == "" {
		return release.Source{}, stopped(ctx)
	}
	if !r.known(ctx) {
		return release.Source{}, stopped(ctx)
	}
	commit, seconds, _ := strings.Cut(head, " ")
	committed, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || len(commit) != 40 {
		return release.Source{}, nil // of an object format that releases do not know
	}
	changes, err := r.git(ctx, "status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)"+workspace.Dir)
	if err == nil && changes == "" && len(r.sources) > 0 {
		changes, err = r.git(ctx, append([]string{"ls-files", "--others", "--exclude-standard", "--"}, r.sources...)...)
	}
	if err != nil {
		return release.Source{}, errors.Join(stopped(ctx), fmt.Errorf("ask git for changes of the working tree: %w", err))
	}
	return release.Source{Commit: commit, CommitTime: time.Unix(committed, 0).UTC(), Dirty: changes != ""}, nil
}

// Tag gives the commit that a tag names, "" where there is none.
func (r Repository) Tag(ctx context.Context, name string) (string, error) {
	commit, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+name+"^{commit}")
	if err != nil {
		return "", stopped(ctx)
	}
	return commit, nil
}

// Ignored gives the files below these folders that git is told to ignore and does not
// have, by path relative to the project.
func (r Repository) Ignored(ctx context.Context, dirs []string) ([]string, error) {
	if !r.known(ctx) {
		return nil, stopped(ctx)
	}
	arguments := []string{"ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"}
	for _, dir := range dirs {
		arguments = append(arguments, ":(literal)"+dir)
	}
	found, err := r.git(ctx, arguments...)
	if err != nil {
		return nil, errors.Join(stopped(ctx), fmt.Errorf("ask git which files it ignores: %w", err))
	}
	return strings.FieldsFunc(found, func(c rune) bool { return c == 0 }), nil
}

// known reports whether the project is in the repository: one that merely lies in
// somebody's is none of its commits.
func (r Repository) known(ctx context.Context) bool {
	known, err := r.git(ctx, "ls-files", "--", environment.Dir)
	return err == nil && known != ""
}

// git gives what a git command writes.
func (r Repository) git(ctx context.Context, arguments ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	// Not asked to write: a status otherwise refreshes the index.
	cmd := exec.CommandContext(ctx, "git", append([]string{"--no-optional-locks", "-C", r.dir}, arguments...)...)
	cmd.Env = append(append([]string(nil), r.environ...), "LC_ALL=C")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if said := strings.TrimSpace(stderr.String()); said != "" {
			return "", fmt.Errorf("%w: %s", err, said)
		}
		return "", err
	}
	return strings.TrimSpace(stdout.String()), nil
}

// stopped gives the error of a context that ended: that is no sign of a missing
// repository.
func stopped(ctx context.Context) error { return ctx.Err() }
