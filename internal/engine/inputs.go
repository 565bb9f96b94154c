package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"path"
	"sort"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// lockFile is the root's dependency lock file.
const lockFile = ".terraform.lock.hcl"

// inputs digests everything that a preview is made from.
func (e *Engine) inputs(ctx context.Context, identity Identity, selected []string, destroy bool, code Code, bundle *Bundle, states map[string]*tfstate.State) (change.Inputs, error) {
	terraform, err := e.Terraform.Version(ctx)
	if err != nil {
		return change.Inputs{}, err
	}
	in := change.Inputs{
		Terraform: terraform, Release: e.Release, Account: identity.Account, Region: e.Environment.Settings.Region,
		Layers: selected, Destroy: destroy, Functions: code.digest(), States: fingerprints(states),
	}
	if !destroy && !bundle.empty() {
		in.Manifest = bundle.Digest
	}
	governing := e.Project
	if e.settings != nil {
		governing = e.settings
	}
	for _, each := range []struct {
		into  *string
		from  fs.FS
		files func() ([]string, error)
	}{
		{&in.Root, e.Project, e.rootTree},
		{&in.Modules, e.Project, e.moduleFiles},
		{&in.Settings, governing, func() ([]string, error) {
			return []string{path.Join(environment.Dir, e.name(), environment.SettingsFile)}, nil
		}},
		{&in.Lock, e.Project, func() ([]string, error) { return []string{path.Join(environment.Dir, lockFile)}, nil }},
	} {
		files, err := each.files()
		if err != nil {
			return change.Inputs{}, err
		}
		if *each.into, err = digestFiles(each.from, files, nil); err != nil {
			return change.Inputs{}, err
		}
	}
	values, err := e.rootFiles(".tfvars", ".tfvars.json")
	if err != nil {
		return change.Inputs{}, err
	}
	if e.Environment.VarFile != "" {
		values = append(values, e.Environment.VarFile)
	}
	in.Variables, err = digestFiles(e.Project, values, e.Variables)
	return in, err
}

func (e *Engine) rootFiles(suffixes ...string) ([]string, error) {
	entries, err := fs.ReadDir(e.Project, environment.Dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", environment.Dir, err)
	}
	var files []string
	for _, entry := range entries {
		for _, suffix := range suffixes {
			if !entry.IsDir() && strings.HasSuffix(entry.Name(), suffix) {
				files = append(files, path.Join(environment.Dir, entry.Name()))
			}
		}
	}
	return files, nil
}

// rootTree lists the files of the root but for variable values: the *.tf, and
// the templates and policies that they may read. The folders of environments
// are none of them.
func (e *Engine) rootTree() ([]string, error) {
	var files []string
	err := fs.WalkDir(e.Project, environment.Dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			_, err := fs.Stat(e.Project, path.Join(name, environment.SettingsFile))
			if name != environment.Dir && err == nil || strings.HasPrefix(entry.Name(), ".terraform") {
				return fs.SkipDir
			}
		case !strings.HasPrefix(entry.Name(), ".terraform") && !strings.Contains(entry.Name(), ".tfvars") && !strings.Contains(entry.Name(), ".tfstate"):
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", environment.Dir, err)
	}
	return files, nil
}

// moduleFiles lists every file of the local modules that the root calls, and
// of those that they call in turn: a template counts as much as a *.tf.
func (e *Engine) moduleFiles() ([]string, error) {
	var files []string
	for _, dir := range e.Environment.Root.ModuleDirs() {
		err := fs.WalkDir(e.Project, dir, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && strings.HasPrefix(entry.Name(), ".terraform"):
				return fs.SkipDir
			case !entry.IsDir():
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list the files of %s: %w", dir, err)
		}
	}
	sort.Strings(files)
	return files, nil
}

// digestFiles hashes files by name and content, then values by name; a file
// that does not exist counts as absent.
func digestFiles(fsys fs.FS, files []string, values map[string]string) (string, error) {
	sum := sha256.New()
	for _, file := range files {
		body, err := fs.ReadFile(fsys, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read %s: %w", file, err)
		}
		frame(sum, file, body)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		frame(sum, name, []byte(values[name]))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// frame hashes a name and a body so that no two lists look alike.
func frame(sum hash.Hash, name string, body []byte) {
	fmt.Fprintf(sum, "%d:%s%d:", len(name), name, len(body))
	sum.Write(body)
}

// lockFileBody gives the root's lock file, nil where it has none.
func (e *Engine) lockFileBody() ([]byte, error) {
	body, err := fs.ReadFile(e.Project, path.Join(environment.Dir, lockFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", lockFile, err)
	}
	return body, nil
}
