package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

const (
	first  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	second = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

// stored gives the files of a release whose module says text, and counts reads.
func stored(text string, reads *atomic.Int32) map[string]func(context.Context) ([]byte, error) {
	files := map[string]func(context.Context) ([]byte, error){}
	for name, body := range map[string]string{
		"environments/main.tf":          "module \"network\" {\n  source = \"../modules/network\"\n}\n",
		"environments/x.json":           text,
		"environments/local/deploy.hcl": "target = \"local\"\nregion = \"ap-northeast-1\"\n",
		"modules/network/main.tf":       "# " + text + "\n",
	} {
		files[name] = func(context.Context) ([]byte, error) {
			reads.Add(1)
			return []byte(body), nil
		}
	}
	return files
}

func open1(t *testing.T, c Checkouts, digest, text string, reads *atomic.Int32) engine.Checkout {
	t.Helper()
	checkout, err := c.Open(t.Context(), digest, stored(text, reads))
	if err != nil {
		t.Fatal(err)
	}
	return checkout
}

func content(t *testing.T, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestCheckoutIsFetchedOnceAndWhole(t *testing.T) {
	t.Parallel()
	root := project(t)
	c := NewCheckouts(root, "local")
	var reads atomic.Int32
	checkout := open1(t, c, first, "one", &reads)
	if got := content(t, filepath.Join(checkout.Dir, "modules/network/main.tf")); got != "# one\n" || reads.Load() != 4 {
		t.Errorf("%q after %d reads", got, reads.Load())
	}
	if len(checkout.Environment.Root.Layers) != 1 || !strings.HasPrefix(checkout.Dir, root) {
		t.Errorf("checkout %+v", checkout)
	}
	open1(t, c, first, "one", &reads)
	if reads.Load() != 4 {
		t.Errorf("what is there was fetched again: %d reads", reads.Load())
	}
	for name, damage := range map[string]func() error{
		"a changed file": func() error { return os.WriteFile(filepath.Join(checkout.Dir, "environments/main.tf"), nil, 0o600) },
		"a missing file": func() error { return os.Remove(filepath.Join(checkout.Dir, "environments/x.json")) },
		"a new file":     func() error { return os.WriteFile(filepath.Join(checkout.Dir, "modules/network/new.tf"), nil, 0o600) },
		"no sums":        func() error { return os.Remove(sumsOf(checkout.Dir)) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		reads.Store(0)
		open1(t, c, first, "one", &reads)
		if reads.Load() != 4 || has(filepath.Join(checkout.Dir, "modules/network/new.tf")) {
			t.Errorf("%s: %d reads", name, reads.Load())
		}
	}
}

func TestOldCheckoutsGo(t *testing.T) {
	t.Parallel()
	c := NewCheckouts(project(t), "local")
	var reads atomic.Int32
	var dirs []string
	for _, digit := range "123456" {
		checkout := open1(t, c, "sha256:"+strings.Repeat(string(digit), 64), string(digit), &reads)
		dirs = append(dirs, checkout.Dir)
		if digit == '5' { // the first is opened once more
			open1(t, c, "sha256:"+strings.Repeat("1", 64), "1", &reads)
		}
	}
	for i, dir := range dirs {
		if _, err := os.Stat(dir); (err != nil) != (i == 1) {
			t.Errorf("checkout %d: %v", i+1, err)
		}
	}
}

func TestCheckoutCutShort(t *testing.T) {
	t.Parallel()
	root, broken := project(t), errors.New("no way there")
	c := NewCheckouts(root, "local")
	var reads atomic.Int32
	files := stored("one", &reads)
	files["modules/network/main.tf"] = func(context.Context) ([]byte, error) { return nil, broken }
	if _, err := c.Open(t.Context(), first, files); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	left, err := os.ReadDir(filepath.Join(root, Dir, "local", releasesDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		if entry.IsDir() {
			t.Errorf("left %s", entry.Name())
		}
	}
	files = stored("one", &reads)
	files["../outside"] = files["environments/x.json"]
	if _, err := c.Open(t.Context(), first, files); err == nil || has(filepath.Join(root, Dir, "local", "outside")) {
		t.Error("a file outside the project is taken")
	}
	if _, err := c.Open(t.Context(), "sha256:../..", files); err == nil {
		t.Error("a digest that is a path is taken")
	}
}

// The working tree and releases lay their roots out in the same place by turns,
// and never pull the links from under each other.
func TestReleasesAndTheWorkingTreeTakeTurns(t *testing.T) {
	t.Parallel()
	root := project(t)
	var reads atomic.Int32
	c := NewCheckouts(root, "local")
	one, two := open1(t, c, first, "one", &reads), open1(t, c, second, "two", &reads)
	tree, err := New(root, "local", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	laid := func(files engine.Files, want string) engine.Directory {
		t.Helper()
		dir, err := files.Lay("preview", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := content(t, dir.Path()+"/../modules/network/main.tf"); got != want {
			t.Errorf("module %q, want %q", got, want)
		}
		for _, name := range []string{"modules", "modules/network"} {
			if info, err := os.Lstat(filepath.Join(dir.Path(), "..", name)); err != nil || !info.IsDir() {
				t.Errorf("%s is no folder: path.module would name the checkout", name)
			}
		}
		return dir
	}
	released := func(dir engine.Directory) string {
		t.Helper()
		if err := dir.Release(); err != nil {
			t.Fatal(err)
		}
		return dir.Path()
	}
	place := released(laid(tree, "# network"))
	for _, each := range []struct {
		files engine.Files
		want  string
	}{{one.Files, "# one\n"}, {two.Files, "# two\n"}, {tree, "# network"}, {one.Files, "# one\n"}} {
		if got := released(laid(each.files, each.want)); got != place {
			t.Errorf("laid out in %s, not in %s", got, place)
		}
	}

	held := laid(one.Files, "# one\n")
	other := laid(tree, "# network")
	again := laid(one.Files, "# one\n")
	if got := content(t, held.Path()+"/../modules/network/main.tf"); got != "# one\n" {
		t.Errorf("the links of a run were led elsewhere: %q", got)
	}
	if filepath.Dir(again.Path()) != filepath.Dir(held.Path()) || filepath.Dir(other.Path()) == filepath.Dir(held.Path()) {
		t.Errorf("%s, %s, %s", held.Path(), other.Path(), again.Path())
	}
	// What a dead run left is found wherever it ran.
	if err := os.WriteFile(filepath.Join(other.Path(), engine.EventsFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if body, err := tree.Leftover("preview"); string(body) != "{}" || err != nil {
		t.Errorf("leftover %q, %v", body, err)
	}
	for _, dir := range []engine.Directory{held, other, again} {
		released(dir)
	}
	if got := released(laid(tree, "# network")); got != place {
		t.Errorf("laid out in %s, not in %s", got, place)
	}
}

// Layers of one run are laid out at once, also where the place was another's.
func TestLayersAreLaidOutInOnePlace(t *testing.T) {
	t.Parallel()
	root := project(t)
	var reads atomic.Int32
	checkout := open1(t, NewCheckouts(root, "local"), first, "one", &reads)
	tree, err := New(root, "local", []string{"modules/network"})
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range []engine.Files{tree, checkout.Files, tree} {
		var group errgroup.Group
		dirs := make([]engine.Directory, 8)
		for i := range dirs {
			group.Go(func() (err error) {
				dirs[i], err = files.Lay(fmt.Sprintf("layer-%d", i), nil, nil)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			if want := filepath.Join(root, Dir, "local", runDir); filepath.Dir(dir.Path()) != want {
				t.Errorf("laid out in %s, not in %s", dir.Path(), want)
			}
			if err := dir.Release(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
