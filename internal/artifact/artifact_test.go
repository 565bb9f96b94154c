package artifact_test

import (
	"archive/zip"
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/artifact"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// builder makes the test binary build a project, under a mask of its own, and
// write the index.
const builder = "MANDALA_TEST_BUILD"

func TestMain(m *testing.M) {
	project := os.Getenv(builder)
	if project == "" {
		os.Exit(m.Run())
	}
	syscall.Umask(0o077)
	index, err := artifact.Build(context.Background(), options(project))
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(index)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func options(project string) artifact.Options {
	return artifact.Options{Project: project, Source: "functions", Out: filepath.Join(project, "out"), Architecture: artifact.ARM64, Env: os.Environ()}
}

// project writes a module with the functions one and two, which share a
// package, and a folder that is no function; changes are made to its files.
func project(t *testing.T, changes map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range map[string]string{
		"go.mod":                           "module example.com/project\n\ngo 1.24.0\n",
		"functions/one/main.go":            "package main\n\nimport \"example.com/project/functions/internal/shared\"\n\nfunc main() { println(shared.Word, 1) }\n",
		"functions/two/main.go":            "package main\n\nimport (\n\t_ \"embed\"\n\n\t\"example.com/project/functions/internal/shared\"\n)\n\n//go:embed text\nvar text string\n\nfunc main() { println(shared.Word, text) }\n",
		"functions/two/text":               "two",
		"functions/internal/shared/all.go": "package shared\n\nconst Word = \"word\"\n",
		"functions/README.md":              "# Functions\n",
	} {
		put(t, filepath.Join(dir, name), body)
	}
	for name, body := range changes {
		put(t, filepath.Join(dir, name), body)
	}
	return dir
}

func put(t *testing.T, path, body string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

func build(t *testing.T, options artifact.Options) map[string]artifact.Built {
	t.Helper()
	index, err := artifact.Build(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	built := map[string]artifact.Built{}
	for _, b := range index.Artifacts {
		built[b.Name] = b
	}
	return built
}

func digests(built map[string]artifact.Built) map[string]string {
	all := map[string]string{}
	for name, b := range built {
		all[name] = b.SHA256
	}
	return all
}

func TestAnArchiveHoldsTheProgramOnly(t *testing.T) {
	t.Parallel()
	dir := project(t, nil)
	for architecture, machine := range map[string]elf.Machine{artifact.ARM64: elf.EM_AARCH64, artifact.X86: elf.EM_X86_64} {
		chosen := options(dir)
		chosen.Architecture = architecture
		built := build(t, chosen)
		for _, name := range []string{"one", "two"} {
			path := filepath.Join(dir, "out", architecture, name+".zip")
			if got := chosen.Path(built[name]); got != path {
				t.Errorf("%s lies at %s, not %s", name, got, path)
			}
			archive, err := zip.OpenReader(path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = archive.Close() })
			if len(archive.File) != 1 || archive.File[0].Name != "bootstrap" || archive.File[0].Mode() != 0o755 || !archive.File[0].Modified.Equal(time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)) {
				t.Fatalf("%s holds %+v", name, archive.File[0].FileHeader)
			}
			file, err := archive.File[0].Open()
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(file)
			if err != nil {
				t.Fatal(err)
			}
			program, err := elf.NewFile(bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			if program.Machine != machine {
				t.Errorf("%s for %s is for %s", name, architecture, program.Machine)
			}
			if bytes.Contains(body, []byte(dir)) {
				t.Errorf("%s knows where it was built", name)
			}
		}
		if len(built) != 2 {
			t.Errorf("built: %v", built)
		}
	}
}

// TestTheSameBytesAnywhere builds two copies of a project: one as this process
// is, one elsewhere by a user who has everything set otherwise, and an empty
// cache.
func TestTheSameBytesAnywhere(t *testing.T) {
	t.Parallel()
	here := digests(build(t, options(project(t, nil))))

	elsewhere, home := project(t, nil), t.TempDir()
	put(t, filepath.Join(home, "go.env"), "GOFLAGS=-tags=other\nGOEXPERIMENT=nogreenteagc\nGOFIPS140=latest\n")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), builder+"="+elsewhere, "HOME="+home, "TZ=Asia/Tokyo", "LANG=ja_JP.UTF-8", "GOCACHE="+filepath.Join(home, "cache"),
		"GOENV="+filepath.Join(home, "go.env"), "GOFLAGS=-race -ldflags=-X=main.text=other", "GOAMD64=v3", "GOARM64=v9.0", "GOOS=darwin", "GOARCH=386", "CGO_ENABLED=1", "GODEBUG=http2client=0", "GOWORK=off")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var index artifact.Index
	if err := json.Unmarshal(out, &index); err != nil {
		t.Fatal(err)
	}
	there := map[string]string{}
	for _, b := range index.Artifacts {
		there[b.Name] = b.SHA256
	}
	if diff := cmp.Diff(here, there); diff != "" {
		t.Errorf("digests (-here +there):\n%s", diff)
	}
}

func TestOnlyWhatChangedIsBuilt(t *testing.T) {
	t.Parallel()
	dir := project(t, nil)
	first := build(t, options(dir))
	for _, step := range []struct {
		name, file, body string
		rebuilt          []string
	}{
		{"nothing", "functions/README.md", "# Other words\n", nil},
		{"a test", "functions/one/main_test.go", "package main\n", nil},
		{"one function", "functions/one/main.go", "package main\n\nfunc main() { println(11) }\n", []string{"one"}},
		{"what only the other one still uses", "functions/internal/shared/all.go", "package shared\n\nconst Word = \"other\"\n", []string{"two"}},
		{"an embedded file", "functions/two/text", "deux", []string{"two"}},
		{"a damaged archive", "out/arm64/one.zip", "damaged", []string{"one"}},
		{"a broken index", "out/arm64/artifacts.json", "{", []string{"one", "two"}},
		{"the language", "go.mod", "module example.com/project\n\ngo 1.24.1\n", []string{"one", "two"}},
	} {
		put(t, filepath.Join(dir, step.file), step.body)
		was := stamps(t, dir)
		built := build(t, options(dir))
		var rebuilt []string
		for _, name := range []string{"one", "two"} {
			if was[name] != stamps(t, dir)[name] {
				rebuilt = append(rebuilt, name)
			}
		}
		if diff := cmp.Diff(step.rebuilt, rebuilt); diff != "" {
			t.Errorf("%s: built again (-want +got):\n%s", step.name, diff)
		}
		if step.name == "a damaged archive" && built["one"].SHA256 == first["one"].SHA256 {
			t.Errorf("%s: the archive of other source is the same", step.name)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "functions", "one")); err != nil {
		t.Fatal(err)
	}
	if left := build(t, options(dir)); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "out/arm64/one.zip")); err == nil {
		t.Error("the archive of a function that is no more is still there")
	}
}

// stamps tells archives apart from ones that were written anew.
func stamps(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, name := range []string{"one", "two"} {
		info, err := os.Stat(filepath.Join(dir, "out", "arm64", name+".zip"))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = fmt.Sprint(info.ModTime().UnixNano(), info.Size())
	}
	return all
}

func TestWhatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes map[string]string
		source  string
		code    problem.Code
		want    []string
	}{
		"does not compile": {changes: map[string]string{"functions/one/main.go": "package main\n\nfunc main() { one() }\n", "functions/two/main.go": "package main\n\nfunc main() {\n\tx := 1\n}\n"},
			code: problem.FunctionsBroken, want: []string{"functions/one/main.go:3: undefined: one", "functions/two/main.go:4: declared and not used: x"}},
		"does not parse": {changes: map[string]string{"functions/one/main.go": "package main\n\nfunc\n"}, code: problem.FunctionsBroken, want: []string{"functions/one/main.go:"}},
		"a module is missing": {changes: map[string]string{"functions/one/main.go": "package main\n\nimport _ \"example.org/none\"\n\nfunc main() {}\n"},
			code: problem.FunctionsBroken, want: []string{"functions/one/main.go:3", "example.org/none"}},
		"no program":       {changes: map[string]string{"functions/one/main.go": "package one\n"}, code: problem.FunctionsBroken, want: []string{"functions/one/main.go: function one is no package main"}},
		"no functions":     {source: "modules", code: problem.NoFunctions, want: []string{"modules: no folder here has a main.go"}},
		"too old a Go":     {changes: map[string]string{"go.mod": "module example.com/project\n\ngo 1.999.0\n"}, code: problem.GoMissing, want: []string{"1.999"}},
		"no module at all": {changes: map[string]string{"go.mod": "nonsense\n"}, code: problem.FunctionsBroken, want: []string{"go.mod:1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			chosen := options(project(t, test.changes))
			chosen.Env = append(chosen.Env, "GOTOOLCHAIN=local")
			if test.source != "" {
				chosen.Source = test.source
			}
			_, err := artifact.Build(t.Context(), chosen)
			if !problem.Is(err, test.code) {
				t.Fatalf("no %s: %v", test.code, err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not told in: %v", want, err)
				}
			}
		})
	}
}

// TestTheToolchainOfTheModuleBuilds: not a newer one that happens to be there. The one
// that the module names here exists nowhere, so that it is asked for in vain.
func TestTheToolchainOfTheModuleBuilds(t *testing.T) {
	t.Parallel()
	dir := project(t, map[string]string{"go.mod": "module example.com/project\n\ngo 1.24.0\n\ntoolchain go1.24.987\n"})
	settings := options(dir)
	settings.Env = append(slices.Clone(settings.Env), "GOPROXY=off", "GOTOOLCHAIN=auto")
	_, err := artifact.Build(t.Context(), settings)
	if !problem.Is(err, problem.GoMissing) || !strings.Contains(err.Error(), "go1.24.987") {
		t.Errorf("built by another toolchain: %v", err)
	}
}
