package preview_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// staging replaces a VPC on which other layers stand: what stands on it is
// deleted first, in stages that the preview shows.
func staging(t *testing.T, a *account) {
	s := a.open(t, "stack", "stack", "")
	s.apply(t, 0)
	s.settled(t)

	s.values(`cidr_block = "10.51.0.0/16"`)
	preview := s.plan(t, 2, "--detailed-exitcode")
	if diff := cmp.Diff([]string{"attachment release", "firewall release", "network apply", "firewall apply", "attachment apply"}, preview.steps()); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	want := map[string]string{
		"module.network.aws_vpc.this":             "delete,create",
		"module.firewall.aws_security_group.this": "delete,create",
		"module.firewall.aws_iam_role.watcher":    "delete,create", // drawn along: Terraform itself would keep it
		"module.attachment.aws_subnet.this":       "delete,create",
		"module.attachment.terraform_data.note":   "delete,create", // likewise
	}
	if diff := cmp.Diff(want, preview.actions()); diff != "" {
		t.Errorf("actions (-want +got):\n%s", diff)
	}
	for _, step := range preview.Steps {
		if (step.Stage == "release") != (len(step.Addresses) > 0) {
			t.Errorf("step %s %s deletes %v", step.Layer, step.Stage, step.Addresses)
		}
	}
	text := s.do(t, 0, "plan").Stdout
	for _, line := range []string{"1. attachment  first deletes what stands on", "- aws_subnet.this", "5 to replace"} {
		if !strings.Contains(text, line) {
			t.Errorf("the preview does not say %q:\n%s", line, text)
		}
	}

	s.apply(t, 0)
	deleted := s.deletions(t)
	// The local AWS, as AWS, refuses to delete a VPC that has a subnet; the
	// group it would let be orphaned.
	before(t, deleted, "module.attachment.aws_subnet.this", "module.network.aws_vpc.this")
	before(t, deleted, "module.firewall.aws_security_group.this", "module.network.aws_vpc.this")
	before(t, deleted, "module.firewall.aws_iam_role.watcher", "module.firewall.aws_security_group.this")
	s.settled(t)
}
