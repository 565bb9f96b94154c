package aws

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/terraform"
)

// What Terraform creates of the project's own root and then loses, with its
// whole state, is found again by planned values alone, and Terraform takes
// every import id. By the reported ids the import ids are the same.
func TestALostStateIsFoundAgain(t *testing.T) {
	t.Parallel()
	s := newLostState(t)
	reported := s.apply(t)
	if err := os.Remove(filepath.Join(s.root, "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}

	imports, taken := map[string]string{}, map[string]bool{}
	var plan *tfjson.Plan
	for range 8 { // each round makes the ids known that the next one needs
		plan = s.plan(t, imports)
		before := len(imports)
		for _, change := range creations(plan) {
			values, _ := change.Change.After.(map[string]any)
			id, found, err := s.client.Find(t.Context(), change.Type, values, taken)
			if err != nil {
				t.Fatalf("find %s: %v", change.Address, err)
			}
			byID, ok, err := s.client.ImportID(t.Context(), change.Type, reported[change.Address], values)
			if err != nil || !ok {
				t.Fatalf("import id of %s: %v, %v", change.Address, ok, err)
			}
			if found && byID != id {
				t.Errorf("%s: found %s, but by the reported id %s it is %q", change.Address, id, reported[change.Address], byID)
			}
			if found {
				imports[change.Address] = id
				taken[id] = true
			}
		}
		if len(imports) == before {
			break
		}
	}

	var types []string
	for _, change := range creations(plan) {
		types = append(types, change.Type)
	}
	slices.Sort(types)
	if diff := cmp.Diff(harmless(), slices.Compact(types)); diff != "" {
		t.Errorf("not found (-want +got):\n%s", diff)
	}
	for _, change := range plan.ResourceChanges {
		if change.Type == "aws_cognito_user_pool_client" { // the provider cannot read whether it has a secret
			continue
		}
		if change.Change.Actions.Delete() || change.Change.Actions.Replace() {
			t.Errorf("%s, adopted as %s, would be %v", change.Address, imports[change.Address], change.Change.Actions)
		}
	}
	if arns, err := s.client.Untracked(t.Context(), map[string]string{"Environment": "local", "Project": "goal-mandala"}); err != nil || len(arns) < 10 {
		t.Errorf("by tags: %d, %v", len(arns), err)
	}
}

// harmless are the types of the root that are not looked for: creating one
// again writes the same settings over what is there, makes nothing that anybody
// would miss, or stays within the state.
func harmless() []string {
	return []string{
		"aws_api_gateway_account",
		"aws_api_gateway_deployment",
		"aws_api_gateway_method_settings",
		"aws_cloudwatch_dashboard",
		"aws_cloudwatch_event_target",
		"aws_cloudwatch_log_metric_filter",
		"aws_cloudwatch_log_resource_policy",
		"aws_cloudwatch_metric_alarm",
		"aws_cognito_risk_configuration",
		"aws_default_security_group",
		"aws_lambda_function_event_invoke_config",
		"aws_s3_bucket_lifecycle_configuration",
		"aws_s3_bucket_logging",
		"aws_s3_bucket_ownership_controls",
		"aws_s3_bucket_policy",
		"aws_s3_bucket_public_access_block",
		"aws_s3_bucket_server_side_encryption_configuration",
		"aws_s3_bucket_versioning",
		"aws_secretsmanager_secret_rotation",
		"aws_secretsmanager_secret_version", // written only
		"aws_sns_topic_policy",
		"aws_wafv2_web_acl_association",
		"aws_wafv2_web_acl_logging_configuration",
		"terraform_data",
	}
}

// lostState is the project's root in a folder of its own.
type lostState struct {
	client *Client
	runner *terraform.Runner
	root   string
}

func newLostState(t *testing.T) *lostState {
	t.Helper()
	dir := t.TempDir()
	project := filepath.Join("..", "..")
	for _, folder := range []string{"modules", "environments"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join(project, folder))); err != nil {
			t.Fatal(err)
		}
	}
	environ := map[string]string{}
	for _, line := range localaws.Environ(os.Environ(), endpoint, region) {
		name, value, _ := strings.Cut(line, "=")
		environ[name] = value
	}
	runner, err := terraform.New(terraform.Options{CacheDir: filepath.Join(dir, "cache"), ConfigDir: filepath.Join(dir, "config"), WorkDir: dir, Env: environ})
	if err != nil {
		t.Fatal(err)
	}
	s := &lostState{client: client(t, region), runner: runner, root: filepath.Join(dir, "environments")}
	// Everything that the modules can create.
	s.write(t, "everything.tfvars", `
api        = { waf = true }
frontend   = { force_destroy = true, wait_for_deployment = false, waf = true }
monitoring = { alarm_emails = ["alarms@local.goal-mandala.example"] }
network    = { interface_endpoints = ["secretsmanager"] }
`)
	// The releases' bucket is there before any layer.
	if _, err := s.client.Bootstrap(t.Context(), "goal-mandala-local-deploy", nil); err != nil {
		t.Fatal(err)
	}
	if err := runner.Init(t.Context(), s.root); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *lostState) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// apply creates everything and gives the reported ids by address.
func (s *lostState) apply(t *testing.T) map[string]string {
	t.Helper()
	s.plan(t, nil)
	ids := map[string]string{}
	err := s.runner.Apply(t.Context(), s.root, engine.ApplyOptions{Started: func(engine.Process) {}}, func(event engine.Event) {
		if event.Kind == engine.ApplyComplete && event.Action == "create" {
			ids[event.Address] = event.IDValue
		}
	})
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return ids
}

func (s *lostState) plan(t *testing.T, imports map[string]string) *tfjson.Plan {
	t.Helper()
	var blocks strings.Builder
	for _, address := range sortedKeys(imports) {
		fmt.Fprintf(&blocks, "import {\n  to = %s\n  id = %q\n}\n", address, imports[address])
	}
	s.write(t, "imports.tf", blocks.String())
	plan, err := s.runner.Plan(t.Context(), s.root, engine.PlanOptions{VarFiles: []string{
		filepath.Join(s.root, "local", "terraform.tfvars"), filepath.Join(s.root, "everything.tfvars"),
	}})
	if err != nil {
		t.Fatalf("plan with imports %v: %v", imports, err)
	}
	return plan
}

func creations(plan *tfjson.Plan) []*tfjson.ResourceChange {
	var all []*tfjson.ResourceChange
	for _, change := range plan.ResourceChanges {
		if change.Change.Actions.Create() {
			all = append(all, change)
		}
	}
	return all
}
