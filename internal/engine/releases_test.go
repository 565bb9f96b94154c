package engine_test

import (
	"context"
	"encoding/json"
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

// A value that git ignores is somebody's secret: it is never stored, and the release
// is that of a clean checkout.
func TestWhatGitIgnoresIsNotReleased(t *testing.T) {
	t.Parallel()
	clean := build(t, newWorld(t).releasing(newTree()), "v1.0.0")
	w, tree := newWorld(t), newTree()
	for _, name := range []string{"environments/secret.auto.tfvars", "environments/other/terraform.tfvars", "modules/base/mine/x.auto.tfvars"} {
		tree.write(name, "password = \"secret of "+name+"\"")
		tree.ignored = append(tree.ignored, name)
	}
	tree.ignored = append(tree.ignored, "environments/.terraform.lock.hcl", "environments/terraform.tfstate")
	built := build(t, w.releasing(tree), "v1.0.0")
	if built.Digest != clean.Digest {
		t.Errorf("digest (-clean +with ignored files):\n%s", cmp.Diff(clean.Manifest, built.Manifest))
	}
	for _, name := range tree.ignored[:3] {
		if slices.Contains(w.kept("artifacts/"), engine.ArtifactKey(release.Sum(tree.files[name].Data))) {
			t.Errorf("%s is stored", name)
		}
		if !w.told("git ignores " + name) {
			t.Errorf("nobody is told that %s was left out: %q", name, w.notes)
		}
	}
	if len(w.notes) != 3 {
		t.Errorf("told %q", w.notes)
	}
}

func TestWhatIsReleased(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	e := w.releasing(tree)
	built := build(t, e, "v1.0.0")

	var root, site []string
	for _, file := range built.Manifest.Root {
		root = append(root, file.Path)
	}
	for _, file := range built.Manifest.Site {
		text := file.Path
		if file.Immutable {
			text += " immutable"
		}
		site = append(site, text+" "+file.ContentType)
	}
	want := []string{
		"environments/.terraform.lock.hcl", "environments/main.tf", "environments/other/deploy.hcl", "environments/policies/x.rego",
		"environments/test/deploy.hcl", "environments/test/terraform.tfvars",
		"modules/app/main.tf", "modules/base/main.tf", "modules/base/templates/a.json", "modules/other/main.tf", "modules/web/main.tf",
	}
	if diff := cmp.Diff(want, root); diff != "" {
		t.Errorf("the root (-want +got):\n%s", diff)
	}
	want = []string{"assets.txt text/plain; charset=utf-8", "assets/app-1.js immutable text/javascript; charset=utf-8", "index.html text/html; charset=utf-8"}
	if diff := cmp.Diff(want, site); diff != "" {
		t.Errorf("the site (-want +got):\n%s", diff)
	}
	if m := built.Manifest; len(m.Functions) != 2 || m.Architecture != "arm64" || m.Schema() != 1 || m.Source != tree.source {
		t.Errorf("manifest %+v", m)
	}
	artifacts := built.Manifest.Artifacts()
	if got := w.kept("artifacts/"); len(got) != len(artifacts) || built.Uploaded != len(artifacts) {
		t.Errorf("%d contents, %d stored, %d said to be", len(artifacts), len(got), built.Uploaded)
	}

	list, err := e.Releases(t.Context())
	if err != nil || len(list) != 1 || list[0].Digest != built.Digest || list[0].Deployed {
		t.Errorf("list %+v, %v", list, err)
	}
	detail, err := e.ReleaseOf(t.Context(), "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if "sha256:"+detail.Provenance.Subject[0].Digest["sha256"] != built.Digest || len(detail.Provenance.Subject) != len(artifacts)+1 {
		t.Errorf("provenance %+v", detail.Provenance.Subject)
	}
	if _, err := e.VerifyRelease(t.Context(), "v1.0.0"); err != nil {
		t.Error(err)
	}
}

func TestBuildingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	first := build(t, w.releasing(tree), "v1.0.0")
	var written []string
	w.store.Before(func(_ context.Context, call enginetest.Call) error {
		if call.Op == enginetest.Put {
			written = append(written, call.Key)
		}
		return nil
	})
	again := build(t, w.releasing(tree), "v1.0.0")
	if !again.Existed || again.Digest != first.Digest || len(written) > 0 {
		t.Errorf("existed: %v, digests %s and %s, written %v", again.Existed, first.Digest, again.Digest, written)
	}
	// In another bucket, by another user, at another time: the same.
	other := newWorld(t)
	e := other.releasing(newTree())
	e.Actor = engine.Actor{User: "somebody", Host: "elsewhere", CIRun: "https://ci/1"}
	if built := build(t, e, "v1.0.0"); built.Digest != first.Digest {
		t.Errorf("the same source gives %s and %s", first.Digest, built.Digest)
	}

	// Only what changed is stored.
	tree.write("frontend/index.html", "<p>two")
	if built := build(t, w.releasing(tree), "v1.1.0"); built.Uploaded != 1 || built.Existed {
		t.Errorf("one change stores %d", built.Uploaded)
	}
	// Something else under the same name.
	_, err := w.releasing(tree).BuildRelease(t.Context(), engine.ReleaseRequest{Version: "v1.0.0"})
	if !problem.Is(err, problem.ReleaseExists) {
		t.Errorf("another content under the same version: %v", err)
	}
	difference, err := w.releasing(tree).DiffReleases(t.Context(), "v1.0.0", "v1.1.0")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(release.Delta{Added: []string{}, Removed: []string{}, Changed: []string{"index.html"}}, difference.Site); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !difference.Root.Empty() || !difference.Functions.Empty() {
		t.Errorf("difference %+v", difference)
	}
}

func TestACutShortUploadIsNoRelease(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line is cut")
	for name, at := range map[string]string{"among the contents": "artifacts/", "at the provenance": "releases/v1.0.0/provenance", "at the manifest": "releases/v1.0.0/manifest"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := newWorld(t), newTree()
			puts := 0
			w.store.Before(func(_ context.Context, call enginetest.Call) error {
				if call.Op == enginetest.Put && strings.HasPrefix(call.Key, at) {
					if puts++; puts > 1 || at != "artifacts/" {
						return broken
					}
				}
				return nil
			})
			if _, err := w.releasing(tree).BuildRelease(t.Context(), engine.ReleaseRequest{Version: "v1.0.0"}); !errors.Is(err, broken) {
				t.Fatalf("got %v", err)
			}
			w.store.Before(func(_ context.Context, call enginetest.Call) error { return overwrites(call) })
			e := w.releasing(tree)
			if list, err := e.Releases(t.Context()); len(list) != 0 || err != nil {
				t.Errorf("list %+v, %v", list, err)
			}
			if _, _, err := e.At(t.Context(), "v1.0.0"); !problem.Is(err, problem.UnknownRelease) {
				t.Errorf("it can be deployed: %v", err)
			}
			if built := build(t, e, "v1.0.0"); built.Existed {
				t.Error("it is taken for built")
			}
			if _, err := e.VerifyRelease(t.Context(), "v1.0.0"); err != nil {
				t.Error(err)
			}
		})
	}
}

// overwrites refuses what the bucket's policy of the layer delivery refuses: to write
// over what a rollback goes back to.
func overwrites(call enginetest.Call) error {
	kept := strings.HasPrefix(call.Key, "releases/") || strings.HasPrefix(call.Key, "artifacts/")
	if call.Op == enginetest.Put && kept && !call.Condition.Absent {
		return fmt.Errorf("AccessDenied: put %s", call.Key)
	}
	return nil
}

func TestTwoBuildersAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		same bool
		at   string // what the slower one is about to write
	}{
		"of the same, at the provenance":       {true, "provenance.json"},
		"of the same, at the manifest":         {true, "manifest.json"},
		"of something else, at the provenance": {false, "provenance.json"},
		"of something else, at the manifest":   {false, "manifest.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := newWorld(t), newTree()
			other := newTree()
			if !test.same {
				other.write("frontend/index.html", "<p>other")
			}
			rival := w.releasing(other)
			raced := false
			w.store.Before(func(_ context.Context, call enginetest.Call) error {
				if call.Op == enginetest.Put && strings.HasSuffix(call.Key, test.at) && !raced {
					raced = true
					build(t, rival, "v1.0.0")
				}
				return overwrites(call)
			})
			_, err := w.releasing(tree).BuildRelease(t.Context(), engine.ReleaseRequest{Version: "v1.0.0"})
			if test.same != (err == nil) || !test.same && !problem.Is(err, problem.ReleaseExists) {
				t.Errorf("got %v", err)
			}
			if _, err := rival.VerifyRelease(t.Context(), "v1.0.0"); err != nil {
				t.Errorf("the first one's release: %v", err)
			}
		})
	}
}

func TestAtDeploysTheReleaseBySettingsOfToday(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	tree.source.Commit = earlier
	built := build(t, w.releasing(tree), "v1.0.0")
	tree.source.Commit = head
	tree.code["goals"] = "newer code"
	tree.write("environments/main.tf", strings.Replace(string(tree.files["environments/main.tf"].Data), `module "other"`, `module "another"`, 1))
	tree.write("environments/test/deploy.hcl", strings.Replace(string(tree.files["environments/test/deploy.hcl"].Data), "required = false", "required = true", 1))
	e := w.releasing(tree)
	at, manifest, err := e.At(t.Context(), "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if digest, _ := manifest.Digest(); digest != built.Digest || at.Release != "v1.0.0" || at.ProjectDir != "/checkout" {
		t.Errorf("manifest %s, engine of %s in %s", digest, at.Release, at.ProjectDir)
	}
	if !slices.Contains(at.Environment.Root.LayerNames(), "other") || at.Environment.VarFile == "" {
		t.Errorf("the root is not the release's: %v", at.Environment.Root.LayerNames())
	}
	if !at.Environment.Settings.Approval.Required || e.Release != "" || !slices.Contains(e.Environment.Root.LayerNames(), "another") {
		t.Error("the settings are the release's, or the working tree's engine was changed")
	}

	preview, err := at.Preview(t.Context(), engine.PreviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	files := w.dirs["preview"].files
	var told struct{ Release string }
	if err := json.Unmarshal(files["mandala-release.tfvars.json"], &told); err != nil || told.Release != "v1.0.0" {
		t.Errorf("the root is told %s, %v", files["mandala-release.tfvars.json"], err)
	}
	if old := release.Sum([]byte("code of goals")); !strings.Contains(string(files["mandala-functions.tfvars.json"]), old) {
		t.Errorf("the functions are not the release's: %s", files["mandala-functions.tfvars.json"])
	}
	// The settings that govern are covered by the approval.
	tree.write("environments/test/deploy.hcl", string(tree.files["environments/test/deploy.hcl"].Data)+"\n# more\n")
	changed, err := at.Preview(t.Context(), engine.PreviewRequest{})
	if err != nil || changed.Approval.Inputs.Settings == preview.Approval.Inputs.Settings || changed.Approval.Inputs.Root != preview.Approval.Inputs.Root {
		t.Errorf("inputs %+v, %v", changed.Approval.Inputs, err)
	}
	if _, err := at.Apply(t.Context(), engine.ApplyRequest{Approval: changed.Approval}); err != nil {
		t.Error(err)
	}
	if w.told("built, but") || len(w.applied) == 0 {
		t.Errorf("applied %v, told %q", w.applied, w.notes)
	}

	// The working tree is not named unless the engine is.
	if _, err := e.Preview(t.Context(), engine.PreviewRequest{}); err != nil {
		t.Fatal(err)
	}
	if body, ok := w.dirs["preview"].files["mandala-release.tfvars.json"]; ok {
		t.Errorf("the root is told %s", body)
	}
}

func TestReleasesByCommit(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	built := build(t, w.releasing(tree), head[:7])
	if built.Version != head[:12] {
		t.Errorf("it is called %s", built.Version)
	}
	if again := build(t, w.releasing(tree), head); !again.Existed {
		t.Error("the whole commit is another release")
	}
	for _, text := range []string{head, head[:8], head[:12]} {
		if detail, err := w.releasing(tree).ReleaseOf(t.Context(), text); err != nil || detail.Version != head[:12] {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestVersionsThatAreNotBuilt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		version string
		change  func(*tree)
		request engine.ReleaseRequest
		want    problem.Code
	}{
		"no version":              {version: "latest", want: problem.BadVersion},
		"dirty":                   {version: "v1.0.0", change: func(t *tree) { t.source.Dirty = true }, want: problem.DirtyTree},
		"a dirty commit":          {version: head, change: func(t *tree) { t.source.Dirty = true }, want: problem.DirtyTree},
		"dirty, and allowed":      {version: "v1.0.0", change: func(t *tree) { t.source.Dirty = true }, request: engine.ReleaseRequest{AllowDirty: true}},
		"another commit":          {version: earlier, want: problem.WrongCommit},
		"a tag of another commit": {version: "v1.0.0", change: func(t *tree) { t.tags["v1.0.0"] = earlier }, want: problem.WrongCommit},
		"the tag of this commit":  {version: "v1.0.0", change: func(t *tree) { t.tags["v1.0.0"] = head }},
		"a commit, no repository": {version: head, change: func(t *tree) { t.source = release.Source{} }, want: problem.WrongCommit},
		"no repository":           {version: "v1.0.0", change: func(t *tree) { t.source = release.Source{} }},
		"no site":                 {version: "v1.0.0", change: func(t *tree) { t.without("frontend/") }, want: problem.NoSite},
		"no migrations":           {version: "v1.0.0", change: func(t *tree) { t.without("functions/migrations/") }, want: problem.BadMigrations},
		"a migration of no class": {version: "v1.0.0", change: func(t *tree) { t.write("functions/migrations/2_x.sql", "--") }, want: problem.BadMigrations},
		"both classes, at first":  {version: "v1.0.0", change: func(t *tree) { t.write("functions/migrations/2_x.sql", "-- class: contract\n") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := newWorld(t), newTree()
			if test.change != nil {
				test.change(tree)
			}
			e := w.releasing(tree)
			test.request.Version = test.version
			_, err := e.BuildRelease(t.Context(), test.request)
			if test.want == "" && err != nil || test.want != "" && !problem.Is(err, test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if test.want != "" && len(w.kept("")) > 0 {
				t.Errorf("stored %v", w.kept(""))
			}
		})
	}
}

func (t *tree) without(prefix string) {
	for name := range t.files {
		if strings.HasPrefix(name, prefix) {
			delete(t.files, name)
		}
	}
}

func TestExpansionAndContractionTakeTwoReleases(t *testing.T) {
	t.Parallel()
	w, tree := newWorld(t), newTree()
	build(t, w.releasing(tree), "v1.0.0")
	tree.write("functions/migrations/00002_more.sql", "-- class: expand\n")
	tree.write("functions/migrations/00003_less.sql", "-- class: contract\n")
	_, err := w.releasing(tree).BuildRelease(t.Context(), engine.ReleaseRequest{Version: "v1.1.0"})
	if !problem.Is(err, problem.BadMigrations) || !strings.Contains(err.Error(), "00003_less.sql") {
		t.Errorf("got %v", err)
	}
	tree.without("functions/migrations/00003")
	build(t, w.releasing(tree), "v1.1.0")
	tree.write("functions/migrations/00003_less.sql", "-- class: contract\n")
	build(t, w.releasing(tree), "v1.2.0")
	// Before all of them there was nothing.
	build(t, w.releasing(tree), "v0.9.0")
}

func TestDamagedReleases(t *testing.T) {
	t.Parallel()
	code := engine.ArtifactKey(release.Sum([]byte("code of goals")))
	root := engine.ArtifactKey(release.Sum([]byte("# lock")))
	for name, test := range map[string]struct {
		key     string
		body    []byte // nil deletes
		verify  string // what verify names
		opens   bool
		missing bool
	}{
		"a function differs":    {key: code, body: []byte("x"), verify: "function goals differs", opens: true},
		"a function is missing": {key: code, verify: "function goals is missing", opens: true, missing: true},
		"a file is missing":     {key: root, verify: "environments/.terraform.lock.hcl is missing", missing: true},
		"a file differs":        {key: root, body: []byte("other"), verify: "environments/.terraform.lock.hcl differs"},
		"no provenance":         {key: "releases/v1.0.0/provenance.json", verify: "no provenance"},
		"another's provenance":  {key: "releases/v1.0.0/provenance.json", body: []byte(`{"_type":"x"}`), verify: "provenance"},
		"another's manifest":    {key: "releases/v1.0.0/manifest.json", body: []byte(`{"format":1}`), verify: "manifest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tree := newWorld(t), newTree()
			e := w.releasing(tree)
			build(t, e, "v1.0.0")
			build(t, e, "v0.1.0")
			var err error
			if test.body == nil {
				err = w.store.Delete(t.Context(), test.key, "")
			} else {
				_, err = w.store.Put(t.Context(), test.key, test.body, engine.Condition{})
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.VerifyRelease(t.Context(), "v1.0.0"); !problem.Is(err, problem.ReleaseDamaged) || !strings.Contains(err.Error(), test.verify) {
				t.Errorf("verify: %v", err)
			}
			at, _, err := e.At(t.Context(), "v1.0.0")
			if (err == nil) != test.opens || err != nil && !problem.Is(err, problem.ReleaseDamaged) {
				t.Errorf("open: %v", err)
			}
			if test.opens {
				if _, err := at.Functions.Read(t.Context(), engine.Artifact{Function: "goals", SHA256: strings.TrimPrefix(test.key, "artifacts/sha256/")}); !problem.Is(err, problem.ReleaseDamaged) {
					t.Errorf("read: %v", err)
				}
			}
			if list, err := e.Releases(t.Context()); err != nil || len(list) != 2 {
				t.Errorf("one damaged release hides the others: %+v, %v", list, err)
			}
			if test.missing {
				if built := build(t, e, "v1.0.0"); built.Uploaded != 1 {
					t.Errorf("building again stores %d", built.Uploaded)
				}
				if _, err := e.VerifyRelease(t.Context(), "v1.0.0"); err != nil {
					t.Errorf("building again does not mend it: %v", err)
				}
			}
		})
	}
}

func TestUnknownReleases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := w.releasing(newTree())
	build(t, e, "v1.10.0")
	for name, ask := range map[string]func(string) error{
		"show":   func(v string) error { _, err := e.ReleaseOf(t.Context(), v); return err },
		"verify": func(v string) error { _, err := e.VerifyRelease(t.Context(), v); return err },
		"open":   func(v string) error { _, _, err := e.At(t.Context(), v); return err },
		"diff":   func(v string) error { _, err := e.DiffReleases(t.Context(), "v1.10.0", v); return err },
	} {
		var p *problem.Error
		if err := ask("v1.1.0"); !errors.As(err, &p) || p.Code != problem.UnknownRelease || !strings.Contains(p.What, "did you mean v1.10.0?") || !strings.Contains(p.Remedy(), "release list -e test") {
			t.Errorf("%s: %v", name, err)
		}
		if err := ask("newest"); !problem.Is(err, problem.BadVersion) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
