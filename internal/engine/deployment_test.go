package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// deploying gives an engine on a world with a cloud, at a working tree.
func (w *world) deploying(tree *tree) *engine.Engine {
	w.t.Helper()
	if w.cloud == nil {
		w.cloud = newCloud()
		w.cloud.classes[1] = release.Expand
	}
	const outputs = "output \"site_bucket\" {\n  value = module.app.id\n}\n"
	if root := string(tree.files["environments/main.tf"].Data); !strings.Contains(root, outputs) {
		tree.write("environments/main.tf", root+outputs)
	}
	e := w.releasing(tree)
	c := w.cloud
	e.Aliases, e.Metrics, e.Site, e.Snapshots, e.Verifier, e.Notifier, e.Invoker = c, c, c, c, c, c, c
	settings := &e.Environment.Settings
	settings.Verify.Areas = []string{"health"}
	settings.Backup.Database = environment.BackupAlways
	settings.Backup.KeepSnapshots = 2
	settings.Rollback = environment.Rollback{OnFailure: true, KeepReleases: 2}
	settings.Migrations.Function = "health"
	return e
}

// deploy builds a version of a tree and deploys it.
func (w *world) deploy(tree *tree, version string) (*engine.Result, error) {
	w.t.Helper()
	e := w.deploying(tree)
	build(w.t, e, version)
	at, _, err := e.At(w.t.Context(), version)
	if err != nil {
		w.t.Fatal(err)
	}
	return at.Apply(w.t.Context(), yes())
}

func (w *world) mustDeploy(tree *tree, version string) *engine.Result {
	w.t.Helper()
	result, err := w.deploy(tree, version)
	if err != nil {
		w.t.Fatal(err)
	}
	return result
}

// live gives the releases that callers of functions are led to.
func (w *world) live() []string {
	w.t.Helper()
	var releases []string
	for name, alias := range w.cloud.aliases {
		version, err := w.cloud.FunctionVersion(w.t.Context(), name, alias.Version)
		if err != nil || len(alias.Shares) > 0 {
			w.t.Errorf("%s leads to %+v, %v", name, alias, err)
		}
		releases = append(releases, version.Release)
	}
	slices.Sort(releases)
	return slices.Compact(releases)
}

func phases(r *engine.Result) []string {
	var names []string
	for _, p := range r.Phases {
		names = append(names, string(p.Name)+" "+string(p.Status))
	}
	return names
}

func (w *world) page() string { return string(w.cloud.files["index.html"].Body) }

// newer changes the code, the page and an asset of a tree.
func newer(tree *tree, name string) {
	tree.code["goals"] = "code of " + name
	tree.write("frontend/index.html", "<p>"+name)
	for file := range tree.files {
		if strings.HasPrefix(file, "frontend/assets/") {
			delete(tree.files, file)
		}
	}
	tree.write("frontend/assets/app-"+name+".js", name)
}

// A Terraform that is killed between a function's change and its publication leaves a
// state that has nothing left to do.
func TestWhatWasChangedAndNotPublishedIsPublished(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	w.mustDeploy(tree, "v1.1.0")
	all := w.cloud.versions["goals"]
	w.cloud.versions["goals"], w.cloud.latest["goals"] = all[:len(all)-1], all[len(all)-1]
	w.cloud.aliases["goals"] = engine.Alias{Version: "1"}
	again := w.mustDeploy(tree, "v1.1.0")
	if diff := cmp.Diff([]string{"v1.1.0"}, w.live()); diff != "" || len(w.cloud.versions["goals"]) != len(all) || !slices.Contains(phases(again), "aliases succeeded") {
		t.Errorf("%v, phases %v (-want +got):\n%s", w.cloud.versions, phases(again), diff)
	}
	if last := w.mustDeploy(tree, "v1.1.0"); len(last.Phases) > 0 {
		t.Errorf("and once more: %v", phases(last))
	}
}

// What a killed Terraform gave a function, and wrote into no state, the next one finds
// as the state says: who goes back does not get it published.
func TestCodeThatNoStateKnowsOfIsReplaced(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	w.cloud.unseen = true
	good := w.cloud.versions["goals"][0]
	foreign := engine.FunctionVersion{CodeSHA256: strings.Repeat("0", 64), Settings: "foreign", Release: "v1.0.0"}
	w.cloud.latest["goals"] = foreign
	foreign.Number = "2"
	w.cloud.versions["goals"] = append(w.cloud.versions["goals"], foreign)
	again := w.mustDeploy(tree, "v1.0.0")
	alias := w.cloud.aliases["goals"]
	live, err := w.cloud.FunctionVersion(t.Context(), "goals", alias.Version)
	if err != nil || live.Settings != good.Settings || live.CodeSHA256 != good.CodeSHA256 || !again.Begun {
		t.Errorf("callers get %+v, want %+v: %v", live, good, err)
	}
}

func TestDeploymentGoesThroughItsPhases(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	first := w.mustDeploy(tree, "v1.0.0")
	want := []string{"assets succeeded", "migrations succeeded", "aliases succeeded", "entries succeeded", "verify succeeded"}
	if diff := cmp.Diff(want, phases(first)); diff != "" {
		t.Errorf("the first deployment (-want +got):\n%s", diff)
	}
	newer(tree, "two")
	second := w.mustDeploy(tree, "v1.1.0")
	want = append([]string{"snapshot succeeded"}, want...)
	if diff := cmp.Diff(want, phases(second)); diff != "" {
		t.Errorf("the second deployment (-want +got):\n%s", diff)
	}
	c := w.cloud
	if w.page() != "<p>two" || !slices.Equal(w.live(), []string{"v1.1.0"}) || c.schema != 1 {
		t.Errorf("page %q, live %v, schema %d", w.page(), w.live(), c.schema)
	}
	if last := c.puts[len(c.puts)-1]; last != "index.html" {
		t.Errorf("the page is not the last that was put: %v", c.puts)
	}
	if !slices.Contains(c.invalidated, "/ /index.html") {
		t.Errorf("invalidated: %q", c.invalidated)
	}
	if asset := c.files["assets/app-two.js"]; !strings.Contains(asset.CacheControl, "31536000") || strings.Contains(c.files["index.html"].CacheControl, "immutable") {
		t.Errorf("caching: %+v", c.files)
	}
	if len(c.snapshots) != 1 || !strings.HasPrefix(c.snapshots[0], "cluster-deploy-run-") {
		t.Errorf("snapshots: %v", c.snapshots)
	}
	// The newest version migrates: the alias is moved afterwards.
	if c.migrated[0] != `1 {"dry_run":true}` {
		t.Errorf("migrated by %q", c.migrated)
	}
	record, err := w.deploying(tree).DeploymentByID(t.Context(), second.DeploymentID)
	if err != nil {
		t.Fatal(err)
	}
	if !record.Verified() || record.PreviousRelease != "v1.0.0" || record.Previous != first.DeploymentID || record.Schema.To != 1 || record.Snapshot == "" ||
		len(record.Aliases) != 2 || record.Aliases[0].From != "1" || record.Aliases[0].To != "2" || record.Site.Bucket != "site" || record.Source.Commit == "" {
		t.Errorf("record: %+v", record)
	}
	var told []string
	for _, n := range c.notices {
		told = append(told, string(n.Kind)+" "+n.Release)
	}
	if diff := cmp.Diff([]string{"started v1.0.0", "succeeded v1.0.0", "started v1.1.0", "succeeded v1.1.0"}, told); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

// Property 1: the same version deployed twice changes nothing the second time.
func TestDeployingTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	c := w.cloud
	before := []int{len(c.puts), len(c.moves), len(c.invalidated), len(c.migrated), len(c.snapshots), len(w.applied), len(c.notices)}
	again := w.mustDeploy(tree, "v1.0.0")
	after := []int{len(c.puts), len(c.moves), len(c.invalidated), len(c.migrated), len(c.snapshots), len(w.applied), len(c.notices)}
	if diff := cmp.Diff(before, after); diff != "" || again.Begun {
		t.Errorf("begun: %v (-before +after):\n%s", again.Begun, diff)
	}
}

func TestOldAssetsStayForReleasesToGoBackTo(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	for _, version := range []string{"v1.1.0", "v1.2.0", "v1.3.0"} {
		newer(tree, version)
		w.mustDeploy(tree, version)
	}
	var assets []string
	for key := range w.cloud.files {
		if strings.HasPrefix(key, "assets/") {
			assets = append(assets, key)
		}
	}
	slices.Sort(assets)
	// keep_releases is 2: this one's and the one before's.
	if diff := cmp.Diff([]string{"assets/app-v1.2.0.js", "assets/app-v1.3.0.js"}, assets); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAllAliasesMoveOrNone(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	w.cloud.refuse = "health"
	e := w.deploying(tree)
	e.Environment.Settings.Rollback.OnFailure = false
	build(t, e, "v1.1.0")
	at, _, err := e.At(t.Context(), "v1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	result, err := at.Apply(t.Context(), yes())
	if err == nil || result.Result != engine.Failed {
		t.Fatalf("%+v, %v", result, err)
	}
	if !slices.Equal(w.live(), []string{"v1.0.0"}) || w.page() == "<p>two" {
		t.Errorf("live %v, page %q", w.live(), w.page())
	}
	// It is settled: another apply goes on where it ended.
	w.cloud.refuse = ""
	if _, err := at.Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.live(), []string{"v1.1.0"}) || w.page() != "<p>two" {
		t.Errorf("live %v, page %q", w.live(), w.page())
	}
}

// What was taken away stays taken away, also where not all of it could be.
func TestHalfAContractionIsKnown(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	for version, name := range map[int64]string{2: "00002_drop.sql", 3: "00003_drop.sql"} {
		tree.write("functions/migrations/"+name, "-- class: contract\n")
		w.cloud.classes[version] = release.Contract
	}
	w.cloud.contractionFails = true
	newer(tree, "two")
	result, err := w.deploy(tree, "v1.1.0")
	if !problem.Is(err, problem.MigrationFailed) || !problem.Is(err, problem.SchemaTooNew) || result.RolledBack != nil {
		t.Fatalf("%+v, %v", result, err)
	}
	record, err := w.deploying(tree).DeploymentByID(t.Context(), result.DeploymentID)
	if err != nil || record.Schema.Contracted != 2 || record.Schema.To != 2 {
		t.Errorf("%+v, %v", record.Schema, err)
	}
}

// A release that was passed over would have expanded the schema that this one contracts.
func TestExpandingAndContractingAtOnceIsRefusedBefore(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	applied := len(w.applied)
	for i, class := range []release.Class{release.Expand, release.Contract} {
		version := int64(i + 2)
		tree.write(fmt.Sprintf("functions/migrations/0000%d_x.sql", version), "-- class: "+string(class)+"\n")
		w.cloud.classes[version] = class
		newer(tree, string(class))
		build(t, w.deploying(tree), fmt.Sprintf("v1.%d.0", version))
	}
	at, _, err := w.deploying(tree).At(t.Context(), "v1.3.0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := at.Apply(t.Context(), yes()); !problem.Is(err, problem.BadMigrations) || len(w.applied) != applied || len(w.cloud.snapshots) > 0 {
		t.Errorf("%v, snapshots %v", err, w.cloud.snapshots)
	}
}

// A part of the layers gets the schema that its code needs.
func TestPartOfARelease(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	tree.write("functions/migrations/00002_more.sql", "-- class: expand\n")
	w.cloud.classes[2] = release.Expand
	newer(tree, "two")
	e := w.deploying(tree)
	build(t, e, "v1.1.0")
	at, _, err := e.At(t.Context(), "v1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	request := yes()
	request.Layers = []string{"app"}
	if _, err := at.Apply(t.Context(), request); err != nil || w.cloud.schema != 2 || !slices.Equal(w.live(), []string{"v1.1.0"}) {
		t.Errorf("schema %d, live %v, %v", w.cloud.schema, w.live(), err)
	}
}

// A working tree that did not pass its verification is verified again, although nothing
// is left to change.
func TestAnUnprovedTreeIsProvedAgain(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	e := w.deploying(tree)
	e.Environment.Settings.Rollback.OnFailure = false
	w.cloud.broken[""] = true
	for range 2 {
		if result, err := e.Apply(t.Context(), yes()); !problem.Is(err, problem.NotVerified) || !result.Begun {
			t.Fatalf("%+v, %v", result, err)
		}
	}
	w.cloud.broken[""] = false
	if result, err := e.Apply(t.Context(), yes()); err != nil || !result.Begun {
		t.Errorf("%+v, %v", result, err)
	}
	if result, err := e.Apply(t.Context(), yes()); err != nil || result.Begun {
		t.Errorf("and once more: %+v, %v", result, err)
	}
}

func TestContractingComesLast(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	tree.write("functions/migrations/00002_drop.sql", "-- class: contract\n")
	w.cloud.classes[2] = release.Contract
	newer(tree, "two")
	result := w.mustDeploy(tree, "v1.1.0")
	got := phases(result)
	if slices.Index(got, "contract succeeded") != slices.Index(got, "entries succeeded")+1 || w.cloud.schema != 2 {
		t.Errorf("%v, schema %d", got, w.cloud.schema)
	}
	// What was taken away, the release before would miss.
	_, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"})
	if !problem.Is(err, problem.SchemaTooNew) {
		t.Errorf("going back: %v", err)
	}
}

func TestCanary(t *testing.T) {
	t.Parallel()
	steps := []environment.CanaryStep{{Percent: 10, Hold: 20 * time.Millisecond}, {Percent: 50, Hold: 20 * time.Millisecond}}
	for name, test := range map[string]struct {
		set  func(*cloud)
		live string
		code problem.Code
	}{
		"goes well":         {func(*cloud) {}, "v1.1.0", ""},
		"calls fail":        {func(c *cloud) { c.failing["v1.1.0"] = true }, "v1.0.0", problem.CanaryFailed},
		"an alarm goes off": {func(c *cloud) { c.alarms = []string{"api-5xx"} }, "v1.0.0", problem.CanaryFailed},
		// What the canary had already, it gives back, too.
		"one cannot take all": {func(c *cloud) { c.refuseAll = "health" }, "v1.0.0", problem.RolledBack},
		"cannot be watched":   {func(c *cloud) { c.blind = errors.New("no metrics") }, "v1.0.0", problem.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := newWorld(t), newTree()
			w.mustDeploy(tree, "v1.0.0")
			newer(tree, "two")
			e := w.deploying(tree)
			e.Environment.Settings.Canary = environment.Canary{Steps: steps, MaxErrorPercent: 5}
			build(t, e, "v1.1.0")
			at, _, err := e.At(t.Context(), "v1.1.0")
			if err != nil {
				t.Fatal(err)
			}
			test.set(w.cloud)
			_, err = at.Apply(t.Context(), yes())
			if test.code == "" && err != nil || test.code != "" && !(problem.Is(err, test.code) && problem.Is(err, problem.RolledBack)) {
				t.Errorf("%v", err)
			}
			if !slices.Equal(w.live(), []string{test.live}) {
				t.Errorf("live %v", w.live())
			}
			if !slices.Contains(w.cloud.moves, "goals 1 map[2:0.1]") {
				t.Errorf("no step: %v", w.cloud.moves)
			}
		})
	}
}

// An interrupted canary leaves no share behind, and nobody goes back for it.
func TestCanaryInterrupted(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	e := w.deploying(tree)
	e.Environment.Settings.Canary = environment.Canary{Steps: []environment.CanaryStep{{Percent: 10, Hold: time.Minute}}, MaxErrorPercent: 5}
	build(t, e, "v1.1.0")
	at, _, err := e.At(t.Context(), "v1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	show := at.Progress
	at.Progress = func(p engine.Progress) {
		if strings.HasPrefix(p.Text, "canary: 10") {
			time.AfterFunc(50*time.Millisecond, stop)
		}
		show(p)
	}
	result, err := at.Apply(ctx, yes())
	if !errors.Is(err, problem.ErrInterrupted) || result.Result != engine.Interrupted || result.RolledBack != nil {
		t.Errorf("%+v, %v", result, err)
	}
	if !slices.Equal(w.live(), []string{"v1.0.0"}) {
		t.Errorf("live %v", w.live())
	}
}

// What is missing of a release, or is not what it was, is found before anything is
// changed, and not where a phase needs it.
func TestADamagedReleaseIsNotDeployed(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	e := w.deploying(tree)
	build(t, e, "v1.1.0")
	at, manifest, err := e.At(t.Context(), "v1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	applied, puts := len(w.applied), len(w.cloud.puts)
	if err := w.store.Delete(t.Context(), engine.ArtifactKey(manifest.Site[0].SHA256), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := at.Apply(t.Context(), yes()); !problem.Is(err, problem.ReleaseDamaged) {
		t.Errorf("got %v", err)
	}
	if len(w.applied) != applied || len(w.cloud.puts) != puts || !slices.Equal(w.live(), []string{"v1.0.0"}) {
		t.Errorf("applied %v, put %v, live %v", w.applied[applied:], w.cloud.puts[puts:], w.live())
	}
}
