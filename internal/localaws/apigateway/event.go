package apigateway

import (
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// event is what a function gets of a request: version 1.0 of API Gateway's proxy
// events. What a request does not have is null.
type event struct {
	Resource                        string              `json:"resource"`
	Path                            string              `json:"path"` // without the stage
	HTTPMethod                      string              `json:"httpMethod"`
	Headers                         map[string]string   `json:"headers"` // the last value of each
	MultiValueHeaders               map[string][]string `json:"multiValueHeaders"`
	QueryStringParameters           map[string]string   `json:"queryStringParameters"`
	MultiValueQueryStringParameters map[string][]string `json:"multiValueQueryStringParameters"`
	PathParameters                  map[string]string   `json:"pathParameters"`
	StageVariables                  map[string]string   `json:"stageVariables"`
	RequestContext                  requestContext      `json:"requestContext"`
	Body                            *string             `json:"body"`
	IsBase64Encoded                 bool                `json:"isBase64Encoded"`
}

type requestContext struct {
	ResourceID        string            `json:"resourceId"`
	Authorizer        *authorizerResult `json:"authorizer,omitempty"`
	ResourcePath      string            `json:"resourcePath"`
	OperationName     string            `json:"operationName,omitempty"`
	HTTPMethod        string            `json:"httpMethod"`
	ExtendedRequestID string            `json:"extendedRequestId"`
	RequestTime       string            `json:"requestTime"`
	Path              string            `json:"path"` // with the stage
	AccountID         string            `json:"accountId"`
	Protocol          string            `json:"protocol"`
	Stage             string            `json:"stage"`
	DomainPrefix      string            `json:"domainPrefix"`
	RequestTimeEpoch  int64             `json:"requestTimeEpoch"` // milliseconds
	RequestID         string            `json:"requestId"`
	Identity          identity          `json:"identity"`
	DomainName        string            `json:"domainName"`
	DeploymentID      string            `json:"deploymentId"`
	APIID             string            `json:"apiId"`
}

type authorizerResult struct {
	Claims map[string]string `json:"claims"`
}

// identity has the members of AWS's; those of IAM and Cognito identities are null.
type identity struct {
	CognitoIdentityPoolID         *string `json:"cognitoIdentityPoolId"`
	AccountID                     *string `json:"accountId"`
	CognitoIdentityID             *string `json:"cognitoIdentityId"`
	Caller                        *string `json:"caller"`
	SourceIP                      string  `json:"sourceIp"`
	PrincipalOrgID                *string `json:"principalOrgId"`
	AccessKey                     *string `json:"accessKey"`
	CognitoAuthenticationType     *string `json:"cognitoAuthenticationType"`
	CognitoAuthenticationProvider *string `json:"cognitoAuthenticationProvider"`
	UserArn                       *string `json:"userArn"`
	UserAgent                     string  `json:"userAgent"`
	User                          *string `json:"user"`
}

// event makes the event of a call.
func (c *call) event() event {
	headers := c.headers()
	single, query := last(headers), c.request.URL.Query()
	body, encoded := c.eventBody()
	e := event{
		Resource: c.resource.Path, Path: strings.TrimPrefix(c.stagePath(), "/"+c.stage.StageName), HTTPMethod: c.request.Method,
		Headers: single, MultiValueHeaders: headers,
		QueryStringParameters: last(query), MultiValueQueryStringParameters: query,
		PathParameters: c.values, StageVariables: c.stage.Variables,
		Body: body, IsBase64Encoded: encoded,
		RequestContext: requestContext{
			ResourceID: c.resource.ID, ResourcePath: c.resource.Path, OperationName: c.method.OperationName,
			HTTPMethod: c.request.Method, ExtendedRequestID: c.extended, RequestTime: c.begin.UTC().Format(requestTime),
			Path: c.stagePath(), AccountID: c.account, Protocol: c.request.Proto, Stage: c.stage.StageName,
			DomainPrefix: c.stage.rest.ID, RequestTimeEpoch: c.begin.UnixMilli(), RequestID: c.id,
			Identity:   identity{SourceIP: c.sourceIP(), UserAgent: c.request.UserAgent()},
			DomainName: c.domain(), DeploymentID: c.stage.DeploymentID, APIID: c.stage.rest.ID,
		},
	}
	if c.claims != nil {
		e.RequestContext.Authorizer = &authorizerResult{Claims: c.claims}
	}
	if len(query) == 0 {
		e.QueryStringParameters, e.MultiValueQueryStringParameters = nil, nil
	}
	if len(c.stage.Variables) == 0 {
		e.StageVariables = nil
	}
	return e
}

// headers gives the request's headers, with those that API Gateway adds. The
// caller came by TLS as far as a function can tell: AWS knows nothing else.
func (c *call) headers() http.Header {
	headers := c.request.Header.Clone()
	for _, hop := range []string{"Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding", "Te", "Upgrade"} {
		headers.Del(hop)
	}
	headers.Set("Host", c.domain())
	headers.Set("X-Amzn-Trace-Id", c.trace)
	forwarded := c.sourceIP()
	if before := headers.Get("X-Forwarded-For"); before != "" {
		forwarded = before + ", " + forwarded
	}
	headers.Set("X-Forwarded-For", forwarded)
	headers.Set("X-Forwarded-Port", "443")
	headers.Set("X-Forwarded-Proto", "https")
	return headers
}

func last(values map[string][]string) map[string]string {
	single := make(map[string]string, len(values))
	for name, all := range values {
		single[name] = all[len(all)-1]
	}
	return single
}

// eventBody gives the body as text, or in base64 where its type is binary to the
// API; null where there is none.
func (c *call) eventBody() (body *string, encoded bool) {
	if len(c.body) == 0 {
		return nil, false
	}
	if binary(c.stage.binary, c.request.Header.Get("Content-Type")) {
		text := base64.StdEncoding.EncodeToString(c.body)
		return &text, true
	}
	text := string(c.body)
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD") // what is no text suffers, as on AWS
	}
	return &text, false
}

// binary reports whether a media type is one of the API's binary ones.
func binary(types []string, contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = contentType
	}
	if kind == "" {
		return slices.Contains(types, "*/*")
	}
	major, _, _ := strings.Cut(kind, "/")
	return slices.Contains(types, kind) || slices.Contains(types, major+"/*") || slices.Contains(types, "*/*")
}
