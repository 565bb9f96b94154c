package architecture

import (
	"regexp"
	"testing"
)

// named finds what documents tell people to run, as code: `make fuzz FUZZTIME=2m`.
var named = regexp.MustCompile("(?m)(?:`|^    (?:\\$ )?)make ([a-z][a-z-]*)")

// TestTargetsExist holds the documents to the Makefile: what they tell people to run is
// there.
func TestTargetsExist(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	count := 0
	for _, document := range []string{
		"README.md", "CONTRIBUTING.md", "docs/api.md", "docs/environments.md", "docs/layers.md", "docs/local-aws.md", "docs/pipeline.md",
		"docs/benchmarks.md", "docs/guide/en/deployment.md", "docs/guide/ja/deployment.md", "docs/testing.md", "docs/requirements.md", "docs/security.md", "functions/README.md", "scripts/fuzz",
	} {
		for _, found := range named.FindAllStringSubmatch(read(t, document), -1) {
			count++
			if !regexp.MustCompile(`(?m)^` + found[1] + `:`).MatchString(makefile) {
				t.Errorf("%s tells to run `make %s`, which is not in the Makefile", document, found[1])
			}
		}
	}
	if count < 10 {
		t.Errorf("only %d targets are named: the pattern finds none", count)
	}
}
