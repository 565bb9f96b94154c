package localaws

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// machine is a hand-written stand-in for PATH and the processes that run.
type machine struct {
	tools   map[string]string // name on PATH → its file
	hasMoto map[string]bool   // programs whose probe succeeds
	ran     []string
}

func (m *machine) finder(cache string) finder {
	return finder{
		cache:  cache,
		notice: func(string) {},
		lookPath: func(name string) (string, error) {
			if file, ok := m.tools[name]; ok {
				return file, nil
			}
			return "", errors.New(name + " not found")
		},
		run: func(_ context.Context, arguments ...string) error {
			m.ran = append(m.ran, strings.Join(arguments, " "))
			switch {
			case strings.Contains(strings.Join(arguments, " "), "pip install"):
				m.hasMoto[arguments[0]] = true
				return nil
			case arguments[len(arguments)-1] != probe, m.hasMoto[arguments[0]]:
				return nil
			}
			return errors.New("no module named moto")
		},
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, first string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(first+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	script := write("moto_server", "#!/opt/moto/bin/python3.12")
	shim := write("shim", "#!/usr/bin/env bash")
	private := filepath.Join("/cache", "moto-"+motoVersion, "bin", "python")

	tests := []struct {
		name    string
		machine machine
		want    []string
	}{
		{"the interpreter of moto_server", machine{tools: map[string]string{"moto_server": script, "python3": "/py3"}, hasMoto: map[string]bool{"/opt/moto/bin/python3.12": true, "/py3": true}},
			[]string{"/opt/moto/bin/python3.12"}},
		{"a version manager's shim says nothing", machine{tools: map[string]string{"moto_server": shim, "python3": "/py3"}, hasMoto: map[string]bool{"/py3": true}},
			[]string{"/py3"}},
		{"python where python3 has no moto", machine{tools: map[string]string{"python3": "/py3", "python": "/py"}, hasMoto: map[string]bool{"/py": true}},
			[]string{"/py"}},
		{"our own environment from before", machine{tools: map[string]string{"python3": "/py3", "uvx": "/uvx"}, hasMoto: map[string]bool{private: true, "/uvx": true}},
			[]string{private}},
		{"uvx", machine{tools: map[string]string{"python3": "/py3", "uvx": "/uvx"}, hasMoto: map[string]bool{"/uvx": true}},
			[]string{"/uvx", "--quiet", "--from", requirement, "python"}},
		{"a new environment of our own", machine{tools: map[string]string{"python3": "/py3"}, hasMoto: map[string]bool{}},
			[]string{private}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.machine.finder("/cache").find(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\nran:\n%s", diff, strings.Join(tt.machine.ran, "\n"))
			}
		})
	}
}

func TestFindSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	empty := machine{hasMoto: map[string]bool{}}
	_, err := empty.finder("/cache").find(t.Context())
	found := problem.Find(err)
	if len(found) != 1 || found[0].Code != problem.NoEmulator || !strings.Contains(found[0].Remedy(), "python3 -m pip install '"+requirement+"'") {
		t.Errorf("find on an empty machine: %v", err)
	}
}
