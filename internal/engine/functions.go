package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

const (
	// artifactsVariable and architectureVariable are the root's variables by
	// which it gets the functions' code and the processor that it is for: both
	// from one build, so they cannot disagree.
	artifactsVariable    = "artifacts"
	architectureVariable = "architecture"
	// codeFile holds their values in a composed root. Not loaded by itself: it
	// has to come after the environment's own values.
	codeFile = "mandala-functions.tfvars.json"
	// releaseVariable is the root's variable by which it gets the name of what
	// is deployed, where it declares one; releaseFile holds its value.
	releaseVariable = "release"
	releaseFile     = "mandala-release.tfvars.json"

	artifactsPrefix = "artifacts/sha256/"
	// concurrentUploads bounds the archives in memory; each has some megabytes.
	concurrentUploads = 4
)

// ArtifactKey is the key of an archive in the environment's bucket.
func ArtifactKey(sha256 string) string { return artifactsPrefix + sha256 }

// buildFunctions builds what the functions run; no Code where deploy.hcl has
// none built.
func (e *Engine) buildFunctions(ctx context.Context) (Code, error) {
	if e.Functions == nil {
		return Code{}, nil
	}
	for _, name := range []string{artifactsVariable, architectureVariable} {
		if _, declared := e.Environment.Root.ItemByKey("var." + name); !declared {
			return Code{}, &problem.Error{Code: problem.NoArtifactsVariable, Where: problem.Location{File: environment.Dir},
				What: fmt.Sprintf("%s has functions built, but the root does not declare variable %q", filepath.ToSlash(e.settingsFile().File), name)}
		}
	}
	if _, stored := e.Functions.(storedFunctions); !stored {
		e.phase("building the functions of %s", e.name())
	}
	return e.Functions.Build(ctx)
}

// variables gives the values of the root's variables.
func (c Code) variables(bucket string) map[string]any {
	artifacts := map[string]any{}
	for _, a := range c.Artifacts {
		artifacts[a.Function] = map[string]string{"bucket": bucket, "key": ArtifactKey(a.SHA256), "sha256": a.SHA256}
	}
	return map[string]any{artifactsVariable: artifacts, architectureVariable: c.Architecture}
}

// takesRelease reports whether the root is told what is deployed.
func (e *Engine) takesRelease() bool {
	_, declared := e.Environment.Root.ItemByKey("var." + releaseVariable)
	return declared && e.Release != ""
}

// digest tells this code from any other; "" is none.
func (c Code) digest() string {
	if len(c.Artifacts) == 0 {
		return ""
	}
	sum := sha256.New()
	frame(sum, architectureVariable, []byte(c.Architecture))
	for _, a := range c.Artifacts {
		frame(sum, a.Function, []byte(a.SHA256))
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

// named gives the archives that a plan's changes name: those of functions that
// the root knows and that are not deployed yet; and those that the plan does not
// name at all.
func (c Code) named(plan *tfjson.Plan) (changed, unnamed []Artifact) {
	changes, all := map[string]bool{}, map[string]bool{}
	for _, rc := range plan.ResourceChanges {
		if rc.Change == nil {
			continue
		}
		collectTexts(rc.Change.After, all)
		if !rc.Change.Actions.NoOp() {
			collectTexts(rc.Change.After, changes)
		}
	}
	for _, a := range c.Artifacts {
		switch key := ArtifactKey(a.SHA256); {
		case changes[key]:
			changed = append(changed, a)
		case !all[key]:
			unnamed = append(unnamed, a)
		}
	}
	return changed, unnamed
}

// noteUnnamed tells of functions that are built for nothing: as a rule the root
// calls them otherwise, and deploys something else in their place.
func (e *Engine) noteUnnamed(unnamed []Artifact) {
	if len(unnamed) == 0 {
		return
	}
	var names []string
	for _, a := range unnamed {
		names = append(names, a.Function)
	}
	e.note("built, but the root deploys no functions of these names: %s", strings.Join(names, ", "))
}

// collectTexts gathers the strings of a planned value that may be artefacts' keys.
func collectTexts(value any, into map[string]bool) {
	switch v := value.(type) {
	case string:
		if strings.HasPrefix(v, artifactsPrefix) {
			into[v] = true
		}
	case map[string]any:
		for _, each := range v {
			collectTexts(each, into)
		}
	case []any:
		for _, each := range v {
			collectTexts(each, into)
		}
	}
}

// uploadFunctions puts the archives that a preview's changes name into the
// environment's bucket, those that are not there. Nothing is ever overwritten:
// the key is the content's.
func (e *Engine) uploadFunctions(ctx context.Context, preview *Preview) error {
	if len(preview.deploys) == 0 {
		return nil
	}
	stored, err := e.Store.List(ctx, artifactsPrefix)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, key := range stored {
		there[key] = true
	}
	var missing []Artifact
	for _, a := range preview.deploys {
		if key := ArtifactKey(a.SHA256); !there[key] {
			there[key] = true // two functions may be equal
			missing = append(missing, a)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	e.phase("uploading the functions' code: %d new", len(missing))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentUploads)
	for _, a := range missing {
		group.Go(func() error {
			body, err := e.Functions.Read(groupCtx, a)
			if err != nil {
				return err
			}
			// Someone else may have stored it meanwhile: it is the same.
			if _, err = e.Store.Put(groupCtx, ArtifactKey(a.SHA256), body, Condition{Absent: true}); errors.Is(err, ErrPrecondition) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}
