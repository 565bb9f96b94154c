package workspace

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"modules/network/main.tf":          "# network",
		"environments/main.tf":             "# root",
		"environments/templates/x.json":    "{}",
		"environments/more.auto.tfvars":    "a = 1",
		"environments/.terraform.lock.hcl": "# lock",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func lay(t *testing.T, w *Workspace, files, secret map[string][]byte) engine.Directory {
	t.Helper()
	dir, err := w.Lay("layer-network", files, secret)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func has(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestLay(t *testing.T) {
	t.Parallel()
	w, err := New(project(t), "local", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	dir := lay(t, w, map[string][]byte{"main.tf": nil, "old.tf": nil}, map[string][]byte{"terraform.tfstate": []byte("s3cret")})
	for _, name := range []string{"../modules/network/main.tf", "templates/x.json", "more.auto.tfvars", "main.tf"} {
		// As Terraform resolves it: by the system, from within the directory.
		if !has(dir.Path() + "/" + name) {
			t.Errorf("%s is not there", name)
		}
	}
	for _, name := range []string{"modules", "modules/network"} {
		info, err := os.Lstat(filepath.Join(dir.Path(), "..", name))
		if err != nil || !info.IsDir() {
			t.Errorf("%s is no folder, so path.module would be the project's absolute path", name)
		}
	}
	if has(filepath.Join(dir.Path(), ".terraform.lock.hcl")) {
		t.Error("the lock file is a link: init would write through it")
	}
	info, err := os.Stat(filepath.Join(dir.Path(), "terraform.tfstate"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state's mode: %v %v", info.Mode(), err)
	}
	if err := os.MkdirAll(filepath.Join(dir.Path(), ".terraform"), 0o750); err != nil {
		t.Fatal(err)
	}
	other := lay(t, w, nil, nil)
	if other.Path() == dir.Path() {
		t.Error("two runs share a directory")
	}
	for _, d := range []engine.Directory{dir, other} {
		if err := d.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if has(filepath.Join(dir.Path(), "terraform.tfstate")) {
		t.Error("the state outlives the run")
	}
	again := lay(t, w, map[string][]byte{"main.tf": nil}, nil)
	defer func() {
		if err := again.Release(); err != nil {
			t.Error(err)
		}
	}()
	if again.Path() != dir.Path() || !has(filepath.Join(dir.Path(), ".terraform")) || has(filepath.Join(dir.Path(), "old.tf")) {
		t.Error("the directory is not kept as it should be")
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	w, err := New(project(t), "local", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	const secret = "mandala.auto.tfvars.json"
	dead := lay(t, w, nil, map[string][]byte{secret: []byte("{}")})
	if err := os.WriteFile(filepath.Join(dead.Path(), engine.EventsFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Tidy(); err != nil || !has(filepath.Join(dead.Path(), secret)) {
		t.Errorf("it cleans a directory that is used: %v", err)
	}
	if err := dead.(*directory).unlock(); err != nil { // as the kernel does, when its process dies
		t.Fatal(err)
	}
	if err := w.Tidy(); err != nil || has(filepath.Join(dead.Path(), secret)) {
		t.Errorf("what the dead run left is left: %v", err)
	}
	if body, err := w.Leftover("layer-network"); string(body) != "{}" || err != nil {
		t.Errorf("the events are gone: %q, %v", body, err)
	}
}

func TestLeftover(t *testing.T) {
	t.Parallel()
	w, err := New(project(t), "local", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := w.Leftover("layer-network"); body != nil || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	dir := lay(t, w, nil, nil)
	if err := os.WriteFile(filepath.Join(dir.Path(), engine.EventsFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, err := w.Leftover("layer-network"); string(body) != "{}" || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
	if err := dir.Leave(); err != nil {
		t.Fatal(err)
	}
	dir = lay(t, w, nil, nil)
	if err := os.WriteFile(filepath.Join(dir.Path(), unsavedState), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, _ := w.Leftover("layer-network"); !dir.Unsaved() || string(body) != "{}" {
		t.Error("what tells of a failed apply is gone with the next use of the directory")
	}
	if err := dir.Release(); err != nil {
		t.Fatal(err)
	}
	if body, _ := w.Leftover("layer-network"); dir.Unsaved() || body != nil {
		t.Error("it outlives a successful one")
	}
}

func TestUnusable(t *testing.T) {
	t.Parallel()
	dir := project(t)
	if err := os.WriteFile(filepath.Join(dir, Dir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir, "local", nil); !problem.Is(err, problem.WorkDirectory) {
		t.Errorf("got %v", err)
	}
}

func TestProjectChanges(t *testing.T) {
	t.Parallel()
	root := project(t)
	for _, step := range []struct {
		do      func() error
		modules []string
		has     map[string]bool
	}{
		{func() error { return nil }, []string{"modules/network"}, map[string]bool{"modules/network/main.tf": true}},
		{func() error { return os.WriteFile(filepath.Join(root, "modules/network/new.tf"), nil, 0o600) }, []string{"modules/network"}, map[string]bool{"modules/network/new.tf": true}},
		{func() error { return os.Remove(filepath.Join(root, "modules/network/new.tf")) }, []string{"modules/network"}, map[string]bool{"modules/network/new.tf": false, "modules/network/main.tf": true}},
		{func() error { return nil }, nil, map[string]bool{"modules/network/main.tf": true}},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		w, err := New(root, "local", step.modules)
		if err != nil {
			t.Fatal(err)
		}
		dir := lay(t, w, nil, nil)
		for name, want := range step.has {
			if got := has(filepath.Join(dir.Path(), "..", name)); got != want {
				t.Errorf("%s is there: %v, want %v", name, got, want)
			}
		}
		if err := dir.Release(); err != nil {
			t.Fatal(err)
		}
	}
	if !has(filepath.Join(root, "modules/network/main.tf")) {
		t.Error("the project's own file is gone")
	}
}
