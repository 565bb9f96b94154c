package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

const (
	reportsDir = "reports" // in the work directory, which is kept out of the repository
	// reportsKept is how many reports of an environment stay.
	reportsKept = 50
	// reportTime bounds what a deployment's end waits for its report.
	reportTime = 30 * time.Second
)

// filed writes the reports of a run, and of the one that took it back, and passes its
// error on. A report that cannot be written is a warning.
func (a *app) filed(ctx context.Context, e *engine.Engine, result *engine.Result, runErr error) error {
	// An interrupt ended the run, and with it the context.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer cancel()
	for ; result != nil; result = result.RolledBack {
		if !result.Begun {
			continue
		}
		file, err := a.keepReport(ctx, e, result)
		if err != nil {
			view.Warning(a.Stderr, &problem.Error{Code: problem.ReportNotWritten, What: "run " + result.DeploymentID + " of " + result.Environment + " has no report", Err: err}, a.palette(a.Stderr))
			continue
		}
		view.Written(a.human(), file)
	}
	return runErr
}

func (a *app) keepReport(ctx context.Context, e *engine.Engine, result *engine.Result) (string, error) {
	account, err := e.Account(ctx, result.DeploymentID)
	if err != nil {
		return "", err
	}
	body, err := a.reportOf(report.Deployment{Account: *account, Layers: a.layersOf(e), Preview: result.Preview, Verification: result.Verification}, report.Options{Now: utcNow()})
	if err != nil {
		return "", err
	}
	file, err := a.placeReport(result.Environment, result.DeploymentID, "", body)
	if err == nil {
		a.pruneReports(result.Environment)
	}
	return file, err
}

func reportName(environment, id string) string { return environment + "-" + id + ".html" }

// reportFolder gives the folder of the project's reports, and makes it.
func (a *app) reportFolder() (string, error) {
	dir, _, err := a.project()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(dir, workspace.Dir, reportsDir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", &problem.Error{Code: problem.ReportNotWritten, What: "the folder of the reports cannot be made", Err: err}
	}
	return folder, nil
}

// pruneReports removes the oldest reports of an environment beyond those that stay. What
// cannot be removed stays.
func (a *app) pruneReports(environment string) {
	folder, err := a.reportFolder()
	if err != nil {
		return
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	own := regexp.MustCompile(`^` + regexp.QuoteMeta(environment) + `-[0-9a-f]+\.html$`)
	written := map[string]time.Time{}
	var names []string
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && own.MatchString(entry.Name()) {
			names, written[entry.Name()] = append(names, entry.Name()), info.ModTime()
		}
	}
	slices.SortFunc(names, func(a, b string) int { return written[b].Compare(written[a]) })
	for _, name := range names[min(len(names), reportsKept):] {
		_ = os.Remove(filepath.Join(folder, name))
	}
}
