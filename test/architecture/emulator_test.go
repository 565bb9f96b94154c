package architecture

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPatchesAreTold holds the tables of the emulator's faults and fills to the
// folder of patches: each stands in one of them, once.
func TestPatchesAreTold(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(top, "internal/localaws/emulator/patches/[0-9]*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no patches: %v", err)
	}
	want := make([]string, len(files))
	for i, file := range files {
		want[i] = strings.TrimSuffix(filepath.Base(file), ".py")
	}
	document := read(t, "docs/local-aws.md")
	told := rows(document, "what happens in moto", "what Terraform shows", "mended by")
	told = append(told, rows(document, "what moto lacks", "without it", "filled by", "what does not happen")...)
	var got []string
	for _, row := range told {
		if slices.Contains(row, "") {
			t.Errorf("an empty cell: %v", row)
		}
		if patch := cited.FindStringSubmatch(row[2]); patch != nil {
			got = append(got, patch[1])
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/local-aws.md does not tell of the patches (-patches +document):\n%s", diff)
	}
}
