// Package convert turns an existing Terraform root of modules into an environment: it says
// which files that takes, what becomes of the root, and what it could not take; pure.
package convert

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Request says which root becomes which environment.
type Request struct {
	Environment string
	From        string // folder of the root, below the project's, with slashes; "." is the project's own
	Target      environment.Target
	Region      string // "" takes the root's, where it says one
	Account     string // 12 digits; "" allows any
	Bucket      string // for states; "" takes the tool's default
}

// File is one that the environment needs.
type File struct {
	Path  string // below the project
	Body  []byte
	Stays bool // it is there already, and is left as it is
}

// Note is something that was taken and should be known.
type Note struct {
	Where problem.Location
	What  string
}

// Layer is a module block of the root.
type Layer struct {
	Name  string
	After []string // the layers that it refers to
}

// Result is the environment that a root becomes.
type Result struct {
	Environment string
	From        string
	Files       []File
	Layers      []Layer // in the order of deployment; none where that cannot be told
	Notes       []Note
	Left        []*problem.Error // what could not be taken, with where it stands
}

// Err is nil where the whole root was taken.
func (r *Result) Err() error {
	if len(r.Left) == 0 {
		return nil
	}
	return &problem.Error{Code: problem.RootTakenInPart, What: fmt.Sprintf("%d parts of the root in %s could not be taken", len(r.Left), r.From),
		Next: fmt.Sprintf("mend what is listed; `mandala-deploy graph %s` then shows the layers", r.Environment)}
}

// Plan says what becomes of the root, and changes nothing.
func Plan(project fs.FS, request Request) (*Result, error) {
	c := &conversion{project: project, request: request, result: &Result{Environment: request.Environment, From: request.From}}
	if err := c.root(); err != nil {
		return nil, err
	}
	if err := c.environment(); err != nil {
		return nil, err
	}
	c.check()
	slices.SortStableFunc(c.result.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return c.result, nil
}

// conversion is one at work.
type conversion struct {
	project fs.FS
	request Request
	result  *Result
	parts   parts // what the root says of itself
}

// moved reports whether the root changes its folder.
func (c *conversion) moved() bool { return c.request.From != environment.Dir }

// add adds a file, unless there is one of that name.
func (c *conversion) add(name string, body []byte) {
	_, err := fs.Stat(c.project, name)
	c.result.Files = append(c.result.Files, File{Path: name, Body: body, Stays: err == nil})
}

func (c *conversion) note(where problem.Location, format string, values ...any) {
	c.result.Notes = append(c.result.Notes, Note{Where: where, What: fmt.Sprintf(format, values...)})
}

// root takes the files of the root.
func (c *conversion) root() error {
	entries, err := fs.ReadDir(c.project, c.request.From)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", c.request.From, err)
	}
	bodies := map[string][]byte{} // by the name in environments/
	for _, entry := range entries {
		name := entry.Name()
		from := path.Join(c.request.From, name)
		switch {
		case entry.IsDir():
		case strings.HasSuffix(name, ".auto.tfvars"), strings.HasSuffix(name, ".auto.tfvars.json"):
			c.note(problem.Location{File: from}, "its values are not taken: each environment has a terraform.tfvars of its own")
		case c.moved() && (strings.HasSuffix(name, ".tf.json") || name == "override.tf" || strings.HasSuffix(name, "_override.tf")):
			c.result.Left = append(c.result.Left, &problem.Error{Code: problem.UnsupportedRoot, Where: problem.Location{File: from},
				What: "a root in JSON syntax or with override files cannot be cut into layers"})
		case strings.HasSuffix(name, ".tf") && !strings.HasPrefix(name, "."), name == lockFile:
			body, err := fs.ReadFile(c.project, from)
			if err != nil {
				return fmt.Errorf("read %s: %w", from, err)
			}
			bodies[name] = body
		}
	}
	if len(bodies) == 0 || len(bodies) == 1 && bodies[lockFile] != nil {
		return &problem.Error{Code: problem.NoRootToTake, Where: problem.Location{Flag: "--from"}, What: fmt.Sprintf("folder %s has no *.tf files", c.request.From)}
	}
	for name, body := range bodies {
		if name == lockFile {
			continue
		}
		bodies[name] = c.read(name, body)
	}
	if !c.moved() {
		return nil
	}
	if err := c.vacant(bodies); err != nil {
		return err
	}
	for name, body := range bodies {
		c.add(path.Join(environment.Dir, name), body)
	}
	return nil
}

const lockFile = ".terraform.lock.hcl"

// vacant wants no other root to be in environments/: of two roots one would be lost.
func (c *conversion) vacant(bodies map[string][]byte) error {
	entries, err := fs.ReadDir(c.project, environment.Dir)
	if err != nil {
		return nil //nolint:nilerr // there is no such folder yet
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".tf") {
			continue
		}
		there, err := fs.ReadFile(c.project, path.Join(environment.Dir, name))
		if ours, known := bodies[name]; err != nil || !known || !bytes.Equal(there, ours) {
			return &problem.Error{Code: problem.OtherRoot, Where: problem.Location{File: path.Join(environment.Dir, name)},
				What: fmt.Sprintf("it is not the root of %s", c.request.From)}
		}
	}
	return nil
}

// check reads the root as the tool will, and tells its layers.
func (c *conversion) check() {
	files := map[string][]byte{}
	for _, file := range c.result.Files {
		if !file.Stays {
			files[file.Path] = file.Body
		}
	}
	root, err := environment.LoadRoot(overlay{c.project, files})
	c.leave(err)
	if err != nil {
		// Resources hide what else there is: without them the layers can be told.
		for name, body := range c.parts.layersOnly {
			files[path.Join(environment.Dir, name)] = body
		}
		root, err = environment.LoadRoot(overlay{c.project, files})
		c.leave(err)
	}
	if err != nil {
		return
	}
	order, err := root.Graph().Order()
	if err != nil {
		return // it has been told as a cycle
	}
	for _, name := range order {
		layer, _ := root.Layer(name)
		c.result.Layers = append(c.result.Layers, Layer{Name: name, After: layer.Upstream()})
	}
}

// leave notes problems that were not told yet.
func (c *conversion) leave(err error) {
	for _, each := range problem.Find(err) {
		if !slices.ContainsFunc(c.result.Left, func(told *problem.Error) bool { return told.Code == each.Code && told.Where == each.Where }) {
			c.result.Left = append(c.result.Left, each)
		}
	}
}
