// Package environment reads a project: the settings of an environment
// (deploy.hcl) and the Terraform root that all environments share, with its
// layers and the references between them. It reads through an fs.FS and is
// otherwise pure.
package environment

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Dir is the folder of the root, relative to the project directory.
const Dir = "environments"

// SettingsFile is the name of an environment's settings in its folder.
const SettingsFile = "deploy.hcl"

// varFile is the name of an environment's variable values in its folder.
const varFile = "terraform.tfvars"

// Environment is one environment of a project.
type Environment struct {
	Name     string
	Settings Settings
	Root     *Root
	// VarFile is the path of the variable values relative to the project
	// directory, or "" when the environment has none.
	VarFile string
}

// Names gives the environments of the project at fsys: the folders
// environments/<name>/ that hold a deploy.hcl, sorted. A project without
// environments/ gives a problem NoProject.
func Names(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, Dir)
	if err != nil {
		return nil, noProject(err)
	}
	var names []string
	for _, entry := range entries {
		if info, err := fs.Stat(fsys, path.Join(Dir, entry.Name(), SettingsFile)); err == nil && info.Mode().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	sort.Strings(names)
	return names, nil
}

// Load reads one environment of the project at fsys. The error joins every
// *problem.Error found in deploy.hcl and the root, in order of file and line,
// so that a user sees them all at once.
func Load(fsys fs.FS, name string) (*Environment, error) {
	if err := exists(fsys, name); err != nil {
		return nil, err
	}
	environment := &Environment{Name: name}
	var settingsErr, rootErr error
	environment.Settings, settingsErr = loadSettings(fsys, name)
	environment.Root, rootErr = LoadRoot(fsys)
	if err := errors.Join(settingsErr, rootErr); err != nil {
		return nil, err
	}
	vars := path.Join(Dir, name, varFile)
	if info, err := fs.Stat(fsys, vars); err == nil && info.Mode().IsRegular() {
		environment.VarFile = vars
	}
	return environment, nil
}

// LoadSettings reads one environment's deploy.hcl and nothing of the root: it has no
// layers.
func LoadSettings(fsys fs.FS, name string) (*Environment, error) {
	if err := exists(fsys, name); err != nil {
		return nil, err
	}
	settings, err := loadSettings(fsys, name)
	if err != nil {
		return nil, err
	}
	return &Environment{Name: name, Settings: settings, Root: &Root{}}, nil
}

// exists refuses a name that no environment has.
func exists(fsys fs.FS, name string) error {
	names, err := Names(fsys)
	if err != nil || contains(names, name) {
		return err
	}
	return &problem.Error{
		Code: problem.UnknownEnvironment,
		What: fmt.Sprintf("environment %q does not exist%s; there %s", name, didYouMean(name, names), listed(names)),
	}
}

func noProject(cause error) error {
	return &problem.Error{
		Code:  problem.NoProject,
		What:  "the project has no readable root",
		Where: problem.Location{File: Dir},
		Err:   cause,
	}
}
