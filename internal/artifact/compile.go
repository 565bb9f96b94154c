package artifact

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// tags leave out of the Lambda library what the runtimes provided.* do not use.
const tags = "lambda.norpc"

// flags are those of the build: nothing of this machine, of git or of the
// linker's own identity gets into the program, and no profile, which is no source.
func flags() []string {
	return []string{"-trimpath", "-buildvcs=false", "-pgo=off", "-tags", tags, "-ldflags", "-s -w -buildid="}
}

// folders gives functions' folders as Go names packages.
func (t *toolchain) folders(names []string) []string {
	folders := make([]string, 0, len(names))
	for _, name := range names {
		folders = append(folders, "./"+path.Join(t.options.Source, name))
	}
	return folders
}

// make builds functions, all in one run of the toolchain so that it spreads
// them over the processors, and packs them.
func (t *toolchain) make(ctx context.Context, names []string) ([]Built, error) {
	programs, err := os.MkdirTemp(t.options.dir(), ".programs-")
	if err != nil {
		return nil, outProblem(err)
	}
	defer os.RemoveAll(programs) //nolint:errcheck // the next build has a directory of its own
	args := append([]string{"build", "-o", programs + string(filepath.Separator)}, flags()...)
	if _, err := t.run(ctx, append(args, t.folders(names)...)...); err != nil {
		return nil, t.sourceProblem(err)
	}
	made := make([]Built, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, name := range names {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			made[i] = Built{Name: name, File: name + suffix}
			var err error
			made[i].SHA256, made[i].Size, err = pack(filepath.Join(programs, name), t.options.Path(made[i]))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, outProblem(err)
	}
	return made, nil
}

// said is a line of the compiler's about a place in the source.
var said = regexp.MustCompile(`^(?:vet: )?([^\s:][^:]*\.(?:go|s|mod|sum)):(\d+)(?::(\d+))?: (.+)$`)

// mostErrors is how many of the compiler's errors are told.
const mostErrors = 10

// sourceProblem gives what the toolchain said of the source, place by place.
func (t *toolchain) sourceProblem(err error) error {
	var failed *failedError
	if !errors.As(err, &failed) {
		return err
	}
	var found []error
	for line := range strings.Lines(failed.stderr) {
		match := said.FindStringSubmatch(strings.TrimSpace(line))
		if match == nil || len(found) == mostErrors {
			continue
		}
		at := problem.Location{File: filepath.ToSlash(filepath.Clean(match[1]))}
		at.Line, _ = strconv.Atoi(match[2])
		at.Column, _ = strconv.Atoi(match[3])
		found = append(found, &problem.Error{Code: problem.FunctionsBroken, Where: at, What: match[4]})
	}
	if len(found) > 0 {
		return errors.Join(found...)
	}
	return &problem.Error{Code: problem.FunctionsBroken, Where: problem.Location{File: t.options.Source},
		What: "go " + failed.command + " failed: " + failed.stderr, Err: failed.err}
}

func (t *toolchain) notMain(name string) error {
	return &problem.Error{Code: problem.FunctionsBroken, Where: problem.Location{File: path.Join(t.options.Source, name, "main.go")},
		What: fmt.Sprintf("function %s is no package main of this project's module", name)}
}
