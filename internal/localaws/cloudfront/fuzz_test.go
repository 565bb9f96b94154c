package cloudfront

import (
	"encoding/json"
	"encoding/xml"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzWildcard: a pattern matches what its regular expression matches.
func FuzzWildcard(f *testing.F) {
	f.Add("a*b*c", "aXbYc")
	f.Add("*.jp?g", "a/b.jpeg")
	f.Add("**?", "\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if strings.ContainsFunc(pattern+text, func(r rune) bool { return r > 0x7e }) {
			return // paths are ASCII: others are escaped in them
		}
		expression := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		if want := regexp.MustCompile("(?s)^" + expression + "$").MatchString(text); wildcard(pattern, text) != want {
			t.Errorf("%q on %q: %t", pattern, text, !want)
		}
	})
}

// FuzzDistribution reads any answer about a distribution: it is the same when it is
// written and read again, and each path has the first behaviour that it matches.
func FuzzDistribution(f *testing.F) {
	f.Add([]byte(`<Distribution><Id>E1</Id><ARN>arn:aws:cloudfront::1:distribution/E1</ARN><DomainName>e1.cloudfront.net</DomainName><DistributionConfig>
		<Enabled>true</Enabled><Aliases><Quantity>1</Quantity><Items><CNAME>app.example.com</CNAME></Items></Aliases><DefaultRootObject>index.html</DefaultRootObject>
		<Origins><Items><Origin><Id>s3</Id><DomainName>b.s3.amazonaws.com</DomainName><CustomHeaders><Items><OriginCustomHeader><HeaderName>X</HeaderName><HeaderValue>y</HeaderValue></OriginCustomHeader></Items></CustomHeaders></Origin></Items></Origins>
		<DefaultCacheBehavior><TargetOriginId>s3</TargetOriginId><AllowedMethods><Items><Method>GET</Method></Items><CachedMethods><Items><Method>GET</Method></Items></CachedMethods></AllowedMethods></DefaultCacheBehavior>
		<CacheBehaviors><Items><CacheBehavior><PathPattern>/api/*</PathPattern><TargetOriginId>api</TargetOriginId><FunctionAssociations><Items><FunctionAssociation><FunctionARN>arn</FunctionARN><EventType>viewer-request</EventType></FunctionAssociation></Items></FunctionAssociations></CacheBehavior></Items></CacheBehaviors>
		<CustomErrorResponses><Items><CustomErrorResponse><ErrorCode>404</ErrorCode><ResponsePagePath>/index.html</ResponsePagePath><ResponseCode>200</ResponseCode><ErrorCachingMinTTL>0</ErrorCachingMinTTL></CustomErrorResponse></Items></CustomErrorResponses>
		</DistributionConfig></Distribution>`), "/api/goals")
	f.Add([]byte(`<Distribution><DistributionConfig><Enabled>maybe</Enabled></DistributionConfig></Distribution>`), "")
	f.Add([]byte(`<a`), "/")
	f.Fuzz(func(t *testing.T, content []byte, path string) {
		var d, again distribution
		if xml.Unmarshal(content, &d) != nil {
			return
		}
		written, err := xml.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := xml.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(d, again, cmp.AllowUnexported(distribution{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-first +second):\n%s", content, diff)
		}
		chosen := d.behaviour(path)
		for i := range d.Config.Behaviours {
			one := &d.Config.Behaviours[i]
			fits := wildcard(strings.TrimPrefix(one.PathPattern, "/"), strings.TrimPrefix(path, "/"))
			if fits && one != chosen {
				t.Errorf("%q is for %q, not for %q", path, one.PathPattern, chosen.PathPattern)
			}
			if fits {
				break
			}
		}
		if o := d.origin(chosen.TargetOriginID); o != nil && o.ID != chosen.TargetOriginID {
			t.Errorf("the origin %q for %q", o.ID, chosen.TargetOriginID)
		}
		if e := d.errorResponse(404); e != nil {
			if e.ErrorCode != 404 || errorLifetime(e, 404, 0, false) < 0 && (e.ErrorCachingMinTTL == nil || *e.ErrorCachingMinTTL >= 0) {
				t.Errorf("%+v for 404 is kept for %s", e, errorLifetime(e, 404, time.Minute, false))
			}
		}
	})
}

// FuzzPolicy reads any policy of a bucket: no condition that names another distribution
// holds for this one.
func FuzzPolicy(f *testing.F) {
	const arn = "arn:aws:cloudfront::123456789012:distribution/E1"
	f.Add([]byte(`{"Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": ["s3:GetObject"], "Condition": {"StringEquals": {"AWS:SourceArn": "` + arn + `"}}}]}`))
	f.Add([]byte(`{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Condition": {"StringLike": {"aws:SourceArn": ["arn:*"]}}}]}`))
	f.Add([]byte(`{"Statement": [{"Principal": {"AWS": ["*"]}, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, {"Principal": 1}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var said policy
		if json.Unmarshal(content, &said) != nil {
			return
		}
		for _, statement := range said.Statement {
			if statement.Principal.everybody && len(statement.Principal.services) > 0 && !strings.Contains(string(content), "*") {
				t.Errorf("%s is for everybody", content)
			}
			if !holds(statement.Condition, arn) {
				continue
			}
			for operator, keys := range statement.Condition {
				for key, values := range keys {
					named := false
					for _, value := range values {
						named = named || value == arn || strings.Contains(operator, "Like") && strings.ContainsAny(value, "*?")
					}
					if !named || !strings.EqualFold(key, "aws:SourceArn") {
						t.Errorf("%s %s %v holds for %s", operator, key, values, arn)
					}
				}
			}
		}
	})
}
