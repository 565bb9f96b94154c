package engine_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// twoReleases deploys v1.0.0 and v1.1.0.
func twoReleases(t *testing.T) (*world, *tree) {
	t.Helper()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	w.mustDeploy(tree, "v1.1.0")
	return w, tree
}

// Property 2: after a rollback the previous version is back completely.
func TestRollback(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	before := w.cloud.aliases["goals"].Version
	e := w.deploying(tree)
	result, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0", Reason: "it is slow"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(w.live(), []string{"v1.0.0"}) || w.cloud.aliases["goals"].Version != "1" || before != "2" || w.page() == "<p>two" {
		t.Errorf("live %v, %+v, page %q", w.live(), w.cloud.aliases, w.page())
	}
	want := []string{"code succeeded", "snapshot succeeded", "assets succeeded", "migrations succeeded", "aliases succeeded", "entries succeeded", "verify succeeded"}
	if diff := cmp.Diff(want, phases(result)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if last := w.cloud.seen[len(w.cloud.seen)-1]; last != "v1.0.0" {
		t.Errorf("verified %s", last)
	}
	back, err := e.DeploymentByID(t.Context(), result.DeploymentID)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := e.DeploymentByID(t.Context(), back.RollbackOf)
	if err != nil || taken.Release != "v1.1.0" || taken.RolledBackBy != back.ID || back.Reason != "it is slow" || !back.Verified() {
		t.Errorf("records %+v and %+v, %v", back, taken, err)
	}
	if last := w.cloud.notices[len(w.cloud.notices)-1]; last.Kind != engine.NoticeRolledBack || last.Previous != "v1.1.0" {
		t.Errorf("notice %+v", last)
	}
	// The plan after is empty.
	at, _, err := e.At(t.Context(), "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if preview, err := at.Preview(t.Context(), engine.PreviewRequest{}); err != nil || !preview.Empty() {
		t.Errorf("left to do: %+v, %v", preview.Beside, err)
	}
	// Saying it again does not bring back what somebody left, but for those who name it.
	if _, err := e.Rollback(t.Context(), engine.RollbackRequest{}); !problem.Is(err, problem.NothingToGoBackTo) {
		t.Errorf("the one before again: %v", err)
	}
	if result, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.1.0"}); err != nil || result.Release != "v1.1.0" || w.page() != "<p>two" {
		t.Errorf("%+v, %v", result, err)
	}
}

// A release that failed goes back to the one that stood, not to one that was left.
func TestGoingBackPassesOverWhatWasLeft(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	w.cloud.broken["v1.0.0"] = true // meanwhile something is wrong with it, too
	if _, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); !problem.Is(err, problem.NotVerified) {
		t.Fatal(err)
	}
	w.cloud.broken["v1.0.0"], w.cloud.broken["v1.2.0"] = false, true
	newer(tree, "three")
	if result, err := w.deploy(tree, "v1.2.0"); !problem.Is(err, problem.RolledBack) || result.RolledBack.Release != "v1.0.0" {
		t.Errorf("%+v, %v", result, err)
	}
}

// A release that stood and was verified stays, though a check of it does not pass now.
func TestWhatStoodIsNotLeft(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	w.wants["other"] = append(w.wants["other"], address("other", "more")) // somebody has to go over it again
	w.cloud.broken["v1.1.0"] = true
	result, err := w.deploy(tree, "v1.1.0")
	if !problem.Is(err, problem.NotVerified) || problem.Is(err, problem.RolledBack) || result.RolledBack != nil || !slices.Equal(w.live(), []string{"v1.1.0"}) {
		t.Errorf("%+v, %v, live %v", result, err, w.live())
	}
}

// What a failed release added may hold data by now: its code goes back, and the
// infrastructure waits for somebody.
func TestCodeGoesBackWhereTheInfrastructureMayNot(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	e.Environment.Settings.Guard.StatefulTypes = []string{"test_thing"}
	w.cloud.broken["v1.2.0"] = true
	newer(tree, "three")
	build(t, e, "v1.2.0")
	at, _, err := e.At(t.Context(), "v1.2.0")
	if err != nil {
		t.Fatal(err)
	}
	before := w.wants["other"]
	w.wants["other"] = append(slices.Clone(before), address("other", "added"))
	show := at.Progress
	at.Progress = func(p engine.Progress) {
		if strings.HasPrefix(p.Text, "the deployment failed") {
			w.wants["other"] = before
		}
		show(p)
	}
	result, err := at.Apply(t.Context(), yes())
	if !problem.Is(err, problem.StatefulGuard) || problem.Is(err, problem.RolledBack) || !strings.Contains(err.Error(), "the code of v1.1.0 is back") {
		t.Errorf("%v", err)
	}
	if !slices.Equal(w.live(), []string{"v1.1.0"}) || w.page() != "<p>two" || result.RolledBack.Result != engine.Failed {
		t.Errorf("live %v, page %q, %+v", w.live(), w.page(), result.RolledBack)
	}
}

// Who decides on one thing does not change another that was deployed meanwhile.
func TestRollbackOfWhatStoodMeanwhile(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	_, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0", Confirm: func(context.Context, engine.Target) error {
		newer(tree, "three")
		w.mustDeploy(tree, "v1.2.0")
		return nil
	}})
	if !problem.Is(err, problem.StaleApproval) || !slices.Equal(w.live(), []string{"v1.2.0"}) {
		t.Errorf("%v, live %v", err, w.live())
	}
}

func TestRollbackIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version string
		set     func(t *testing.T, w *world, tree *tree)
		force   bool
		code    problem.Code
	}{
		"unknown":            {"v9.9.9", nil, false, problem.UnknownRelease},
		"no version":         {"one", nil, false, problem.BadVersion},
		"never deployed":     {"v1.5.0", func(t *testing.T, w *world, tree *tree) { newer2(t, w, tree, "v1.5.0") }, false, problem.UnverifiedRelease},
		"never deployed yet": {"v1.5.0", func(t *testing.T, w *world, tree *tree) { newer2(t, w, tree, "v1.5.0") }, true, ""},
		"damaged": {"v1.0.0", func(t *testing.T, w *world, _ *tree) {
			for _, key := range w.kept("artifacts/") {
				if err := w.store.Delete(t.Context(), key, ""); err != nil {
					t.Fatal(err)
				}
			}
		}, false, problem.ReleaseDamaged},
		"losing data": {"v1.0.0", func(_ *testing.T, w *world, _ *tree) { w.wants["other"] = nil }, false, problem.StatefulGuard},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := twoReleases(t)
			if test.set != nil {
				test.set(t, w, tree)
			}
			moves := len(w.cloud.moves)
			e := w.deploying(tree)
			e.Environment.Settings.Guard.StatefulTypes = []string{"test_thing"}
			_, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: test.version, ForceUnverified: test.force})
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !problem.Is(err, test.code) || len(w.cloud.moves) != moves || w.page() != "<p>two" {
				t.Errorf("%v; moved %v, page %q", err, w.cloud.moves[moves:], w.page())
			}
		})
	}
}

// What was deployed here once is no slip of the keyboard.
func TestAPrunedReleaseIsCalledPruned(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	w.mustDeploy(tree, "v1.0.0")
	newer(tree, "two")
	w.mustDeploy(tree, "v1.1.0")
	if err := w.store.Delete(t.Context(), engine.ManifestKey("v1.0.0"), ""); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{"v1.0.0": "it was pruned since", "v1.0.1": "has no release v1.0.1"} {
		_, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: version})
		if !problem.Is(err, problem.UnknownRelease) || !strings.Contains(err.Error(), want) {
			t.Fatalf("%s: %v", version, err)
		}
		next, again := problem.Find(err)[0].Next, "check out commit "+tree.source.Commit+": `mandala-deploy release build v1.0.0 -e test`"
		if !strings.Contains(next, "release list -e test") || strings.Contains(next, again) != (version == "v1.0.0") {
			t.Errorf("%s: the way on is %s", version, next)
		}
	}
}

// newer2 builds one more release and does not deploy it.
func newer2(t *testing.T, w *world, tree *tree, version string) {
	t.Helper()
	tree.code["goals"] = "code of " + version
	build(t, w.deploying(tree), version)
}

func TestAFailedDeploymentGoesBackOnce(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(w *world){
		"its verification fails": func(w *world) { w.cloud.broken["v1.2.0"] = true },
		"a layer fails": func(w *world) {
			failed := false
			w.faults["app"] = func(context.Context) error {
				if failed {
					return nil
				}
				failed = true
				w.putState("app", []string{address("app", "one"), address("app", "two")})
				return &problem.Error{Code: problem.TerraformFailed, What: "no"}
			}
		},
		"a layer dies": func(w *world) {
			died := false
			w.faults["app"] = func(context.Context) error {
				if died {
					return nil
				}
				died = true
				return &problem.Error{Code: problem.TerraformCrashed, What: "killed"}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := twoReleases(t)
			set(w)
			tree.code["goals"] = "code of three"
			tree.write("frontend/index.html", "<p>three")
			result, err := w.deploy(tree, "v1.2.0")
			if !problem.Is(err, problem.RolledBack) || result.RolledBack == nil || result.RolledBack.Release != "v1.1.0" {
				t.Fatalf("%+v, %v", result, err)
			}
			if !slices.Equal(w.live(), []string{"v1.1.0"}) || w.page() != "<p>two" {
				t.Errorf("live %v, page %q", w.live(), w.page())
			}
			status, err := w.deploying(tree).Status(t.Context())
			if err != nil || status.Lease != nil || len(status.Interrupted) > 0 || status.LastDeployment.Operation != engine.OperationRollback {
				t.Errorf("status %+v, %v", status, err)
			}
		})
	}
	// Going back that fails is not gone back from.
	t.Run("nothing works", func(t *testing.T) {
		t.Parallel()
		w, tree := twoReleases(t)
		w.cloud.broken["v1.2.0"], w.cloud.broken["v1.1.0"] = true, true
		tree.code["goals"] = "code of three"
		seen := len(w.cloud.seen)
		_, err := w.deploy(tree, "v1.2.0")
		if err == nil || problem.Is(err, problem.RolledBack) || len(w.cloud.seen) != seen+2 {
			t.Errorf("%v, verified %v", err, w.cloud.seen[seen:])
		}
	})
}

// Between a deployment that failed and its rollback nobody else gets in.
func TestGoingBackKeepsTheLease(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	tree.code["goals"] = "code of three"
	w.cloud.broken["v1.2.0"] = true
	var mu sync.Mutex
	var told []string
	w.store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Key != lease.Key || call.Op != enginetest.Put && call.Op != enginetest.Delete {
			return nil
		}
		word := string(call.Op)
		if call.Op == enginetest.Put {
			var holder engine.Holder
			if err := json.Unmarshal(call.Body, &holder); err != nil {
				return err
			}
			word = string(holder.Operation) + " " + holder.DeploymentID
		}
		mu.Lock()
		defer mu.Unlock()
		told = append(told, word)
		return nil
	})
	result, err := w.deploy(tree, "v1.2.0")
	if !problem.Is(err, problem.RolledBack) {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{"apply " + result.DeploymentID, "rollback " + result.RolledBack.DeploymentID, "delete"}
	if diff := cmp.Diff(want, slices.Compact(told)); diff != "" { // renewals say the same again
		t.Errorf("the lease (-want +got):\n%s", diff)
	}
}

// A rollback that was killed goes on when it is said again.
func TestRollbackGoesOn(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	killed := false
	w.faults["app"] = func(context.Context) error {
		if killed {
			return nil
		}
		killed = true
		return &problem.Error{Code: problem.TerraformCrashed, What: "killed"}
	}
	if _, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"}); !problem.Is(err, problem.TerraformCrashed) {
		t.Fatalf("%v", err)
	}
	// Nobody deploys over it.
	if _, err := w.deploying(tree).Apply(t.Context(), yes()); !problem.Is(err, problem.InterruptedRun) || !strings.Contains(problem.Find(err)[0].Next, "rollback test --version v1.0.0") {
		t.Errorf("an apply meanwhile: %v", err)
	}
	result, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"})
	if err != nil || result.Result != engine.Succeeded || !slices.Equal(w.live(), []string{"v1.0.0"}) {
		t.Errorf("%+v, %v, live %v", result, err, w.live())
	}
	if status, err := e.Status(t.Context()); err != nil || len(status.Interrupted) > 0 {
		t.Errorf("status %+v, %v", status, err)
	}
}

// A tool that was killed ended nothing: its record runs on, and its lease lives for a while.
func TestRollbackGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	e := w.deploying(tree)
	w.cloud.broken["v1.0.0"] = true
	result, err := e.Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"})
	if !problem.Is(err, problem.NotVerified) {
		t.Fatal(err)
	}
	w.cloud.broken["v1.0.0"] = false
	if err := e.Journals.Amend(t.Context(), result.DeploymentID, func(r *engine.Record) {
		r.Status, r.EndedAt, r.Verification = engine.Running, time.Time{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	at := now()
	body, err := json.Marshal(engine.Holder{ID: "dead", Environment: "test", User: "user", Host: host, Operation: engine.OperationRollback,
		DeploymentID: result.DeploymentID, AcquiredAt: at, RenewedAt: at, ExpiresAt: at.Add(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Put(t.Context(), lease.Key, body, engine.Condition{}); err != nil {
		t.Fatal(err)
	}
	again, err := w.deploying(tree).Rollback(t.Context(), engine.RollbackRequest{Version: "v1.0.0"})
	if err != nil || again.Result != engine.Succeeded || !slices.Equal(w.live(), []string{"v1.0.0"}) {
		t.Errorf("%+v, %v, live %v", again, err, w.live())
	}
}

func TestPlanRollbackChangesNothing(t *testing.T) {
	t.Parallel()
	w, tree := twoReleases(t)
	moves, puts := len(w.cloud.moves), len(w.cloud.puts)
	plan, err := w.deploying(tree).PlanRollback(t.Context(), engine.RollbackRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if plan.Target.Version != "v1.0.0" || len(plan.Aliases) != 2 || !slices.Contains(plan.Entries, "index.html") || plan.Preview.Empty() {
		t.Errorf("%+v", plan)
	}
	if len(w.cloud.moves) != moves || len(w.cloud.puts) != puts {
		t.Error("it changed something")
	}
}
