package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/engine/enginetest"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// workshop is an engine.Functions whose archives are their own names.
type workshop struct {
	built  map[string]string // function → digest
	builds int
	broken error
}

func (w *workshop) Build(context.Context) (engine.Code, error) {
	w.builds++
	code := engine.Code{Architecture: "arm64"}
	for _, name := range []string{"goals", "health", "unknown"} {
		if digest := w.built[name]; digest != "" {
			code.Artifacts = append(code.Artifacts, engine.Artifact{Function: name, SHA256: digest, Size: 1})
		}
	}
	return code, w.broken
}

func (w *workshop) Read(_ context.Context, a engine.Artifact) ([]byte, error) {
	if w.built[a.Function] != a.SHA256 {
		return nil, &problem.Error{Code: problem.ArtifactChanged, What: a.Function}
	}
	return []byte("archive of " + a.Function), nil
}

// withFunctions gives an engine whose root takes functions and whose layer app
// deploys goals and health.
func (w *world) withFunctions(f *workshop) *engine.Engine {
	w.t.Helper()
	w.deploys = map[string][]string{"app": {"goals", "health"}}
	e := w.engine("takes functions")
	e.Functions = f
	return e
}

func stored(t *testing.T, w *world) []string {
	t.Helper()
	keys, err := w.store.List(t.Context(), "artifacts/")
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestFunctionsAreBuiltAndUploadedBeforeTheFirstLayer(t *testing.T) {
	t.Parallel()
	w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa", "health": "bb", "unknown": "cc"}}
	e := w.withFunctions(f)

	preview, err := e.Preview(t.Context(), engine.PreviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(stored(t, w)) != 0 {
		t.Error("a preview uploads")
	}
	if preview.Approval.Inputs.Functions == "" {
		t.Error("the approval does not cover the functions")
	}
	if !w.told("no functions of these names: unknown") {
		t.Errorf("nothing is told of a function that the root does not know: %q", w.notes)
	}
	var values struct {
		Architecture string
		Artifacts    map[string]map[string]string
	}
	if err := json.Unmarshal(w.dirs["preview"].files["mandala-functions.tfvars.json"], &values); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"bucket": "bucket", "key": "artifacts/sha256/aa", "sha256": "aa"}, values.Artifacts["goals"]); diff != "" || values.Architecture != "arm64" {
		t.Errorf("values for %q (-want +got):\n%s", values.Architecture, diff)
	}

	var first sync.Once
	var before []string // keys when the first layer's state is written
	w.store.After(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Put && strings.HasPrefix(call.Key, "artifacts/") && !call.Condition.Absent {
			t.Errorf("%s is written over what may be there", call.Key)
		}
		if call.Op == enginetest.Put && strings.HasPrefix(call.Key, "states/") {
			first.Do(func() { before = stored(t, w) })
		}
		return nil
	})
	f.builds = 0
	if _, err := e.Apply(t.Context(), engine.ApplyRequest{Approval: preview.Approval}); err != nil {
		t.Fatal(err)
	}
	want := []string{"artifacts/sha256/aa", "artifacts/sha256/bb"}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("before the first layer (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, stored(t, w)); diff != "" {
		t.Errorf("at the end (-want +got):\n%s", diff)
	}
	if f.builds != 1 {
		t.Errorf("one apply builds %d times", f.builds)
	}
	if _, ok := w.dirs["layer-app"].files["mandala-functions.tfvars.json"]; !ok {
		t.Error("the slice does not get what the preview had")
	}
}

func TestAnApprovalIsOfTheCode(t *testing.T) {
	t.Parallel()
	w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa", "health": "bb"}}
	e := w.withFunctions(f)
	preview, err := e.Preview(t.Context(), engine.PreviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	f.built["goals"] = "dd"
	_, err = e.Apply(t.Context(), engine.ApplyRequest{Approval: preview.Approval})
	if !problem.Is(err, problem.StaleApproval) || !strings.Contains(err.Error(), "the functions' code") {
		t.Errorf("other code under the same approval: %v", err)
	}
	if len(w.applied) != 0 || len(stored(t, w)) != 0 {
		t.Errorf("applied %v, stored %v", w.applied, stored(t, w))
	}
}

func TestAResumedRunSaysThatTheCodeChanged(t *testing.T) {
	t.Parallel()
	w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa", "health": "bb"}}
	e := w.withFunctions(f)
	preview, err := e.Preview(t.Context(), engine.PreviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	w.faults["app"] = func(context.Context) error {
		return &problem.Error{Code: problem.TerraformCrashed, What: "killed"}
	}
	if _, err := e.Apply(t.Context(), engine.ApplyRequest{Approval: preview.Approval}); err == nil {
		t.Fatal("the fault did not happen")
	}
	w.faults = map[string]fault{}
	f.built["goals"] = "dd"
	asked := false
	e = w.withFunctions(f)
	_, err = e.Apply(t.Context(), engine.ApplyRequest{Resume: true, Confirm: func(context.Context, *engine.Preview) error {
		asked = true
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !asked || !w.told("is not what run") {
		t.Errorf("asked: %v, told: %q", asked, w.notes)
	}
}

func TestWhatIsStoredIsNotUploadedAgain(t *testing.T) {
	t.Parallel()
	w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa", "health": "aa"}}
	e := w.withFunctions(f)
	puts := 0
	w.store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Put && strings.HasPrefix(call.Key, "artifacts/") {
			puts++
			// Another run was faster.
			return engine.ErrPrecondition
		}
		return nil
	})
	confirm := func(context.Context, *engine.Preview) error { return nil }
	if _, err := e.Apply(t.Context(), engine.ApplyRequest{Confirm: confirm}); err != nil {
		t.Fatal(err)
	}
	if puts != 1 {
		t.Errorf("two equal archives were put %d times", puts)
	}
	result, err := e.Apply(t.Context(), engine.ApplyRequest{Confirm: confirm})
	if err != nil || !result.Preview.Empty() || puts != 1 {
		t.Errorf("the second apply: %v, %d puts", err, puts)
	}
}

func TestFailuresOfFunctionsStopBeforeAnything(t *testing.T) {
	t.Parallel()
	broken := errors.New("does not compile")
	for name, test := range map[string]struct {
		change func(*world, *engine.Engine, *workshop)
		want   func(error) bool
	}{
		"broken": {func(_ *world, _ *engine.Engine, f *workshop) { f.broken = broken }, func(err error) bool { return errors.Is(err, broken) }},
		"a root that takes none": {func(w *world, e *engine.Engine, _ *workshop) { e.Environment = w.engine().Environment },
			func(err error) bool { return problem.Is(err, problem.NoArtifactsVariable) }},
		"the bucket refuses": {func(w *world, _ *engine.Engine, _ *workshop) {
			w.store.Before(func(_ context.Context, call enginetest.Call) error {
				if call.Op == enginetest.Put && strings.HasPrefix(call.Key, "artifacts/") {
					return broken
				}
				return nil
			})
		}, func(err error) bool { return errors.Is(err, broken) }},
		"built anew meanwhile": {func(w *world, _ *engine.Engine, f *workshop) {
			w.store.Before(func(_ context.Context, call enginetest.Call) error {
				if call.Op == enginetest.Put && strings.HasPrefix(call.Key, "approvals/") {
					f.built["health"] = "ee"
				}
				return nil
			})
		}, func(err error) bool { return problem.Is(err, problem.ArtifactChanged) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa", "health": "bb"}}
			e := w.withFunctions(f)
			test.change(w, e, f)
			_, err := e.Apply(t.Context(), engine.ApplyRequest{Confirm: func(context.Context, *engine.Preview) error { return nil }})
			if !test.want(err) {
				t.Errorf("error: %v", err)
			}
			records, listErr := e.Journals.List(t.Context(), 1)
			if listErr != nil || len(w.applied) != 0 || len(records) != 0 {
				t.Errorf("applied %v, records %v, %v", w.applied, records, listErr)
			}
		})
	}
}

func TestDestroyBuildsNothing(t *testing.T) {
	t.Parallel()
	w, f := newWorld(t), &workshop{built: map[string]string{"goals": "aa"}}
	e := w.withFunctions(f)
	if _, err := e.Apply(t.Context(), engine.ApplyRequest{Confirm: func(context.Context, *engine.Preview) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	f.builds, f.broken = 0, errors.New("does not compile")
	if _, err := e.Destroy(t.Context(), engine.DestroyRequest{}); err != nil {
		t.Fatal(err)
	}
	if f.builds != 0 || !slices.Equal(w.untracked(), nil) {
		t.Errorf("%d builds, left %v", f.builds, w.untracked())
	}
}
