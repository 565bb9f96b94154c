package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// releasesDir is the folder of checked out releases in an environment's home.
const releasesDir = "releases"

// keptCheckouts is how many checked out releases stay: those that were opened last.
const keptCheckouts = 5

// concurrentReads bounds the files of a release that are fetched at a time.
const concurrentReads = 8

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Checkouts lays stored releases out in the work directory of an environment. It
// implements engine.Checkouts.
type Checkouts struct {
	environment string
	home        string
}

var _ engine.Checkouts = Checkouts{}

// NewCheckouts gives the checkouts of an environment in a project's work
// directory.
func NewCheckouts(project, environmentName string) Checkouts {
	return Checkouts{environment: environmentName, home: filepath.Join(project, Dir, environmentName)}
}

// Open gives the project of a release. What lies there whole from an earlier
// time, by the sums that were written then, is not fetched again.
func (c Checkouts) Open(ctx context.Context, digest string, files map[string]func(context.Context) ([]byte, error)) (engine.Checkout, error) {
	if !digestPattern.MatchString(digest) {
		return engine.Checkout{}, fmt.Errorf("open a release: %q is no digest", digest)
	}
	dir := filepath.Join(c.home, releasesDir, strings.TrimPrefix(digest, "sha256:"))
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return engine.Checkout{}, diskProblem("create the work directory "+filepath.Dir(dir), err)
	}
	lock := flock.New(dir+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return engine.Checkout{}, diskProblem("lock "+dir, err)
	}
	err := c.checkOut(ctx, dir, files)
	if err == nil {
		now := time.Now()
		err = os.Chtimes(sumsOf(dir), now, now)
	}
	if err := errors.Join(err, lock.Unlock()); err != nil {
		return engine.Checkout{}, err
	}
	if err := tidy(filepath.Dir(dir)); err != nil {
		return engine.Checkout{}, err
	}
	fsys := os.DirFS(dir)
	env, err := environment.Load(fsys, c.environment)
	if err != nil {
		return engine.Checkout{}, fmt.Errorf("the release's root: %w", err)
	}
	// Beside the working tree's composed roots: where plans and what init made lie
	// is the same for both.
	laid, err := open(dir, c.home, env.Root.ModuleDirs())
	if err != nil {
		return engine.Checkout{}, err
	}
	return engine.Checkout{FS: fsys, Dir: dir, Environment: env, Files: laid}, nil
}

// checkOut makes the directory hold exactly these files: at once, or not at all.
func (c Checkouts) checkOut(ctx context.Context, dir string, files map[string]func(context.Context) ([]byte, error)) (err error) {
	if whole(dir, files) {
		return nil
	}
	for name := range files {
		if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) {
			return fmt.Errorf("open a release: its file %q lies outside the project", name)
		}
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), ".new-")
	if err != nil {
		return diskProblem("create a folder in "+filepath.Dir(dir), err)
	}
	defer func() {
		// It is gone where it was put in place.
		if removeErr := os.RemoveAll(fresh); removeErr != nil && err == nil {
			err = diskProblem("remove "+fresh, removeErr)
		}
	}()
	sums, err := fetch(ctx, fresh, files)
	if err != nil {
		return err
	}
	body, err := json.Marshal(sums)
	if err != nil {
		return fmt.Errorf("write the sums of a release: %w", err)
	}
	// The sums first and the files by one rename: sums without their files, and
	// files that are not theirs, are both not whole.
	if err := write(sumsOf(dir), body); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return diskProblem("replace "+dir, err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return diskProblem("put a release in place at "+dir, err)
	}
	return nil
}

// tidy removes the checkouts that were opened longest ago; those that another run is
// about to open stay. A release that is opened again is fetched again.
func tidy(releases string) error {
	entries, err := os.ReadDir(releases)
	if err != nil {
		return diskProblem("list "+releases, err)
	}
	var all []string
	opened := map[string]time.Time{}
	for _, entry := range entries {
		digest, sums := strings.CutSuffix(entry.Name(), ".json")
		if info, err := entry.Info(); err == nil && sums && digestPattern.MatchString("sha256:"+digest) {
			dir := filepath.Join(releases, digest)
			all, opened[dir] = append(all, dir), info.ModTime()
		}
	}
	slices.SortFunc(all, func(a, b string) int { return opened[b].Compare(opened[a]) })
	for _, dir := range all[min(len(all), keptCheckouts):] {
		lock := flock.New(dir+".lock", flock.SetPermissions(0o600))
		if taken, err := lock.TryLock(); err != nil || !taken {
			continue
		}
		if err := errors.Join(os.RemoveAll(dir), os.Remove(sumsOf(dir)), lock.Unlock()); err != nil {
			return diskProblem("remove "+dir, err)
		}
	}
	return nil
}

func sumsOf(dir string) string { return dir + ".json" }

// fetch writes the files below a folder and gives their sums.
func fetch(ctx context.Context, dir string, files map[string]func(context.Context) ([]byte, error)) (map[string]string, error) {
	type sum struct{ name, sum string }
	done := make(chan sum, len(files))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentReads)
	for name, read := range files {
		group.Go(func() error {
			body, err := read(groupCtx)
			if err != nil {
				return err
			}
			target := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
				return diskProblem("create "+filepath.Dir(target), err)
			}
			done <- sum{name, release.Sum(body)}
			return write(target, body)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	close(done)
	sums := make(map[string]string, len(files))
	for each := range done {
		sums[each.name] = each.sum
	}
	return sums, nil
}

// whole reports whether a directory holds these files and no others, each as it
// was written.
func whole(dir string, files map[string]func(context.Context) ([]byte, error)) bool {
	body, err := os.ReadFile(sumsOf(dir))
	if err != nil {
		return false
	}
	var sums map[string]string
	if json.Unmarshal(body, &sums) != nil || len(sums) != len(files) {
		return false
	}
	found := 0
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		content, err := os.ReadFile(path) //nolint:gosec // the folder is this user's alone, and what is read is compared with its sum
		if err != nil {
			return err
		}
		if _, wanted := files[name]; !wanted || release.Sum(content) != sums[name] {
			return &problem.Error{Code: problem.WorkDirectory, What: name + " was changed"}
		}
		found++
		return nil
	})
	return err == nil && found == len(files)
}
