package test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// identityStatements gives what a role may and may not do, by its inline and its
// managed policies.
func (s *stack) identityStatements(t *testing.T, role string) []statement {
	t.Helper()
	var all []statement
	for _, each := range s.identityPolicies(t, role) {
		all = append(all, each.Statement...)
	}
	return all
}

// identityPolicies gives a role's policies by name.
func (s *stack) identityPolicies(t *testing.T, role string) map[string]policy {
	t.Helper()
	client, all := iam.NewFromConfig(s.config), map[string]policy{}
	inline := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &role})
	for inline.HasMorePages() {
		page, err := inline.NextPage(t.Context())
		if err != nil {
			t.Fatalf("R4.1: policies of role %s: %v", role, err)
		}
		for _, name := range page.PolicyNames {
			found, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				t.Fatalf("R4.1: policy %s of role %s: %v", name, role, err)
			}
			all["inline "+name] = parsePolicy(t, role+"/"+name, aws.ToString(found.PolicyDocument))
		}
	}
	attached := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for attached.HasMorePages() {
		page, err := attached.NextPage(t.Context())
		if err != nil {
			t.Fatalf("R4.1: policies of role %s: %v", role, err)
		}
		for _, each := range page.AttachedPolicies {
			found, err := client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: each.PolicyArn})
			if err != nil {
				t.Fatalf("R4.1: policy %s: %v", aws.ToString(each.PolicyArn), err)
			}
			version, err := client.GetPolicyVersion(t.Context(), &iam.GetPolicyVersionInput{PolicyArn: each.PolicyArn, VersionId: found.Policy.DefaultVersionId})
			if err != nil {
				t.Fatalf("R4.1: policy %s: %v", aws.ToString(each.PolicyArn), err)
			}
			all["managed "+aws.ToString(each.PolicyName)] = parsePolicy(t, aws.ToString(each.PolicyArn), aws.ToString(version.PolicyVersion.Document))
		}
	}
	return all
}
