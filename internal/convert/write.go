package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// environment adds the environment's own files.
func (c *conversion) environment() error {
	folder := path.Join(environment.Dir, c.request.Environment)
	if err := c.settings(path.Join(folder, environment.SettingsFile)); err != nil {
		return err
	}
	values, err := fs.ReadFile(c.project, path.Join(c.request.From, "terraform.tfvars"))
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		values = c.values(path.Join(folder, "terraform.tfvars"))
	default:
		return fmt.Errorf("read terraform.tfvars: %w", err)
	}
	c.add(path.Join(folder, "terraform.tfvars"), values)
	if ignores, err := fs.ReadFile(c.project, ".gitignore"); err != nil || !strings.Contains(string(ignores), ".mandala") {
		c.note(problem.Location{File: ".gitignore"}, "add .mandala/, where the tool works: it is nobody else's")
	}
	return nil
}

// settings adds deploy.hcl.
func (c *conversion) settings(name string) error {
	if _, err := fs.Stat(c.project, name); err == nil {
		c.add(name, nil)
		return nil
	}
	region := c.request.Region
	if region == "" {
		region = c.parts.region
	}
	if region == "" {
		return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--region"}, What: "the root does not say in which region it is", Next: "pass --region, such as ap-northeast-1"}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "target = %q\nregion = %q\n", c.request.Target, region)
	if c.request.Account != "" {
		fmt.Fprintf(&b, "account = %q # a run in any other is refused\n", c.request.Account)
	} else {
		b.WriteString("# account = \"123456789012\" # a run in any other is refused\n")
	}
	if c.request.Bucket != "" {
		fmt.Fprintf(&b, "\nstate {\n  bucket = %q\n}\n", c.request.Bucket)
	}
	if c.request.Environment == "production" {
		b.WriteString("\napproval {\n  required = true\n}\n")
	}
	// What is written has to be read again: a wrong value is told now.
	if _, err := environment.LoadSettings(overlay{c.project, map[string][]byte{name: []byte(b.String())}}, c.request.Environment); err != nil {
		return byFlag(err)
	}
	c.add(name, []byte(b.String()))
	return nil
}

// byFlag leads problems of a deploy.hcl that is not there yet to the flags that they came by.
func byFlag(err error) error {
	for _, each := range problem.Find(err) {
		for attribute, flag := range map[string]string{"account": "--account", "region": "--region", "state.bucket": "--bucket", "target": "--target"} {
			if strings.Contains(each.What, strconv.Quote(attribute)) {
				each.Where = problem.Location{Flag: flag}
			}
		}
	}
	return err
}

// values gives a terraform.tfvars in which what has no default waits for its value.
func (c *conversion) values(name string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Values of environment %s.\n", c.request.Environment)
	slices.SortFunc(c.parts.variables, func(a, b variable) int { return strings.Compare(a.name, b.name) })
	for _, v := range c.parts.variables {
		if v.name == "environment" && v.kind == "string" {
			fmt.Fprintf(&b, "\nenvironment = %q\n", c.request.Environment)
			continue
		}
		b.WriteString("\n")
		if v.description != "" {
			fmt.Fprintf(&b, "# %s\n", strings.Join(strings.Fields(v.description), " "))
		}
		fmt.Fprintf(&b, "# %s = # %s\n", v.name, v.kind)
		c.note(problem.Location{File: name}, "variable %s has no default: give it a value there", v.name)
	}
	return []byte(b.String())
}

// overlay is a project with files that are not written yet.
type overlay struct {
	fs.FS
	files map[string][]byte
}

// ReadFile gives a file, written or not.
func (o overlay) ReadFile(name string) ([]byte, error) {
	if body, there := o.files[name]; there {
		return slices.Clone(body), nil
	}
	return fs.ReadFile(o.FS, name)
}

// ReadDir gives a folder with what will be in it.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for file := range o.files {
		entry := planned{name: path.Base(file)}
		switch name {
		case path.Dir(file):
		case path.Dir(path.Dir(file)):
			entry = planned{name: path.Base(path.Dir(file)), folder: true}
		default:
			continue
		}
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == entry.name })
		entries = append(entries, fs.FileInfoToDirEntry(entry))
	}
	if len(entries) == 0 && err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Stat tells of a file, written or not.
func (o overlay) Stat(name string) (fs.FileInfo, error) {
	if _, there := o.files[name]; there {
		return planned{name: path.Base(name)}, nil
	}
	return fs.Stat(o.FS, name)
}

// planned is a file that is not written yet, or the folder of such files.
type planned struct {
	name   string
	folder bool
}

func (p planned) Name() string     { return p.name }
func (planned) Size() int64        { return 0 }
func (planned) ModTime() time.Time { return time.Time{} }
func (p planned) IsDir() bool      { return p.folder }
func (planned) Sys() any           { return nil }

// Mode is that of a plain file or a folder.
func (p planned) Mode() fs.FileMode {
	if p.folder {
		return fs.ModeDir | 0o700
	}
	return 0o600
}
