package release_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/migrations"
	"github.com/goal-mandala/mandala-deploy/internal/release"
)

func TestReadMigrations(t *testing.T) {
	t.Parallel()
	const expand, contract = "-- class: expand\n-- +goose Up\n", "-- class: contract\r\n"
	for name, test := range map[string]struct {
		texts map[string]string
		want  []release.Migration
		fails bool
	}{
		"by version, not by name": {
			texts: map[string]string{"2_b.sql": contract, "010_a.sql": expand},
			want: []release.Migration{
				{Version: 2, Name: "2_b.sql", Class: release.Contract, SHA256: sum(contract), Size: int64(len(contract))},
				{Version: 10, Name: "010_a.sql", Class: release.Expand, SHA256: sum(expand), Size: int64(len(expand))},
			},
		},
		"none":          {want: []release.Migration{}},
		"no class":      {texts: map[string]string{"1_a.sql": "-- +goose Up\n"}, fails: true},
		"unknown class": {texts: map[string]string{"1_a.sql": "-- class: both\n"}, fails: true},
		"empty":         {texts: map[string]string{"1_a.sql": ""}, fails: true},
		"no version":    {texts: map[string]string{"a.sql": expand}, fails: true},
		"version 0":     {texts: map[string]string{"0_a.sql": expand}, fails: true},
		"version twice": {texts: map[string]string{"1_a.sql": expand, "01_b.sql": expand}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts := map[string][]byte{}
			for name, text := range test.texts {
				texts[name] = []byte(text)
			}
			got, err := release.ReadMigrations(texts)
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What the tool reads of the migrations is what the function that runs them does.
func TestTheFunctionReadsTheSame(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../functions/migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	texts := map[string][]byte{}
	for _, file := range files {
		if texts[filepath.Base(file)], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	read, err := release.ReadMigrations(texts)
	if err != nil {
		t.Fatal(err)
	}
	var got []migrations.Migration
	for _, m := range read {
		got = append(got, migrations.Migration{Version: m.Version, Name: m.Name, Class: migrations.Class(m.Class)})
	}
	want, err := migrations.List(migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-function +tool):\n%s", diff)
	}
}

func step(version int64, class release.Class) release.Migration {
	return release.Migration{Version: version, Name: "step", Class: class}
}

func TestCanReach(t *testing.T) {
	t.Parallel()
	m := release.Manifest{Migrations: []release.Migration{step(1, release.Expand), step(2, release.Expand), step(3, release.Contract), step(4, release.Expand)}}
	for schema, refused := range map[int64]bool{0: false, 1: true, 2: true, 3: false, 4: false, 9: false} {
		err := m.CanReach(schema)
		var mixed *release.MixedError
		if errors.As(err, &mixed) != refused {
			t.Errorf("from %d: %v", schema, err)
		}
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	target := release.Manifest{Migrations: []release.Migration{step(1, release.Expand), step(2, release.Expand)}}
	for name, test := range map[string]struct {
		schema  int64
		applied []release.Migration
		refused bool
	}{
		"an empty database":             {0, nil, false},
		"behind":                        {1, nil, false},
		"its own":                       {2, nil, false},
		"expanded":                      {4, []release.Migration{step(3, release.Expand), step(4, release.Expand)}, false},
		"contracted":                    {3, []release.Migration{step(3, release.Contract)}, true},
		"contracted and expanded":       {4, []release.Migration{step(3, release.Contract), step(4, release.Expand)}, true},
		"contracted, but not yet there": {3, []release.Migration{step(3, release.Expand), step(4, release.Contract)}, false},
		"by nobody knows what":          {3, nil, true},
		"its own contraction":           {2, []release.Migration{step(2, release.Contract)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := target.Accepts(test.schema, test.applied)
			var refusal *release.SchemaError
			if errors.As(err, &refusal) != test.refused {
				t.Errorf("got %v", err)
			}
		})
	}
}
