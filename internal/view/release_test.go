package view

import (
	"io"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

func releaseManifest() release.Manifest {
	sum := strings.Repeat("0123456789abcdef", 4)
	return release.Manifest{
		Format: 1, Version: "v1.2.3", Architecture: "arm64",
		Source:    release.Source{Commit: strings.Repeat("0123456789", 4), CommitTime: at(0)},
		Functions: []release.Function{{Name: "goals", SHA256: sum, Size: 5_512_345}},
		Root:      []release.File{{Path: "environments/main.tf", SHA256: strings.Repeat("1", 64), Size: 999}},
		Site: []release.SiteFile{
			{File: release.File{Path: "assets/app-1.js", SHA256: strings.Repeat("2", 64), Size: 1234}, ContentType: "text/javascript; charset=utf-8", Immutable: true},
			{File: release.File{Path: "index.html", SHA256: strings.Repeat("3", 64), Size: 12}, ContentType: "text/html; charset=utf-8"},
		},
		Migrations: []release.Migration{{Version: 1, Name: "00001_people.sql", Class: release.Expand, SHA256: strings.Repeat("4", 64), Size: 100}},
	}
}

func TestReleasesGolden(t *testing.T) {
	t.Parallel()
	manifest := releaseManifest()
	digest := approval().Digest
	dirty := manifest
	dirty.Source.Dirty = true
	info := engine.ReleaseInfo{Version: "v1.2.3", Digest: digest, Source: manifest.Source, StoredAt: at(5), Size: manifest.Size(), Schema: 1, Deployed: true, Verified: true}
	statement, err := release.Attest(manifest, release.Build{Environment: "staging", User: "ann", Host: "laptop", ID: "run-1", Tool: "v9", Started: at(1), Finished: at(2)},
		"releases/v1.2.3/manifest.json", func(sum string) string { return "artifacts/sha256/" + sum })
	if err != nil {
		t.Fatal(err)
	}
	build := func(b engine.ReleaseBuild) seen {
		return seen{func(w io.Writer, c Palette) { ReleaseBuild(w, &b, c) }, ReleaseBuildForJSON(&b)}
	}
	releases := func(all ...engine.ReleaseInfo) seen {
		return seen{func(w io.Writer, c Palette) { Releases(w, "staging", all, c) }, all}
	}
	verified := func(v engine.ReleaseVerification, err error) seen {
		return seen{func(w io.Writer, c Palette) { ReleaseVerification(w, &v, c) }, ReleaseVerificationForJSON(&v, err)}
	}
	difference := func(d engine.ReleaseDifference) seen {
		return seen{func(w io.Writer, c Palette) { ReleaseDifference(w, &d, c) }, d}
	}
	pruned := func(r engine.PruneResult) seen {
		return seen{func(w io.Writer, c Palette) { Pruned(w, &r, c) }, r}
	}
	changed := engine.ReleaseDifference{From: "v1.2.3", To: "v1.3.0"}
	changed.Functions.Changed, changed.Site.Added, changed.Site.Removed = []string{"goals"}, []string{"assets/app-2.js"}, []string{"assets/app-1.js"}
	detail := engine.ReleaseDetail{ReleaseInfo: info, Manifest: manifest, Provenance: statement}
	renderAll(t, map[string]seen{
		"release-build":        build(engine.ReleaseBuild{Version: "v1.2.3", Digest: digest, Manifest: dirty, Uploaded: 4, Bytes: 5_513_591, Seconds: 1.26}),
		"release-build-again":  build(engine.ReleaseBuild{Version: "v1.2.3", Digest: digest, Manifest: release.Manifest{Version: "v1.2.3"}, Existed: true}),
		"release-build-mended": build(engine.ReleaseBuild{Version: "v1.2.3", Digest: digest, Manifest: manifest, Existed: true, Uploaded: 2, Bytes: 3}),
		"release-list-none":    releases(),
		"release-list": releases(info, engine.ReleaseInfo{Version: "v1.2.2", Digest: digest, StoredAt: at(4), Verified: true, Size: 12},
			engine.ReleaseInfo{Version: "v1.2.1", StoredAt: at(3), Error: "release v1.2.1 of staging: unknown format of a manifest [MD0810]"},
			engine.ReleaseInfo{Version: "0123456789ab", Digest: digest, Source: dirty.Source, StoredAt: at(2)}),
		"release-show":           {func(w io.Writer, c Palette) { Release(w, &detail, c) }, detail},
		"release-diff":           difference(changed),
		"release-diff-none":      difference(engine.ReleaseDifference{From: "v1.2.3", To: "v1.2.4"}),
		"release-verify":         verified(engine.ReleaseVerification{Version: "v1.2.3", Digest: digest, Files: 5, Bytes: 5_514_690, Missing: []engine.ArtifactFault{}, Differ: []engine.ArtifactFault{}}, nil),
		"release-verify-damaged": verified(engine.ReleaseVerification{Version: "v1.2.3", Digest: digest, Files: 5, Missing: []engine.ArtifactFault{{Key: "artifacts/sha256/01", Names: []string{"function goals", "site goals.zip"}}}, Differ: []engine.ArtifactFault{{Key: "artifacts/sha256/02", Names: []string{"environments/main.tf"}}}}, &problem.Error{Code: problem.ReleaseDamaged, What: "release v1.2.3 of staging"}),
		"release-prune":          pruned(engine.PruneResult{Environment: "staging", Kept: []engine.KeptRelease{{Version: "v1.2.3", Reason: "deployed"}}, Pruned: []string{"v1.2.2"}, Artifacts: 3}),
		"release-prune-dry":      pruned(engine.PruneResult{Environment: "staging", DryRun: true, Kept: []engine.KeptRelease{}, Pruned: []string{}}),
	})
}
