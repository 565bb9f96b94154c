package architecture

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// local gives a local value of the root. What it refers to is unknown, but for
// what is given.
func local(t *testing.T, path, name string, known map[string]cty.Value) cty.Value {
	t.Helper()
	body, err := parse(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range body.Blocks {
		attribute := block.Body.Attributes[name]
		if block.Type != "locals" || attribute == nil {
			continue
		}
		locals := map[string]cty.Value{}
		for _, reference := range attribute.Expr.Variables() {
			if reference.RootName() == "local" {
				locals[reference[1].(hcl.TraverseAttr).Name] = cty.DynamicVal
			}
		}
		for name, value := range known {
			locals[name] = value
		}
		result, problems := attribute.Expr.Value(&hcl.EvalContext{
			Variables: map[string]cty.Value{"local": cty.ObjectVal(locals), "module": cty.DynamicVal, "var": cty.DynamicVal},
			Functions: map[string]function.Function{
				"coalesce": stdlib.CoalesceFunc, "concat": stdlib.ConcatFunc, "flatten": stdlib.FlattenFunc, "join": stdlib.JoinFunc,
				"merge": stdlib.MergeFunc, "values": stdlib.ValuesFunc,
			},
		})
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		return result
	}
	t.Fatalf("%s has no local.%s", path, name)
	return cty.NilVal
}

func TestRoutesFollowTheCatalogue(t *testing.T) {
	t.Parallel()
	var open, all []string
	for path, methods := range local(t, "environments/routes.tf", "routes", nil).AsValueMap() {
		for method, route := range methods.AsValueMap() {
			operation := method + " " + path + " " + route.GetAttr("function").AsString()
			all = append(all, operation)
			if route.Type().HasAttribute("authorized") && route.GetAttr("authorized").False() {
				open = append(open, method+" "+path)
			}
		}
	}
	slices.Sort(open)
	if diff := cmp.Diff([]string{"GET /health", "GET /unsubscribe", "POST /unsubscribe"}, open); diff != "" {
		t.Errorf("R1.2: routes without sign-in (-want +got):\n%s", diff)
	}
	for _, want := range []string{
		"GET /health health", "GET /auth auth", "GET /profile auth", "PATCH /profile auth",
		"GET /goals goals", "POST /goals goals", "GET /goals/{goalId} goals", "PATCH /goals/{goalId} goals", "DELETE /goals/{goalId} goals",
		"GET /goals/{goalId}/sub-goals goals", "GET /goals/{goalId}/actions goals", "GET /goals/{goalId}/chart goals",
		"GET /goals/{goalId}/change-history goals", "GET /goals/{goalId}/progress-history goals",
		"GET /tasks tasks", "GET /tasks/{taskId} tasks", "POST /tasks/{taskId}/notes tasks",
		"POST /tasks/bulk/status tasks", "POST /tasks/bulk/delete tasks", "GET /tasks/views tasks",
		"GET /reflections reflections", "POST /reflections reflections",
		"POST /ai/executions ai", "GET /ai/executions/{executionId} ai",
		"POST /ai/executions/{executionId}/cancel ai", "POST /ai/executions/{executionId}/retry ai",
	} {
		if !slices.Contains(all, want) {
			t.Errorf("R1.2: there is no route %s", want)
		}
	}
}

// rootFunctions gives the functions of the root with their settings.
func rootFunctions(t *testing.T) cty.Value {
	t.Helper()
	const path = "environments/functions.tf"
	return local(t, path, "functions", map[string]cty.Value{
		"environment": local(t, path, "environment", nil),
		"particular_functions": local(t, path, "particular_functions", map[string]cty.Value{
			"database_environment": cty.EmptyObjectVal,
			"workflow_functions":   local(t, path, "workflow_functions", nil),
		}),
	})
}

func TestFunctionsFollowTheCatalogue(t *testing.T) {
	t.Parallel()
	functions := rootFunctions(t)
	got := map[string][]string{}
	for name, settings := range functions.AsValueMap() {
		seconds := "30" // the module's default
		if settings.Type().HasAttribute("timeout_seconds") {
			seconds = settings.GetAttr("timeout_seconds").AsBigFloat().String()
		}
		group := settings.GetAttr("group").AsString() + " " + seconds
		got[group] = append(got[group], name)
		slices.Sort(got[group])
		if settings.Type().HasAttribute("memory_mb") {
			t.Errorf("R1.2: function %s has another size than the module's 512 MB", name)
		}
		if cached := settings.GetAttr("environment").GetAttr("SECRETS_CACHE_SECONDS"); cached.AsString() != "300" {
			t.Errorf("R1.2: function %s keeps secrets for %s s, want 5 minutes", name, cached.AsString())
		}
	}
	want := map[string][]string{
		"ai 900":         {"ai", "cancel-workflow", "get-status", "start-workflow"},
		"auth 30":        {"auth"},
		"api 30":         {"goals", "health", "reflections", "tasks"},
		"generation 900": {"task-generation"},
		"migrate 900":    {"migrate"},
		"notifier 30":    {"slack-notifier"},
		"reminder 300":   {"reminder"},
		"workflow 900": {
			"aggregate-results", "create-batches", "get-actions", "handle-error", "save-tasks",
			"update-goal-status", "update-progress", "validate-input",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R1.2: functions by group and seconds (-want +got):\n%s", diff)
	}
}

// TestGroupsMayDoTheirWork holds the functions' permissions to a list, so that
// one more is seen.
func TestGroupsMayDoTheirWork(t *testing.T) {
	t.Parallel()
	const path = "environments/functions.tf"
	groups := local(t, path, "groups", map[string]cty.Value{
		"may_connect":         local(t, path, "may_connect", nil),
		"may_decrypt_secrets": local(t, path, "may_decrypt_secrets", nil),
		"may_read":            local(t, path, "may_read", nil),
	})
	got := map[string][]string{}
	for group, permissions := range groups.AsValueMap() {
		for _, statement := range permissions.GetAttr("statements").AsValueSlice() {
			for _, action := range statement.GetAttr("actions").AsValueSlice() {
				got[group] = append(got[group], action.AsString())
			}
		}
		slices.Sort(got[group])
	}
	secrets := []string{"kms:Decrypt", "secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
	with := func(more ...string) []string { return slices.Sorted(slices.Values(append(more, secrets...))) }
	want := map[string][]string{
		"ai":         {"rds-db:connect", "states:DescribeExecution", "states:StartExecution", "states:StopExecution"},
		"api":        {"rds-db:connect"},
		"auth":       {"cognito-idp:AdminDeleteUser", "cognito-idp:AdminUserGlobalSignOut", "rds-db:connect"},
		"generation": with("bedrock:InvokeModel", "rds-db:connect"),
		"migrate":    with(), // signs in with the master user's password
		"notifier":   with(),
		"reminder":   with("lambda:InvokeFunction", "rds-db:connect", "ses:SendRawEmail"),
		"workflow":   {"rds-db:connect"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R4.1: what the groups may do (-want +got):\n%s", diff)
	}
}

// TestSavings holds production to the settings that keep it cheap, and the other
// environments to being no dearer.
func TestSavings(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{ // production, staging, development
		"database.capacity_acu.min":       {"0.5", "0.5", "0.5"},
		"database.capacity_acu.max":       {"2", "1", "1"},
		"database.instance_count":         {"2", "1", "1"},
		"frontend.price_class":            {"PriceClass_All", "PriceClass_200", "PriceClass_100"},
		"frontend.version_retention_days": {"30", "30", "30"},
		"architecture":                    {"arm64", "arm64", "arm64"},
		"network.interface_endpoints":     {"[]", "[]", "[]"},
		"network.nat_gateways":            {"single", "single", "single"},
		"audit.expiration_days":           {"2555", "90", "90"},
		"audit.glacier_days":              {"90", "90", "90"},
		"audit.ia_days":                   {"30", "30", "30"},
		"monitoring.budget.limit_usd":     {"100", "60", "40"},
	} {
		for i, environment := range environments[:3] {
			if got := strings.Trim(values(t, environment)[path], "`"); got != want[i] {
				t.Errorf("R7.1: %s of %s is %s, want %s", path, environment, got, want[i])
			}
		}
	}
	for _, environment := range environments[:3] {
		if built, given := settings(t, environment)["functions.architecture"]; given && built != "`arm64`" {
			t.Errorf("R7.1: functions of %s are built for %s", environment, built)
		}
	}
	for _, environment := range environments {
		for path, days := range values(t, environment) {
			if strings.HasSuffix(path, "retention_days") && strings.Contains(path, "log") && days != "`30`" && days != "`7`" {
				t.Errorf("R7.1: %s of %s is %s, want 30 or 7", path, environment, days)
			}
		}
	}
}
