package verify

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// distributionOf gives the site's distribution.
func distributionOf(ctx context.Context, s *Subject) (*types.Distribution, error) {
	return recall(ctx, "distribution", func(ctx context.Context) (*types.Distribution, error) {
		id, err := s.Output("distribution_id")
		if err != nil {
			return nil, err
		}
		found, err := cloudfront.NewFromConfig(s.AWS).GetDistribution(ctx, &cloudfront.GetDistributionInput{Id: &id})
		if answered(err, "NoSuchDistribution") {
			return nil, &Failure{Reasons: []string{"there is no distribution " + id}}
		}
		if err != nil {
			return nil, fmt.Errorf("distribution %s: %w", id, err)
		}
		return found.Distribution, nil
	})
}

// behaviour is one of the distribution's cache behaviours, as far as security asks.
type behaviour struct {
	path, headers, origin string
	viewers               types.ViewerProtocolPolicy
}

func behaviours(d *types.DistributionConfig) []behaviour {
	var all []behaviour
	if first := d.DefaultCacheBehavior; first != nil {
		all = append(all, behaviour{"*", text(first.ResponseHeadersPolicyId), text(first.TargetOriginId), first.ViewerProtocolPolicy})
	}
	if d.CacheBehaviors != nil {
		for _, each := range d.CacheBehaviors.Items {
			all = append(all, behaviour{text(each.PathPattern), text(each.ResponseHeadersPolicyId), text(each.TargetOriginId), each.ViewerProtocolPolicy})
		}
	}
	return all
}

func siteChecks() []Check {
	distribution := "cloudfront:GetDistribution"
	return []Check{
		{
			ID: "security.site-bucket", Title: "only this distribution reads the site's bucket, which keeps versions and logs accesses", Requirements: []string{"R1.3"},
			Reads:  []string{"s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetLifecycleConfiguration", "s3:GetBucketLogging", "s3:GetBucketOwnershipControls", distribution},
			Remedy: "apply the layer frontend; files that somebody put into the bucket by another way go with a deployment's next upload",
			Run:    siteBucket,
		},
		{
			ID: "security.site-origin", Title: "CloudFront signs every request to the bucket", Requirements: []string{"R1.3"}, Reads: []string{distribution, "cloudfront:GetOriginAccessControl"},
			Remedy: "apply the layer frontend, which gives the origin its Origin Access Control",
			Run:    siteOrigin,
		},
		{
			ID: "security.site-distribution", Title: "the distribution serves its countries, logs requests and answers a missing page with the application", Requirements: []string{"R1.3", "R7.1"}, Reads: []string{distribution},
			Remedy: "apply the layer frontend",
			Run:    siteDistribution,
		},
		{
			ID: "security.site-tls", Title: "the site and its way to the API speak TLS 1.2 or newer only", Requirements: []string{"R1.3", "R4.4"}, Reads: []string{distribution, "a TLS handshake"},
			Remedy: "apply the layer frontend; TLS 1.2 as the least needs a domain of one's own (frontend.domain), for AWS sets what CloudFront's own name takes",
			Run:    siteTLS,
		},
		{
			ID: "security.site-headers", Title: "every answer of the site carries the security headers", Requirements: []string{"R1.3"}, Reads: []string{distribution, "cloudfront:GetResponseHeadersPolicy"},
			Remedy: "apply the layer frontend, whose policy of response headers has them",
			Run:    siteHeaders,
		},
		{
			ID: "security.site-answer", Title: "the site's page comes with the security headers, measured", Requirements: []string{"R1.3"}, Reads: []string{"GET /"},
			Remedy: "where security.site-headers fails, too, mend that first; else CloudFront has not rolled the policy out yet, or the domain leads elsewhere",
			Run:    siteAnswer,
		},
		{
			ID: "security.api-tls", Title: "the API's own host names speak TLS 1.2 or newer only", Requirements: []string{"R4.4"}, Reads: []string{"apigateway:GET /domainnames"},
			Remedy: "apply the layer api, which sets the security policy TLS_1_2",
			Run:    apiTLS,
		},
	}
}

func siteBucket(ctx context.Context, s *Subject) ([]string, error) {
	name, err := s.Output("site_bucket")
	if err != nil {
		return nil, err
	}
	d, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	all, err := bucketsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	b, there := all[name]
	if !there {
		return nil, &Failure{Reasons: []string{"there is no bucket " + name}}
	}
	var v verdict
	judgeSiteBucket(&v, b, text(d.ARN))
	v.saw("bucket %s for %s, accesses in %s", name, text(d.ARN), b.logsTo)
	return v.give()
}

func judgeSiteBucket(v *verdict, b bucket, distribution string) {
	read := b.policy.Allowing()
	only := len(read) == 1 && len(read[0].Principal) == 1 && slices.Equal(read[0].Principal["Service"], iampolicy.Texts{"cloudfront.amazonaws.com"}) &&
		slices.Equal(read[0].Action, iampolicy.Texts{"s3:GetObject"}) && len(read[0].Condition) == 1 &&
		slices.Equal(read[0].Condition["StringEquals"]["aws:SourceArn"], iampolicy.Texts{distribution})
	v.must(only, "others than this distribution may read the bucket %s, or it may do more than read", b.name)
	v.must(b.versioning == s3types.BucketVersioningStatusEnabled, "bucket %s keeps no versions", b.name)
	v.must(b.ownership == s3types.ObjectOwnershipBucketOwnerEnforced, "bucket %s takes ACLs", b.name)
	v.must(b.logsTo != "" && b.logsTo != b.name, "bucket %s logs no accesses", b.name)
	old, incomplete := int32(0), int32(0)
	for _, rule := range b.lifecycle {
		if rule.Status != s3types.ExpirationStatusEnabled {
			continue
		}
		if rule.NoncurrentVersionExpiration != nil {
			old = awssdk.ToInt32(rule.NoncurrentVersionExpiration.NoncurrentDays)
		}
		if rule.AbortIncompleteMultipartUpload != nil {
			incomplete = awssdk.ToInt32(rule.AbortIncompleteMultipartUpload.DaysAfterInitiation)
		}
	}
	v.must(old == 30, "bucket %s keeps old versions %d days, not 30 (0: for ever)", b.name, old)
	v.must(incomplete == 7, "bucket %s keeps incomplete uploads %d days, not 7 (0: for ever)", b.name, incomplete)
	v.must(b.days()["expiry"] == 0, "bucket %s loses the site's files after %d days", b.name, b.days()["expiry"])
}

func siteOrigin(ctx context.Context, s *Subject) ([]string, error) {
	d, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	name, err := s.Output("site_bucket")
	if err != nil {
		return nil, err
	}
	var v verdict
	found := false
	for _, origin := range d.DistributionConfig.Origins.Items {
		if !strings.HasPrefix(text(origin.DomainName), name+".s3.") {
			continue
		}
		found = true
		if text(origin.OriginAccessControlId) == "" {
			v.must(false, "the origin %s has no Origin Access Control", text(origin.Id))
			continue
		}
		control, err := cloudfront.NewFromConfig(s.AWS).GetOriginAccessControl(ctx, &cloudfront.GetOriginAccessControlInput{Id: origin.OriginAccessControlId})
		if err != nil {
			return nil, fmt.Errorf("Origin Access Control %s: %w", text(origin.OriginAccessControlId), err)
		}
		c := control.OriginAccessControl.OriginAccessControlConfig
		v.must(c.OriginAccessControlOriginType == types.OriginAccessControlOriginTypesS3 && c.SigningBehavior == types.OriginAccessControlSigningBehaviorsAlways && c.SigningProtocol == types.OriginAccessControlSigningProtocolsSigv4,
			"Origin Access Control %s does not sign every request: %s", text(c.Name), c.SigningBehavior)
		v.saw("origin %s by %s", text(origin.Id), text(c.Name))
	}
	v.must(found, "no origin is the bucket %s", name)
	return v.give()
}

func siteDistribution(ctx context.Context, s *Subject) ([]string, error) {
	d, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	judgeDistribution(&v, d.DistributionConfig, s)
	return v.give()
}

func judgeDistribution(v *verdict, d *types.DistributionConfig, s *Subject) {
	v.must(awssdk.ToBool(d.Enabled), "the distribution is switched off")
	v.must(awssdk.ToBool(d.IsIPV6Enabled), "the distribution does not speak IPv6")
	v.must(d.HttpVersion == types.HttpVersionHttp2and3, "the distribution speaks %s, not HTTP/2 and HTTP/3", d.HttpVersion)
	v.must(string(d.PriceClass) == of(priceClass, s.Environment), "the price class is %s, not %s", d.PriceClass, of(priceClass, s.Environment))
	countries := []string{}
	if d.Restrictions != nil && d.Restrictions.GeoRestriction != nil && d.Restrictions.GeoRestriction.RestrictionType == types.GeoRestrictionTypeWhitelist {
		countries = sorted(d.Restrictions.GeoRestriction.Items)
	}
	v.must(slices.Equal(countries, []string{"JP", "US"}), "the site is served to other countries than Japan and the United States: %v", countries)
	logged := d.Logging != nil && awssdk.ToBool(d.Logging.Enabled) && strings.HasPrefix(text(d.Logging.Bucket), s.Name()+"-site-logs-")
	v.must(logged, "requests to the distribution are not logged")
	pages := map[int32]string{}
	if d.CustomErrorResponses != nil {
		for _, each := range d.CustomErrorResponses.Items {
			pages[awssdk.ToInt32(each.ErrorCode)] = text(each.ResponseCode) + " " + text(each.ResponsePagePath)
		}
	}
	v.must(pages[403] == "200 /index.html", "a missing page is answered with %q, not with the application", pages[403])
	v.saw("countries %v, price class %s, log in %s", countries, d.PriceClass, text(d.Logging.Bucket))
}

func siteTLS(ctx context.Context, s *Subject) ([]string, error) {
	d, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	domain := judgeSiteTLS(&v, d.DistributionConfig)
	switch {
	case isLocal(s):
		v.saw("not measured: the local AWS answers on loopback, without TLS")
	case !domain:
		v.saw("not measured: CloudFront's own name takes older TLS, which nobody can change")
	default:
		old, err := takesOldTLS(ctx, s.Site)
		if err != nil {
			return v.seen, err
		}
		v.must(!old, "%s takes TLS 1.1", s.Site)
		v.saw("%s refuses TLS 1.1", s.Site)
	}
	return v.give()
}

// judgeSiteTLS reports whether the site has a domain of its own.
func judgeSiteTLS(v *verdict, d *types.DistributionConfig) (domain bool) {
	for _, each := range behaviours(d) {
		v.must(each.viewers == types.ViewerProtocolPolicyRedirectToHttps || each.viewers == types.ViewerProtocolPolicyHttpsOnly, "the site answers %s by plain HTTP", each.path)
	}
	c := d.ViewerCertificate
	domain = d.Aliases != nil && len(d.Aliases.Items) > 0
	if domain {
		v.must(c != nil && (strings.HasPrefix(string(c.MinimumProtocolVersion), "TLSv1.2_") || strings.HasPrefix(string(c.MinimumProtocolVersion), "TLSv1.3_")), "the site's domain takes TLS older than 1.2")
	}
	for _, origin := range d.Origins.Items {
		if custom := origin.CustomOriginConfig; custom != nil {
			modern := custom.OriginSslProtocols != nil && len(custom.OriginSslProtocols.Items) > 0
			for _, protocol := range custom.OriginSslProtocols.Items {
				modern = modern && protocol == types.SslProtocolTLSv12
			}
			v.must(custom.OriginProtocolPolicy == types.OriginProtocolPolicyHttpsOnly && modern, "CloudFront speaks to the origin %s without TLS 1.2", text(origin.Id))
		}
	}
	v.saw("%d behaviours by HTTPS only, a domain of its own: %t", len(behaviours(d)), domain)
	return domain
}

// takesOldTLS reports whether a server speaks TLS 1.1.
func takesOldTLS(ctx context.Context, address string) (bool, error) {
	where, err := url.Parse(address)
	if err != nil {
		return false, err
	}
	port := where.Port()
	if port == "" {
		port = "443"
	}
	modern := tls.Dialer{Config: &tls.Config{ServerName: where.Hostname(), MinVersion: tls.VersionTLS12}}
	connection, err := modern.DialContext(ctx, "tcp", where.Hostname()+":"+port)
	if err != nil {
		return false, fmt.Errorf("TLS to %s: %w", where.Host, err)
	}
	defer connection.Close()                                                                                                         //nolint:errcheck // nothing was written
	old := tls.Dialer{Config: &tls.Config{ServerName: where.Hostname(), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}} //nolint:gosec // it is to be refused
	second, err := old.DialContext(ctx, "tcp", where.Hostname()+":"+port)
	if err != nil {
		return false, ctx.Err()
	}
	defer second.Close() //nolint:errcheck // nothing was written
	return true, nil
}

// headersOf gives a policy of response headers.
func headersOf(ctx context.Context, s *Subject, id string) (*types.ResponseHeadersPolicySecurityHeadersConfig, error) {
	found, err := cloudfront.NewFromConfig(s.AWS).GetResponseHeadersPolicy(ctx, &cloudfront.GetResponseHeadersPolicyInput{Id: &id})
	if err != nil {
		return nil, fmt.Errorf("the policy of response headers %s: %w", id, err)
	}
	return found.ResponseHeadersPolicy.ResponseHeadersPolicyConfig.SecurityHeadersConfig, nil
}

func siteHeaders(ctx context.Context, s *Subject) ([]string, error) {
	d, err := distributionOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	policies := map[string]bool{}
	for _, each := range behaviours(d.DistributionConfig) {
		v.must(each.headers != "", "answers to %s have no policy of response headers", each.path)
		policies[each.headers] = each.headers != ""
	}
	for id, there := range policies {
		if !there {
			continue
		}
		headers, err := headersOf(ctx, s, id)
		if err != nil {
			return nil, err
		}
		judgeHeaders(&v, headers)
	}
	return v.give()
}

func judgeHeaders(v *verdict, h *types.ResponseHeadersPolicySecurityHeadersConfig) {
	if h == nil {
		v.must(false, "the policy of response headers has no security headers")
		return
	}
	hsts := h.StrictTransportSecurity
	v.must(hsts != nil && awssdk.ToInt32(hsts.AccessControlMaxAgeSec) == 31536000 && awssdk.ToBool(hsts.IncludeSubdomains) && awssdk.ToBool(hsts.Preload), "HSTS is not that of a year with subdomains and preload")
	v.must(h.ContentTypeOptions != nil, "X-Content-Type-Options is missing")
	v.must(h.FrameOptions != nil && h.FrameOptions.FrameOption == types.FrameOptionsListDeny, "X-Frame-Options is not DENY")
	v.must(h.ReferrerPolicy != nil && h.ReferrerPolicy.ReferrerPolicy == types.ReferrerPolicyListStrictOriginWhenCrossOrigin, "Referrer-Policy is not strict-origin-when-cross-origin")
	policy := ""
	if h.ContentSecurityPolicy != nil {
		policy = text(h.ContentSecurityPolicy.ContentSecurityPolicy)
	}
	v.must(safeContent(policy), "Content-Security-Policy is not strict: %q", policy)
	v.saw("Content-Security-Policy: %s", policy)
}

// safeContent reports whether a content security policy takes scripts of the site
// only, in no frame.
func safeContent(policy string) bool {
	directives := strings.Split(policy, "; ")
	for _, each := range []string{"default-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "object-src 'none'"} {
		if !slices.Contains(directives, each) {
			return false
		}
	}
	return !strings.Contains(policy, "unsafe-")
}

func siteAnswer(ctx context.Context, s *Subject) ([]string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Site+"/", nil)
	if err != nil {
		return nil, err
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("the site: %w", err)
	}
	defer response.Body.Close()
	var v verdict
	v.must(response.StatusCode == http.StatusOK, "the site answers with %d", response.StatusCode)
	want := map[string]string{
		"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
		"X-Content-Type-Options":    "nosniff",
		"X-Frame-Options":           "DENY",
		"Referrer-Policy":           "strict-origin-when-cross-origin",
	}
	for name, value := range want {
		v.must(strings.EqualFold(response.Header.Get(name), value), "%s is %q, not %q", name, response.Header.Get(name), value)
	}
	v.must(safeContent(response.Header.Get("Content-Security-Policy")), "Content-Security-Policy is not strict: %q", response.Header.Get("Content-Security-Policy"))
	v.saw("%s/ answers with %d", s.Site, response.StatusCode)
	return v.give()
}

// isLocal reports whether the environment is one of the local AWS, which answers on
// loopback and without TLS.
func isLocal(s *Subject) bool { return s.Settings.Target == environment.TargetLocal }
