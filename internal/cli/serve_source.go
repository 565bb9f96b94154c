package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/dashboard"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/report"
	"github.com/goal-mandala/mandala-deploy/internal/terraform"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

// onlooker tells the dashboard of the project's environments.
type onlooker struct {
	app   *app
	names []string

	mu      sync.Mutex
	engines map[string]*engine.Engine // so that credentials are fetched once
}

var _ dashboard.Source = (*onlooker)(nil)

// Names gives the environments.
func (o *onlooker) Names() []string { return o.names }

// Look reads how an environment stands.
func (o *onlooker) Look(ctx context.Context, name string) (*dashboard.Standing, error) {
	e, err := o.engine(ctx, name)
	if err != nil {
		return nil, err
	}
	overview, err := e.Overview(ctx)
	if err != nil {
		return nil, err
	}
	return &dashboard.Standing{Overview: *overview, Drift: o.app.lastDrift(name)}, nil
}

// Report makes the report of a deployment. One that the run itself left on this machine
// is not taken: it may be older than what became of the run.
func (o *onlooker) Report(ctx context.Context, name, id string, links func(string) string) ([]byte, error) {
	e, err := o.engine(ctx, name)
	if err != nil {
		return nil, err
	}
	account, err := e.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	return o.app.reportOf(report.Deployment{Account: *account, Layers: o.app.layersOf(e)}, report.Options{Now: utcNow(), Links: links})
}

// engine gives the engine of an environment. A local AWS may be another one by now.
func (o *onlooker) engine(ctx context.Context, name string) (*engine.Engine, error) {
	o.mu.Lock()
	known := o.engines[name]
	o.mu.Unlock()
	if known != nil {
		return known, nil
	}
	// Its credentials are fetched later, too, when who asked now is gone.
	e, err := o.app.looking(context.WithoutCancel(ctx), name)
	if err != nil || e.Environment.Settings.Target == environment.TargetLocal {
		return e, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.engines == nil {
		o.engines = map[string]*engine.Engine{}
	}
	o.engines[name] = e
	return e, nil
}

// looking gives an engine that can look at an environment's bucket and nothing else. It
// starts no local AWS and makes no bucket.
func (a *app) looking(ctx context.Context, name string) (*engine.Engine, error) {
	dir, fsys, err := a.project()
	if err != nil {
		return nil, err
	}
	env, err := environment.LoadSettings(fsys, name)
	if err != nil {
		return nil, err
	}
	if env.Settings.Target == environment.TargetLocal {
		status, err := localaws.Inspect(ctx, localDir(dir))
		if err != nil {
			return nil, err
		}
		if !status.Healthy {
			return nil, errNotRunning
		}
	}
	_, options, err := a.target(ctx, dir, env)
	if err != nil {
		return nil, err
	}
	cloud, err := aws.New(ctx, options)
	if err != nil {
		return nil, err
	}
	store := cloud.Store(env.Settings.State.Bucket)
	return &engine.Engine{
		Environment: env, Project: fsys, ProjectDir: dir, Store: store, Cloud: cloud,
		Leases:   lease.Of(store, time.Duration(env.Settings.State.LeaseSeconds)*time.Second, lease.SystemClock{}),
		Journals: journal.Of(store, utcNow), Processes: terraform.Processes{}, Clock: utcNow, Progress: func(engine.Progress) {},
	}, nil
}

// driftName names the file in which drift keeps what it found, for the dashboard of this
// machine.
func driftName(environment string) string { return environment + "-drift.json" }

// keepDrift remembers what was found. It is a convenience: what keeps it from being
// written is no failure of drift's.
func (a *app) keepDrift(drift *engine.Drift) {
	folder, err := a.reportFolder()
	if err != nil {
		return
	}
	seen := dashboard.Drift{Environment: drift.Environment, At: utcNow(), Resources: drift.Count(), Layers: []string{}}
	for _, layer := range drift.Layers {
		if len(layer.Resources) > 0 {
			seen.Layers = append(seen.Layers, layer.Name)
		}
	}
	if body, err := json.Marshal(seen); err == nil {
		_ = writeFile(filepath.Join(folder, driftName(drift.Environment)), body)
	}
}

// lastDrift gives what drift found last on this machine; nil where it did not look.
func (a *app) lastDrift(name string) *dashboard.Drift {
	dir, _, err := a.project()
	if err != nil {
		return nil
	}
	body, err := os.ReadFile(filepath.Join(dir, workspace.Dir, reportsDir, driftName(name)))
	if err != nil {
		return nil
	}
	var seen dashboard.Drift
	if json.Unmarshal(body, &seen) != nil || seen.Environment != name {
		return nil
	}
	return &seen
}
