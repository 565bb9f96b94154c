package interrupt

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkSecrecy sees that the password stands in no object but the states, and
// in no file that a run has left in the work directory.
func (p *place) checkSecrecy(t *testing.T) {
	t.Helper()
	for _, key := range p.keys(t, "") {
		if !strings.HasPrefix(key, "states/") && bytes.Contains(p.object(t, key), []byte(password)) {
			t.Errorf("object %s holds the password", key)
		}
	}
	root := filepath.Join(p.Dir, ".mandala")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() == ".terraform" && entry.IsDir() {
			if err == nil {
				err = fs.SkipDir
			}
			return err
		}
		if !entry.Type().IsRegular() {
			return nil
		}
		body, err := os.ReadFile(path)
		if err == nil && bytes.Contains(body, []byte(password)) {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
