package verify

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
)

func transportChecks() []Check {
	return []Check{
		{
			ID: "performance.tls", Area: Performance, Requirements: []string{"R1.3", "R4.4"},
			Title:  "site and API speak TLS 1.2 or newer, and nothing else",
			Reads:  []string{"TLS handshakes with site and API", "cloudfront:GetDistributionConfig"},
			Remedy: "set frontend.domain: with CloudFront's own certificate AWS takes older versions, and nobody can change it; then apply the layer frontend",
			Run:    transportIsSafe,
		},
		{
			ID: "performance.security-headers", Area: Performance, Requirements: []string{"R1.3"},
			Title:  "the site sends its security headers",
			Reads:  []string{"GET / of the site"},
			Remedy: "apply the layer frontend: its response headers policy has them",
			Run:    headersAreSent,
		},
		{
			ID: "performance.protocols", Area: Performance, Requirements: []string{"R1.3"},
			Title:  "the site is reached by IPv6, HTTP/2 and HTTP/3",
			Reads:  []string{"cloudfront:GetDistributionConfig"},
			Remedy: "apply the layer frontend",
			Run:    protocolsAreOn,
		},
	}
}

// transportIsSafe measures by handshakes where there is TLS. A local address is plain
// HTTP: then what is configured decides, and the evidence says so.
func transportIsSafe(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := distribution(ctx, s)
	if err != nil {
		return nil, err
	}
	behaviours := []cftypes.ViewerProtocolPolicy{d.DefaultCacheBehavior.ViewerProtocolPolicy}
	if d.CacheBehaviors != nil {
		for _, each := range d.CacheBehaviors.Items {
			behaviours = append(behaviours, each.ViewerProtocolPolicy)
		}
	}
	for _, policy := range behaviours {
		v.must(policy == cftypes.ViewerProtocolPolicyRedirectToHttps || policy == cftypes.ViewerProtocolPolicyHttpsOnly, "the site may be read without TLS: %s", policy)
	}
	named := d.Aliases != nil && len(d.Aliases.Items) > 0
	if c := d.ViewerCertificate; named {
		v.must(c != nil && strings.HasPrefix(string(c.MinimumProtocolVersion), "TLSv1.2"), "the site's own name takes TLS before 1.2")
	}
	for _, origin := range d.Origins.Items {
		if custom := origin.CustomOriginConfig; custom != nil {
			v.must(custom.OriginProtocolPolicy == cftypes.OriginProtocolPolicyHttpsOnly, "CloudFront asks origin %s without TLS", text(origin.Id))
		}
	}
	for what, base := range map[string]string{"site": s.Site, "API": s.API} {
		address, err := url.Parse(base)
		if err != nil {
			return nil, err
		}
		if address.Scheme != "https" {
			v.saw("%s: plain HTTP on this machine, so judged by what is configured", what)
			continue
		}
		handshakes(ctx, &v, what, address, what == "API" || named)
	}
	return v.seen, joined(&v, nil)
}

// handshakes tries a new and an old version. Old ones are a fault where the name's
// certificate is ours to choose.
func handshakes(ctx context.Context, v *verdict, what string, address *url.URL, ours bool) {
	port := address.Port()
	if port == "" {
		port = "443"
	}
	place := net.JoinHostPort(address.Hostname(), port)
	speak := func(lowest, highest uint16) (uint16, error) {
		dialer := tls.Dialer{Config: &tls.Config{ServerName: address.Hostname(), MinVersion: lowest, MaxVersion: highest}}
		connection, err := dialer.DialContext(ctx, "tcp", place)
		if err != nil {
			return 0, err
		}
		defer func() { _ = connection.Close() }()
		spoken, ok := connection.(*tls.Conn)
		if !ok {
			return 0, nil
		}
		return spoken.ConnectionState().Version, nil
	}
	version, err := speak(tls.VersionTLS12, tls.VersionTLS13)
	if err != nil {
		v.must(false, "%s does not speak TLS 1.2 or newer: %s", what, oneLine(err.Error()))
		return
	}
	v.saw("%s: %s", what, tls.VersionName(version))
	if old, err := speak(tls.VersionTLS10, tls.VersionTLS11); err == nil {
		v.saw("%s: takes %s, too", what, tls.VersionName(old))
		v.must(!ours, "%s takes %s", what, tls.VersionName(old))
	}
}

func headersAreSent(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	answer, err := fetch(ctx, s, s.Site+"/")
	if err != nil {
		v.must(false, "the site does not answer: %s", oneLine(err.Error()))
		return v.give()
	}
	for name, parts := range map[string][]string{
		"Strict-Transport-Security": {"max-age=31536000", "includeSubDomains", "preload"},
		"X-Content-Type-Options":    {"nosniff"},
		"X-Frame-Options":           {"DENY"},
		"Referrer-Policy":           {"strict-origin-when-cross-origin"},
		"Content-Security-Policy":   {"default-src 'self'", "frame-ancestors 'none'", "object-src 'none'"},
	} {
		sent := answer.header.Get(name)
		for _, part := range parts {
			v.must(strings.Contains(strings.ToLower(sent), strings.ToLower(part)), "%s is %q, without %q", name, sent, part)
		}
	}
	v.must(!strings.Contains(answer.header.Get("Content-Security-Policy"), "unsafe-"), "the Content-Security-Policy allows something unsafe")
	v.saw("%d headers with status %d %s", len(answer.header), answer.status, http.StatusText(answer.status))
	return v.give()
}

func protocolsAreOn(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	d, err := distribution(ctx, s)
	if err != nil {
		return nil, err
	}
	v.saw("enabled %v, IPv6 %v, %s", aws.ToBool(d.Enabled), aws.ToBool(d.IsIPV6Enabled), d.HttpVersion)
	v.must(aws.ToBool(d.Enabled), "the distribution is switched off")
	v.must(aws.ToBool(d.IsIPV6Enabled), "the site is not reached by IPv6")
	v.must(d.HttpVersion == cftypes.HttpVersionHttp2and3, "the site speaks %s, not HTTP/2 and HTTP/3", d.HttpVersion)
	return v.give()
}
