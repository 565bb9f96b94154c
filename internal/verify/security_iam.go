package verify

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// role is one of the environment's, with all that is said about it.
type role struct {
	name     string
	short    string // without the environment's prefix
	trust    iampolicy.Document
	policies map[string]iampolicy.Document // inline and attached, by name
	foreign  []string                      // ARNs of attached policies that are not the environment's
}

// rolesOf gives the environment's roles.
func rolesOf(ctx context.Context, s *Subject) ([]role, error) {
	return recall(ctx, "roles", func(ctx context.Context) ([]role, error) {
		client, prefix := iam.NewFromConfig(s.AWS), s.Name()+"-"
		var all []role
		listed, err := listOf(ctx, "the roles", iam.NewListRolesPaginator(client, &iam.ListRolesInput{}), func(page *iam.ListRolesOutput) []types.Role { return page.Roles })
		if err != nil {
			return nil, err
		}
		for _, each := range listed {
			name := text(each.RoleName)
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			trust, err := iampolicy.Read("role "+name, text(each.AssumeRolePolicyDocument))
			if err != nil {
				return nil, err
			}
			found := role{name: name, short: strings.TrimPrefix(name, prefix), trust: trust, policies: map[string]iampolicy.Document{}}
			if err := found.readInline(ctx, client); err != nil {
				return nil, err
			}
			if err := found.readAttached(ctx, client, prefix); err != nil {
				return nil, err
			}
			all = append(all, found)
		}
		return all, nil
	})
}

func (r *role) readInline(ctx context.Context, client *iam.Client) error {
	names, err := listOf(ctx, "the policies of role "+r.name, iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: &r.name}),
		func(page *iam.ListRolePoliciesOutput) []string { return page.PolicyNames })
	if err != nil {
		return err
	}
	for _, name := range names {
		found, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &r.name, PolicyName: &name})
		if err != nil {
			return fmt.Errorf("policy %s of role %s: %w", name, r.name, err)
		}
		if r.policies[name], err = iampolicy.Read(r.name+"/"+name, text(found.PolicyDocument)); err != nil {
			return err
		}
	}
	return nil
}

func (r *role) readAttached(ctx context.Context, client *iam.Client, prefix string) error {
	attached, err := listOf(ctx, "the policies of role "+r.name, iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: &r.name}),
		func(page *iam.ListAttachedRolePoliciesOutput) []types.AttachedPolicy { return page.AttachedPolicies })
	if err != nil {
		return err
	}
	for _, each := range attached {
		if !strings.HasPrefix(text(each.PolicyName), prefix) {
			r.foreign = append(r.foreign, text(each.PolicyArn))
		}
		found, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: each.PolicyArn})
		if err != nil {
			return fmt.Errorf("policy %s: %w", text(each.PolicyArn), err)
		}
		version, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: each.PolicyArn, VersionId: found.Policy.DefaultVersionId})
		if err != nil {
			return fmt.Errorf("policy %s: %w", text(each.PolicyArn), err)
		}
		if r.policies[text(each.PolicyName)], err = iampolicy.Read(text(each.PolicyArn), text(version.PolicyVersion.Document)); err != nil {
			return err
		}
	}
	return nil
}

func iamChecks() []Check {
	reads := []string{"iam:ListRoles", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"}
	return []Check{
		{
			ID: "security.least-privilege", Title: "every role's policies name actions and resources", Requirements: []string{"R4.1"}, Reads: reads,
			Remedy: "name the actions and resources in the role's module; a statement that AWS takes only with all resources goes into docs/security.md with its reason. A policy attached by hand goes.",
			Run:    leastPrivilege,
		},
		{
			ID: "security.trust", Title: "each role is taken by its service only, and GitHub's by its repository and environment only", Requirements: []string{"R4.1"}, Reads: []string{"iam:ListRoles"},
			Remedy: "put the role's trust policy back by an apply, and look in the trail for who changed it and who took the role since",
			Run:    trust,
		},
		{
			ID: "security.role-per-group", Title: "every function runs with the role of its group", Requirements: []string{"R4.1"}, Reads: []string{"lambda:ListFunctions", "lambda:GetFunctionConfiguration"},
			Remedy: "give the function its group in environments/functions.tf and apply",
			Run:    rolePerGroup,
		},
	}
}

func leastPrivilege(ctx context.Context, s *Subject) ([]string, error) {
	roles, err := rolesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	policies := 0
	for _, each := range roles {
		policies += len(each.policies)
		judgeRole(&v, each, s.Account)
	}
	v.must(len(roles) > 0, "%s has no roles", s.Name())
	v.saw("%d roles with %d policies", len(roles), policies)
	return v.give()
}

// judgeRole holds a role's policies to R4.1.
func judgeRole(v *verdict, r role, account string) {
	for name, document := range r.policies {
		for _, fault := range iampolicy.Faults(document, "identity", account) {
			v.must(false, "role %s, policy %s: %s", r.name, name, fault)
		}
		for _, each := range document.Statement {
			if !slices.Contains(each.Resource, "*") {
				continue
			}
			known := slices.IndexFunc(wideStatements, func(row wideStatement) bool {
				matched, err := path.Match(row.role, r.short)
				return err == nil && matched && row.sid == each.Sid
			})
			if known < 0 {
				v.must(false, "role %s, policy %s: statement %q speaks of all resources, for no known reason", r.name, name, each.Sid)
			}
		}
	}
	for _, arn := range r.foreign {
		v.must(foreignPolicies[r.short] == arn, "role %s has the policy %s, which is not the environment's", r.name, arn)
	}
}

func trust(ctx context.Context, s *Subject) ([]string, error) {
	roles, err := rolesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, each := range roles {
		if fault := judgeTrust(each, s); fault != "" {
			v.must(false, "role %s: %s", each.name, fault)
		}
	}
	v.must(len(roles) > 0, "%s has no roles", s.Name())
	v.saw("%d roles", len(roles))
	return v.give()
}

// tokenIssuer issues the tokens that GitHub Actions trades for a role.
const tokenIssuer = "token.actions.githubusercontent.com"

// judgeTrust says what is wrong with who may take a role.
func judgeTrust(r role, s *Subject) string {
	service, known := serviceRoles[r.short]
	if strings.HasPrefix(r.short, "functions-") {
		service, known = "lambda.amazonaws.com", true
	}
	allowed := r.trust.Allowing()
	if len(allowed) != 1 {
		return fmt.Sprintf("its trust policy has %d statements that allow, not one", len(allowed))
	}
	one := allowed[0]
	if known {
		if len(one.Principal) != 1 || !slices.Equal(one.Principal["Service"], iampolicy.Texts{service}) || !slices.Equal(one.Action, iampolicy.Texts{"sts:AssumeRole"}) {
			return fmt.Sprintf("it is trusted to others than %s", service)
		}
		return ""
	}
	subjects := map[string]string{
		"delivery-deploy":  `repo:[^*?:]+/[^*?:]+:environment:` + regexp.QuoteMeta(s.Environment),
		"delivery-plan":    `repo:[^*?:]+/[^*?:]+:(pull_request|ref:refs/heads/[^*?:]+)`,
		"delivery-release": `repo:[^*?:]+/[^*?:]+:ref:refs/heads/[^*?:]+`,
	}
	subject, known := subjects[r.short]
	if !known {
		return "nobody knows what it is for"
	}
	is := one.Condition["StringEquals"]
	if len(one.Principal) != 1 || !slices.Equal(one.Principal["Federated"], iampolicy.Texts{"arn:aws:iam::" + s.Account + ":oidc-provider/" + tokenIssuer}) ||
		!slices.Equal(one.Action, iampolicy.Texts{"sts:AssumeRoleWithWebIdentity"}) {
		return "it is trusted to others than GitHub's identity provider"
	}
	if len(one.Condition) != 1 || !slices.Equal(is[tokenIssuer+":aud"], iampolicy.Texts{"sts.amazonaws.com"}) {
		return "it takes tokens for others than STS"
	}
	pattern := regexp.MustCompile(`^` + subject + `$`)
	if subjects := is[tokenIssuer+":sub"]; len(subjects) == 0 || slices.ContainsFunc(subjects, func(each string) bool { return !pattern.MatchString(each) }) {
		return fmt.Sprintf("it is trusted to %q, which is more than one repository's %s", []string(is[tokenIssuer+":sub"]), strings.TrimPrefix(r.short, "delivery-"))
	}
	return ""
}

func rolePerGroup(ctx context.Context, s *Subject) ([]string, error) {
	all, err := functionsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	used := map[string]bool{}
	for _, each := range all {
		group, known := functionGroups[each.short]
		v.must(known, "function %s belongs to no group", each.name)
		for _, state := range each.states() {
			want := s.Name() + "-functions-" + group
			used[group] = true
			v.must(!known || strings.HasSuffix(state.role, ":role/"+want), "%s runs with %s, not %s", state.label, state.role, want)
		}
	}
	v.must(len(all) > 0, "%s has no functions", s.Name())
	v.saw("%d functions with the roles of %d groups", len(all), len(used))
	return v.give()
}
