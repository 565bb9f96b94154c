package engine

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// inLayer says which environment and layer a Terraform failure belongs to, and
// turns its file names into those of the project: a composed root keeps the
// names and lines of environments/, and lies beside the modules as it does.
func (e *Engine) inLayer(err error, layer string) error {
	if err == nil {
		return nil
	}
	var diagnostics *DiagnosticsError
	if errors.As(err, &diagnostics) {
		for i := range diagnostics.Diagnostics {
			diagnostics.Diagnostics[i].File = e.inProject(diagnostics.Diagnostics[i].File)
		}
	}
	var p *problem.Error
	if errors.As(err, &p) {
		where := e.name()
		if layer != "" {
			where = fmt.Sprintf("layer %s of %s", layer, e.name())
		}
		located := *p
		located.What = where + ": " + p.What
		if located.Where == (problem.Location{}) && diagnostics != nil && len(diagnostics.Diagnostics) > 0 {
			first := diagnostics.Diagnostics[0]
			located.Where = problem.Location{File: first.File, Line: first.Line}
		}
		return &located
	}
	if layer != "" {
		return fmt.Errorf("layer %s of %s: %w", layer, e.name(), err)
	}
	return err
}

// inProject turns a file name of a diagnostic into one of the project: it is
// relative to the composed root, or absolute where Terraform was given the file
// so, as it is with variable files.
func (e *Engine) inProject(file string) string {
	if file == "" {
		return ""
	}
	if !filepath.IsAbs(file) {
		return path.Join(environment.Dir, file)
	}
	if relative, err := filepath.Rel(e.ProjectDir, file); err == nil && filepath.IsLocal(relative) {
		return filepath.ToSlash(relative)
	}
	return file
}
