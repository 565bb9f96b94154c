package environment_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
)

const emptyRoot = "terraform {}\n"

func TestSettings(t *testing.T) {
	t.Parallel()
	initial := environment.Settings{
		Target: environment.TargetAWS, Region: "ap-northeast-1",
		State:     environment.State{Bucket: "mandala-deploy-production", LeaseSeconds: 60},
		Functions: environment.Functions{Architecture: environment.ARM64},
		Backup:    environment.Backup{Database: environment.BackupWhenTouched, KeepSnapshots: 7},
		Frontend:  environment.Frontend{Immutable: []string{"assets/"}}, Migrations: environment.Migrations{Function: "migrate"}, Canary: environment.Canary{MaxErrorPercent: 5},
		Rollback: environment.Rollback{KeepReleases: 10},
		Verify:   environment.Verify{HealthPath: "/health", Attempts: 5, MonthlyBudgetUSD: 100},
	}
	tests := map[string]struct {
		text string
		want environment.Settings
	}{
		"the least": {minimal, initial},
		"everything": {`
target  = "local"
region  = "us-east-1"
account = "012345678901"
state {
  bucket        = "some.bucket-1"
  lease_seconds = 5
}
approval { required = true }
functions {
  source       = "application/functions"
  architecture = "host"
}
backup { database = "always" }
guard { stateful_types = ["aws_dynamodb_table"] }
rollback {
  on_failure    = true
  keep_releases = 3
  layers        = ["functions", "api"]
}
verify {
  health_path        = "/v1/health"
  attempts           = 9
  monthly_budget_usd = 12.5
}
notify { slack_webhook_secret = "production/slack" }
`, environment.Settings{
			Target: environment.TargetLocal, Region: "us-east-1", Account: "012345678901",
			State:     environment.State{Bucket: "some.bucket-1", LeaseSeconds: 5},
			Approval:  environment.Approval{Required: true},
			Functions: environment.Functions{Source: "application/functions", Architecture: environment.ThisHost},
			Backup:    environment.Backup{Database: environment.BackupAlways, KeepSnapshots: 7},
			Frontend:  environment.Frontend{Immutable: []string{"assets/"}}, Migrations: environment.Migrations{Function: "migrate"}, Canary: environment.Canary{MaxErrorPercent: 5},
			Guard:    environment.Guard{StatefulTypes: []string{"aws_dynamodb_table"}},
			Rollback: environment.Rollback{OnFailure: true, KeepReleases: 3, Layers: []string{"functions", "api"}},
			Verify:   environment.Verify{HealthPath: "/v1/health", Attempts: 9, MonthlyBudgetUSD: 12.5},
			Notify:   environment.Notify{SlackWebhookSecret: "production/slack"},
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := environment.Load(project("environments/production/deploy.hcl", test.text, "environments/main.tf", emptyRoot), "production")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Settings); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvalidSettings(t *testing.T) {
	t.Parallel()
	const file = "environments/production/deploy.hcl"
	tests := map[string]struct {
		text string
		want []string
	}{
		"syntax":            {"target = \n", []string{"MD0102 " + file + ":1 invalid expression: Expected the start of an expression, but found an invalid expression token."}},
		"empty":             {"", []string{"MD0104 " + file + `:1 attribute "target" of environment "production" is missing`, "MD0104 " + file + `:1 attribute "region" of environment "production" is missing`}},
		"unknown attribute": {minimal + "acount = \"1\"\n", []string{"MD0103 " + file + `:3 deploy.hcl has no attribute "acount" (did you mean "account"?)`}},
		"unknown block":     {minimal + "verfy {}\n", []string{"MD0103 " + file + `:3 deploy.hcl has no block "verfy" (did you mean "verify"?)`}},
		"unknown in block":  {minimal + "state {\n  buckets = 1\n}\n", []string{"MD0103 " + file + `:4 block "state" has no attribute "buckets" (did you mean "bucket"?)`}},
		"in the wrong place": {minimal + "lease_seconds = 30\n", []string{"MD0103 " + file +
			`:3 deploy.hcl has no attribute "lease_seconds" (it belongs in block "state")`}},
		"all at once, in order": {"target = \"azure\"\naccount = 12\nregion = \"nowhere\"\nverify {\n  attempts = 0\n  health_path = \"health\"\n}\n", []string{
			"MD0105 " + file + `:1 attribute "target" must be "aws" or "local"`,
			"MD0105 " + file + `:2 attribute "account" must be a string`,
			"MD0105 " + file + `:3 attribute "region" must be an AWS region such as "ap-northeast-1"`,
			"MD0105 " + file + `:5 attribute "verify.attempts" must be a whole number from 1 to 100`,
			"MD0105 " + file + `:6 attribute "verify.health_path" must be a path that starts with "/"`,
		}},
		"account too short": {minimal + "account = \"123\"\n", []string{"MD0105 " + file + `:3 attribute "account" must be an AWS account id of 12 digits, in quotes`}},
		"lease out of range": {minimal + "state {\n  lease_seconds = 3601\n}\n", []string{"MD0105 " + file +
			`:4 attribute "state.lease_seconds" must be a whole number from 5 to 3600`}},
		"fraction":            {minimal + "verify {\n  attempts = 1.5\n}\n", []string{"MD0105 " + file + `:4 attribute "verify.attempts" must be a whole number from 1 to 100`}},
		"budget of zero":      {minimal + "verify {\n  monthly_budget_usd = 0\n}\n", []string{"MD0105 " + file + `:4 attribute "verify.monthly_budget_usd" must be a number above 0`}},
		"reference":           {minimal + "state {\n  bucket = var.bucket\n}\n", []string{"MD0105 " + file + `:4 attribute "state.bucket" must be a plain value: Variables not allowed`}},
		"null":                {minimal + "state {\n  bucket = null\n}\n", []string{"MD0105 " + file + `:4 attribute "state.bucket" must be a string`}},
		"backup":              {minimal + "backup {\n  database = \"daily\"\n}\n", []string{"MD0105 " + file + `:4 attribute "backup.database" must be "always", "when-touched" or "never"`}},
		"functions elsewhere": {minimal + "functions {\n  source = \"../functions\"\n}\n", []string{"MD0105 " + file + `:4 attribute "functions.source" must be a folder of the project such as "functions"`}},
		"no processor":        {minimal + "functions {\n  architecture = \"amd64\"\n}\n", []string{"MD0105 " + file + `:4 attribute "functions.architecture" must be "arm64", "x86_64" or "host"`}},
		"the deployer's processor": {minimal + "functions {\n  architecture = \"host\"\n}\n", []string{"MD0105 " + file +
			`:1 attribute "functions.architecture" must be "arm64" or "x86_64" where the target is "aws": what is deployed would depend on who deploys`}},
		"list of others": {minimal + "guard {\n  stateful_types = [1]\n}\n", []string{"MD0105 " + file +
			`:4 attribute "guard.stateful_types" must be a list of resource types such as ["aws_dynamodb_table"]`}},
		"block twice":      {minimal + "verify {}\nverify {}\n", []string{"MD0102 " + file + `:4 block "verify" stands twice`}},
		"block in a block": {minimal + "verify {\n  state {}\n}\n", []string{"MD0103 " + file + `:4 block "verify" has no block "state"`}},
		"label":            {minimal + "state \"x\" {}\n", []string{"MD0102 " + file + `:3 block "state" takes no label`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := environment.Load(project(file, test.text, "environments/main.tf", emptyRoot), "production")
			if diff := cmp.Diff(test.want, described(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesThatAreNoBucketNeedOne(t *testing.T) {
	t.Parallel()
	_, err := environment.Load(project("environments/Prod_1/deploy.hcl", minimal, "environments/main.tf", emptyRoot), "Prod_1")
	want := []string{`MD0104 environments/Prod_1/deploy.hcl:1 attribute "state.bucket" of environment "Prod_1" is missing, ` +
		`and its default "mandala-deploy-Prod_1" is not a bucket name of 3 to 63 lower-case letters, digits, dots and hyphens`}
	if diff := cmp.Diff(want, described(err)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
