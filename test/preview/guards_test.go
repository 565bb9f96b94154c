package preview_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/google/go-cmp/cmp"
)

// guards proves that what holds data goes only when it is named, and nothing
// that is protected goes at all.
func guards(t *testing.T, a *account) {
	s := a.open(t, "vault", "vault", "")
	s.apply(t, 0)

	s.values(`logs = ["calls"]` + "\n" + `folder = "second"`)
	const audit, calls = `module.logs.aws_cloudwatch_log_group.this["audit"]`, `module.logs.aws_cloudwatch_log_group.this["calls"]`
	preview := s.plan(t, 2, "--detailed-exitcode")
	if diff := cmp.Diff([]string{audit, calls}, preview.Guarded); diff != "" {
		t.Errorf("guarded (-want +got):\n%s", diff)
	}
	for _, layer := range preview.Layers {
		for _, c := range layer.Changes {
			if want := layer.Name == "logs"; c.Stateful != want {
				t.Errorf("%s: stateful is %t", c.Address, c.Stateful)
			}
		}
	}
	was := s.logGroups(t)
	text := s.refuses(t, "MD0406", "apply", "--auto-approve", "--allow-stateful", audit)
	if !strings.Contains(text, "replace "+calls) || !strings.Contains(text, "--allow-stateful '"+calls+"'") || strings.Contains(text, audit) {
		t.Errorf("want the refusal to name what is not allowed, and its flag, alone: %s", text)
	}
	if diff := cmp.Diff(was, s.logGroups(t)); diff != "" {
		t.Errorf("a refused apply changed log groups (-before +after):\n%s", diff)
	}
	s.apply(t, 0, "--allow-stateful", audit, "--allow-stateful", calls)
	if diff := cmp.Diff([]string{"/preview-vault/second/calls"}, s.logGroups(t)); diff != "" {
		t.Errorf("log groups (-want +got):\n%s", diff)
	}
	s.settled(t)
	s.protected(t)
}

// protected destroys while deletion protection stands, while a dependant
// lives, and after both have been lifted.
func (s *scene) protected(t *testing.T) {
	t.Helper()
	for _, flags := range [][]string{nil, {"--layer", "users"}} {
		text := s.refuses(t, "MD0407", "destroy", append([]string{"--confirm", s.environment}, flags...)...)
		for _, part := range []string{"module.users.aws_cognito_user_pool.this", "deletion_protection = false", "environments/vault/terraform.tfvars", "mandala-deploy apply vault"} {
			if !strings.Contains(text, part) {
				t.Errorf("destroy %v: the refusal does not say %q: %s", flags, part, text)
			}
		}
	}
	text := s.refuses(t, "MD0113", "destroy", "--confirm", s.environment, "--layer", "logs")
	if !strings.Contains(text, "--layer reader") {
		t.Errorf("the refusal does not name the dependant: %s", text)
	}
	if len(s.logGroups(t)) != 1 {
		t.Error("a refused destroy deleted something")
	}
	s.do(t, 0, "destroy", "--confirm", s.environment, "--layer", "logs", "--layer", "reader")
	if groups := s.logGroups(t); len(groups) != 0 {
		t.Errorf("log groups left: %q", groups)
	}
	s.values("deletion_protection = false")
	s.apply(t, 0, "--layer", "users")
	s.do(t, 0, "destroy", "--confirm", s.environment)
}

// logGroups asks the local AWS for the environment's log groups.
func (s *scene) logGroups(t *testing.T) []string {
	t.Helper()
	ctx := bounded(t)
	found, err := cloudwatchlogs.NewFromConfig(s.AWSConfig(ctx)).DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{
		LogGroupNamePrefix: aws.String("/preview-" + s.environment + "/"),
	})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, group := range found.LogGroups {
		names = append(names, *group.LogGroupName)
	}
	return names
}
