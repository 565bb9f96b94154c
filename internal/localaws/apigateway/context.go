package apigateway

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// call is one request to a stage, and what is known of it: the variables that
// templates and access logs call $context.
type call struct {
	stage    *deployedStage
	request  *http.Request
	path     string // of the resource, as it stands in the request
	account  string
	id       string
	extended string
	trace    string
	begin    time.Time
	body     []byte

	resource *resource
	values   map[string]string // of the path
	method   method
	claims   map[string]string

	problem            *problem
	integrationStatus  int
	integrationLatency time.Duration
	integrationError   string
	status             int
	length             int
	end                time.Time
}

// requestTime is the form of $context.requestTime, that of the Common Log Format.
const requestTime = "02/Jan/2006:15:04:05 -0700"

func (c *call) sourceIP() string {
	ip, _, err := net.SplitHostPort(c.request.RemoteAddr)
	if err != nil {
		return c.request.RemoteAddr
	}
	return ip
}

// domain is the API's own host name, however it was asked here.
func (c *call) domain() string {
	return c.stage.rest.ID + ".execute-api." + c.stage.region + ".amazonaws.com"
}

func (c *call) stagePath() string {
	path, err := url.PathUnescape(c.path)
	if err != nil {
		path = c.path
	}
	return "/" + c.stage.StageName + path
}

// variable gives $context.NAME; false where it has no value.
func (c *call) variable(name string) (string, bool) {
	if claim, ok := strings.CutPrefix(name, "authorizer.claims."); ok {
		value, ok := c.claims[claim]
		return value, ok
	}
	value := ""
	switch name {
	case "accountId":
		value = c.account
	case "apiId":
		value = c.stage.rest.ID
	case "authorizer.principalId":
		value = c.claims["sub"]
	case "deploymentId":
		value = c.stage.DeploymentID
	case "domainName":
		value = c.domain()
	case "domainPrefix":
		value = c.stage.rest.ID
	case "extendedRequestId":
		value = c.extended
	case "httpMethod":
		value = c.request.Method
	case "identity.sourceIp":
		value = c.sourceIP()
	case "identity.userAgent":
		value = c.request.UserAgent()
	case "path":
		value = c.stagePath()
	case "protocol":
		value = c.request.Proto
	case "requestId":
		value = c.id
	case "requestTime":
		value = c.begin.UTC().Format(requestTime)
	case "requestTimeEpoch":
		value = strconv.FormatInt(c.begin.UnixMilli(), 10)
	case "stage":
		value = c.stage.StageName
	case "xrayTraceId":
		if c.stage.TracingEnabled {
			value = strings.TrimPrefix(strings.Split(c.trace, ";")[0], "Root=")
		}
	default:
		value = c.outcome(name)
	}
	return value, value != ""
}

// outcome gives the variables that are known once the request was worked on.
func (c *call) outcome(name string) string {
	switch name {
	case "error.message":
		if c.problem != nil {
			return c.problem.message
		}
	case "error.messageString":
		if c.problem != nil {
			quoted, _ := json.Marshal(c.problem.message) // a string always encodes
			return string(quoted)
		}
	case "error.responseType":
		if c.problem != nil {
			return c.problem.kind
		}
	case "integration.error", "integrationErrorMessage":
		return c.integrationError
	case "integration.latency", "integrationLatency":
		if c.integrationStatus != 0 {
			return strconv.FormatInt(c.integrationLatency.Milliseconds(), 10)
		}
	case "integration.status", "integrationStatus", "integration.integrationStatus":
		if c.integrationStatus != 0 {
			return strconv.Itoa(c.integrationStatus)
		}
	case "resourceId":
		if c.resource != nil {
			return c.resource.ID
		}
	case "resourcePath":
		if c.resource != nil {
			return c.resource.Path
		}
	case "responseLatency":
		if !c.end.IsZero() {
			return strconv.FormatInt(c.end.Sub(c.begin).Milliseconds(), 10)
		}
	case "responseLength":
		if c.status != 0 {
			return strconv.Itoa(c.length)
		}
	case "status":
		if c.status != 0 {
			return strconv.Itoa(c.status)
		}
	}
	return ""
}

var variables = regexp.MustCompile(`\$(context|stageVariables)\.([A-Za-z0-9_]+(?:[.:][A-Za-z0-9_]+)*)`)

// fill puts the values of variables into a text; missing stands for those that have
// none, and escape words the others.
func (c *call) fill(text, missing string, escape func(string) string) string {
	return variables.ReplaceAllStringFunc(text, func(found string) string {
		parts := variables.FindStringSubmatch(found)
		value, ok := c.variable(parts[2])
		if parts[1] == "stageVariables" {
			value, ok = c.stage.Variables[parts[2]]
		}
		if !ok {
			return missing
		}
		if parts[2] == "error.messageString" {
			return value // is JSON already
		}
		return escape(value)
	})
}

// inJSON words a value for the inside of a JSON string.
func inJSON(value string) string {
	quoted, err := json.Marshal(value)
	if err != nil { // a string always encodes
		return ""
	}
	return string(quoted[1 : len(quoted)-1])
}

// traceOf gives the trace that a request belongs to, a new one where it has none.
func traceOf(header string, sampled bool, now time.Time, random string) string {
	if strings.Contains(header, "Root=") {
		return header
	}
	const rootLength = 24
	trace := fmt.Sprintf("Root=1-%08x-%s", now.Unix(), random[:rootLength])
	if sampled {
		trace += ";Sampled=1"
	}
	return trace
}
