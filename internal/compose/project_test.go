package compose_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/goal-mandala/mandala-deploy/internal/compose"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

// modules are local modules that need no provider to be downloaded.
func modules() fstest.MapFS {
	return fstest.MapFS{
		"modules/network/main.tf": {Data: []byte(`
resource "terraform_data" "vpc" { input = "vpc-1" }
output "vpc_id" { value = terraform_data.vpc.output }
output "subnets" { value = toset(["s-1", "s-2"]) }
output "zones" {
  value = { "10.0.0.0/24" = "a", "10.0.1.0/24" = "b" }
}
output "nothing" { value = null }
`)},
		"modules/database/main.tf": {Data: []byte(`
variable "a" {
  type    = any
  default = null
}
variable "b" {
  type    = any
  default = null
}
resource "terraform_data" "db" { input = var.a }
output "endpoint" { value = "db.example" }
output "password" {
  value     = sensitive("hunter2")
  sensitive = true
}
output "users" {
  value     = [{ name = "app", token = sensitive("t") }]
  sensitive = true
}
`)},
		"modules/empty/main.tf": {Data: []byte("variable \"a\" {\n  type    = any\n  default = null\n}\n")},
		"modules/tokens/main.tf": {Data: []byte(`
variable "given" {
  type      = string
  default   = "x"
  ephemeral = true
}
output "token" {
  value     = var.given
  ephemeral = true
}
output "id" { value = "i" }
`)},
		"modules/cloud/main.tf": {Data: []byte("resource \"aws_vpc\" \"this\" {}\noutput \"id\" { value = aws_vpc.this.id }\n")},
	}
}

func load(t testing.TB, main string) *environment.Root {
	t.Helper()
	fsys := modules()
	fsys["environments/main.tf"] = &fstest.MapFile{Data: []byte(main)}
	root, err := environment.LoadRoot(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// known gives a value as the outputs of a layer.
func known(t testing.TB, value cty.Value, sensitive ...string) compose.Outputs {
	t.Helper()
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		t.Fatal(err)
	}
	outputs := compose.Outputs{Type: value.Type(), Values: json.RawMessage(text), Sensitive: map[string]bool{}}
	for _, name := range sensitive {
		outputs.Sensitive[name] = true
	}
	return outputs
}

func network() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"vpc_id":  cty.StringVal("vpc-1"),
		"subnets": cty.SetVal([]cty.Value{cty.StringVal("s-1"), cty.StringVal("s-2")}),
		"zones":   cty.ObjectVal(map[string]cty.Value{"10.0.0.0/24": cty.StringVal("a"), "10.0.1.0/24": cty.StringVal("b")}),
		"nothing": cty.NullVal(cty.DynamicPseudoType),
	})
}

func database() cty.Value {
	return cty.ObjectVal(map[string]cty.Value{
		"endpoint": cty.StringVal("db.example"),
		"password": cty.StringVal("hunter2"),
		"users":    cty.TupleVal([]cty.Value{cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("app"), "token": cty.StringVal("t")})}),
	})
}
