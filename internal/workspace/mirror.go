package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// runDir is the folder of composed roots in an environment's home.
const runDir = "run"

// beside gives a folder for composed roots in which the links lead to this
// workspace's project, and holds it by a shared lock. The working tree and the
// releases take turns with one folder, so that what init made there serves them
// all; while a run of one uses it, the others get folders of their own. A
// module's path is the same in each.
func (w *Workspace) beside() (run string, held *flock.Flock, err error) {
	// Or the layers of one run would keep each other from leading it here.
	w.leading.Lock()
	defer w.leading.Unlock()
	for n := 1; n <= mostInUse; n++ {
		run := w.run(n)
		held, free, err := w.hold(run)
		if free || err != nil {
			return run, held, err
		}
	}
	return "", nil, &problem.Error{Code: problem.WorkDirectory, What: fmt.Sprintf("runs of %d releases use %s at a time", mostInUse, w.home)}
}

// run gives the n-th folder of composed roots, counted from 1.
func (w *Workspace) run(n int) string {
	run := filepath.Join(w.home, runDir)
	if n > 1 {
		run = fmt.Sprintf("%s.%d", run, n)
	}
	return run
}

// hold locks a folder of composed roots, after it has led it to the project; free
// is false where others use it for another project.
func (w *Workspace) hold(run string) (held *flock.Flock, free bool, err error) {
	lock := flock.New(run+".lock", flock.SetPermissions(0o600))
	mark := run + ".project"
	for range mostTurns {
		// Nobody holds it exclusively but for the moment of leading it elsewhere.
		if err := lock.RLock(); err != nil {
			return nil, false, diskProblem("lock "+run, err)
		}
		if led, err := os.ReadFile(mark); err == nil && string(led) == w.project {
			// The project itself may have got new folders.
			if err := w.lead(run); err != nil {
				return nil, false, errors.Join(err, lock.Unlock())
			}
			return lock, true, nil
		}
		if err := lock.Unlock(); err != nil {
			return nil, false, diskProblem("unlock "+run, err)
		}
		alone, err := lock.TryLock()
		if err != nil {
			return nil, false, diskProblem("lock "+run, err)
		}
		if !alone {
			continue // somebody may just be leading it here
		}
		// Between the two it is nobody's.
		err = errors.Join(remove(mark), w.lead(run))
		if err == nil {
			err = write(mark, []byte(w.project))
		}
		if err := errors.Join(err, lock.Unlock()); err != nil {
			return nil, false, err
		}
	}
	return nil, false, nil
}

// mostTurns bounds how often a folder is tried for which runs of several
// releases compete.
const mostTurns = 5

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskProblem("remove "+path, err)
	}
	return nil
}

// lead makes a folder of composed roots lie beside links to the project.
func (w *Workspace) lead(run string) error {
	if err := os.MkdirAll(run, 0o700); err != nil {
		return diskProblem("create the work directory "+run, err)
	}
	return w.mirror(run, ".")
}

// mirror keeps beside the composed roots what lies beside environments/ in the
// project. Terraform takes a module by the path that links resolve to, and
// path.module with it, so the folders of modules are folders here too, and
// links only what they hold.
func (w *Workspace) mirror(run, dir string) error {
	entries, err := os.ReadDir(filepath.Join(w.project, filepath.FromSlash(dir)))
	if err != nil {
		return diskProblem("list the project's folder "+dir, err)
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if name == environment.Dir || name == Dir || name == ".git" || entry.Name() == ".terraform" {
			continue
		}
		target := filepath.Join(run, filepath.FromSlash(name))
		if !w.real[name] {
			if err := link(filepath.Join(w.project, filepath.FromSlash(name)), target); err != nil {
				return err
			}
			continue
		}
		if info, err := os.Lstat(target); err == nil && !info.IsDir() {
			if err := os.Remove(target); err != nil {
				return diskProblem("replace "+target, err)
			}
		}
		if err := os.MkdirAll(target, 0o700); err != nil {
			return diskProblem("create "+target, err)
		}
		if err := w.mirror(run, name); err != nil {
			return err
		}
	}
	return w.forget(run, dir)
}

// forget removes links to what the project has no more.
func (w *Workspace) forget(run, dir string) error {
	here := filepath.Join(run, filepath.FromSlash(dir))
	entries, err := os.ReadDir(here)
	if err != nil {
		return diskProblem("list "+here, err)
	}
	for _, entry := range entries {
		if entry.Type()&fs.ModeSymlink == 0 {
			continue
		}
		if _, err := os.Lstat(filepath.Join(w.project, filepath.FromSlash(dir), entry.Name())); errors.Is(err, fs.ErrNotExist) {
			if err := os.Remove(filepath.Join(here, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return diskProblem("clean "+here, err)
			}
		}
	}
	return nil
}

// link makes at a link to target, unless something else is there.
func link(target, at string) error {
	if present, err := os.Readlink(at); err == nil {
		if present == target {
			return nil
		}
		if err := os.Remove(at); err != nil {
			return diskProblem("replace the link "+at, err)
		}
	}
	if info, err := os.Lstat(at); err == nil && info.IsDir() {
		// A module's folder that is one no more; what it holds are links.
		if err := os.RemoveAll(at); err != nil {
			return diskProblem("replace "+at, err)
		}
	}
	if err := os.Symlink(target, at); err != nil && !errors.Is(err, fs.ErrExist) {
		return diskProblem("link "+at, err)
	}
	return nil
}
