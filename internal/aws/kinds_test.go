package aws

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// What the modules create is decided on: looked for, or harmless to create
// again, and why.
func TestEveryTypeOfTheModulesIsDecidedOn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "modules", "*", "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	resource := regexp.MustCompile(`(?m)^resource "([a-z0-9_]+)"`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range resource.FindAllSubmatch(text, -1) {
			how, listed := kinds[string(match[1])]
			if !listed || how.never || how.find == nil && !how.again && !how.recreate {
				t.Errorf("%s creates %s, of which nobody has decided what becomes of a lost one; add it to kinds", filepath.Base(filepath.Dir(file)), match[1])
			}
		}
	}
}

func TestAKindIsDecidedOnOnce(t *testing.T) {
	t.Parallel()
	for name, how := range kinds {
		decisions := 0
		for _, is := range []bool{how.find != nil, how.again, how.recreate, how.never} {
			if is {
				decisions++
			}
		}
		if decisions > 1 || decisions == 0 && how.imported == "" {
			t.Errorf("%s has %d decisions", name, decisions)
		}
		if how.imported != "" && (how.recreate || how.never) {
			t.Errorf("%s has an import id that nobody uses", name)
		}
	}
}
