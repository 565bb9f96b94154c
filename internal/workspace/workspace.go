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
	"sync"
	"syscall"
	"time"

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
	project string          // absolute path of the project whose root and modules are laid out
	home    string          // the environment's folder in the work directory
	real    map[string]bool // folders of local modules and those that hold them, relative to the project

	leading sync.Mutex
}

// New gives the workspace of an environment, creating its directory.
// moduleDirs are the folders of local modules, relative to the project.
func New(project, environmentName string, moduleDirs []string) (*Workspace, error) {
	return open(project, filepath.Join(project, Dir, environmentName), moduleDirs)
}

// open gives a workspace that lays the roots of a project out under home, which
// may be another project's.
func open(project, home string, moduleDirs []string) (*Workspace, error) {
	w := &Workspace{project: project, home: home, real: map[string]bool{}}
	for _, dir := range moduleDirs {
		for ; dir != "." && dir != "/"; dir = path.Dir(dir) {
			w.real[dir] = true
		}
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, diskProblem("create the work directory "+home, err)
	}
	return w, nil
}

// Lay writes a composed root into the first directory of this name that no
// other run uses. secret files are for the owner's eyes and go on Release.
func (w *Workspace) Lay(name string, files, secret map[string][]byte) (engine.Directory, error) {
	run, held, err := w.beside()
	if err != nil {
		return nil, err
	}
	lock, path, err := claim(run, name)
	if err != nil {
		return nil, errors.Join(err, held.Unlock())
	}
	dir := &directory{path: path, lock: lock, beside: held}
	if err := dir.fill(w.project, files, secret); err != nil {
		return nil, errors.Join(err, dir.Release())
	}
	return dir, nil
}

// claim takes the first directory of this name that no other run uses.
func claim(run, name string) (*flock.Flock, string, error) {
	for n := 1; n <= mostInUse; n++ {
		each := name
		if n > 1 {
			each = fmt.Sprintf("%s.%d", name, n)
		}
		path := filepath.Join(run, each)
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
	return nil, "", &problem.Error{Code: problem.WorkDirectory, What: fmt.Sprintf("%d runs use %s at a time", mostInUse, run)}
}

// Leftover gives the event stream of the newest Apply in a directory of this
// name, nil where there is none.
func (w *Workspace) Leftover(name string) ([]byte, error) {
	var newest string
	var written time.Time
	for n := 1; n <= mostInUse; n++ {
		file := filepath.Join(w.run(n), name, engine.EventsFile)
		info, err := os.Stat(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, diskProblem("look for what a dead run left", err)
		}
		if info.ModTime().After(written) {
			newest, written = file, info.ModTime()
		}
	}
	if newest == "" {
		return nil, nil
	}
	body, err := os.ReadFile(newest)
	if err != nil {
		return nil, diskProblem("read what a dead run left", err)
	}
	return body, nil
}

// Tidy removes what a dead run left in its directories that can hold values. Those that
// a run uses are its own affair.
func (w *Workspace) Tidy() error {
	for n := 1; n <= mostInUse; n++ {
		entries, err := os.ReadDir(w.run(n))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskProblem("look for what a dead run left", err)
		}
		for _, entry := range entries {
			path, isLock := strings.CutSuffix(filepath.Join(w.run(n), entry.Name()), ".lock")
			if !isLock {
				continue
			}
			if err := (&directory{path: path, lock: flock.New(path+".lock", flock.SetPermissions(0o600))}).tidy(); err != nil {
				return err
			}
		}
	}
	return nil
}

// tidy cleans a directory, if it is free.
func (d *directory) tidy() error {
	free, err := d.lock.TryLock()
	if err != nil {
		return diskProblem("lock "+d.path, err)
	}
	if !free {
		return nil
	}
	return errors.Join(d.remove(volatile), d.lock.Unlock())
}

type directory struct {
	path   string
	lock   *flock.Flock
	beside *flock.Flock // on what the directory lies beside
}

func (d *directory) Path() string { return d.path }

// Release removes what can hold values, and lets others use the directory.
func (d *directory) Release() error {
	return errors.Join(d.remove(append([]string{engine.EventsFile, unsavedState}, volatile...)), d.unlock())
}

// Leave does so, too, but keeps the events and a state that Terraform could
// not store: should the record be lost as well, they are the only account.
func (d *directory) Leave() error {
	return errors.Join(d.remove(volatile), d.unlock())
}

func (d *directory) unlock() error { return errors.Join(d.lock.Unlock(), d.beside.Unlock()) }

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
