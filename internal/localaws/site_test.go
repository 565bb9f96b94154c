package localaws_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// site is a distribution as modules/frontend makes one, with the functions of that
// module, in front of a bucket and an API.
type site struct {
	app    *application
	edge   *cloudfront.Client
	bucket *s3.Client
	id     string
	base   string
}

const bucketName = "pages-site"

func (s *site) put(t *testing.T, key, kind, control, content string) {
	t.Helper()
	if _, err := s.bucket.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucketName), Key: &key, ContentType: &kind, CacheControl: &control, Body: strings.NewReader(content),
	}); err != nil {
		t.Fatal(err)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{app: newApplication(t)}
	var err error
	if s.bucket, err = bucket(t.Context(), s.app.to, bucketName); err != nil {
		t.Fatal(err)
	}
	s.put(t, "index.html", "text/html; charset=utf-8", "no-cache", "<p>first</p>")
	s.put(t, "assets/app.js", "text/javascript", "public, max-age=31536000, immutable", strings.Repeat("let goals = 1;\n", 200))
	s.put(t, "robots.txt", "text/plain", "max-age=60", "none")
	s.edge = cloudfront.NewFromConfig(s.app.to)
	none := cftypes.ParametersInCacheKeyAndForwardedToOrigin{
		CookiesConfig:              &cftypes.CachePolicyCookiesConfig{CookieBehavior: cftypes.CachePolicyCookieBehaviorNone},
		EnableAcceptEncodingGzip:   aws.Bool(true),
		HeadersConfig:              &cftypes.CachePolicyHeadersConfig{HeaderBehavior: cftypes.CachePolicyHeaderBehaviorNone},
		QueryStringsConfig:         &cftypes.CachePolicyQueryStringsConfig{QueryStringBehavior: cftypes.CachePolicyQueryStringBehaviorNone},
		EnableAcceptEncodingBrotli: aws.Bool(true),
	}
	policy, err := s.edge.CreateCachePolicy(t.Context(), &cloudfront.CreateCachePolicyInput{CachePolicyConfig: &cftypes.CachePolicyConfig{
		Name: aws.String("pages"), MinTTL: aws.Int64(0), DefaultTTL: aws.Int64(300), MaxTTL: aws.Int64(31536000), ParametersInCacheKeyAndForwardedToOrigin: &none,
	}})
	if err != nil {
		t.Fatal(err)
	}
	headers, err := s.edge.CreateResponseHeadersPolicy(t.Context(), &cloudfront.CreateResponseHeadersPolicyInput{ResponseHeadersPolicyConfig: &cftypes.ResponseHeadersPolicyConfig{
		Name: aws.String("pages"), SecurityHeadersConfig: &cftypes.ResponseHeadersPolicySecurityHeadersConfig{
			ContentSecurityPolicy:   &cftypes.ResponseHeadersPolicyContentSecurityPolicy{ContentSecurityPolicy: aws.String("default-src 'self'"), Override: aws.Bool(true)},
			ContentTypeOptions:      &cftypes.ResponseHeadersPolicyContentTypeOptions{Override: aws.Bool(true)},
			FrameOptions:            &cftypes.ResponseHeadersPolicyFrameOptions{FrameOption: cftypes.FrameOptionsListDeny, Override: aws.Bool(true)},
			StrictTransportSecurity: &cftypes.ResponseHeadersPolicyStrictTransportSecurity{AccessControlMaxAgeSec: aws.Int32(31536000), IncludeSubdomains: aws.Bool(true), Override: aws.Bool(true), Preload: aws.Bool(true)},
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.distribute(t, policy.CachePolicy.Id, headers.ResponseHeadersPolicy.Id)
	return s
}

// edgeFunction publishes a function of modules/frontend.
func (s *site) edgeFunction(t *testing.T, name string) *cftypes.FunctionAssociations {
	t.Helper()
	code, err := os.ReadFile("../../modules/frontend/functions/" + name + ".js")
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.edge.CreateFunction(t.Context(), &cloudfront.CreateFunctionInput{
		Name: &name, FunctionCode: code, FunctionConfig: &cftypes.FunctionConfig{Comment: &name, Runtime: cftypes.FunctionRuntimeCloudfrontJs20},
	})
	if err != nil {
		t.Fatal(err)
	}
	published, err := s.edge.PublishFunction(t.Context(), &cloudfront.PublishFunctionInput{Name: &name, IfMatch: made.ETag})
	if err != nil {
		t.Fatal(err)
	}
	return &cftypes.FunctionAssociations{Quantity: aws.Int32(1), Items: []cftypes.FunctionAssociation{
		{EventType: cftypes.EventTypeViewerRequest, FunctionARN: published.FunctionSummary.FunctionMetadata.FunctionARN},
	}}
}

func methods(names ...cftypes.Method) *cftypes.AllowedMethods {
	return &cftypes.AllowedMethods{
		Quantity: aws.Int32(int32(len(names))), Items: names, //nolint:gosec // a handful
		CachedMethods: &cftypes.CachedMethods{Quantity: aws.Int32(2), Items: []cftypes.Method{"GET", "HEAD"}},
	}
}

func (s *site) distribute(t *testing.T, policy, headers *string) {
	t.Helper()
	_, created, err := distribution(t.Context(), s.app.to, "pages", func(c *cftypes.DistributionConfig) {
		c.DefaultRootObject = aws.String("index.html")
		c.Origins.Items[0].DomainName = aws.String(bucketName + ".s3." + region + ".amazonaws.com")
		c.Origins.Items = append(c.Origins.Items, cftypes.Origin{
			Id: aws.String("api"), DomainName: aws.String(s.app.id + ".execute-api." + region + ".amazonaws.com"), OriginPath: aws.String("/v1"),
			CustomOriginConfig: &cftypes.CustomOriginConfig{HTTPPort: aws.Int32(80), HTTPSPort: aws.Int32(443), OriginProtocolPolicy: cftypes.OriginProtocolPolicyHttpsOnly},
		})
		c.Origins.Quantity = aws.Int32(2)
		c.DefaultCacheBehavior.CachePolicyId, c.DefaultCacheBehavior.ResponseHeadersPolicyId = policy, headers
		c.DefaultCacheBehavior.Compress = aws.Bool(true)
		c.DefaultCacheBehavior.AllowedMethods = methods("GET", "HEAD", "OPTIONS")
		c.DefaultCacheBehavior.FunctionAssociations = s.edgeFunction(t, "single_page")
		c.CacheBehaviors = &cftypes.CacheBehaviors{Quantity: aws.Int32(2), Items: []cftypes.CacheBehavior{
			{
				PathPattern: aws.String("/api/*"), TargetOriginId: aws.String("api"), ViewerProtocolPolicy: cftypes.ViewerProtocolPolicyRedirectToHttps,
				CachePolicyId:         aws.String("4135ea2d-6df8-44a3-9df3-4b5a84be39ad"),
				OriginRequestPolicyId: aws.String("b689b0a8-53d0-40ab-baf2-68738e2966ac"), ResponseHeadersPolicyId: headers,
				AllowedMethods: methods("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"), FunctionAssociations: s.edgeFunction(t, "api_path"),
			},
			{
				PathPattern: aws.String("/assets/*"), TargetOriginId: aws.String("site"), ViewerProtocolPolicy: cftypes.ViewerProtocolPolicyRedirectToHttps,
				CachePolicyId: policy, ResponseHeadersPolicyId: headers, AllowedMethods: methods("GET", "HEAD"), Compress: aws.Bool(true),
			},
		}}
		c.CustomErrorResponses = &cftypes.CustomErrorResponses{Quantity: aws.Int32(2), Items: []cftypes.CustomErrorResponse{
			{ErrorCode: aws.Int32(403), ErrorCachingMinTTL: aws.Int64(0), ResponseCode: aws.String("200"), ResponsePagePath: aws.String("/index.html")},
			{ErrorCode: aws.Int32(404), ErrorCachingMinTTL: aws.Int64(0)},
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	s.id = *created.Distribution.Id
	s.base = *s.app.to.BaseEndpoint + "/_aws/cloudfront/" + s.id
	s.grant(t, `"Condition":{"StringEquals":{"aws:SourceArn":"`+*created.Distribution.ARN+`"}},`, `"s3:GetObject"`)
}

// grant sets the bucket's policy.
func (s *site) grant(t *testing.T, condition, actions string) {
	t.Helper()
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},` + condition +
		`"Action":[` + actions + `],"Resource":["arn:aws:s3:::` + bucketName + `","arn:aws:s3:::` + bucketName + `/*"]}]}`
	if _, err := s.bucket.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(bucketName), Policy: &policy}); err != nil {
		t.Fatal(err)
	}
}

// got is an answer in short: status, where it comes from, and its body.
func got(r reply) []any { return []any{r.status, r.header.Get("X-Cache"), r.body} }

const (
	miss   = "Miss from cloudfront"
	hit    = "Hit from cloudfront"
	failed = "Error from cloudfront"
)

func TestSite(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	signed := map[string]string{"Authorization": s.app.token}
	index := []any{200, miss, "<p>first</p>"}

	t.Run("pages", func(t *testing.T) {
		for _, path := range []string{"/", "/goals/42", "/index.html"} {
			if diff := cmp.Diff(index, got(send(t, "GET", s.base+path, "", nil))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		}
		for _, host := range []string{strings.ToLower(s.id) + ".cloudfront.localhost:1", s.id + ".cloudfront.localhost"} {
			if diff := cmp.Diff(index, got(send(t, "GET", *s.app.to.BaseEndpoint+"/goals/42", "", map[string]string{"Host": host}))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", host, diff)
			}
		}
		// A file that is missing is the page, marked as the error that it was.
		if diff := cmp.Diff([]any{200, failed, "<p>first</p>"}, got(send(t, "GET", s.base+"/assets/old.js", "", nil))); diff != "" {
			t.Errorf("a missing file (-want +got):\n%s", diff)
		}
	})
	t.Run("headers", func(t *testing.T) {
		answer := send(t, "GET", s.base+"/", "", nil)
		want := map[string]string{
			"Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload", "Content-Security-Policy": "default-src 'self'",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-cache", "Content-Type": "text/html; charset=utf-8",
		}
		for name, value := range want {
			if answer.header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, answer.header.Get(name), value)
			}
		}
	})
	t.Run("cache", func(t *testing.T) { s.cache(t) })
	t.Run("transfer", func(t *testing.T) { s.transfer(t) })
	t.Run("API", func(t *testing.T) {
		answer := send(t, "POST", s.base+"/api/goals/7?a=b", `{}`, signed)
		if answer.status != 200 || !strings.Contains(answer.body, `"path":"/goals/7"`) || !strings.Contains(answer.body, `"queryStringParameters":{"a":"b"}`) ||
			!strings.Contains(answer.body, `"body":"{}"`) || answer.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("got %d %v %s", answer.status, answer.header, answer.body)
		}
		// Its 404 stays its own, and nobody else's.
		if diff := cmp.Diff([]any{404, failed, "none"}, got(send(t, "GET", s.base+"/api/missing", "", nil))); diff != "" {
			t.Errorf("a missing goal (-want +got):\n%s", diff)
		}
		if answer := send(t, "GET", s.base+"/api/goals/7", "", nil); answer.status != 401 {
			t.Errorf("without token: %d %s", answer.status, answer.body)
		}
	})
	t.Run("other methods", func(t *testing.T) {
		if diff := cmp.Diff([]any{200, failed, "<p>first</p>"}, got(send(t, "POST", s.base+"/", "", nil))); diff != "" {
			t.Errorf("POST (-want +got):\n%s", diff) // 403 is the page here, as on AWS
		}
	})
	t.Run("the bucket's policy", func(t *testing.T) { s.policies(t) })
	t.Run("endpoints", func(t *testing.T) {
		status, err := localaws.Describe(t.Context(), s.app.dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range status.Endpoints {
			if e.Kind == "site" && e.Name == "pages" && strings.HasPrefix(e.URL, "http://"+strings.ToLower(s.id)+".cloudfront.localhost:") {
				return
			}
		}
		t.Errorf("no site among %v", status.Endpoints)
	})
}

// cache changes files behind the distribution's back.
func (s *site) cache(t *testing.T) {
	first := got(send(t, "GET", s.base+"/robots.txt", "", nil))
	s.put(t, "robots.txt", "text/plain", "max-age=60", "all")
	kept := got(send(t, "GET", s.base+"/robots.txt?any=query", "", nil))
	if _, err := s.edge.CreateInvalidation(t.Context(), &cloudfront.CreateInvalidationInput{
		DistributionId: &s.id, InvalidationBatch: &cftypes.InvalidationBatch{
			CallerReference: aws.String("1"), Paths: &cftypes.Paths{Quantity: aws.Int32(1), Items: []string{"/rob*"}},
		},
	}); err != nil {
		t.Fatal(err)
	}
	fresh := got(send(t, "GET", s.base+"/robots.txt", "", nil))
	want := []any{[]any{200, miss, "none"}, []any{200, hit, "none"}, []any{200, miss, "all"}}
	if diff := cmp.Diff(want, []any{first, kept, fresh}); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// transfer asks for a file packed, in part, not again and not at all.
func (s *site) transfer(t *testing.T) {
	address := s.base + "/assets/app.js"
	plain := send(t, "GET", address, "", nil)
	packed := send(t, "GET", address, "", map[string]string{"Accept-Encoding": "br, gzip"})
	reader, err := gzip.NewReader(strings.NewReader(packed.body))
	if err != nil {
		t.Fatalf("%v: %v", err, packed.header)
	}
	unpacked, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	if plain.status != 200 || string(unpacked) != plain.body || !strings.HasPrefix(plain.body, "let goals") || len(packed.body) >= len(plain.body) {
		t.Errorf("plain %d of %d bytes, packed %d bytes", plain.status, len(plain.body), len(packed.body))
	}
	tag := plain.header.Get("Etag")
	part := send(t, "GET", address, "", map[string]string{"Range": "bytes=4-8"})
	again := send(t, "GET", address, "", map[string]string{"If-None-Match": tag})
	since := send(t, "GET", address, "", map[string]string{"If-Modified-Since": plain.header.Get("Last-Modified")})
	head := send(t, "HEAD", address, "", nil)
	said := []any{part.status, part.body, part.header.Get("Content-Range"), again.status, again.body, since.status, head.status, head.body, head.header.Get("Content-Length")}
	want := []any{http.StatusPartialContent, "goals", "bytes 4-8/3000", 304, "", 304, 200, "", "3000"}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// policies shows what the bucket's policy decides.
func (s *site) policies(t *testing.T) {
	status := func(path string) int { return send(t, "GET", s.base+path, "", nil).status }
	s.grant(t, "", `"s3:GetObject","s3:ListBucket"`)
	listed := status("/assets/old.js") // told that it is missing, so no page
	s.grant(t, `"Condition":{"StringEquals":{"aws:SourceArn":"arn:aws:cloudfront::123456789012:distribution/OTHER"}},`, `"s3:GetObject"`)
	refused := status("/goals/1")
	if diff := cmp.Diff([]int{404, 403}, []int{listed, refused}); diff != "" {
		t.Errorf("statuses of a listed bucket and another distribution's (-want +got):\n%s", diff)
	}
}
