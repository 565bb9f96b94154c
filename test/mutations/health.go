package mutations

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func healthMutations() []mutation {
	return []mutation{
		{"the database is not reached", []string{"health.api", "health.schema", "health.api-through-site"}, "health", function("health", func(in *lambda.UpdateFunctionConfigurationInput) {
			in.Environment.Variables["DATABASE_NAME"] = "elsewhere"
		})},
		{"the pipeline of any branch deploys", []string{"health.pipeline"}, "health", anybodyDeploys},
		{"the site does not lead to the API", []string{"health.api-through-site"}, "health", distribution(func(d *types.DistributionConfig) {
			for i := range d.Origins.Items {
				if aws.ToString(d.Origins.Items[i].Id) == "api" {
					d.Origins.Items[i].OriginPath = aws.String("/v0")
				}
			}
		})},
	}
}

// anybodyDeploys lets each run of the repository's workflows be the role that deploys.
func anybodyDeploys(t *testing.T, w *world) func() {
	t.Helper()
	client, arn := iam.NewFromConfig(w.config), w.output(t, "deploy_role_arn")
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		t.Fatal(err)
	}
	before := decoded(t, aws.ToString(role.Role.AssumeRolePolicyDocument))
	set := func(document string) {
		if _, err := client.UpdateAssumeRolePolicy(t.Context(), &iam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &document}); err != nil {
			t.Fatal(err)
		}
	}
	set(strings.Replace(before, ":environment:local", ":ref:refs/heads/main", 1))
	return func() { set(before) }
}

// distribution changes the site's distribution.
func distribution(edit func(*types.DistributionConfig)) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, id := cloudfront.NewFromConfig(w.config), w.output(t, "distribution_id")
		read := func() *cloudfront.GetDistributionConfigOutput {
			found, err := client.GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: &id})
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		put := func(config *types.DistributionConfig) {
			if _, err := client.UpdateDistribution(t.Context(), &cloudfront.UpdateDistributionInput{Id: &id, DistributionConfig: config, IfMatch: read().ETag}); err != nil {
				t.Fatal(err)
			}
		}
		before, changed := read().DistributionConfig, read().DistributionConfig
		edit(changed)
		put(changed)
		return func() { put(before) }
	}
}

// decoded gives a policy as IAM took it: some answers are escaped as in a URL.
func decoded(t *testing.T, document string) string {
	t.Helper()
	plain, err := url.QueryUnescape(document)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}
