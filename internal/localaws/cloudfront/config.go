package cloudfront

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

const version = "/2020-05-31/"

// The parts of a distribution as the emulator tells them.
type (
	distribution struct {
		ID         string `xml:"Id"`
		ARN        string
		DomainName string
		Config     struct {
			Enabled           bool
			Aliases           []string `xml:"Aliases>Items>CNAME"`
			Comment           string
			DefaultRootObject string
			Origins           []origin        `xml:"Origins>Items>Origin"`
			Default           behaviour       `xml:"DefaultCacheBehavior"`
			Behaviours        []behaviour     `xml:"CacheBehaviors>Items>CacheBehavior"`
			Errors            []errorResponse `xml:"CustomErrorResponses>Items>CustomErrorResponse"`
		} `xml:"DistributionConfig"`
	}
	origin struct {
		ID         string `xml:"Id"`
		DomainName string
		OriginPath string
		Control    string `xml:"OriginAccessControlId"`
		Headers    []struct {
			Name  string `xml:"HeaderName"`
			Value string `xml:"HeaderValue"`
		} `xml:"CustomHeaders>Items>OriginCustomHeader"`
	}
	behaviour struct {
		PathPattern             string
		TargetOriginID          string   `xml:"TargetOriginId"`
		AllowedMethods          []string `xml:"AllowedMethods>Items>Method"`
		CachedMethods           []string `xml:"AllowedMethods>CachedMethods>Items>Method"`
		Compress                bool
		CachePolicyID           string        `xml:"CachePolicyId"`
		OriginRequestPolicyID   string        `xml:"OriginRequestPolicyId"`
		ResponseHeadersPolicyID string        `xml:"ResponseHeadersPolicyId"`
		Functions               []association `xml:"FunctionAssociations>Items>FunctionAssociation"`
	}
	association struct {
		ARN       string `xml:"FunctionARN"`
		EventType string
	}
	errorResponse struct {
		ErrorCode          int
		ResponsePagePath   string
		ResponseCode       string
		ErrorCachingMinTTL *int // seconds
	}
	summary struct {
		ID         string `xml:"Id"`
		DomainName string
	}
	cachePolicy struct {
		MinTTL     float64    `xml:"CachePolicyConfig>MinTTL"` // seconds
		DefaultTTL float64    `xml:"CachePolicyConfig>DefaultTTL"`
		MaxTTL     float64    `xml:"CachePolicyConfig>MaxTTL"`
		Parameters parameters `xml:"CachePolicyConfig>ParametersInCacheKeyAndForwardedToOrigin"`
	}
	originRequestPolicy struct {
		Parameters parameters `xml:"OriginRequestPolicyConfig"`
	}
	parameters struct {
		Gzip    bool `xml:"EnableAcceptEncodingGzip"`
		Brotli  bool `xml:"EnableAcceptEncodingBrotli"`
		Headers struct {
			Behaviour string   `xml:"HeaderBehavior"`
			Names     []string `xml:"Headers>Items>Name"`
		} `xml:"HeadersConfig"`
		Cookies struct {
			Behaviour string   `xml:"CookieBehavior"`
			Names     []string `xml:"Cookies>Items>Name"`
		} `xml:"CookiesConfig"`
		Query struct {
			Behaviour string   `xml:"QueryStringBehavior"`
			Names     []string `xml:"QueryStrings>Items>Name"`
		} `xml:"QueryStringsConfig"`
	}
	headersPolicy struct {
		Security securityHeaders `xml:"ResponseHeadersPolicyConfig>SecurityHeadersConfig"`
		Custom   []struct {
			Header, Value string
			Override      bool
		} `xml:"ResponseHeadersPolicyConfig>CustomHeadersConfig>Items>ResponseHeadersPolicyCustomHeader"`
		Removed []struct{ Header string } `xml:"ResponseHeadersPolicyConfig>RemoveHeadersConfig>Items>ResponseHeadersPolicyRemoveHeader"`
	}
	securityHeaders struct {
		ContentSecurityPolicy *struct {
			Override bool
			Value    string `xml:"ContentSecurityPolicy"`
		}
		ContentTypeOptions *struct{ Override bool }
		FrameOptions       *struct {
			Override bool
			Value    string `xml:"FrameOption"`
		}
		ReferrerPolicy *struct {
			Override bool
			Value    string `xml:"ReferrerPolicy"`
		}
		StrictTransportSecurity *struct {
			Override          bool
			Seconds           int `xml:"AccessControlMaxAgeSec"`
			IncludeSubdomains bool
			Preload           bool
		}
		XSSProtection *struct {
			Override   bool
			Protection bool
			ModeBlock  bool
		}
	}
)

// configs reads settings from the emulator and remembers them until something is
// changed.
type configs struct {
	emulator *upstream.Client

	mu         sync.Mutex
	generation int
	known      map[string]any // by what was asked
}

func newConfigs(emulator *upstream.Client) *configs {
	return &configs{emulator: emulator, known: map[string]any{}}
}

func (c *configs) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	clear(c.known)
}

// remembered gives what was read under a key, else reads and keeps it.
func remembered[T any](c *configs, key string, read func() (*T, error)) (*T, error) {
	c.mu.Lock()
	generation := c.generation
	if value, ok := c.known[key].(*T); ok {
		c.mu.Unlock()
		return value, nil
	}
	c.mu.Unlock()
	value, err := read()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation == generation {
		c.known[key] = value
	}
	return value, nil
}

// ask reads one thing by its path below the API's version.
func ask[T any](ctx context.Context, c *configs, target string) (*T, error) {
	return remembered(c, target, func() (*T, error) {
		var value T
		if err := c.emulator.GetXML(ctx, "cloudfront", "us-east-1", version+target, &value); err != nil {
			return nil, fmt.Errorf("reading %s: %w", target, err)
		}
		return &value, nil
	})
}

func (c *configs) list(ctx context.Context) ([]summary, error) {
	type listing struct {
		Items []summary `xml:"Items>DistributionSummary"`
	}
	found, err := ask[listing](ctx, c, "distribution")
	if err != nil {
		return nil, err
	}
	return found.Items, nil
}

// find gives a distribution by its id, in any case, or its domain name's first
// label; nil where there is none.
func (c *configs) find(ctx context.Context, name string) (*distribution, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		label, _, _ := strings.Cut(one.DomainName, ".")
		if strings.EqualFold(one.ID, name) || strings.EqualFold(label, name) {
			return ask[distribution](ctx, c, "distribution/"+one.ID)
		}
	}
	return nil, nil //nolint:nilnil // there is none
}

// function gives the code of a function's live stage, compiled.
func (c *configs) function(ctx context.Context, arn string) (*goja.Program, error) {
	_, name, _ := strings.Cut(arn, ":function/")
	return remembered(c, arn, func() (*goja.Program, error) {
		request, err := c.emulator.Request(ctx, "cloudfront", "us-east-1", http.MethodGet, version+"function/"+url.PathEscape(name)+"?Stage=LIVE", nil)
		if err != nil {
			return nil, err
		}
		_, code, err := c.emulator.Send(request)
		if err != nil {
			return nil, fmt.Errorf("reading function %s: %w", name, err)
		}
		return goja.Compile(name+".js", string(code), false)
	})
}

// grants are what a bucket's policy gives CloudFront.
type grants struct{ read, list bool }

// strs is one text or several in JSON.
type strs []string

func (s *strs) UnmarshalJSON(content []byte) error {
	var one string
	if json.Unmarshal(content, &one) == nil {
		*s = strs{one}
		return nil
	}
	return json.Unmarshal(content, (*[]string)(s))
}

// principal is who a statement is about; text only for everybody.
type principal struct {
	everybody bool
	services  strs
}

func (p *principal) UnmarshalJSON(content []byte) error {
	var one string
	if json.Unmarshal(content, &one) == nil {
		p.everybody = one == "*"
		return nil
	}
	var parts struct{ Service, AWS strs }
	err := json.Unmarshal(content, &parts)
	p.services = parts.Service
	p.everybody = len(parts.AWS) == 1 && parts.AWS[0] == "*"
	return err
}

// policy is a bucket's policy.
type policy struct {
	Statement []struct {
		Effect    string
		Principal principal
		Action    strs
		Condition map[string]map[string]strs
	}
}

// grants reads what a bucket's policy gives a distribution that signs its requests
// (signed), or one that comes as anybody.
func (c *configs) grants(ctx context.Context, bucket, arn string, signed bool) (*grants, error) {
	return remembered(c, fmt.Sprintf("policy %s %s %t", bucket, arn, signed), func() (*grants, error) {
		var said policy
		err := c.emulator.Get(ctx, "s3", "us-east-1", "/"+bucket+"?policy", &said)
		if upstream.NotFound(err) {
			return &grants{}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the policy of bucket %s: %w", bucket, err)
		}
		g := &grants{}
		for _, statement := range said.Statement {
			service := signed && len(statement.Principal.services) > 0 && statement.Principal.services[0] == "cloudfront.amazonaws.com"
			if statement.Effect != "Allow" || !service && !statement.Principal.everybody || !holds(statement.Condition, arn) {
				continue
			}
			for _, action := range statement.Action {
				g.read = g.read || covers(action, "s3:GetObject")
				g.list = g.list || covers(action, "s3:ListBucket")
			}
		}
		return g, nil
	})
}

// holds reports whether a statement's condition, if it has one, names the
// distribution.
func holds(conditions map[string]map[string]strs, arn string) bool {
	for operator, keys := range conditions {
		for key, values := range keys {
			if !strings.EqualFold(key, "aws:SourceArn") {
				return false
			}
			matched := false
			for _, value := range values {
				matched = matched || value == arn || strings.Contains(operator, "Like") && wildcard(value, arn)
			}
			if !matched {
				return false
			}
		}
	}
	return true
}

func covers(pattern, action string) bool {
	return wildcard(strings.ToLower(pattern), strings.ToLower(action))
}

// invalidation gives the distribution and the paths of CreateInvalidation; "" for
// any other request. It leaves the body as it was.
func invalidation(r *http.Request) (id string, paths []string) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/") // VERSION/distribution/ID/invalidation
	if r.Method != http.MethodPost || len(parts) != 4 || parts[1] != "distribution" || parts[3] != "invalidation" {
		return "", nil
	}
	const maxBatch = 1 << 20 // bytes; AWS takes 3,000 paths
	body, ok := upstream.Peek(r, maxBatch)
	if !ok {
		return "", nil
	}
	var batch struct {
		Paths []string `xml:"Paths>Items>Path"`
	}
	if xml.Unmarshal(body, &batch) != nil { //nolint:gosec // into texts of ours, nothing else
		return "", nil
	}
	return parts[2], batch.Paths
}
