package mutations

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

func performanceMutations() []mutation {
	return []mutation{
		{"a function with less memory", []string{"performance.function-limits"}, "performance", function("reflections", func(in *lambda.UpdateFunctionConfigurationInput) { in.MemorySize = aws.Int32(128) })},
		{"a function with another timeout", []string{"performance.function-limits"}, "performance", function("goals", func(in *lambda.UpdateFunctionConfigurationInput) { in.Timeout = aws.Int32(3) })},
		{"concurrency set apart", []string{"performance.reserved-concurrency"}, "performance", reservedConcurrency("goals")},
		{"a lower rate of requests", []string{"performance.api-throttling"}, "performance", stage("/*/*/throttling/rateLimit", "10", "1000")},
		{"the site without TLS", []string{"performance.tls"}, "performance", distribution(func(d *types.DistributionConfig) {
			d.DefaultCacheBehavior.ViewerProtocolPolicy = types.ViewerProtocolPolicyAllowAll
		})},
		{"no IPv6", []string{"performance.protocols"}, "performance", distribution(func(d *types.DistributionConfig) { d.IsIPV6Enabled = aws.Bool(false) })},
		{"no security headers", []string{"performance.security-headers"}, "performance", distribution(func(d *types.DistributionConfig) { d.DefaultCacheBehavior.ResponseHeadersPolicyId = nil })},
		{"pages that are kept for a year", []string{"performance.cache-settings"}, "performance", pagesKept},
	}
}

func reservedConcurrency(short string) func(*testing.T, *world) func() {
	return func(t *testing.T, w *world) func() {
		t.Helper()
		client, name := lambda.NewFromConfig(w.config), w.function(t, short)
		if _, err := client.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: aws.Int32(1)}); err != nil {
			t.Fatal(err)
		}
		return func() {
			if _, err := client.DeleteFunctionConcurrency(t.Context(), &lambda.DeleteFunctionConcurrencyInput{FunctionName: &name}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// pagesKept changes the cache policy of the pages.
func pagesKept(t *testing.T, w *world) func() {
	t.Helper()
	client, id := cloudfront.NewFromConfig(w.config), w.output(t, "distribution_id")
	d, err := client.GetDistributionConfig(t.Context(), &cloudfront.GetDistributionConfigInput{Id: &id})
	if err != nil {
		t.Fatal(err)
	}
	policy := d.DistributionConfig.DefaultCacheBehavior.CachePolicyId
	set := func(seconds, most int64) {
		found, err := client.GetCachePolicy(t.Context(), &cloudfront.GetCachePolicyInput{Id: policy})
		if err != nil {
			t.Fatal(err)
		}
		c := found.CachePolicy.CachePolicyConfig
		c.DefaultTTL, c.MaxTTL = &seconds, &most
		if _, err := client.UpdateCachePolicy(t.Context(), &cloudfront.UpdateCachePolicyInput{Id: policy, CachePolicyConfig: c, IfMatch: found.ETag}); err != nil {
			t.Fatal(err)
		}
	}
	set(31536000, 31536000)
	return func() { set(300, 3600) }
}
