package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// What AWS refuses beside the layers, once each: what has begun to show goes back, what
// has not stays, and what only tidies up fails nothing.
func TestWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	type outcome struct {
		back   bool // it went back by itself
		failed bool
		live   string
		page   string
	}
	unseen := outcome{failed: true, live: "v1.1.0", page: "<p>two"}
	back := outcome{failed: true, back: true, live: "v1.1.0", page: "<p>two"}
	fine := outcome{live: "v1.2.0", page: "<p>three"}
	for name, c := range map[string]struct {
		method string
		want   outcome
	}{
		"the database's copy":            {"TakeSnapshot", unseen},
		"to list old copies":             {"ListSnapshots", fine},
		"to delete old copies":           {"DeleteSnapshot", fine},
		"the first asset":                {"PutSiteFile", unseen},
		"the migrator's call":            {"Invoke", back},
		"to move an alias":               {"MoveAlias", back},
		"to have the CDN ask for a page": {"Invalidate", back},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := twoReleases(t)
			w.cloud.classes[2] = release.Expand
			newer(tree, "three")
			w.cloud.fail[c.method] = 1
			w.cloud.snapshots = append([]string{"first", "second"}, w.cloud.snapshots...)
			result, err := w.deploy(tree, "v1.2.0")
			got := outcome{back: problem.Is(err, problem.RolledBack), failed: err != nil, live: strings.Join(w.live(), ","), page: w.page()}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Errorf("(-want +got):\n%s%v", diff, err)
			}
			if got.back != (result.RolledBack != nil) || w.cloud.fail[c.method] != 0 {
				t.Errorf("rolled back: %+v; refused %s %d times too few", result.RolledBack, c.method, w.cloud.fail[c.method])
			}
			notes := w.remarks(t)
			if tidy := strings.HasSuffix(c.method, "Snapshots") || c.method == "DeleteSnapshot"; tidy != strings.Contains(notes, "could not be deleted") {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

// remarks gives what the last deployment's record has to remark.
func (w *world) remarks(t *testing.T) string {
	t.Helper()
	history, err := w.engine().History(t.Context(), 1)
	if err != nil || len(history.Deployments) != 1 {
		t.Fatalf("%+v, %v", history, err)
	}
	return strings.Join(history.Deployments[0].Notes, "\n")
}

// A CDN that was not asked the first time is asked for everything the next time.
func TestALostInvalidationIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	newer(tree, "three")
	build(t, e, "v1.2.0")
	w.cloud.fail["Invalidate"] = 1
	at, _, err := e.At(t.Context(), "v1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	at.Environment.Settings.Rollback.OnFailure = false
	if _, err := at.Apply(t.Context(), yes()); err == nil || w.page() != "<p>three" {
		t.Fatalf("page %q, %v", w.page(), err)
	}
	w.cloud.invalidated = nil
	if _, err := at.Apply(t.Context(), yes()); err != nil {
		t.Fatal(err)
	}
	if len(w.cloud.invalidated) != 1 || !strings.Contains(w.cloud.invalidated[0], "/index.html") {
		t.Errorf("invalidated %q", w.cloud.invalidated)
	}
}

// The functions go back although the site does not.
func TestTheSiteDoesNotKeepTheFunctionsBack(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	w.cloud.fail["Invalidate"] = 2
	if _, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); err == nil || !slices.Equal(w.live(), []string{"v1.0.0"}) {
		t.Errorf("live %v, %v", w.live(), err)
	}
	if _, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); err == nil {
		t.Error("the CDN was not asked again")
	}
	w.cloud.fail["Invalidate"] = 0
	if _, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); err != nil || w.page() == "<p>two" {
		t.Errorf("page %q, %v", w.page(), err)
	}
}

// The migrator is the release's before it is called, whatever a killed Terraform left.
func TestTheMigratorIsFinishedFirst(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	tree.code["health"] = "migrates to 2"
	w.cloud.classes[2] = release.Expand
	e := w.deploying(tree)
	build(t, e, "v1.2.0")
	// Terraform put the code and was killed before it published: the state tells nothing.
	foreign := w.cloud.versions["health"][1]
	foreign.CodeSHA256, foreign.Settings = "foreign", "foreign"
	w.cloud.latest["health"], w.cloud.unseen = foreign, true
	before := len(w.cloud.versions["health"])
	w.cloud.migrated = nil
	if _, err := w.deploy(tree, "v1.2.0"); err != nil {
		t.Fatal(err)
	}
	called, _, _ := strings.Cut(w.cloud.migrated[0], " ")
	if called != "3" || before != 2 {
		t.Errorf("version %s of %d migrated: %q", called, before, w.cloud.migrated)
	}
}

// A migrator that does not know the release's migrations leads nobody to its code.
func TestAMigratorThatKnowsTooLittle(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	newer(tree, "three")
	tree.write("functions/migrations/00007_more.sql", "-- class: expand\n\n-- +goose Up\nSELECT 1;\n")
	if _, err := w.deploy(tree, "v1.2.0"); !problem.Is(err, problem.MigrationFailed) || !slices.Equal(w.live(), []string{"v1.1.0"}) {
		t.Errorf("live %v, %v", w.live(), err)
	}
}

// A resumed run of some layers is one of those layers.
func TestAResumeOfSomeLayersIsOfThose(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	newer(tree, "three")
	build(t, e, "v1.2.0")
	at, _, err := e.At(t.Context(), "v1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	request := yes()
	request.Layers = []string{"app"}
	w.cloud.fail["MoveAlias"] = 1
	failed, err := at.Apply(t.Context(), request)
	if err == nil || failed.RolledBack != nil {
		t.Fatalf("%+v, %v", failed, err)
	}
	seen := len(w.cloud.seen)
	request = yes()
	request.Resume = true
	result, err := at.Apply(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	record, err := e.DeploymentByID(t.Context(), result.DeploymentID)
	if err != nil || !record.Partial || record.Verified() || len(w.cloud.seen) != seen || w.page() != "<p>two" {
		t.Errorf("record %+v, page %q, %v", record, w.page(), err)
	}
	all, err := e.Releases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Deployed != (r.Version == "v1.1.0") {
			t.Errorf("%s is deployed: %v", r.Version, r.Deployed)
		}
	}
}

// A release that has none of the layers that may go back does not take all of them.
func TestRollbackOfLayersThatAReleaseLacks(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	e.Environment.Settings.Rollback.Layers = []string{"later"}
	if _, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); !problem.Is(err, problem.UnknownLayer) {
		t.Errorf("%v", err)
	}
	// Of some that it has, it takes those, and what stands is proved.
	e.Environment.Settings.Rollback.Layers = []string{"app", "later"}
	result, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"})
	if err != nil || !slices.Equal(w.live(), []string{"v1.0.0"}) || !slices.Contains(phases(result), "verify succeeded") {
		t.Errorf("live %v, %+v, %v", w.live(), result, err)
	}
}

// Assets that cannot be deleted are told of, and the site's record stands.
func TestOldAssetsThatStay(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	newer(tree, "three")
	w.mustDeploy(tree, "v1.2.0")
	newer(tree, "four")
	w.mustDeploy(tree, "v1.3.0")
	newer(tree, "five")
	w.cloud.fail["DeleteSiteFiles"] = 1
	done := w.mustDeploy(tree, "v1.4.0")
	record, err := w.engine().DeploymentByID(t.Context(), done.DeploymentID)
	if err != nil || record.Site == nil || record.Site.Removed != 0 || record.Site.Invalidation == "" || w.cloud.fail["DeleteSiteFiles"] != 0 {
		t.Errorf("%+v, %v", record.Site, err)
	}
	if !strings.Contains(w.remarks(t), "old assets") {
		t.Errorf("notes %q", w.remarks(t))
	}
}
