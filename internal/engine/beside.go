package engine

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/tfstate"
)

// Beside is what a deployment does beside the layers, as far as a preview can tell.
type Beside struct {
	Snapshots  []string            `json:"snapshots,omitempty"`  // database clusters that are copied before
	Assets     []string            `json:"assets,omitempty"`     // immutable files of the site to upload
	Entries    []string            `json:"entries,omitempty"`    // its other files that change
	Gone       []string            `json:"gone,omitempty"`       // entries that the release lacks
	Migrations []release.Migration `json:"migrations,omitempty"` // that the last deployment had not run
	// Aliases are functions whose callers are led to a version that is published
	// already, or that their Terraform was killed before it published; those that the
	// layers publish come on top.
	Aliases []string `json:"aliases,omitempty"`
}

// Empty reports whether nothing is done beside the layers. Snapshots are taken of
// what is to be changed: alone they are nothing.
func (b Beside) Empty() bool {
	return len(b.Assets)+len(b.Entries)+len(b.Gone)+len(b.Migrations)+len(b.Aliases) == 0
}

// survey finds out what is to be done beside the layers.
func (e *Engine) survey(ctx context.Context, preview *Preview, all bool) (Beside, error) {
	var beside Beside
	functions, err := liveFunctions(preview.states, preview.Layers)
	if err != nil {
		return Beside{}, err
	}
	if e.Aliases != nil {
		// The layers publish other versions of what they change.
		functions = slices.DeleteFunc(functions, func(f liveFunction) bool { return changes(preview, f) })
		if beside.Aliases, err = e.lagging(ctx, functions, archives(preview.code)); err != nil {
			return Beside{}, err
		}
	}
	if !all || preview.bundle.empty() {
		return beside, nil
	}
	if beside.Migrations, err = e.pendingMigrations(ctx, preview.bundle); err != nil {
		return Beside{}, err
	}
	if len(preview.bundle.Manifest.Site) > 0 {
		bucket, _ := textOutput(preview.Outputs, outputSiteBucket)
		changes, err := e.compareSite(ctx, bucket, preview.bundle.Manifest)
		if err != nil {
			return Beside{}, err
		}
		beside.Assets, beside.Entries, beside.Gone = changes.assets, changes.entries, changes.gone
	}
	return beside, nil
}

// changes reports whether a preview changes a function.
func changes(preview *Preview, f liveFunction) bool {
	return slices.ContainsFunc(preview.Changes, func(c change.Change) bool {
		return c.Type == "aws_lambda_function" && strings.HasSuffix(c.Address, fmt.Sprintf("[%q]", f.short))
	})
}

// The root's outputs that the deployer reads.
const (
	outputSiteBucket   = "site_bucket"
	outputDistribution = "distribution_id"
	outputSiteURL      = "site_url"
	outputAlertsTopic  = "alerts_topic_arn"
)

// textOutput gives an output that is a known text.
func textOutput(outputs map[string]Value, name string) (string, bool) {
	text, ok := outputs[name].Value.(string)
	return text, ok && text != ""
}

// liveFunction is a function whose callers the deployer leads by the alias live.
type liveFunction struct {
	short string // key of for_each, or its full name
	full  string
}

// liveFunctions finds, in the states of layers, the functions that have an alias
// live, by full name.
func liveFunctions(states map[string]*tfstate.State, layers []string) ([]liveFunction, error) {
	var found []liveFunction
	for _, layer := range layers {
		state := states[layer]
		if state == nil {
			continue
		}
		aliases, err := state.Objects("aws_lambda_alias")
		if err != nil {
			return nil, err
		}
		for _, a := range aliases {
			full, _ := a.Attributes["function_name"].(string)
			if i := strings.LastIndex(full, ":function:"); i >= 0 { // an ARN is as good
				full = full[i+len(":function:"):]
			}
			if name, _ := a.Attributes["name"].(string); name != LiveAlias {
				continue
			}
			short := a.Index
			if short == "" {
				short = full
			}
			found = append(found, liveFunction{short: short, full: full})
		}
	}
	slices.SortFunc(found, func(a, b liveFunction) int { return strings.Compare(a.full, b.full) })
	return found, nil
}

// concurrentLooks bounds requests to one service of AWS at a time. Lambda takes 15 a
// second of all that ask what is deployed or change it, Terraform included.
const concurrentLooks = 4

// lagging gives the short names of functions whose alias leads to a version that
// behaves differently from the newest, or that were changed since that was published.
func (e *Engine) lagging(ctx context.Context, functions []liveFunction, wanted map[string]string) ([]string, error) {
	lags := make([]bool, len(functions))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for i, f := range functions {
		group.Go(func() error {
			move, err := e.moveOf(groupCtx, f)
			if lags[i] = move != nil; lags[i] || err != nil {
				return err
			}
			left, err := e.look(groupCtx, f, wanted[f.short])
			lags[i] = left.any()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var names []string
	for i, f := range functions {
		if lags[i] {
			names = append(names, f.short)
		}
	}
	return names, nil
}

// pendingMigrations gives the bundle's migrations above the schema that the last
// deployment left. The database itself is asked when they are run.
func (e *Engine) pendingMigrations(ctx context.Context, bundle *Bundle) ([]release.Migration, error) {
	schema, err := e.lastSchema(ctx)
	if err != nil {
		return nil, err
	}
	var pending []release.Migration
	for _, m := range bundle.Manifest.Migrations {
		if m.Version > schema.To {
			pending = append(pending, m)
		}
	}
	return pending, nil
}

// recordsLooked bounds how far back a release is looked for; the last deployment, and
// the last that knew the schema, are near.
const (
	recordsLooked = 200
	recordsNear   = 20
)

// lastSchema gives what the last deployment that knew it left of the schema.
func (e *Engine) lastSchema(ctx context.Context) (SchemaRecord, error) {
	for _, most := range []int{recordsNear, 0} { // 0 is all
		records, err := e.Journals.List(ctx, most)
		if err != nil {
			return SchemaRecord{}, err
		}
		for _, r := range records {
			if r.Operation == OperationDestroy && r.Status == Succeeded {
				return SchemaRecord{}, nil // the database went with it, or may have
			}
			if r.Schema != nil {
				return *r.Schema, nil
			}
		}
		if len(records) < recordsNear {
			break
		}
	}
	return SchemaRecord{}, nil
}

// standing gives the deployment that stands: the last one that changed anything;
// nil where there is none.
func (e *Engine) standing(ctx context.Context) (*Record, error) {
	records, err := e.Journals.List(ctx, recordsNear)
	if err != nil {
		return nil, err
	}
	return standingOf(records), nil
}

// standingOf gives the deployment that stands by records, newest first; nil where none
// does, or none is known.
func standingOf(records []Record) *Record {
	for i, r := range records {
		switch r.Operation {
		case OperationApply, OperationRollback:
			return &records[i]
		case OperationDestroy:
			return nil // nothing stands any more
		case OperationUnlock:
		}
	}
	return nil // nothing was deployed yet
}

// siteChanges are the files of a site in which a bucket differs from a manifest.
type siteChanges struct {
	assets, entries, gone []string // keys
}

// compareSite compares a bucket with a manifest; an unknown bucket, "", is empty.
func (e *Engine) compareSite(ctx context.Context, bucket string, manifest release.Manifest) (siteChanges, error) {
	there := map[string]SiteObject{}
	if bucket != "" && e.Site != nil {
		var err error
		if there, err = e.Site.SiteFiles(ctx, bucket); err != nil && !errors.Is(err, ErrNotFound) {
			return siteChanges{}, err
		}
	}
	var changes siteChanges
	wanted := map[string]bool{}
	for _, file := range manifest.Site {
		wanted[file.Path] = true
		if there[file.Path].SHA256 == file.SHA256 {
			continue
		}
		if file.Immutable {
			changes.assets = append(changes.assets, file.Path)
		} else {
			changes.entries = append(changes.entries, file.Path)
		}
	}
	for key, object := range there {
		// What the tool did not put is not its to delete.
		if !wanted[key] && object.SHA256 != "" && !immutable(key, e.Environment.Settings.Frontend) {
			changes.gone = append(changes.gone, key)
		}
	}
	slices.Sort(changes.gone)
	return changes, nil
}

// immutable reports whether a file of the site changes its name with its content.
func immutable(key string, settings environment.Frontend) bool {
	return slices.ContainsFunc(settings.Immutable, func(folder string) bool {
		return strings.HasPrefix(key, path.Clean(folder)+"/")
	})
}

// knownNow gives the layers' outputs as outputs of the root are computed from them.
func knownNow(r *run) map[string]compose.Outputs {
	r.mu.Lock()
	defer r.mu.Unlock()
	known := make(map[string]compose.Outputs, len(r.known))
	for layer, outputs := range r.known {
		known[layer] = outputs
	}
	return known
}
