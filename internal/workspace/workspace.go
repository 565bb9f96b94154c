// Package workspace lays composed roots out on disk. Each gets a directory
// that lies beside links to the project's folders as environments/ does, so
// that relative module sources and file paths mean the same in it.
package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Dir is the name of the work directory in a project.
const Dir = ".mandala"

// mostInUse bounds how many runs of one environment can share a checkout.
const mostInUse = 64

// volatile are the files that can hold values and go when a directory is
// released; the rest, .terraform above all, stays for the next run.
var volatile = []string{
	engine.PlanFile, "plan.jsonl", "terraform.tfstate", "terraform.tfstate.backup", "mandala.auto.tfvars.json",
}

// unsavedState is where Terraform puts a state that it could not store.
const unsavedState = "errored.tfstate"

// Workspace is the work directory of one environment.
type Workspace struct {
	project string // absolute path of the project directory
	run     string // where composed roots lie
}

// New gives the workspace of an environment, creating its directory.
// moduleDirs are the folders of local modules, relative to the project.
func New(project, environmentName string, moduleDirs []string) (*Workspace, error) {
	w := &Workspace{project: project, run: filepath.Join(project, Dir, environmentName, "run")}
	if err := os.MkdirAll(w.run, 0o700); err != nil {
		return nil, diskProblem("create the work directory "+w.run, err)
	}
	real := map[string]bool{}
	for _, dir := range moduleDirs {
		for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
			real[dir] = true
		}
	}
	return w, w.mirror(".", real)
}

// mirror keeps beside the composed roots what lies beside environments/ in the
// project. Terraform takes a module by the path that links resolve to, and
// path.module with it, so the folders of modules are folders here too, and
// links only what they hold.
func (w *Workspace) mirror(dir string, real map[string]bool) error {
	entries, err := os.ReadDir(filepath.Join(w.project, filepath.FromSlash(dir)))
	if err != nil {
		return diskProblem("list the project's folder "+dir, err)
	}
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if name == environment.Dir || name == Dir || name == ".git" || entry.Name() == ".terraform" {
			continue
		}
		target := filepath.Join(w.run, filepath.FromSlash(name))
		if !real[name] {
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
		if err := w.mirror(name, real); err != nil {
			return err
		}
	}
	return w.forget(dir)
}

// forget removes links to what the project has no more.
func (w *Workspace) forget(dir string) error {
	here := filepath.Join(w.run, filepath.FromSlash(dir))
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

// Lay writes a composed root into the first directory of this name that no
// other run uses. secret files are for the owner's eyes and go on Release.
func (w *Workspace) Lay(name string, files, secret map[string][]byte) (engine.Directory, error) {
	lock, path, err := w.claim(name)
	if err != nil {
		return nil, err
	}
	dir := &directory{path: path, lock: lock}
	if err := dir.fill(w.project, files, secret); err != nil {
		return nil, errors.Join(err, dir.Release())
	}
	return dir, nil
}

func (w *Workspace) claim(name string) (*flock.Flock, string, error) {
	for n := 1; n <= mostInUse; n++ {
		each := name
		if n > 1 {
			each = fmt.Sprintf("%s.%d", name, n)
		}
		path := filepath.Join(w.run, each)
		lock := flock.New(path+".lock", flock.SetPermissions(0o600))
		ok, err := lock.TryLock()
		if err != nil {
			return nil, "", diskProblem("lock "+path, err)
		}
		if !ok {
			continue
		}
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, "", errors.Join(diskProblem("create "+path, err), lock.Unlock())
		}
		return lock, path, nil
	}
	return nil, "", &problem.Error{Code: problem.WorkDirectory, What: fmt.Sprintf("%d runs use %s at a time", mostInUse, w.run)}
}

// Leftover gives the event stream of the newest Apply in a directory of this
// name, nil where there is none.
func (w *Workspace) Leftover(name string) ([]byte, error) {
	body, err := os.ReadFile(filepath.Join(w.run, name, engine.EventsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskProblem("read what a dead run left", err)
	}
	return body, nil
}

type directory struct {
	path string
	lock *flock.Flock
}

func (d *directory) Path() string { return d.path }

// Release removes what can hold values, and lets others use the directory.
func (d *directory) Release() error {
	return errors.Join(d.remove(append([]string{engine.EventsFile, unsavedState}, volatile...)), d.lock.Unlock())
}

// Leave does so, too, but keeps the events and a state that Terraform could
// not store: should the record be lost as well, they are the only account.
func (d *directory) Leave() error {
	return errors.Join(d.remove(volatile), d.lock.Unlock())
}

// Unsaved reports whether Terraform could not store its state.
func (d *directory) Unsaved() bool {
	_, err := os.Stat(filepath.Join(d.path, unsavedState))
	return err == nil
}

func (d *directory) remove(names []string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(d.path, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskProblem("clean "+d.path, err)
		}
	}
	return nil
}

// fill makes the directory hold exactly these files, what init made, and links
// to the root's other entries.
func (d *directory) fill(project string, files, secret map[string][]byte) error {
	if err := d.remove(volatile); err != nil {
		return err
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return diskProblem("list "+d.path, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		_, wanted := files[name]
		stale := strings.HasSuffix(name, ".tf") && !wanted || entry.Type()&fs.ModeSymlink != 0
		if stale {
			if err := os.Remove(filepath.Join(d.path, name)); err != nil {
				return diskProblem("clean "+d.path, err)
			}
		}
	}
	for name, body := range files {
		if err := write(filepath.Join(d.path, name), body); err != nil {
			return err
		}
	}
	for name, body := range secret {
		if err := write(filepath.Join(d.path, name), body); err != nil {
			return err
		}
	}
	return d.linkRoot(filepath.Join(project, environment.Dir))
}

// linkRoot links the root's templates, variable files and the like.
func (d *directory) linkRoot(root string) error {
	entries, err := os.ReadDir(root)
	if err != nil {
		return diskProblem("list "+root, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".tf") || strings.HasPrefix(name, ".terraform") || strings.Contains(name, ".tfstate") {
			continue
		}
		if err := link(filepath.Join(root, name), filepath.Join(d.path, name)); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, body []byte) error {
	if err := os.WriteFile(path, body, 0o600); err != nil {
		return diskProblem("write "+path, err)
	}
	return nil
}

func diskProblem(doing string, err error) error {
	code := problem.WorkDirectory
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		code = problem.DiskFull
	}
	return &problem.Error{Code: code, What: "could not " + doing, Err: err}
}
