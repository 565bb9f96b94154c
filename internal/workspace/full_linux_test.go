package workspace

import (
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// The kernel's own "no space left on device", by a file that leads to
// /dev/full: a composed root that cannot be written is a full disk.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w, err := New(project(t), "test", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Lay("preview", map[string][]byte{"../../../../../../../../../../../dev/full": []byte("x")}, nil)
	if !problem.Is(err, problem.DiskFull) {
		t.Errorf("%v", err)
	}
	// The directory was given back: the next run can use it.
	dir, err := w.Lay("preview", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Release(); err != nil {
		t.Error(err)
	}
}
