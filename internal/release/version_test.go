package release_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/release"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func version(t *testing.T, text string) release.Version {
	t.Helper()
	v, err := release.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"v1.2.3": true, "v0.0.0": true, "v1.2.3-rc.1": true, "v1.2.3-0": true, "v1.2.3-a-b.c": true, "v10.20.30": true,
		"0123456": true, commit: true, "deadbeef": true,
		"": false, "1.2.3": false, "v1.2": false, "v1.2.3.4": false, "v01.2.3": false, "v1.2.3-": false, "v1.2.3-rc..1": false,
		"v1.2.3-01": false, "v1.2.3+build": false, "v1.2.3" + " ": false, "V1.2.3": false, "v1.2.3/..": false, "v9999999999.0.0": false,
		"012345": false, commit + "0": false, "DEADBEEF": false, "dev-0123456789ab": false, "latest": false,
		"v1.2.3-" + strings.Repeat("a", 64): false, "v1.2.3-" + strings.Repeat("1", 30): false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			v, err := release.ParseVersion(text)
			if (err == nil) != valid {
				t.Fatalf("error %v, valid %v", err, valid)
			}
			if valid && v.String() != text {
				t.Errorf("reads as %s", v)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	// As semantic versioning has it, with commits before all.
	want := []string{"0123456", "abcdef0", "v0.9.9", "v1.0.0-1", "v1.0.0-2", "v1.0.0-10", "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta",
		"v1.0.0-beta.2", "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0", "v1.0.1", "v1.2.0", "v1.10.0", "v2.0.0"}
	var got []release.Version
	for _, text := range slices.Backward(want) {
		got = append(got, version(t, text))
	}
	slices.SortFunc(got, release.Compare)
	var texts []string
	for _, v := range got {
		texts = append(texts, v.String())
		if release.Compare(v, v) != 0 {
			t.Errorf("%s is not itself", v)
		}
	}
	if diff := cmp.Diff(want, texts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"v1.2.3", "v1.2.3", true}, {"v1.2.3", "v1.2.3-rc.1", false}, {commit[:12], commit, true}, {commit, commit[:7], true},
		{commit[:7], "fedcba9", false}, {"v1.2.3", commit[:7], false},
	} {
		if got := version(t, test.a).Names(version(t, test.b)); got != test.want {
			t.Errorf("%s names %s: %v", test.a, test.b, got)
		}
	}
}

func TestWorkingTree(t *testing.T) {
	t.Parallel()
	for want, source := range map[string]release.Source{
		"dev": {}, "dev-0123456789ab": {Commit: commit}, "dev-0123456789ab-dirty": {Commit: commit, Dirty: true},
	} {
		if got := release.WorkingTree(source); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if _, err := release.ParseVersion(want); err == nil {
			t.Errorf("%s can be taken for a release", want)
		}
	}
}

func FuzzParseVersion(f *testing.F) {
	for _, text := range []string{"v1.2.3", "v1.2.3-rc.1", commit, "v1.2.3-0a.-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := release.ParseVersion(text)
		if err != nil {
			return
		}
		// It becomes part of keys, of the root's variable and of tags.
		if v.String() != text || len(text) > 64 || strings.ContainsAny(text, "/\\ \n\"") || release.Compare(v, v) != 0 || !v.Names(v) {
			t.Errorf("%q is taken for a version", text)
		}
	})
}
