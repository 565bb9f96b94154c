package test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ses"

	"github.com/goal-mandala/mandala-deploy/test/kit"
)

// identityListers list who may do what, and the mail to users.
func identityListers() map[string]lister {
	all := map[string]lister{
		"roles": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := iam.NewListRolesPaginator(iam.NewFromConfig(region), &iam.ListRolesInput{})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.Roles {
					all = append(all, aws.ToString(each.RoleName))
				}
			}
			return all, nil
		},
		"policies": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			pages := iam.NewListPoliciesPaginator(iam.NewFromConfig(region), &iam.ListPoliciesInput{Scope: "Local"})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, each := range page.Policies {
					all = append(all, aws.ToString(each.PolicyName))
				}
			}
			return all, nil
		},
		"user pools": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cognitoidentityprovider.NewFromConfig(region).ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(60)})
			return names(out, err, func() (all []string) {
				for _, each := range out.UserPools {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"mail templates": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := ses.NewFromConfig(region).ListTemplates(ctx, &ses.ListTemplatesInput{MaxItems: aws.Int32(100)})
			return names(out, err, func() (all []string) {
				for _, each := range out.TemplatesMetadata {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"mail configuration sets": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := ses.NewFromConfig(region).ListConfigurationSets(ctx, &ses.ListConfigurationSetsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.ConfigurationSets {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
	}
	if kit.AccountSettings() {
		all["identity providers"] = listIdentityProviders
	}
	return all
}

// listIdentityProviders claims that of GitHub: an account has one, under no name of
// anybody.
func listIdentityProviders(ctx context.Context, s *stack, region aws.Config) ([]string, error) {
	out, err := iam.NewFromConfig(region).ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	return names(out, err, func() (all []string) {
		for _, each := range out.OpenIDConnectProviderList {
			all = append(all, s.claim(strings.HasSuffix(aws.ToString(each.Arn), "/"+tokenIssuer), aws.ToString(each.Arn)))
		}
		return all
	})
}
