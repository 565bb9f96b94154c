package compose_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
)

// terraform runs the real Terraform in dir.
func terraform(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	binary, err := exec.LookPath("terraform")
	if err != nil {
		t.Fatal("this test needs Terraform 1.11 or newer on PATH: https://developer.hashicorp.com/terraform/install")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "cli.tfrc"), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("terraform %v: %v\n%s", args, err, out)
	}
	return out
}

// written puts a composition and the modules that it calls into a directory.
func written(t *testing.T, composition *compose.Composition) (dir string) {
	t.Helper()
	base := t.TempDir()
	dir = filepath.Join(base, "root")
	write := func(file string, text []byte) {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, file := range modules() {
		write(filepath.Join(base, name), file.Data)
	}
	for name, text := range composition.Files {
		write(filepath.Join(dir, name), text)
	}
	values, err := json.Marshal(composition.Variables)
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "known.auto.tfvars.json"), values)
	write(filepath.Join(dir, "cli.tfrc"), nil)
	return dir
}

// applied applies a composition and gives the values of all outputs.
func applied(t *testing.T, root string, request compose.Request) map[string]any {
	t.Helper()
	composition, err := compose.Compose(load(t, root), request)
	if err != nil {
		t.Fatal(err)
	}
	dir := written(t, composition)
	terraform(t, dir, "init", "-input=false")
	terraform(t, dir, "validate")
	terraform(t, dir, "apply", "-input=false", "-auto-approve")
	var outputs map[string]struct{ Value any }
	if err := json.Unmarshal(terraform(t, dir, "output", "-json"), &outputs); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for name, output := range outputs {
		values[name] = output.Value
	}
	return values
}

type object = map[string]any

func meta(sensitive object, upstream ...any) object {
	if upstream == nil {
		upstream = []any{}
	}
	return object{"sensitive": sensitive, "upstream": upstream}
}

func TestTerraformTakesWhatIsComposed(t *testing.T) {
	t.Parallel()
	networkValue := object{"vpc_id": "vpc-1", "subnets": []any{"s-1", "s-2"}, "zones": object{"10.0.0.0/24": "a", "10.0.1.0/24": "b"}, "nothing": nil}
	networkPlain := object{"vpc_id": false, "subnets": false, "zones": false, "nothing": false}
	databaseValue := object{"endpoint": "db.example", "password": "hunter2", "users": []any{object{"name": "app", "token": "t"}}}
	databaseMarks := object{"endpoint": false, "password": true, "users": true}

	tests := map[string]struct {
		root    string
		request compose.Request
		want    map[string]any
	}{
		"uncut": {
			root: twoLayers + "module \"database\" {\n  source = \"../modules/database\"\n  a      = module.network.vpc_id\n}\n" +
				"output \"vpc\" {\n  value = module.network.vpc_id\n}\n",
			request: compose.Request{Keep: []string{"network", "database"}, Outputs: true},
			want: object{
				"vpc":            "vpc-1",
				"module_network": networkValue, "module_network_meta": meta(networkPlain),
				"module_database": databaseValue, "module_database_meta": meta(databaseMarks, "network"),
			},
		},
		"a slice on every kind of known output": {
			root: `module "network" { source = "../modules/network" }
module "many" {
  source = "../modules/database"
  count  = 2
}
module "keyed" {
  source   = "../modules/database"
  for_each = toset(["a/b", "c"])
}
module "zero" {
  source = "../modules/network"
  count  = 0
}
module "database" {
  source = "../modules/database"
  a = {
    # Only a set may be given to for_each or setunion, and only an object to keys.
    set    = setunion(module.network.subnets, ["s-3"])
    zones  = module.network.zones["10.0.0.0/24"]
    tokens = nonsensitive(module.many[1].password)
    marked = [issensitive(module.many[0].password), issensitive(module.many[0].endpoint), issensitive(module.keyed["a/b"].password)]
    none   = length(module.zero)
    null   = module.network.nothing == null
  }
}
output "seen" { value = module.database.endpoint }
`,
			request: compose.Request{Keep: []string{"database"}, Outputs: true, Known: map[string]compose.Outputs{
				"network": known(t, network()),
				"many":    known(t, cty.TupleVal([]cty.Value{database(), database()}), "password"),
				"keyed":   known(t, cty.ObjectVal(map[string]cty.Value{"a/b": database(), "c": database()}), "password"),
				"zero":    known(t, cty.EmptyTupleVal),
			}},
			want: object{
				"seen": "db.example", "module_database": databaseValue,
				"module_database_meta": meta(databaseMarks, "keyed", "many", "network", "zero"),
			},
		},
		"repeated, ephemeral and empty layers": {
			root: `module "one" { source = "../modules/tokens" }
module "many" {
  source = "../modules/tokens"
  count  = 2
}
module "keyed" {
  source   = "../modules/database"
  for_each = toset(["x/y"])
}
module "empty" { source = "../modules/empty" }
module "zero" {
  source = "../modules/database"
  count  = 0
}
`,
			request: compose.Request{Keep: []string{"one", "many", "keyed", "empty", "zero"}},
			want: object{
				"module_one": object{"id": "i"}, "module_one_meta": meta(object{"id": false}),
				"module_many": []any{object{"id": "i"}, object{"id": "i"}}, "module_many_meta": meta(object{"id": false}),
				"module_keyed": object{"x/y": databaseValue}, "module_keyed_meta": meta(databaseMarks),
				"module_empty": object{}, "module_empty_meta": meta(object{}),
				"module_zero": []any{}, "module_zero_meta": meta(object{}),
			},
		},
		"the root's outputs alone": {
			root: twoLayers + "module \"database\" {\n  source = \"../modules/database\"\n}\n" +
				"output \"vpc\" {\n  value = module.network.vpc_id\n  depends_on = [module.database]\n}\n" +
				"output \"password\" {\n  value     = module.database.password\n  sensitive = true\n}\n",
			request: compose.Request{Outputs: true, Known: map[string]compose.Outputs{
				"network": known(t, network()), "database": known(t, database(), "password", "users"),
			}},
			want: object{"vpc": "vpc-1", "password": "hunter2"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, applied(t, test.root, test.request)); diff != "" {
				t.Errorf("outputs (-want +got):\n%s", diff)
			}
		})
	}
}
