package test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/google/go-cmp/cmp"
)

// behaviour is what the default behaviour and the others have in common.
type behaviour struct {
	origin, cachePolicy, requestPolicy, headersPolicy string
	compress                                          bool
	viewers                                           types.ViewerProtocolPolicy
	methods                                           int
	functions                                         []string // those of viewers' requests
}

func readBehaviour(path string, origin, cache, request, headers *string, compress *bool, viewers types.ViewerProtocolPolicy, methods *types.AllowedMethods, associations *types.FunctionAssociations) (string, behaviour) {
	b := behaviour{
		origin: aws.ToString(origin), cachePolicy: aws.ToString(cache), requestPolicy: aws.ToString(request), headersPolicy: aws.ToString(headers),
		compress: aws.ToBool(compress), viewers: viewers,
	}
	if methods != nil {
		b.methods = len(methods.Items)
	}
	if associations != nil {
		for _, each := range associations.Items {
			if each.EventType == types.EventTypeViewerRequest {
				b.functions = append(b.functions, aws.ToString(each.FunctionARN))
			}
		}
	}
	return path, b
}

// checkBehaviours: which path goes where, how long it is kept, and what is done
// to it on the way.
func checkBehaviours(t *testing.T, client *cloudfront.Client, d *types.DistributionConfig) {
	t.Helper()
	all := map[string]behaviour{}
	first := d.DefaultCacheBehavior
	path, b := readBehaviour("*", first.TargetOriginId, first.CachePolicyId, first.OriginRequestPolicyId, first.ResponseHeadersPolicyId, first.Compress, first.ViewerProtocolPolicy, first.AllowedMethods, first.FunctionAssociations)
	all[path] = b
	if d.CacheBehaviors != nil {
		for _, o := range d.CacheBehaviors.Items {
			path, b := readBehaviour(aws.ToString(o.PathPattern), o.TargetOriginId, o.CachePolicyId, o.OriginRequestPolicyId, o.ResponseHeadersPolicyId, o.Compress, o.ViewerProtocolPolicy, o.AllowedMethods, o.FunctionAssociations)
			all[path] = b
		}
	}
	assets := []string{"/assets/*", "/fonts/*", "/images/*", "/static/*"}
	if diff := cmp.Diff(sorted(append([]string{"*", "/api/*"}, assets...)), sorted(keys(all))); diff != "" {
		t.Fatalf("R1.3: paths (-want +got):\n%s", diff)
	}
	for path, b := range all {
		facts(t, "R1.3", map[string]bool{
			path + ": HTTPS only":       b.viewers == types.ViewerProtocolPolicyRedirectToHttps || b.viewers == types.ViewerProtocolPolicyHttpsOnly,
			path + ": compressed":       b.compress,
			path + ": security headers": b.headersPolicy != "" && b.headersPolicy == all["*"].headersPolicy,
		})
	}
	api := all["/api/*"]
	facts(t, "R1.3", map[string]bool{
		"/api/*: goes to the API, by every method":      api.origin == "api" && api.methods == 7,
		"/api/*: nothing is kept":                       api.cachePolicy == managedCachingDisabled,
		"/api/*: the request arrives as a whole":        api.requestPolicy == managedAllViewerButTheirHost,
		"/api/*: loses /api on the way":                 published(t, client, api.functions, "api-path"),
		"*: goes to the bucket, for reading":            all["*"].origin == "site" && all["*"].methods == 3,
		"*: the application's own paths are index.html": published(t, client, all["*"].functions, "single-page"),
	})
	checkTimes(t, client, "HTML", all["*"].cachePolicy, 300, 3600)
	for _, path := range assets {
		if b := all[path]; b.origin != "site" || b.cachePolicy != all["/assets/*"].cachePolicy || len(b.functions) != 0 {
			t.Errorf("R1.3: %s is not served as a static asset: %+v", path, b)
		}
	}
	const day = 24 * 60 * 60
	checkTimes(t, client, "assets", all["/assets/*"].cachePolicy, 30*day, 365*day)
}

// checkTimes holds a cache policy to its times in seconds, and to a key that is
// the path alone.
func checkTimes(t *testing.T, client *cloudfront.Client, what, id string, usual, most int64) {
	t.Helper()
	found, err := client.GetCachePolicy(t.Context(), &cloudfront.GetCachePolicyInput{Id: &id})
	if err != nil {
		t.Errorf("R1.3: cache policy %s of %s: %v", id, what, err)
		return
	}
	c := found.CachePolicy.CachePolicyConfig
	key := c.ParametersInCacheKeyAndForwardedToOrigin
	facts(t, "R1.3", map[string]bool{
		what + ": kept as long as it should be": aws.ToInt64(c.DefaultTTL) == usual && aws.ToInt64(c.MaxTTL) == most,
		what + ": may be kept shorter":          aws.ToInt64(c.MinTTL) == 0,
		what + ": gzip and Brotli":              key != nil && aws.ToBool(key.EnableAcceptEncodingGzip) && aws.ToBool(key.EnableAcceptEncodingBrotli),
		what + ": kept by path alone": key != nil && key.CookiesConfig.CookieBehavior == types.CachePolicyCookieBehaviorNone &&
			key.HeadersConfig.HeaderBehavior == types.CachePolicyHeaderBehaviorNone && key.QueryStringsConfig.QueryStringBehavior == types.CachePolicyQueryStringBehaviorNone,
	})
}

// published reports whether the one function of a behaviour is this one, and
// runs.
func published(t *testing.T, client *cloudfront.Client, arns []string, name string) bool {
	t.Helper()
	found, err := client.ListFunctions(t.Context(), &cloudfront.ListFunctionsInput{Stage: types.FunctionStageLive})
	if err != nil || found.FunctionList == nil {
		t.Errorf("R1.3: functions of CloudFront: %+v, %v", found, err)
		return false
	}
	return len(arns) == 1 && slices.ContainsFunc(found.FunctionList.Items, func(f types.FunctionSummary) bool {
		return f.FunctionMetadata != nil && aws.ToString(f.FunctionMetadata.FunctionARN) == arns[0] && hasSuffix(f.Name, "-"+name)
	})
}
