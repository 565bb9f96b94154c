package test

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
)

// siteListers list what stands in front of the site.
func siteListers() map[string]lister {
	return map[string]lister{
		"distributions": func(ctx context.Context, _ *stack, region aws.Config) (all []string, err error) {
			client := cloudfront.NewFromConfig(region)
			out, err := client.ListDistributions(ctx, &cloudfront.ListDistributionsInput{})
			if err != nil || out.DistributionList == nil {
				return nil, err
			}
			for _, each := range out.DistributionList.Items {
				distribution, err := client.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: each.Id})
				if err != nil {
					return nil, err
				}
				all = append(all, aws.ToString(distribution.DistributionConfig.Comment))
			}
			return all, nil
		},
		"CloudFront functions": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudfront.NewFromConfig(region).ListFunctions(ctx, &cloudfront.ListFunctionsInput{})
			return names(out, err, func() (all []string) {
				if out.FunctionList == nil {
					return nil
				}
				for _, each := range out.FunctionList.Items {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"cache policies": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudfront.NewFromConfig(region).ListCachePolicies(ctx, &cloudfront.ListCachePoliciesInput{Type: "custom"})
			return names(out, err, func() (all []string) {
				if out.CachePolicyList == nil {
					return nil
				}
				for _, each := range out.CachePolicyList.Items {
					all = append(all, aws.ToString(each.CachePolicy.CachePolicyConfig.Name))
				}
				return all
			})
		},
		"response headers policies": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudfront.NewFromConfig(region).ListResponseHeadersPolicies(ctx, &cloudfront.ListResponseHeadersPoliciesInput{Type: "custom"})
			return names(out, err, func() (all []string) {
				if out.ResponseHeadersPolicyList == nil {
					return nil
				}
				for _, each := range out.ResponseHeadersPolicyList.Items {
					all = append(all, aws.ToString(each.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name))
				}
				return all
			})
		},
		"origin access controls": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := cloudfront.NewFromConfig(region).ListOriginAccessControls(ctx, &cloudfront.ListOriginAccessControlsInput{})
			return names(out, err, func() (all []string) {
				if out.OriginAccessControlList == nil {
					return nil
				}
				for _, each := range out.OriginAccessControlList.Items {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
	}
}
