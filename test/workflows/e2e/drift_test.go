package e2e

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"
)

// What somebody changes in AWS is told in an issue, which is closed once it is undone.
func testDrift(t *testing.T, w *world) {
	p := newPlace(t, w, "project", "drift")
	p.copyTree("testdata/drift")
	p.prepare()
	p.write("environments/production/deploy.hcl", p.read("environments/production/deploy.hcl"))
	p.write("environments/production/terraform.tfvars", "project = \"PROJECT\"\n")
	p.commit("first")
	p.admin(0, "bootstrap", "production")
	p.admin(0, "apply", "production", "--auto-approve")
	logs := cloudwatchlogs.NewFromConfig(p.aws)
	keep := func(days int32) {
		t.Helper()
		if _, err := logs.PutRetentionPolicy(context.WithoutCancel(t.Context()), &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("/drift/log"), RetentionInDays: &days}); err != nil {
			t.Fatal(err)
		}
	}
	daily := event{name: "schedule", body: map[string]any{"schedule": "17 20 * * *"}}

	keep(7)
	ended := p.workflow("drift", daily, nil)
	p.expect("a drift", map[string]string{"drift": "failure"}, ended)
	p.says("how the step ends", ended.log, "exit status 2")
	p.says("the summary", ended.summaries["drift"], "### Drift of production", "module.base.aws_cloudwatch_log_group.this")
	if diff := cmp.Diff([]string{"drift: plan"}, p.runner.since()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	if len(p.hub.Issues) != 1 || p.hub.Issues[0].State != "open" || p.hub.Issues[0].Title != "Drift in production: 1 resource differs" {
		t.Fatalf("issues: %+v\n%s", p.hub.Issues, ended.log)
	}

	keep(30)
	ended = p.workflow("drift", daily, nil)
	p.expect("no drift", map[string]string{"drift": "success"}, ended)
	if len(p.hub.Issues) != 1 || p.hub.Issues[0].State != "closed" {
		t.Errorf("issues: %+v\n%s", p.hub.Issues, ended.log)
	}
}
