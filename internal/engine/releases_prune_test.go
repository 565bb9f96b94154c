package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

// six builds v1.0.0 to v1.5.0, each with code and a page of its own.
func six(t *testing.T, w *world) (*tree, *engine.Engine) {
	t.Helper()
	tree := newTree()
	for n := range 6 {
		tree.code["goals"] = fmt.Sprintf("code %d", n)
		tree.write("frontend/index.html", fmt.Sprintf("<p>%d", n))
		build(t, w.releasing(tree), fmt.Sprintf("v1.%d.0", n))
	}
	e := w.releasing(tree)
	e.Environment.Settings.Rollback.KeepReleases = 1
	return tree, e
}

func listed(t *testing.T, e *engine.Engine) []string {
	t.Helper()
	all, err := e.Releases(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var versions []string
	for _, each := range all {
		text := each.Version
		if each.Deployed {
			text += " deployed"
		}
		if each.Verified {
			text += " verified"
		}
		versions = append(versions, text)
	}
	return versions
}

func TestPruneKeepsWhatRunsAndWhatOneCanGoBackTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, e := six(t, w)
	deployed(t, e, "v1.0.0", true)
	deployed(t, e, "v1.1.0", true)
	deployed(t, e, "v1.3.0", false)
	deployed(t, e, "v1.1.0", true)
	deployed(t, e, "v1.2.0", false)
	want := []string{"v1.5.0", "v1.4.0", "v1.3.0", "v1.2.0 deployed", "v1.1.0 verified", "v1.0.0 verified"}
	if diff := cmp.Diff(want, listed(t, e)); diff != "" {
		t.Errorf("before (-want +got):\n%s", diff)
	}
	before := w.kept("")
	plan, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: 1, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, w.kept("")); diff != "" {
		t.Errorf("a dry run changes the bucket:\n%s", diff)
	}
	done, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: 1})
	if err != nil {
		t.Fatal(err)
	}
	plan.DryRun = false
	if diff := cmp.Diff(plan, done); diff != "" {
		t.Errorf("(-dry run +done):\n%s", diff)
	}
	// Code and page of three releases; all else is the others', too.
	if diff := cmp.Diff([]string{"v1.4.0", "v1.3.0", "v1.0.0"}, done.Pruned); diff != "" || done.Artifacts != 6 {
		t.Errorf("%d contents, pruned (-want +got):\n%s", done.Artifacts, diff)
	}
	if diff := cmp.Diff([]string{"v1.5.0", "v1.2.0 deployed", "v1.1.0 verified"}, listed(t, e)); diff != "" {
		t.Errorf("after (-want +got):\n%s", diff)
	}
	for _, version := range []string{"v1.5.0", "v1.2.0", "v1.1.0"} {
		if _, err := e.VerifyRelease(t.Context(), version); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
	if _, err := e.ReleaseOf(t.Context(), "v1.0.0"); !problem.Is(err, problem.UnknownRelease) {
		t.Errorf("a pruned release: %v", err)
	}
	if keys := w.kept("releases/"); len(keys) != 6 {
		t.Errorf("left %v", keys)
	}
}

func TestPruneKeepsReleasesBesideTheOneThatRuns(t *testing.T) {
	t.Parallel()
	const newest = "v1.5.0"
	type run struct {
		version  string
		verified bool
	}
	good := func(versions ...string) []run {
		var runs []run
		for _, version := range versions {
			runs = append(runs, run{version, true})
		}
		return runs
	}
	for name, test := range map[string]struct {
		runs       []run // oldest first
		keep, hold int   // the flag, and rollback.keep_releases
		want       []string
	}{
		"the same one deployed twice":     {good("v1.0.0", "v1.1.0", "v1.1.0"), 1, 1, []string{newest, "v1.1.0", "v1.0.0"}},
		"two beside it":                   {good("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"), 2, 1, []string{newest, "v1.4.0", "v1.3.0", "v1.2.0", "v1.1.0"}},
		"never fewer than deploy.hcl's":   {good("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"), 1, 3, []string{newest, "v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"}},
		"as many as deploy.hcl says":      {good("v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"), 0, 2, []string{newest, "v1.4.0", "v1.3.0", "v1.2.0", "v1.1.0"}},
		"one that is gone does not count": {good("v1.0.0", "v0.1.0", "v1.1.0"), 1, 1, []string{newest, "v1.1.0", "v1.0.0"}},
		"nor one that was never verified": {append(good("v1.0.0"), run{"v1.1.0", false}, run{"v1.2.0", false}, run{"v1.3.0", true}), 1, 1,
			[]string{newest, "v1.3.0", "v1.0.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, e := six(t, w)
			e.Environment.Settings.Rollback.KeepReleases = test.hold
			for _, each := range test.runs {
				deployed(t, e, each.version, each.verified)
			}
			done, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: test.keep})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, each := range done.Kept {
				got = append(got, each.Version)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPruneKeepsWhatStatesAndRecordsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, e := six(t, w)
	inState, inRecord := release.Sum([]byte("code 0")), release.Sum([]byte("code 1"))
	if _, err := w.store.Put(t.Context(), engine.StateKey("functions"), []byte(`{"resources":[{"key":"`+engine.ArtifactKey(inState)+`"}]}`), engine.Condition{}); err != nil {
		t.Fatal(err)
	}
	journal, err := e.Journals.Start(t.Context(), engine.Record{ID: "dev", Environment: "test", Operation: engine.OperationApply, Status: engine.Running,
		Release: "dev-0123456789ab", StartedAt: now(), Aliases: []engine.AliasRecord{{Function: "goals", CodeSHA256: inRecord}}})
	if err == nil {
		err = journal.Finish(t.Context(), engine.Failed)
	}
	if err != nil {
		t.Fatal(err)
	}
	done, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: 1})
	if err != nil || len(done.Pruned) != 5 {
		t.Fatalf("%+v, %v", done, err)
	}
	keys := w.kept("artifacts/")
	for text, kept := range map[string]bool{"code 0": true, "code 1": true, "code 2": false, "code 5": true} {
		if slices.Contains(keys, engine.ArtifactKey(release.Sum([]byte(text)))) != kept {
			t.Errorf("%s: kept is not %v", text, kept)
		}
	}
}

// A release that is built while others are pruned finds all that it consists of.
func TestPruneAndBuildAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tree, e := six(t, w)
	tree.code["goals"] = "code 0" // which only a release that goes has
	builder := w.releasing(tree)
	built := false
	w.store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Delete && strings.HasPrefix(call.Key, "releases/") && !built {
			built = true
			build(t, builder, "v2.0.0")
		}
		return nil
	})
	if _, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.VerifyRelease(t.Context(), "v2.0.0"); err != nil || !built {
		t.Error(err)
	}
}

func TestPruneRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		keep   int
		change func(*testing.T, *world, *engine.Engine)
		want   problem.Code
	}{
		"to keep fewer than none": {keep: -1, want: problem.Usage},
		"while a run changes the environment": {1, func(t *testing.T, _ *world, e *engine.Engine) {
			if _, _, err := e.Leases.Acquire(t.Context(), engine.Holder{ID: "other", Environment: "test"}, false); err != nil {
				t.Fatal(err)
			}
		}, problem.Locked},
		"while what stays cannot be read": {1, func(t *testing.T, w *world, _ *engine.Engine) {
			if _, err := w.store.Put(t.Context(), engine.ManifestKey("v1.5.0"), []byte("{}"), engine.Condition{}); err != nil {
				t.Fatal(err)
			}
		}, problem.ReleaseOutdated},
		"while a record cannot be read": {1, func(t *testing.T, w *world, e *engine.Engine) {
			deployed(t, e, "v1.0.0", true)
			for _, key := range w.kept("deployments/") {
				if _, err := w.store.Put(t.Context(), key, []byte("?"), engine.Condition{}); err != nil {
					t.Fatal(err)
				}
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, e := six(t, w)
			if test.change != nil {
				test.change(t, w, e)
			}
			before := w.kept("releases/")
			_, err := e.PruneReleases(t.Context(), engine.PruneRequest{Keep: test.keep})
			if err == nil || test.want != "" && !problem.Is(err, test.want) || errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if diff := cmp.Diff(before, w.kept("releases/")); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}
