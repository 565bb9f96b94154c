package migrations_test

import (
	"database/sql"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// released reads the versions at which releases so far ended, beginning with 0.
func released(t *testing.T) []int64 {
	t.Helper()
	content, err := os.ReadFile("released")
	if err != nil {
		t.Fatal(err)
	}
	ends := []int64{0}
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		release, last, _ := strings.Cut(line, " ")
		end, err := strconv.ParseInt(strings.TrimSpace(last), 10, 64)
		if err != nil || !strings.HasPrefix(release, "v") || end < ends[len(ends)-1] {
			t.Fatalf("released: %q is no release and version after %d", line, ends[len(ends)-1])
		}
		ends = append(ends, end)
	}
	return ends
}

func TestNoReleaseExpandsAndContracts(t *testing.T) {
	t.Parallel()
	all, err := migrations.List(migrations.Files)
	if err != nil {
		t.Fatal(err)
	}
	ends := released(t)
	if last := all[len(all)-1].Version; ends[len(ends)-1] > last {
		t.Fatalf("version %d is released, but the last migration is %d: none may go", ends[len(ends)-1], last)
	}
	ends = append(ends, all[len(all)-1].Version)
	for i := 1; i < len(ends); i++ {
		var release []migrations.Migration
		for _, migration := range migrations.Pending(all, ends[i-1]) {
			if migration.Version <= ends[i] {
				release = append(release, migration)
			}
		}
		if err := migrations.CheckRelease(release); err != nil {
			t.Errorf("after version %d: %v", ends[i-1], err)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	expand, contract := "-- class: expand\n-- +goose Up\n", "-- class: contract\n"
	tests := map[string]struct {
		files map[string]string
		want  []migrations.Migration
		fails bool
	}{
		"by version, not by name": {
			files: map[string]string{"2_b.sql": contract, "010_a.sql": expand},
			want: []migrations.Migration{
				{Version: 2, Name: "2_b.sql", Class: migrations.Contract},
				{Version: 10, Name: "010_a.sql", Class: migrations.Expand},
			},
		},
		"no class":       {files: map[string]string{"1_a.sql": "-- +goose Up\n"}, fails: true},
		"unknown class":  {files: map[string]string{"1_a.sql": "-- class: both\n"}, fails: true},
		"empty":          {files: map[string]string{"1_a.sql": ""}, fails: true},
		"no version":     {files: map[string]string{"a.sql": expand}, fails: true},
		"version twice":  {files: map[string]string{"1_a.sql": expand, "01_b.sql": expand}, fails: true},
		"nothing at all": {},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for path, text := range test.files {
				files[path] = &fstest.MapFile{Data: []byte(text)}
			}
			got, err := migrations.List(files)
			if (err != nil) != test.fails {
				t.Fatalf("error %v, want one: %v", err, test.fails)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckRelease(t *testing.T) {
	t.Parallel()
	expand := migrations.Migration{Version: 1, Name: "1_a.sql", Class: migrations.Expand}
	contract := migrations.Migration{Version: 2, Name: "2_b.sql", Class: migrations.Contract}
	tests := map[string]struct {
		pending []migrations.Migration
		mixed   bool
	}{
		"nothing":        {},
		"expands":        {pending: []migrations.Migration{expand, expand}},
		"contracts":      {pending: []migrations.Migration{contract}},
		"both":           {pending: []migrations.Migration{expand, contract}, mixed: true},
		"the other way":  {pending: []migrations.Migration{contract, expand}, mixed: true},
		"one after one":  {pending: migrations.Pending([]migrations.Migration{expand, contract}, 1)},
		"all is applied": {pending: migrations.Pending([]migrations.Migration{expand, contract}, 2)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := migrations.CheckRelease(test.pending); errors.Is(err, migrations.ErrMixed) != test.mixed {
				t.Errorf("got %v, want a refusal: %v", err, test.mixed)
			}
		})
	}
}

// TestEveryTableIsGuarded holds all tables, those to come as well, to row-level
// security, and the application's role to what it needs.
func TestEveryTableIsGuarded(t *testing.T) {
	t.Parallel()
	db := open(t)
	problems := map[string]string{
		"tables without row-level security": `
			SELECT relname FROM pg_class
			WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
				AND relname <> 'goose_db_version' AND NOT relrowsecurity`,
		"tables without a policy for the application": `
			SELECT relname FROM pg_class c
			WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'goose_db_version'
				AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND 'goal_mandala_app'::regrole = ANY (polroles)
					AND polqual IS NOT NULL AND polwithcheck IS NOT NULL)`,
		"tables of which the application may do more than read and write": `
			SELECT DISTINCT table_name FROM information_schema.role_table_grants
			WHERE grantee = 'goal_mandala_app' AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')`,
		"roles that the application is and may not be": `
			SELECT rolname FROM pg_roles WHERE rolname = 'goal_mandala_app'
				AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR NOT rolcanlogin)`,
		"tables that belong to the application": `
			SELECT relname FROM pg_class WHERE relowner = 'goal_mandala_app'::regrole`,
		"schemas in which the application may create": `
			SELECT nspname FROM pg_namespace WHERE has_schema_privilege('goal_mandala_app', oid, 'CREATE')`,
		"foreign keys without an index of their columns": `
			SELECT conrelid::regclass || '.' || conname FROM pg_constraint c
			WHERE contype = 'f' AND conname <> 'workflow_executions_retry_of_fkey' AND NOT EXISTS (
				SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indpred IS NULL
					AND (i.indkey::int2[])[0] = c.conkey[1])`,
	}
	for what, query := range problems {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			t.Errorf("%s: %s", what, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
}

// TestTheDatabaseHasFiftyConnections: R6.2. The limit is the database's own, and no copy
// of it has it.
func TestTheDatabaseHasFiftyConnections(t *testing.T) {
	t.Parallel()
	db := empty(t)
	if _, err := migrations.Apply(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	var limit int
	if err := db.QueryRowContext(t.Context(), "SELECT datconnlimit FROM pg_database WHERE datname = current_database()").Scan(&limit); err != nil || limit != 50 {
		t.Errorf("at most %d connections, %v", limit, err)
	}
}

func open(t *testing.T) *sql.DB {
	t.Helper()
	return connect(t, pgtest.New(t).Owner)
}
