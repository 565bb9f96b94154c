package verify

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// pipelineIsTrusted looks at the roles by which GitHub Actions plans and deploys: the
// approval of R2.2 and R2.3 is GitHub's to ask for, and this is what makes it needed.
func pipelineIsTrusted(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	client := iam.NewFromConfig(s.AWS)
	provider := "arn:aws:iam::" + s.Account + ":oidc-provider/" + tokenIssuer
	found, err := client.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &provider})
	if answered(err, "NoSuchEntity") {
		v.must(false, "there is no identity provider %s", provider)
		return v.give()
	}
	if err != nil {
		return nil, err
	}
	v.must(slices.Equal(found.ClientIDList, []string{"sts.amazonaws.com"}), "the identity provider takes tokens for %v", found.ClientIDList)
	for output, ends := range map[string][]string{
		"deploy_role_arn": {":environment:" + s.Environment},
		"plan_role_arn":   {":pull_request", ":ref:refs/heads/"},
	} {
		subjects, err := trustedSubjects(ctx, s, client, output, provider)
		if answered(err, "NoSuchEntity") {
			v.must(false, "the role of output %s is gone", output)
			continue
		}
		if err != nil {
			return nil, err
		}
		v.saw("%s: %s", strings.TrimSuffix(output, "_arn"), strings.Join(subjects, ", "))
		v.must(len(subjects) > 0, "the pipeline may not be the %s", strings.TrimSuffix(output, "_arn"))
		for _, end := range ends {
			v.must(slices.ContainsFunc(subjects, func(each string) bool { return strings.Contains(each, end) }), "the %s does not trust a run of %s", strings.TrimSuffix(output, "_arn"), strings.TrimPrefix(end, ":"))
		}
		if output == "deploy_role_arn" {
			for _, each := range subjects {
				v.must(strings.HasPrefix(each, "repo:") && strings.HasSuffix(each, ends[0]) && !strings.ContainsAny(each, "*?"),
					"the role that deploys trusts %q, which no protected GitHub Environment stands before", each)
			}
		}
	}
	return v.give()
}

// trustedSubjects gives the subjects of GitHub's tokens that may be a role.
func trustedSubjects(ctx context.Context, s *Subject, client *iam.Client, output, provider string) ([]string, error) {
	arn, err := s.Output(output)
	if err != nil {
		return nil, err
	}
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	role, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, err
	}
	policy, err := iampolicy.Read("role "+name, text(role.Role.AssumeRolePolicyDocument))
	if err != nil {
		return nil, err
	}
	var subjects []string
	for _, statement := range policy.Allowing() {
		if !statement.Principal.Include(provider) {
			continue
		}
		named := false
		for _, condition := range statement.Condition {
			values, there := condition[tokenIssuer+":sub"]
			named, subjects = named || there, append(subjects, values...)
		}
		if !named {
			subjects = append(subjects, "*")
		}
	}
	return sorted(subjects), nil
}
