package engine

import (
	"errors"
	"fmt"
	"path"

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
			if file := diagnostics.Diagnostics[i].File; file != "" && !path.IsAbs(file) {
				diagnostics.Diagnostics[i].File = path.Join(environment.Dir, file)
			}
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
