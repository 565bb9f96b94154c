package localaws_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

// frontendQuestions are about CloudFront, and S3 as the frontend uses it: patches 120 to 149 and 700 to 799.
func frontendQuestions() []question {
	return []question{
		{"700_cloudfront_origins", "origin access control", originAccessControl, "E2QWRUHAPOMQZL, identity \"\""},
		{"710_cloudfront_behaviours", "phantom block", forwardedValues, "absent"},
		{"710_cloudfront_behaviours", "functions of a behaviour", functionAssociation, "viewer-request arn:aws:cloudfront::123456789012:function/some"},
		{"710_cloudfront_behaviours", "settings of old", legacyBehaviour, "query string true, 60 s"},
		{"720_cloudfront_certificate", "a certificate of one's own", ownCertificate, "default false, acm, TLSv1.2_2021"},
		{"720_cloudfront_certificate", "CloudFront's certificate", defaultCertificate, "default true, cloudfront, TLSv1 vip"},
		{"730_cloudfront_arn", "parts", distributionARN, "arn:aws:cloudfront::123456789012:distribution"},
		{"735_cloudfront_etag", "a lost update", staleDistribution, "PreconditionFailed"},
		{"735_cloudfront_etag", "after a change", changedDistribution, "another ETag"},
		{"740_cloudfront_functions", "life of a function", functionLife, "UNPUBLISHED, UNASSOCIATED, live first, after a change second, deleted"},
		{"740_cloudfront_functions", "a name twice", sameFunction, "FunctionAlreadyExists"},
		{"740_cloudfront_functions", "one in use", functionInUse, "DEPLOYED, FunctionInUse"},
		{"740_cloudfront_functions", "an old version", staleFunction, "PreconditionFailed"},
		{"750_cloudfront_policies", "cache policy", cachePolicy, "300 of 3600 s"},
		{"750_cloudfront_policies", "changed cache policy", changedCachePolicy, "600 s, PreconditionFailed for the old one"},
		{"750_cloudfront_policies", "origin request policy", originRequestPolicy, "all, deleted"},
		{"750_cloudfront_policies", "response headers policy", responseHeadersPolicy, "HSTS 31536000 true true"},
		{"750_cloudfront_policies", "one of AWS's own", managedPolicies, "Managed-CachingDisabled 0 s, Managed-AllViewerExceptHostHeader without [host]"},
		{"750_cloudfront_policies", "one in use", policyInUse, "CachePolicyInUse"},
		{"760_cloudfront_monitoring", "life of a subscription", monitoringSubscription, "Enabled, NoSuchMonitoringSubscription"},
	}
}

// distribution creates one in front of a bucket, by a cache policy of AWS's own.
func distribution(ctx context.Context, to aws.Config, name string, change func(*cftypes.DistributionConfig)) (*cloudfront.Client, *cloudfront.CreateDistributionOutput, error) {
	config := &cftypes.DistributionConfig{
		CallerReference: &name,
		Comment:         &name,
		Enabled:         aws.Bool(true),
		Origins: &cftypes.Origins{Quantity: aws.Int32(1), Items: []cftypes.Origin{{
			Id:                    aws.String("site"),
			DomainName:            aws.String("site.s3.ap-northeast-1.amazonaws.com"),
			OriginAccessControlId: aws.String("E2QWRUHAPOMQZL"),
			S3OriginConfig:        &cftypes.S3OriginConfig{OriginAccessIdentity: aws.String("")},
		}}},
		DefaultCacheBehavior: &cftypes.DefaultCacheBehavior{
			TargetOriginId:       aws.String("site"),
			ViewerProtocolPolicy: cftypes.ViewerProtocolPolicyRedirectToHttps,
			CachePolicyId:        aws.String("658327ea-f89d-4fab-a63d-7e88639e58f6"),
		},
	}
	if change != nil {
		change(config)
	}
	api := cloudfront.NewFromConfig(to)
	created, err := api.CreateDistribution(ctx, &cloudfront.CreateDistributionInput{DistributionConfig: config})
	return api, created, err
}

// deployed creates a distribution and gives its configuration as it is read.
func deployed(ctx context.Context, to aws.Config, name string, change func(*cftypes.DistributionConfig)) (*cftypes.DistributionConfig, error) {
	api, created, err := distribution(ctx, to, name, change)
	if err != nil {
		return nil, err
	}
	answer, err := api.GetDistributionConfig(ctx, &cloudfront.GetDistributionConfigInput{Id: created.Distribution.Id})
	if err != nil {
		return nil, err
	}
	return answer.DistributionConfig, nil
}

func originAccessControl(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "control", nil)
	if err != nil {
		return code(err)
	}
	origin := config.Origins.Items[0]
	if origin.S3OriginConfig == nil {
		return "no S3 origin", nil
	}
	return fmt.Sprintf("%s, identity %q", aws.ToString(origin.OriginAccessControlId), aws.ToString(origin.S3OriginConfig.OriginAccessIdentity)), nil
}

func forwardedValues(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "phantom", nil)
	if err != nil {
		return code(err)
	}
	behaviour := config.DefaultCacheBehavior
	//nolint:staticcheck // The old members are what must not be there.
	if behaviour.ForwardedValues != nil || behaviour.DefaultTTL != nil {
		return "present", nil
	}
	return "absent", nil
}

func associate(function string) func(*cftypes.DistributionConfig) {
	return func(config *cftypes.DistributionConfig) {
		config.DefaultCacheBehavior.FunctionAssociations = &cftypes.FunctionAssociations{
			Quantity: aws.Int32(1),
			Items:    []cftypes.FunctionAssociation{{EventType: cftypes.EventTypeViewerRequest, FunctionARN: &function}},
		}
	}
}

func functionAssociation(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "associated", associate("arn:aws:cloudfront::123456789012:function/some"))
	if err != nil {
		return code(err)
	}
	associations := config.DefaultCacheBehavior.FunctionAssociations
	if associations == nil || len(associations.Items) == 0 {
		return "no functions", nil
	}
	return fmt.Sprintf("%s %s", associations.Items[0].EventType, *associations.Items[0].FunctionARN), nil
}

// legacyBehaviour has settings of the time before cache policies, which must not
// be lost with the phantom ones, and a Lambda function, which moto loses.
//
//nolint:staticcheck // It is about the deprecated members.
func legacyBehaviour(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "legacy", func(config *cftypes.DistributionConfig) {
		behaviour := config.DefaultCacheBehavior
		behaviour.CachePolicyId = nil
		behaviour.DefaultTTL = aws.Int64(60)
		behaviour.ForwardedValues = &cftypes.ForwardedValues{
			QueryString: aws.Bool(true), Cookies: &cftypes.CookiePreference{Forward: cftypes.ItemSelectionNone},
		}
		behaviour.LambdaFunctionAssociations = &cftypes.LambdaFunctionAssociations{
			Quantity: aws.Int32(1),
			Items: []cftypes.LambdaFunctionAssociation{{
				EventType: cftypes.EventTypeOriginRequest, LambdaFunctionARN: aws.String("arn:aws:lambda:us-east-1:123456789012:function:edge:1"),
			}},
		}
	})
	if err != nil {
		return code(err)
	}
	behaviour := config.DefaultCacheBehavior
	if behaviour.LambdaFunctionAssociations == nil || len(behaviour.LambdaFunctionAssociations.Items) != 1 {
		return "no Lambda function", nil
	}
	return fmt.Sprintf("query string %t, %d s", aws.ToBool(behaviour.ForwardedValues.QueryString), aws.ToInt64(behaviour.DefaultTTL)), nil
}

func ownCertificate(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "certified", func(config *cftypes.DistributionConfig) {
		config.ViewerCertificate = &cftypes.ViewerCertificate{
			ACMCertificateArn:      aws.String("arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-4000-8000-000000000000"),
			MinimumProtocolVersion: cftypes.MinimumProtocolVersionTLSv122021,
			SSLSupportMethod:       cftypes.SSLSupportMethodSniOnly,
		}
	})
	if err != nil {
		return code(err)
	}
	certificate := config.ViewerCertificate
	//nolint:staticcheck // CertificateSource is of old, and AWS still answers it.
	return fmt.Sprintf("default %t, %s, %s", aws.ToBool(certificate.CloudFrontDefaultCertificate), certificate.CertificateSource, certificate.MinimumProtocolVersion), nil
}

func defaultCertificate(ctx context.Context, to aws.Config) (string, error) {
	config, err := deployed(ctx, to, "uncertified", func(config *cftypes.DistributionConfig) {
		config.ViewerCertificate = &cftypes.ViewerCertificate{CloudFrontDefaultCertificate: aws.Bool(true)}
	})
	if err != nil {
		return code(err)
	}
	certificate := config.ViewerCertificate
	//nolint:staticcheck // as above
	return fmt.Sprintf("default %t, %s, %s %s", aws.ToBool(certificate.CloudFrontDefaultCertificate), certificate.CertificateSource,
		certificate.MinimumProtocolVersion, certificate.SSLSupportMethod), nil
}

func distributionARN(ctx context.Context, to aws.Config) (string, error) {
	_, created, err := distribution(ctx, to, "named", nil)
	if err != nil {
		return code(err)
	}
	before, _, _ := strings.Cut(*created.Distribution.ARN, "/")
	return before, nil
}

// changeTwice changes a distribution with the same ETag twice; it gives the first
// answer, and the error of the second.
func changeTwice(ctx context.Context, to aws.Config, name string) (before, after *string, second, err error) {
	api, created, err := distribution(ctx, to, name, nil)
	if err != nil {
		return nil, nil, nil, err
	}
	config := created.Distribution.DistributionConfig
	config.Comment = aws.String("changed")
	change := &cloudfront.UpdateDistributionInput{Id: created.Distribution.Id, IfMatch: created.ETag, DistributionConfig: config}
	changed, err := api.UpdateDistribution(ctx, change)
	if err != nil {
		return nil, nil, nil, err
	}
	_, second = api.UpdateDistribution(ctx, change)
	return created.ETag, changed.ETag, second, nil
}

func staleDistribution(ctx context.Context, to aws.Config) (string, error) {
	_, _, second, err := changeTwice(ctx, to, "stale")
	if err != nil {
		return code(err)
	}
	if second == nil {
		return "changed", nil
	}
	return code(second)
}

func changedDistribution(ctx context.Context, to aws.Config) (string, error) {
	before, after, _, err := changeTwice(ctx, to, "changed")
	if err != nil {
		return code(err)
	}
	if aws.ToString(before) == aws.ToString(after) {
		return "the same ETag", nil
	}
	return "another ETag", nil
}

func newEdgeFunction(ctx context.Context, to aws.Config, name, program string) (*cloudfront.Client, *cloudfront.CreateFunctionOutput, error) {
	api := cloudfront.NewFromConfig(to)
	created, err := api.CreateFunction(ctx, &cloudfront.CreateFunctionInput{
		Name: &name, FunctionCode: []byte(program),
		FunctionConfig: &cftypes.FunctionConfig{Comment: &name, Runtime: cftypes.FunctionRuntimeCloudfrontJs20},
	})
	return api, created, err
}

func functionLife(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("life")
	api, created, err := newEdgeFunction(ctx, to, *name, "first")
	if err != nil {
		return code(err)
	}
	published, err := api.PublishFunction(ctx, &cloudfront.PublishFunctionInput{Name: name, IfMatch: created.ETag})
	if err != nil {
		return code(err)
	}
	changed, err := api.UpdateFunction(ctx, &cloudfront.UpdateFunctionInput{
		Name: name, IfMatch: created.ETag, FunctionCode: []byte("second"),
		FunctionConfig: &cftypes.FunctionConfig{Comment: name, Runtime: cftypes.FunctionRuntimeCloudfrontJs20},
	})
	if err != nil {
		return code(err)
	}
	live, err := api.GetFunction(ctx, &cloudfront.GetFunctionInput{Name: name, Stage: cftypes.FunctionStageLive})
	if err != nil {
		return code(err)
	}
	draft, err := api.GetFunction(ctx, &cloudfront.GetFunctionInput{Name: name, Stage: cftypes.FunctionStageDevelopment})
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteFunction(ctx, &cloudfront.DeleteFunctionInput{Name: name, IfMatch: changed.ETag}); err != nil {
		return code(err)
	}
	if _, err := api.DescribeFunction(ctx, &cloudfront.DescribeFunctionInput{Name: name}); err == nil {
		return "still there", nil
	}
	return fmt.Sprintf("%s, %s, live %s, after a change %s, deleted", aws.ToString(created.FunctionSummary.Status),
		aws.ToString(published.FunctionSummary.Status), live.FunctionCode, draft.FunctionCode), nil
}

func sameFunction(ctx context.Context, to aws.Config) (string, error) {
	if _, _, err := newEdgeFunction(ctx, to, "same", "first"); err != nil {
		return code(err)
	}
	_, _, err := newEdgeFunction(ctx, to, "same", "second")
	return code(err)
}

func functionInUse(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("used")
	api, created, err := newEdgeFunction(ctx, to, *name, "first")
	if err != nil {
		return code(err)
	}
	if _, err := api.PublishFunction(ctx, &cloudfront.PublishFunctionInput{Name: name, IfMatch: created.ETag}); err != nil {
		return code(err)
	}
	if _, _, err := distribution(ctx, to, "user of a function", associate(*created.FunctionSummary.FunctionMetadata.FunctionARN)); err != nil {
		return code(err)
	}
	described, err := api.DescribeFunction(ctx, &cloudfront.DescribeFunctionInput{Name: name, Stage: cftypes.FunctionStageLive})
	if err != nil {
		return code(err)
	}
	_, err = api.DeleteFunction(ctx, &cloudfront.DeleteFunctionInput{Name: name, IfMatch: created.ETag})
	refusal, err := code(err)
	return aws.ToString(described.FunctionSummary.Status) + ", " + refusal, err
}

func staleFunction(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("stale")
	api, _, err := newEdgeFunction(ctx, to, *name, "first")
	if err != nil {
		return code(err)
	}
	_, err = api.PublishFunction(ctx, &cloudfront.PublishFunctionInput{Name: name, IfMatch: aws.String("ETVPDKIKX0DER")})
	return code(err)
}

func newCachePolicy(ctx context.Context, to aws.Config, name string) (*cloudfront.Client, *cloudfront.CreateCachePolicyOutput, error) {
	api := cloudfront.NewFromConfig(to)
	created, err := api.CreateCachePolicy(ctx, &cloudfront.CreateCachePolicyInput{CachePolicyConfig: &cftypes.CachePolicyConfig{
		Name: &name, MinTTL: aws.Int64(0), DefaultTTL: aws.Int64(300), MaxTTL: aws.Int64(3600),
	}})
	return api, created, err
}

func cachePolicy(ctx context.Context, to aws.Config) (string, error) {
	api, created, err := newCachePolicy(ctx, to, "cache")
	if err != nil {
		return code(err)
	}
	answer, err := api.GetCachePolicy(ctx, &cloudfront.GetCachePolicyInput{Id: created.CachePolicy.Id})
	if err != nil {
		return code(err)
	}
	config := answer.CachePolicy.CachePolicyConfig
	return fmt.Sprintf("%d of %d s", aws.ToInt64(config.DefaultTTL), aws.ToInt64(config.MaxTTL)), nil
}

func changedCachePolicy(ctx context.Context, to aws.Config) (string, error) {
	api, created, err := newCachePolicy(ctx, to, "changed cache")
	if err != nil {
		return code(err)
	}
	config := created.CachePolicy.CachePolicyConfig
	config.DefaultTTL = aws.Int64(600)
	change := &cloudfront.UpdateCachePolicyInput{Id: created.CachePolicy.Id, IfMatch: created.ETag, CachePolicyConfig: config}
	changed, err := api.UpdateCachePolicy(ctx, change)
	if err != nil {
		return code(err)
	}
	_, err = api.UpdateCachePolicy(ctx, change)
	refusal, err := code(err)
	return fmt.Sprintf("%d s, %s for the old one", aws.ToInt64(changed.CachePolicy.CachePolicyConfig.DefaultTTL), refusal), err
}

func originRequestPolicy(ctx context.Context, to aws.Config) (string, error) {
	api := cloudfront.NewFromConfig(to)
	created, err := api.CreateOriginRequestPolicy(ctx, &cloudfront.CreateOriginRequestPolicyInput{
		OriginRequestPolicyConfig: &cftypes.OriginRequestPolicyConfig{
			Name:               aws.String("requests"),
			CookiesConfig:      &cftypes.OriginRequestPolicyCookiesConfig{CookieBehavior: cftypes.OriginRequestPolicyCookieBehaviorAll},
			HeadersConfig:      &cftypes.OriginRequestPolicyHeadersConfig{HeaderBehavior: cftypes.OriginRequestPolicyHeaderBehaviorNone},
			QueryStringsConfig: &cftypes.OriginRequestPolicyQueryStringsConfig{QueryStringBehavior: cftypes.OriginRequestPolicyQueryStringBehaviorAll},
		},
	})
	if err != nil {
		return code(err)
	}
	id := created.OriginRequestPolicy.Id
	answer, err := api.GetOriginRequestPolicyConfig(ctx, &cloudfront.GetOriginRequestPolicyConfigInput{Id: id})
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteOriginRequestPolicy(ctx, &cloudfront.DeleteOriginRequestPolicyInput{Id: id, IfMatch: answer.ETag}); err != nil {
		return code(err)
	}
	if _, err := api.GetOriginRequestPolicy(ctx, &cloudfront.GetOriginRequestPolicyInput{Id: id}); err == nil {
		return "still there", nil
	}
	return string(answer.OriginRequestPolicyConfig.CookiesConfig.CookieBehavior) + ", deleted", nil
}

func responseHeadersPolicy(ctx context.Context, to aws.Config) (string, error) {
	api := cloudfront.NewFromConfig(to)
	created, err := api.CreateResponseHeadersPolicy(ctx, &cloudfront.CreateResponseHeadersPolicyInput{
		ResponseHeadersPolicyConfig: &cftypes.ResponseHeadersPolicyConfig{
			Name: aws.String("headers"),
			SecurityHeadersConfig: &cftypes.ResponseHeadersPolicySecurityHeadersConfig{
				StrictTransportSecurity: &cftypes.ResponseHeadersPolicyStrictTransportSecurity{
					AccessControlMaxAgeSec: aws.Int32(31536000), IncludeSubdomains: aws.Bool(true), Override: aws.Bool(true), Preload: aws.Bool(true),
				},
			},
		},
	})
	if err != nil {
		return code(err)
	}
	answer, err := api.GetResponseHeadersPolicy(ctx, &cloudfront.GetResponseHeadersPolicyInput{Id: created.ResponseHeadersPolicy.Id})
	if err != nil {
		return code(err)
	}
	hsts := answer.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig.StrictTransportSecurity
	return fmt.Sprintf("HSTS %d %t %t", aws.ToInt32(hsts.AccessControlMaxAgeSec), aws.ToBool(hsts.IncludeSubdomains), aws.ToBool(hsts.Preload)), nil
}

func managedPolicies(ctx context.Context, to aws.Config) (string, error) {
	api := cloudfront.NewFromConfig(to)
	cache, err := api.GetCachePolicy(ctx, &cloudfront.GetCachePolicyInput{Id: aws.String("4135ea2d-6df8-44a3-9df3-4b5a84be39ad")})
	if err != nil {
		return code(err)
	}
	listed, err := api.ListOriginRequestPolicies(ctx, &cloudfront.ListOriginRequestPoliciesInput{Type: cftypes.OriginRequestPolicyTypeManaged})
	if err != nil {
		return code(err)
	}
	for _, item := range listed.OriginRequestPolicyList.Items {
		if *item.OriginRequestPolicy.Id == "b689b0a8-53d0-40ab-baf2-68738e2966ac" {
			config := item.OriginRequestPolicy.OriginRequestPolicyConfig
			return fmt.Sprintf("%s %d s, %s without %s", *cache.CachePolicy.CachePolicyConfig.Name, *cache.CachePolicy.CachePolicyConfig.MaxTTL,
				*config.Name, config.HeadersConfig.Headers.Items), nil
		}
	}
	return "not listed", nil
}

func policyInUse(ctx context.Context, to aws.Config) (string, error) {
	api, created, err := newCachePolicy(ctx, to, "used cache")
	if err != nil {
		return code(err)
	}
	if _, _, err := distribution(ctx, to, "user of a policy", func(config *cftypes.DistributionConfig) {
		config.DefaultCacheBehavior.CachePolicyId = created.CachePolicy.Id
	}); err != nil {
		return code(err)
	}
	_, err = api.DeleteCachePolicy(ctx, &cloudfront.DeleteCachePolicyInput{Id: created.CachePolicy.Id, IfMatch: created.ETag})
	return code(err)
}

func monitoringSubscription(ctx context.Context, to aws.Config) (string, error) {
	api, created, err := distribution(ctx, to, "monitored", nil)
	if err != nil {
		return code(err)
	}
	id := created.Distribution.Id
	if _, err := api.CreateMonitoringSubscription(ctx, &cloudfront.CreateMonitoringSubscriptionInput{
		DistributionId: id,
		MonitoringSubscription: &cftypes.MonitoringSubscription{RealtimeMetricsSubscriptionConfig: &cftypes.RealtimeMetricsSubscriptionConfig{
			RealtimeMetricsSubscriptionStatus: cftypes.RealtimeMetricsSubscriptionStatusEnabled,
		}},
	}); err != nil {
		return code(err)
	}
	answer, err := api.GetMonitoringSubscription(ctx, &cloudfront.GetMonitoringSubscriptionInput{DistributionId: id})
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteMonitoringSubscription(ctx, &cloudfront.DeleteMonitoringSubscriptionInput{DistributionId: id}); err != nil {
		return code(err)
	}
	_, err = api.GetMonitoringSubscription(ctx, &cloudfront.GetMonitoringSubscriptionInput{DistributionId: id})
	missing, err := code(err)
	return fmt.Sprintf("%s, %s", answer.MonitoringSubscription.RealtimeMetricsSubscriptionConfig.RealtimeMetricsSubscriptionStatus, missing), err
}
