package engine_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

const (
	head    = "0123456789abcdef0123456789abcdef01234567"
	earlier = "fedcba9876543210fedcba9876543210fedcba98"
)

// tree is a working tree that can be released: a stand-in for git, for the Go
// toolchain and for the disk on which stored releases are laid out.
type tree struct {
	files    fstest.MapFS
	code     map[string]string // function → its archive
	source   release.Source
	tags     map[string]string // name → commit
	ignored  []string
	checkout map[string]fstest.MapFS
}

func newTree() *tree {
	t := &tree{
		files: project("takes functions"), checkout: map[string]fstest.MapFS{}, tags: map[string]string{},
		code:   map[string]string{"goals": "code of goals", "health": "code of health"},
		source: release.Source{Commit: head, CommitTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
	}
	t.write("environments/main.tf", string(t.files["environments/main.tf"].Data)+"variable \"release\" {\n  default = \"dev\"\n}\n")
	for name, body := range map[string]string{
		"environments/.terraform.lock.hcl":      "# lock",
		"environments/policies/x.rego":          "package x",
		"environments/test/terraform.tfvars":    "",
		"environments/other/deploy.hcl":         "target = \"local\"\nregion = \"x\"\n",
		"environments/.terraform/modules.json":  "{}",
		"environments/terraform.tfstate":        "{}",
		"environments/x.tfplan":                 "",
		"environments/crash.20260102.log":       "",
		"modules/base/.terraform.lock.hcl":      "# of `terraform test`",
		"modules/base/templates/a.json":         "{}",
		"modules/unused/main.tf":                "",
		"frontend/index.html":                   "<p>one",
		"frontend/assets/app-1.js":              "one",
		"frontend/assets.txt":                   "text",
		"functions/migrations/00001_people.sql": "-- class: expand\n",
		"functions/migrations/migrations.go":    "package migrations",
	} {
		t.write(name, body)
	}
	return t
}

func (t *tree) write(name, body string) { t.files[name] = &fstest.MapFile{Data: []byte(body)} }

// Source, Tag and Ignored are engine.Repository.
func (t *tree) Source(context.Context) (release.Source, error) { return t.source, nil }

func (t *tree) Tag(_ context.Context, name string) (string, error) { return t.tags[name], nil }

func (t *tree) Ignored(context.Context, []string) ([]string, error) { return t.ignored, nil }

// Build and Read are engine.Functions.
func (t *tree) Build(context.Context) (engine.Code, error) {
	code := engine.Code{Architecture: "arm64"}
	for _, name := range slices.Sorted(maps.Keys(t.code)) {
		code.Artifacts = append(code.Artifacts, engine.Artifact{Function: name, SHA256: release.Sum([]byte(t.code[name])), Size: int64(len(t.code[name]))})
	}
	return code, nil
}

func (t *tree) Read(_ context.Context, a engine.Artifact) ([]byte, error) {
	if release.Sum([]byte(t.code[a.Function])) != a.SHA256 {
		return nil, &problem.Error{Code: problem.ArtifactChanged, What: a.Function}
	}
	return []byte(t.code[a.Function]), nil
}

// checkouts is an engine.Checkouts in memory.
type checkouts struct {
	w *world
	t *tree
}

func (c checkouts) Open(ctx context.Context, digest string, files map[string]func(context.Context) ([]byte, error)) (engine.Checkout, error) {
	laid := fstest.MapFS{}
	for name, read := range files {
		body, err := read(ctx)
		if err != nil {
			return engine.Checkout{}, err
		}
		laid[name] = &fstest.MapFile{Data: body}
	}
	c.t.checkout[digest] = laid
	env, err := environment.Load(laid, "test")
	if err != nil {
		return engine.Checkout{}, err
	}
	return engine.Checkout{FS: laid, Dir: "/checkout", Environment: env, Files: c.w}, nil
}

// releasing gives an engine that releases a working tree.
func (w *world) releasing(tree *tree) *engine.Engine {
	w.t.Helper()
	w.deploys = map[string][]string{"app": {"goals", "health"}}
	e := w.engine("takes functions")
	env, err := environment.Load(tree.files, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	env.Settings.Frontend = environment.Frontend{Source: "frontend", Immutable: []string{"assets/"}}
	env.Settings.Migrations = environment.Migrations{Source: "functions/migrations", Function: "migrate"}
	e.Environment, e.Project = env, tree.files
	e.Functions, e.Repository, e.Checkouts = tree, tree, checkouts{w, tree}
	return e
}

// build builds a release that has to be built.
func build(t *testing.T, e *engine.Engine, version string) *engine.ReleaseBuild {
	t.Helper()
	built, err := e.BuildRelease(t.Context(), engine.ReleaseRequest{Version: version, Tool: "v0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// deployed leaves the record of a deployment.
func deployed(t *testing.T, e *engine.Engine, version string, verified bool) {
	t.Helper()
	record := engine.Record{ID: e.NewID(), Environment: "test", Operation: engine.OperationApply, Status: engine.Running, Release: version, StartedAt: now()}
	if verified {
		record.Verification = &engine.VerificationRecord{Result: engine.Succeeded}
	}
	journal, err := e.Journals.Start(t.Context(), record)
	if err == nil {
		err = journal.Finish(t.Context(), engine.Succeeded)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// kept gives the keys that the bucket has of releases.
func (w *world) kept(prefix string) []string {
	w.t.Helper()
	keys, err := w.store.List(context.Background(), prefix)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}
