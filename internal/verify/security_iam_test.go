package verify

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

const account = "123456789012"

// TestWideStatementsAreTold compares the list with that of docs/security.md.
func TestWideStatementsAreTold(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(body), "\n| Sid | role | reason |\n| --- | --- | --- |\n")
	if !found {
		t.Fatal("docs/security.md has no table of statements")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var told, listed []string
	for line := range strings.Lines(table) {
		told = append(told, strings.TrimSpace(line))
	}
	for _, each := range wideStatements {
		listed = append(listed, "| "+each.sid+" | "+each.role+" | "+each.reason+" |")
	}
	if diff := cmp.Diff(told, listed); diff != "" {
		t.Errorf("statements on all resources (-docs +code):\n%s", diff)
	}
}

func TestJudgeRole(t *testing.T) {
	t.Parallel()
	document := func(text string) map[string]iampolicy.Document {
		policy, err := iampolicy.Read("test", text)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]iampolicy.Document{"base": policy}
	}
	for name, c := range map[string]struct {
		role role
		want int
	}{
		"a listed statement":       {role{short: "functions-api", policies: document(`{"Statement":{"Sid":"WriteTraces","Effect":"Allow","Action":"xray:PutTraceSegments","Resource":"*"}}`)}, 0},
		"the same of another role": {role{short: "reminders", policies: document(`{"Statement":{"Sid":"WriteTraces","Effect":"Allow","Action":"xray:PutTraceSegments","Resource":"*"}}`)}, 1},
		"an unknown statement":     {role{short: "functions-api", policies: document(`{"Statement":{"Sid":"ReadAll","Effect":"Allow","Action":"s3:GetObject","Resource":["a","*"]}}`)}, 1},
		"AWS's own policy":         {role{short: "database-monitoring", foreign: []string{"arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"}}, 0},
		"an administrator":         {role{short: "functions-api", foreign: []string{"arn:aws:iam::aws:policy/AdministratorAccess"}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v verdict
			judgeRole(&v, c.role, account)
			if len(v.faults) != c.want {
				t.Errorf("%d faults, not %d: %v", len(v.faults), c.want, v.faults)
			}
		})
	}
}

func TestJudgeTrust(t *testing.T) {
	t.Parallel()
	const provider = `"Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity"`
	github := func(operator, audience, subject string) string {
		return `{"Statement":[{"Effect":"Allow",` + provider + `,"Condition":{"` + operator + `":{"token.actions.githubusercontent.com:aud":"` + audience + `","token.actions.githubusercontent.com:sub":"` + subject + `"}}}]}`
	}
	for name, c := range map[string]struct {
		short, document string
		right           bool
	}{
		"a function":             {"functions-api", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, true},
		"a function and others":  {"functions-api", `{"Statement":[{"Effect":"Allow","Principal":{"Service":["lambda.amazonaws.com","ec2.amazonaws.com"]},"Action":"sts:AssumeRole"}]}`, false},
		"two statements":         {"workflow", `{"Statement":[{"Effect":"Allow"},{"Effect":"Allow"}]}`, false},
		"another service":        {"workflow", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
		"unknown":                {"by-hand", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`, false},
		"deploy":                 {"delivery-deploy", github("StringEquals", "sts.amazonaws.com", "repo:a/b:environment:production"), true},
		"of another environment": {"delivery-deploy", github("StringEquals", "sts.amazonaws.com", "repo:a/b:environment:staging"), false},
		"of every branch":        {"delivery-deploy", github("StringEquals", "sts.amazonaws.com", "repo:a/b:ref:refs/heads/main"), false},
		"of every repository":    {"delivery-deploy", github("StringLike", "sts.amazonaws.com", "repo:a/*:environment:production"), false},
		"a star taken for one":   {"delivery-deploy", github("StringEquals", "sts.amazonaws.com", "repo:a/*:environment:production"), false},
		"of other audiences":     {"delivery-deploy", github("StringEquals", "everybody", "repo:a/b:environment:production"), false},
		"plan of a pull request": {"delivery-plan", github("StringEquals", "sts.amazonaws.com", "repo:a/b:pull_request"), true},
		"plan of a branch":       {"delivery-plan", github("StringEquals", "sts.amazonaws.com", "repo:a/b:ref:refs/heads/main"), true},
		"release of a branch":    {"delivery-release", github("StringEquals", "sts.amazonaws.com", "repo:a/b:ref:refs/heads/main"), true},
		"release of a request":   {"delivery-release", github("StringEquals", "sts.amazonaws.com", "repo:a/b:pull_request"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trust, err := iampolicy.Read(name, c.document)
			if err != nil {
				t.Fatal(err)
			}
			fault := judgeTrust(role{short: c.short, trust: trust}, &Subject{Environment: "production", Account: account})
			if (fault == "") != c.right {
				t.Errorf("fault: %q", fault)
			}
		})
	}
}

func TestHoldsSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variable, value string
		want            bool
	}{
		"an ARN":            {"JWT_KEY_SECRET_ARN", "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:a/jwt-key-fNmzNN", false},
		"seconds":           {"SECRETS_CACHE_SECONDS", "300", false},
		"a password":        {"DATABASE_PASSWORD", "hunter2", true},
		"a webhook":         {"URL", "https://hooks.slack.com/services/a", true},
		"an address":        {"DATABASE_HOST", "db.example", false},
		"credentials in it": {"DATABASE_HOST", "postgres://a:b@db.example", true},
		"a token":           {"HEADER", "eyJhbGciOiJIUzI1NiJ9.e30", true},
		"an access key":     {"ID", "AKIAIOSFODNN7EXAMPLE", true},
	} {
		if got := holdsSecret(c.variable, c.value); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
