package apigateway

import (
	"net/http"
	"strconv"
	"strings"
)

// problem is what API Gateway answers by itself; kind is a type of gateway
// response, status the one that it has unless the API says another.
type problem struct {
	kind    string
	status  int
	name    string // the x-amzn-ErrorType
	message string
}

func (p *problem) Error() string { return p.kind + ": " + p.message }

func missingRoute() *problem {
	return &problem{"MISSING_AUTHENTICATION_TOKEN", http.StatusForbidden, "MissingAuthenticationTokenException", "Missing Authentication Token"}
}

func unauthorized(message string) *problem {
	return &problem{"UNAUTHORIZED", http.StatusUnauthorized, "UnauthorizedException", message}
}

func authorizerMisconfigured() *problem {
	return &problem{"AUTHORIZER_CONFIGURATION_ERROR", http.StatusInternalServerError, "AuthorizerConfigurationException", ""}
}

func throttled() *problem {
	return &problem{"THROTTLED", http.StatusTooManyRequests, "TooManyRequestsException", "Too Many Requests"}
}

func tooLarge() *problem {
	return &problem{"REQUEST_TOO_LARGE", http.StatusRequestEntityTooLarge, "RequestTooLargeException", "Request Too Long"}
}

func badParameters(names []string) *problem {
	return &problem{"BAD_REQUEST_PARAMETERS", http.StatusBadRequest, "BadRequestException",
		"Missing required request parameters: [" + strings.Join(names, ", ") + "]"}
}

func unsupportedMediaType() *problem {
	return &problem{"UNSUPPORTED_MEDIA_TYPE", http.StatusUnsupportedMediaType, "BadRequestException", "Unsupported Media Type"}
}

func misconfigured() *problem {
	return &problem{"API_CONFIGURATION_ERROR", http.StatusInternalServerError, "InternalServerErrorException", "Internal server error"}
}

// badFunction is what a failed function, or one that answers what it may not, is to
// the caller.
func badFunction() *problem {
	return &problem{"DEFAULT_5XX", http.StatusBadGateway, "InternalServerErrorException", "Internal server error"}
}

func timedOut() *problem {
	return &problem{"INTEGRATION_TIMEOUT", http.StatusGatewayTimeout, "InternalServerErrorException", "Endpoint request timed out"}
}

// answer is a response on its way to the caller.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// word makes the answer of a problem, as the API's gateway responses say.
func (c *call) word(p *problem) *answer {
	c.problem = p
	said, ok := c.stage.responses[p.kind]
	if !ok {
		kind := "DEFAULT_4XX"
		if p.status >= http.StatusInternalServerError {
			kind = "DEFAULT_5XX"
		}
		said = c.stage.responses[kind]
	}
	a := &answer{status: p.status, header: http.Header{"X-Amzn-Errortype": {p.name}, "Content-Type": {"application/json"}}}
	if status, err := strconv.Atoi(said.StatusCode); err == nil {
		a.status = status
	}
	template := `{"message":$context.error.messageString}`
	if p.message == "" {
		template = `{"message":null}`
	}
	if kind, chosen, ok := choose(said.ResponseTemplates, c.request.Header.Get("Accept")); ok {
		template = chosen
		a.header.Set("Content-Type", kind)
	}
	for name, value := range said.ResponseParameters {
		if header, ok := strings.CutPrefix(name, "gatewayresponse.header."); ok {
			a.header.Set(header, c.mapped(value))
		}
	}
	a.body = []byte(c.fill(template, "", func(value string) string { return value }))
	return a
}

// choose picks a template by what Accept asks for, application/json otherwise.
func choose(templates map[string]string, accept string) (kind, template string, ok bool) {
	for part := range strings.SplitSeq(accept, ",") {
		kind, _, _ = strings.Cut(strings.TrimSpace(part), ";")
		if template, ok = templates[kind]; ok {
			return kind, template, true
		}
	}
	template, ok = templates["application/json"]
	return "application/json", template, ok
}

// mapped gives the value of a response parameter: 'text', or a variable.
func (c *call) mapped(value string) string {
	if strings.HasPrefix(value, "'") && strings.HasSuffix(value, "'") && len(value) > 1 {
		return value[1 : len(value)-1]
	}
	switch place, name, _ := strings.Cut(value, "."); {
	case place == "context":
		found, _ := c.variable(name)
		return found
	case place == "stageVariables":
		return c.stage.Variables[name]
	case strings.HasPrefix(value, "method.request.header."):
		return c.request.Header.Get(strings.TrimPrefix(value, "method.request.header."))
	case strings.HasPrefix(value, "method.request.querystring."):
		return c.request.URL.Query().Get(strings.TrimPrefix(value, "method.request.querystring."))
	default:
		return ""
	}
}
