package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// migrated is what the function that migrates answers.
type migrated struct {
	From    int64 `json:"from"`
	Current int64 `json:"current"`
	Target  int64 `json:"target"`
	Pending []struct {
		Version int64         `json:"version"`
		Name    string        `json:"name"`
		Class   release.Class `json:"class"`
	} `json:"pending"`
}

// expand runs the migrations that only add something, before any caller reaches
// the new code. What takes something away waits until no caller reaches the old;
// an empty database has no callers.
func (d *deployment) expand(ctx context.Context) (string, error) {
	function, err := d.migrator()
	if err != nil {
		return "", err
	}
	// It is called before any other: what a killed Terraform left of it is not the release's.
	if err := d.engine.finish(ctx, []liveFunction{function}, d.preview.code); err != nil {
		return "", err
	}
	look, err := d.migrate(ctx, function, map[string]any{"dry_run": true})
	if err != nil {
		return "", err
	}
	d.schema = SchemaRecord{From: look.From, To: look.Current}
	request := map[string]any{}
	if look.From > 0 {
		for _, m := range look.Pending {
			if m.Class == release.Contract {
				d.contracts = true
			}
		}
		request["class"] = release.Expand
	}
	if len(look.Pending) == 0 || d.contracts {
		d.recordSchema(ctx)
		return fmt.Sprintf("schema %d, nothing to expand", look.Current), d.expanded(function)
	}
	done, err := d.migrate(ctx, function, request)
	if err != nil {
		return "", err
	}
	d.schema.To = done.Current
	d.recordSchema(ctx)
	return fmt.Sprintf("schema %d → %d", done.From, done.Current), d.expanded(function)
}

// expanded refuses to lead callers to code whose schema is not there: the function that
// migrates knows fewer migrations than the release has.
func (d *deployment) expanded(function liveFunction) error {
	if d.contracts || d.schema.To >= d.bundle.Manifest.Schema() {
		return nil
	}
	return &problem.Error{Code: problem.MigrationFailed,
		What: fmt.Sprintf("function %s brought the database of %s to schema %d, and the release needs %d", function.full, d.engine.name(), d.schema.To, d.bundle.Manifest.Schema()),
		Next: "build the release from one commit: its functions and its migrations (functions.source and migrations.source of deploy.hcl) belong together"}
}

// contract runs the migrations that take something away. What they may have taken is
// written down before: no release that needs it is gone back to, also where the answer
// is lost. Where they fail, the database is asked how far they came.
func (d *deployment) contract(ctx context.Context) (string, error) {
	function, err := d.migrator()
	if err != nil {
		return "", err
	}
	known := d.contracted
	for _, m := range d.bundle.Manifest.Migrations {
		if m.Class == release.Contract {
			d.contracted = max(d.contracted, m.Version)
		}
	}
	d.recordSchema(ctx)
	done, err := d.migrate(ctx, function, map[string]any{"class": release.Contract})
	if err != nil {
		if look, lookErr := d.migrate(ctx, function, map[string]any{"dry_run": true}); lookErr == nil {
			d.contracted, d.schema.To = known, look.Current
			d.recordSchema(ctx)
		}
		return "", err
	}
	d.schema.To = done.Current
	d.recordSchema(ctx)
	return fmt.Sprintf("schema %d → %d", done.From, done.Current), nil
}

// recordSchema writes down where the schema is, and how much of it was taken away:
// as far as any deployment before, or this bundle's migrations, went.
func (d *deployment) recordSchema(ctx context.Context) {
	schema := d.schema
	schema.Contracted = d.contracted
	for _, m := range d.bundle.Manifest.Migrations {
		if m.Class == release.Contract && m.Version <= schema.To {
			schema.Contracted = max(schema.Contracted, m.Version)
		}
	}
	d.update(ctx, func(r *Record) { r.Schema = &schema })
}

// migrator finds the function that migrates.
func (d *deployment) migrator() (liveFunction, error) {
	name := d.engine.Environment.Settings.Migrations.Function
	functions, err := liveFunctions(d.states(), d.preview.Layers)
	if err != nil {
		return liveFunction{}, err
	}
	for _, f := range functions {
		if f.short == name || f.full == name {
			return f, nil
		}
	}
	return liveFunction{}, &problem.Error{Code: problem.UnknownFunction, Where: d.engine.settingsFile(),
		What: fmt.Sprintf("%s has migrations, but no deployed function %q with an alias %s", d.engine.name(), name, LiveAlias),
		Next: "name it in migrations.function of deploy.hcl"}
}

// migrate calls the newest version: the alias leads to it only afterwards.
func (d *deployment) migrate(ctx context.Context, function liveFunction, request map[string]any) (migrated, error) {
	payload, err := json.Marshal(request)
	if err != nil {
		return migrated{}, fmt.Errorf("write the event of %s: %w", function.full, err)
	}
	newest, err := d.engine.Aliases.NewestVersion(ctx, function.full)
	if err != nil {
		return migrated{}, err
	}
	// Which waits until a version that was just published can be called.
	if _, err := d.engine.Aliases.FunctionVersion(ctx, function.full, newest); err != nil {
		return migrated{}, err
	}
	answer, err := d.engine.Invoker.Invoke(ctx, function.full, newest, payload)
	if err != nil {
		return migrated{}, err
	}
	if answer.Error != "" {
		var told struct {
			Message string `json:"errorMessage"`
		}
		_ = json.Unmarshal(answer.Payload, &told) // without a message the kind has to do
		return migrated{}, &problem.Error{Code: problem.MigrationFailed,
			What: fmt.Sprintf("migrating the database of %s failed (%s): %s", d.engine.name(), answer.Error, strings.TrimSpace(told.Message))}
	}
	var report migrated
	if err := json.Unmarshal(answer.Payload, &report); err != nil {
		return migrated{}, &problem.Error{Code: problem.MigrationFailed,
			What: fmt.Sprintf("function %s answered something that is no report of a migration", function.full), Err: err}
	}
	return report, nil
}
