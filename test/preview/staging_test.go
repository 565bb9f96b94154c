package preview_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
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
	s.destroyed(t)
}

// destroyed destroys everything, what stands on something else before that.
func (s *scene) destroyed(t *testing.T) {
	t.Helper()
	if len(s.inventory(t)) == 0 {
		t.Fatal("nothing is there to be destroyed")
	}
	s.refuses(t, "MD0409", "destroy")
	s.refuses(t, "MD0409", "destroy", "--confirm", "another")
	s.do(t, 0, "destroy", "--confirm", s.environment)
	before(t, s.deletions(t), "module.attachment.aws_subnet.this", "module.network.aws_vpc.this")
	if left := s.inventory(t); len(left) > 0 {
		t.Errorf("a destroy left %q", left)
	}
}

// inventory asks the local AWS for what the fixture makes, by names and ranges
// that no other scenario uses.
func (s *scene) inventory(t *testing.T) []string {
	t.Helper()
	ctx := bounded(t)
	config := s.AWSConfig(ctx)
	found := []string{}
	network := ec2.NewFromConfig(config)
	vpcs, err := network.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, vpc := range vpcs.Vpcs {
		if strings.HasPrefix(*vpc.CidrBlock, "10.50.") || strings.HasPrefix(*vpc.CidrBlock, "10.51.") {
			found = append(found, *vpc.VpcId)
		}
	}
	subnets, err := network.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, subnet := range subnets.Subnets {
		if strings.HasPrefix(*subnet.CidrBlock, "10.50.") || strings.HasPrefix(*subnet.CidrBlock, "10.51.") {
			found = append(found, *subnet.SubnetId)
		}
	}
	groups, err := network.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups.SecurityGroups {
		if *group.GroupName == "preview-"+s.environment {
			found = append(found, *group.GroupId)
		}
	}
	roles, err := iam.NewFromConfig(config).ListRoles(ctx, &iam.ListRolesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles.Roles {
		if *role.RoleName == "preview-"+s.environment {
			found = append(found, *role.Arn)
		}
	}
	return found
}
