package release_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goal-mandala/mandala-deploy/internal/release"
)

func sum(text string) string { return release.Sum([]byte(text)) }

func file(path, text string) release.File {
	return release.File{Path: path, SHA256: sum(text), Size: int64(len(text))}
}

func full() release.Manifest {
	return release.Manifest{
		Format: 1, Version: "v1.2.3", Architecture: "arm64",
		Source:    release.Source{Commit: commit, CommitTime: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		Functions: []release.Function{{Name: "goals", SHA256: sum("code"), Size: 4}, {Name: "health", SHA256: sum("other"), Size: 5}},
		Root:      []release.File{file("environments/.terraform.lock.hcl", "lock"), file("environments/main.tf", "root"), file("modules/a/main.tf", "")},
		Site: []release.SiteFile{
			{File: file("assets/app-1.js", "code"), ContentType: release.ContentType("a.js"), Immutable: true},
			{File: file("index.html", "<p>"), ContentType: release.ContentType("index.html")},
		},
		Migrations: []release.Migration{
			{Version: 1, Name: "00001_a.sql", Class: release.Expand, SHA256: sum("a"), Size: 1},
			{Version: 2, Name: "00002_b.sql", Class: release.Contract, SHA256: sum("b"), Size: 1},
		},
	}
}

func TestManifestGoesRound(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]release.Manifest{"full": full(), "least": {Version: "v0.0.1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := release.Decode(body)
			if err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			m.Format = 1
			if diff := cmp.Diff(m, again, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-written +read):\n%s", diff)
			}
			digest, err := again.Digest()
			if err != nil || digest != release.DigestOf(body) || !strings.HasPrefix(digest, "sha256:") || len(digest) != 71 {
				t.Errorf("digest %q, %v", digest, err)
			}
		})
	}
}

// The time zone of the machine that builds is no part of what was built.
func TestDigestIsOfTheSourceOnly(t *testing.T) {
	t.Parallel()
	a, b := full(), full()
	b.Source.CommitTime = b.Source.CommitTime.In(time.FixedZone("there", 9*60*60))
	left, leftErr := a.Digest()
	right, rightErr := b.Digest()
	if left != right || leftErr != nil || rightErr != nil {
		t.Errorf("%s, %s, %v, %v", left, right, leftErr, rightErr)
	}
	b.Source.Dirty = true
	if other, _ := b.Digest(); other == left {
		t.Error("a dirty tree gives the same")
	}
}

func TestDamagedManifests(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*release.Manifest){
		"no version":               func(m *release.Manifest) { m.Version = "latest" },
		"a path that leads out":    func(m *release.Manifest) { m.Root[0].Path = "../main.tf" },
		"an absolute path":         func(m *release.Manifest) { m.Root[0].Path = "/etc/passwd" },
		"a file twice":             func(m *release.Manifest) { m.Root[1] = m.Root[0] },
		"out of order":             func(m *release.Manifest) { m.Site[0], m.Site[1] = m.Site[1], m.Site[0] },
		"a digest that is a path":  func(m *release.Manifest) { m.Root[0].SHA256 = "../../states/network.tfstate" },
		"a digest in capitals":     func(m *release.Manifest) { m.Functions[0].SHA256 = strings.ToUpper(m.Functions[0].SHA256) },
		"a negative size":          func(m *release.Manifest) { m.Functions[0].Size = -1 },
		"a function called badly":  func(m *release.Manifest) { m.Functions[0].Name = "../x" },
		"no content type":          func(m *release.Manifest) { m.Site[0].ContentType = "" },
		"an unknown class":         func(m *release.Manifest) { m.Migrations[0].Class = "both" },
		"a migration's version":    func(m *release.Manifest) { m.Migrations[1].Version = 1 },
		"a commit that is none":    func(m *release.Manifest) { m.Source.Commit = "main" },
		"a migration without text": func(m *release.Manifest) { m.Migrations[0].SHA256 = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := full()
			change(&m)
			if _, err := m.Encode(); err == nil {
				t.Error("it is written")
			}
		})
	}
	body, err := full().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no JSON": "x", "more": string(body) + "x", "other spaces": strings.Replace(string(body), "  ", " ", 1),
		"an unknown attribute": strings.Replace(string(body), `"format": 1,`, `"format": 1, "more": 2,`, 1),
	} {
		if _, err := release.Decode([]byte(text)); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
	if _, err := release.Decode([]byte(`{"format": 2}`)); !errors.Is(err, release.ErrFormat) {
		t.Errorf("another format: %v", err)
	}
}

func TestArtifactsEachOnce(t *testing.T) {
	t.Parallel()
	all := full().Artifacts()
	names := map[string][]string{}
	for _, a := range all {
		names[a.SHA256] = a.Names
	}
	if len(all) != 8 || len(names) != 8 {
		t.Errorf("%d contents, %d different", len(all), len(names))
	}
	if diff := cmp.Diff([]string{"function goals", "site assets/app-1.js"}, names[sum("code")]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := full().Size(); got != 22 {
		t.Errorf("size %d", got)
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	a, b := full(), full()
	if d := release.Diff(a, b); !d.Empty() {
		t.Errorf("equal ones differ: %+v", d)
	}
	b.Functions = []release.Function{{Name: "goals", SHA256: sum("new"), Size: 3}, {Name: "tasks", SHA256: sum("tasks"), Size: 5}}
	b.Root = b.Root[1:]
	b.Site[1].ContentType = "text/plain"
	b.Migrations = append(b.Migrations, release.Migration{Version: 3, Name: "00003_c.sql", Class: release.Expand, SHA256: sum("c"), Size: 1})
	want := release.Difference{
		Functions:  release.Delta{Added: []string{"tasks"}, Removed: []string{"health"}, Changed: []string{"goals"}},
		Root:       release.Delta{Added: []string{}, Removed: []string{"environments/.terraform.lock.hcl"}, Changed: []string{}},
		Site:       release.Delta{Added: []string{}, Removed: []string{}, Changed: []string{"index.html"}},
		Migrations: release.Delta{Added: []string{"00003_c.sql"}, Removed: []string{}, Changed: []string{}},
	}
	if diff := cmp.Diff(want, release.Diff(a, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProvenance(t *testing.T) {
	t.Parallel()
	m := full()
	digest, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	statement, err := release.Attest(m, release.Build{Environment: "test", User: "u", Host: "h", ID: "run", Tool: "v9", Started: begun, Finished: begun.Add(time.Minute)},
		"releases/v1.2.3/manifest.json", func(sum string) string { return "artifacts/" + sum })
	if err != nil {
		t.Fatal(err)
	}
	if len(statement.Subject) != 9 || "sha256:"+statement.Subject[0].Digest["sha256"] != digest {
		t.Errorf("subjects %+v", statement.Subject)
	}
	if got := statement.Predicate.BuildDefinition.ResolvedDependencies; len(got) != 1 || got[0].Digest["gitCommit"] != commit {
		t.Errorf("dependencies %+v", got)
	}
	ci, err := release.Attest(m, release.Build{ID: "run", CIRun: "https://ci/1"}, "m", sum)
	if err != nil || ci.Predicate.RunDetails.Metadata.InvocationID != "https://ci/1" || ci.Predicate.RunDetails.Builder.ID == statement.Predicate.RunDetails.Builder.ID {
		t.Errorf("in CI: %+v, %v", ci.Predicate.RunDetails, err)
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"index.html": "text/html; charset=utf-8", "a/B.JS": "text/javascript; charset=utf-8", "x.woff2": "font/woff2",
		"LICENSE": "application/octet-stream", "a.html/b": "application/octet-stream", "x.unknown": "application/octet-stream",
	} {
		if got := release.ContentType(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	body, err := full().Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"format": 1, "version": "v1.2.3"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := release.Decode(body)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, body) {
			t.Errorf("what is read is not what is written: %v", err)
		}
	})
}
