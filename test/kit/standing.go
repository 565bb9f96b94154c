package kit

import (
	"os"
	"testing"
)

// ProjectVariable names the folder of a project in which environment local stands
// already: tests that only use what is deployed need not wait for a deployment.
const ProjectVariable = "MANDALA_TEST_PROJECT"

// Standing gives the project that ProjectVariable names, or nil; the test leaves it
// as it is.
func Standing(t testing.TB) *Project {
	t.Helper()
	dir := os.Getenv(ProjectVariable)
	if dir == "" {
		return nil
	}
	return &Project{Dir: dir, Home: t.TempDir(), t: t, ran: &journal{}, borrowed: true}
}

// RootOutputs gives the outputs of an environment, by an apply that must have nothing
// to do.
func (p *Project) RootOutputs(environment string) map[string]any {
	p.t.Helper()
	p.Must(0, "plan", environment, "--detailed-exitcode")
	var done struct{ Outputs map[string]any }
	p.JSON(0, &done, "apply", environment, "--auto-approve")
	return done.Outputs
}
