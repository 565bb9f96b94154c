package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// AWS's own policies have the same ids in every account.
const (
	managedCachingDisabled       = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	managedAllViewerButTheirHost = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
)

// checkFrontend holds the site to R1.3 and R4.4.
func checkFrontend(t *testing.T, s *stack) {
	client := cloudfront.NewFromConfig(s.config)
	found, err := client.GetDistribution(t.Context(), &cloudfront.GetDistributionInput{Id: aws.String(s.output(t, "distribution_id"))})
	if err != nil {
		t.Fatalf("R1.3: the distribution: %v", err)
	}
	site := s.output(t, "site_bucket")
	logs := checkSiteBucket(t, s, site, aws.ToString(found.Distribution.ARN))
	checkSiteLogs(t, s, logs, site)

	d := found.Distribution.DistributionConfig
	countries := []string{}
	if d.Restrictions != nil && d.Restrictions.GeoRestriction != nil {
		countries = d.Restrictions.GeoRestriction.Items
	}
	facts(t, "R1.3", map[string]bool{
		"distribution: enabled":                    aws.ToBool(d.Enabled),
		"distribution: IPv6":                       aws.ToBool(d.IsIPV6Enabled),
		"distribution: HTTP/2 and HTTP/3":          d.HttpVersion == types.HttpVersionHttp2and3,
		"distribution: price class All":            d.PriceClass == types.PriceClassPriceClassAll,
		"distribution: / is index.html":            aws.ToString(d.DefaultRootObject) == "index.html",
		"distribution: Japan and the USA only":     cmp.Equal(sorted(countries), []string{"JP", "US"}) && d.Restrictions.GeoRestriction.RestrictionType == types.GeoRestrictionTypeWhitelist,
		"distribution: access log":                 d.Logging != nil && aws.ToBool(d.Logging.Enabled) && strings.HasPrefix(aws.ToString(d.Logging.Bucket), logs+".s3"),
		"distribution: no cookies in the log":      d.Logging != nil && !aws.ToBool(d.Logging.IncludeCookies),
		"distribution: TLS from 1.2, or no domain": tlsFrom12(d),
	})
	checkOrigins(t, client, d, site)
	checkBehaviours(t, client, d)
	checkErrorResponses(t, d)
	checkSecurityHeaders(t, client, aws.ToString(d.DefaultCacheBehavior.ResponseHeadersPolicyId))

	subscription, err := client.GetMonitoringSubscription(t.Context(), &cloudfront.GetMonitoringSubscriptionInput{DistributionId: found.Distribution.Id})
	if err != nil || subscription.MonitoringSubscription.RealtimeMetricsSubscriptionConfig.RealtimeMetricsSubscriptionStatus != types.RealtimeMetricsSubscriptionStatusEnabled {
		t.Errorf("R3.1: the distribution does not measure its cache hit rate: %+v, %v", subscription, err)
	}
}

// tlsFrom12 takes CloudFront's own certificate, with which AWS sets TLSv1 and
// lets nobody change it: TLS 1.2 needs a domain, as docs/security.md tells.
func tlsFrom12(d *types.DistributionConfig) bool {
	c := d.ViewerCertificate
	if c == nil || aws.ToBool(c.CloudFrontDefaultCertificate) {
		return d.Aliases == nil || len(d.Aliases.Items) == 0
	}
	return strings.HasPrefix(string(c.MinimumProtocolVersion), "TLSv1.2_") && c.SSLSupportMethod == types.SSLSupportMethodSniOnly
}

// checkSiteBucket gives the name of the bucket that its access log goes to.
func checkSiteBucket(t *testing.T, s *stack, name, distribution string) (logs string) {
	t.Helper()
	client := s.storage()
	checkClosed(t, "R1.3", s, name)
	versioning, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: &name})
	if err != nil || versioning.Status != s3types.BucketVersioningStatusEnabled {
		t.Errorf("R1.3: bucket %s keeps no versions: %+v, %v", name, versioning, err)
	}
	lifecycle, err := client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
	if err != nil {
		t.Fatalf("R1.3: bucket %s: %v", name, err)
	}
	var old, incomplete []int32
	for _, rule := range lifecycle.Rules {
		if rule.Status != s3types.ExpirationStatusEnabled {
			continue
		}
		if rule.NoncurrentVersionExpiration != nil {
			old = append(old, aws.ToInt32(rule.NoncurrentVersionExpiration.NoncurrentDays))
		}
		if rule.AbortIncompleteMultipartUpload != nil {
			incomplete = append(incomplete, aws.ToInt32(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation))
		}
		if rule.Expiration != nil && aws.ToInt32(rule.Expiration.Days) > 0 {
			t.Errorf("R1.3: bucket %s loses the site's files after %d days", name, *rule.Expiration.Days)
		}
	}
	logging, err := client.GetBucketLogging(t.Context(), &s3.GetBucketLoggingInput{Bucket: &name})
	if err != nil || logging.LoggingEnabled == nil {
		t.Fatalf("R1.3: bucket %s has no access log: %+v, %v", name, logging, err)
	}
	ownership, err := client.GetBucketOwnershipControls(t.Context(), &s3.GetBucketOwnershipControlsInput{Bucket: &name})
	if err != nil {
		t.Fatal(err)
	}
	read := s.bucketPolicy(t, name).Allowing()
	facts(t, "R1.3", map[string]bool{
		"site bucket: old versions go after 30 days":      slices.Equal(old, []int32{30}),
		"site bucket: incomplete uploads go after 7 days": slices.Equal(incomplete, []int32{7}),
		"site bucket: its log is elsewhere":               aws.ToString(logging.LoggingEnabled.TargetBucket) != name,
		"site bucket: no ACLs":                            len(ownership.OwnershipControls.Rules) == 1 && ownership.OwnershipControls.Rules[0].ObjectOwnership == s3types.ObjectOwnershipBucketOwnerEnforced,
		"site bucket: this distribution reads objects, and nobody else does anything": len(read) == 1 &&
			cmp.Equal(read[0].Principal, principals{"Service": {"cloudfront.amazonaws.com"}}) && cmp.Equal(read[0].Action, texts{"s3:GetObject"}) &&
			cmp.Equal(read[0].Resource, texts{"arn:aws:s3:::" + name + "/*"}) &&
			cmp.Equal(read[0].Condition, map[string]map[string]texts{"StringEquals": {"aws:SourceArn": {distribution}}}),
	})
	return aws.ToString(logging.LoggingEnabled.TargetBucket)
}

// checkSiteLogs holds the bucket of the access logs to what it is for.
func checkSiteLogs(t *testing.T, s *stack, name, site string) {
	t.Helper()
	checkClosed(t, "R1.3", s, name)
	lifecycle, err := s.storage().GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &name})
	if err != nil {
		t.Fatalf("R1.3: bucket %s: %v", name, err)
	}
	if !slices.ContainsFunc(lifecycle.Rules, func(rule s3types.LifecycleRule) bool {
		return rule.Status == s3types.ExpirationStatusEnabled && rule.Expiration != nil && aws.ToInt32(rule.Expiration.Days) == 30
	}) {
		t.Errorf("R3.4: bucket %s does not keep its logs 30 days: %+v", name, lifecycle.Rules)
	}
	write := s.bucketPolicy(t, name).Allowing()
	if len(write) != 1 || !cmp.Equal(write[0].Principal, principals{"Service": {"logging.s3.amazonaws.com"}}) || !cmp.Equal(write[0].Action, texts{"s3:PutObject"}) ||
		!cmp.Equal(write[0].Condition["ArnEquals"]["aws:SourceArn"], texts{"arn:aws:s3:::" + site}) {
		t.Errorf("R1.3: others than S3 for bucket %s may do something with bucket %s: %+v", site, name, write)
	}
}

// checkOrigins: the bucket by Origin Access Control, the API by HTTPS.
func checkOrigins(t *testing.T, client *cloudfront.Client, d *types.DistributionConfig, site string) {
	t.Helper()
	origins := map[string]types.Origin{}
	for _, origin := range d.Origins.Items {
		origins[aws.ToString(origin.Id)] = origin
	}
	if diff := cmp.Diff([]string{"api", "site"}, sorted(keys(origins))); diff != "" {
		t.Fatalf("R1.3: origins (-want +got):\n%s", diff)
	}
	control, err := client.GetOriginAccessControl(t.Context(), &cloudfront.GetOriginAccessControlInput{Id: origins["site"].OriginAccessControlId})
	if err != nil {
		t.Fatalf("R1.3: Origin Access Control %s: %v", aws.ToString(origins["site"].OriginAccessControlId), err)
	}
	c, custom := control.OriginAccessControl.OriginAccessControlConfig, origins["api"].CustomOriginConfig
	facts(t, "R1.3", map[string]bool{
		"origin site: the site's bucket":            strings.HasPrefix(aws.ToString(origins["site"].DomainName), site+".s3."),
		"origin site: no website, no custom origin": origins["site"].CustomOriginConfig == nil,
		"origin site: signs every request to S3":    c.OriginAccessControlOriginType == types.OriginAccessControlOriginTypesS3 && c.SigningBehavior == types.OriginAccessControlSigningBehaviorsAlways && c.SigningProtocol == types.OriginAccessControlSigningProtocolsSigv4,
		"origin api: the stage v1":                  aws.ToString(origins["api"].OriginPath) == "/v1",
		"origin api: HTTPS only, with TLS 1.2 only": custom != nil && custom.OriginProtocolPolicy == types.OriginProtocolPolicyHttpsOnly && custom.OriginSslProtocols != nil && slices.Equal(custom.OriginSslProtocols.Items, []types.SslProtocol{types.SslProtocolTLSv12}),
	})
}

// checkErrorResponses: a file that is missing is 403 at the bucket, which is the
// application's own path; ADR 0008 tells why the API's 404 stays one.
func checkErrorResponses(t *testing.T, d *types.DistributionConfig) {
	t.Helper()
	got := map[int32]string{}
	if d.CustomErrorResponses != nil {
		for _, each := range d.CustomErrorResponses.Items {
			got[aws.ToInt32(each.ErrorCode)] = aws.ToString(each.ResponseCode) + aws.ToString(each.ResponsePagePath)
			if aws.ToInt64(each.ErrorCachingMinTTL) != 0 {
				t.Errorf("R1.3: error %d is kept for %d seconds", aws.ToInt32(each.ErrorCode), aws.ToInt64(each.ErrorCachingMinTTL))
			}
		}
	}
	want := map[int32]string{403: "200/index.html", 404: "", 405: "", 414: "", 500: "", 501: "", 502: "", 503: "", 504: ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R1.3: error responses (-want +got):\n%s", diff)
	}
}

func checkSecurityHeaders(t *testing.T, client *cloudfront.Client, id string) {
	t.Helper()
	found, err := client.GetResponseHeadersPolicy(t.Context(), &cloudfront.GetResponseHeadersPolicyInput{Id: &id})
	if err != nil {
		t.Fatalf("R1.3: response headers policy %s: %v", id, err)
	}
	h := found.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig
	if h == nil || h.StrictTransportSecurity == nil || h.ContentTypeOptions == nil || h.FrameOptions == nil || h.ReferrerPolicy == nil || h.ContentSecurityPolicy == nil {
		t.Fatalf("R1.3: response headers policy %s lacks some: %+v", id, h)
	}
	hsts, directives := h.StrictTransportSecurity, strings.Split(aws.ToString(h.ContentSecurityPolicy.ContentSecurityPolicy), "; ")
	facts(t, "R1.3", map[string]bool{
		"header: HSTS of a year with subdomains and preload": aws.ToInt32(hsts.AccessControlMaxAgeSec) == 31536000 && aws.ToBool(hsts.IncludeSubdomains) && aws.ToBool(hsts.Preload) && aws.ToBool(hsts.Override),
		"header: X-Content-Type-Options":                     aws.ToBool(h.ContentTypeOptions.Override),
		"header: X-Frame-Options DENY":                       h.FrameOptions.FrameOption == types.FrameOptionsListDeny && aws.ToBool(h.FrameOptions.Override),
		"header: Referrer-Policy":                            h.ReferrerPolicy.ReferrerPolicy == types.ReferrerPolicyListStrictOriginWhenCrossOrigin && aws.ToBool(h.ReferrerPolicy.Override),
		"header: CSP is ours":                                aws.ToBool(h.ContentSecurityPolicy.Override),
		"CSP: everything from the own origin":                slices.Contains(directives, "default-src 'self'"),
		"CSP: scripts from the own origin only":              slices.Contains(directives, "script-src 'self'"),
		"CSP: in no frame":                                   slices.Contains(directives, "frame-ancestors 'none'"),
		"CSP: no plug-ins":                                   slices.Contains(directives, "object-src 'none'"),
		"CSP: nothing unsafe":                                !strings.Contains(strings.Join(directives, " "), "unsafe-"),
	})
}
