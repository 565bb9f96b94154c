package architecture

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A file that is cached for a year and shared between releases is another one as
// soon as its content is: its name says so.
func TestAssetsAreNamedByTheirContent(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^(\w+)-([0-9a-f]{16})(\.\w+)$`)
	files, err := os.ReadDir(filepath.Join(top, "frontend/assets"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the site has no assets: %v", err)
	}
	for _, file := range files {
		sum := sha256.Sum256([]byte(read(t, "frontend/assets/"+file.Name())))
		content := hex.EncodeToString(sum[:])[:16]
		if parts := name.FindStringSubmatch(file.Name()); parts == nil {
			t.Errorf("frontend/assets/%s is not called NAME-%s.EXTENSION", file.Name(), content)
		} else if parts[2] != content {
			t.Errorf("frontend/assets/%s has another content: call it %s-%s%s, there and in index.html", file.Name(), parts[1], content, parts[3])
		}
	}
}

func TestThePageUsesItsAssetsAndNothingElse(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(top, "frontend/assets/*"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, file := range files {
		want = append(want, "/assets/"+filepath.Base(file))
	}
	page := read(t, "frontend/index.html")
	var got []string
	for _, found := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if found[1] != "data:," { // no icon
			got = append(got, found[1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frontend/index.html (-assets +named):\n%s", diff)
	}
	// What modules/frontend's Content-Security-Policy would not run.
	for what, pattern := range map[string]string{
		"an inline script": `<script(?:[^>]*)>\s*[^<\s]`, "an inline style": `<style|\sstyle=`, "an inline handler": `\son[a-z]+=`,
	} {
		if found := regexp.MustCompile(pattern).FindString(page); found != "" {
			t.Errorf("frontend/index.html has %s: %s", what, found)
		}
	}
}
