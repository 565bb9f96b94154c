package apigateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// longest is how long API Gateway waits for a function.
const longest = 29 * time.Second

// invoke asks the function behind a method.
func (p *Plane) invoke(c *call) (*answer, error) {
	function, ok := functionOf(c.fill(c.method.MethodIntegration.URI, "", func(value string) string { return value }))
	if !ok {
		return nil, fmt.Errorf("the integration's address %q names no function", c.method.MethodIntegration.URI)
	}
	payload, err := json.Marshal(c.event())
	if err != nil {
		return nil, err
	}
	wait := longest
	if ms := c.method.MethodIntegration.TimeoutInMillis; ms > 0 {
		wait = min(wait, time.Duration(ms)*time.Millisecond)
	}
	// A function runs on when its caller leaves; only the wait for it ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.request.Context()), wait)
	defer cancel()
	request, err := p.proxy.Request(ctx, "lambda", c.stage.region, http.MethodPost,
		"/2015-03-31/functions/"+url.PathEscape(function)+"/invocations", payload)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amzn-Trace-Id", c.trace)
	begin := p.options.Clock()
	header, result, err := p.proxy.Send(request)
	c.integrationLatency = p.options.Clock().Sub(begin)
	var refused *upstream.Error
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		c.integrationStatus, c.integrationError = http.StatusGatewayTimeout, "Execution failed due to a timeout error"
		return nil, timedOut()
	case errors.As(err, &refused):
		c.integrationStatus, c.integrationError = refused.Status, refused.Code
		if refused.Status == http.StatusNotFound {
			return nil, misconfigured()
		}
		said := badFunction()
		said.status = http.StatusInternalServerError // Lambda's own refusal, such as too many calls
		return nil, said
	case err != nil:
		return nil, fmt.Errorf("invoking %s: %w", function, err)
	}
	c.integrationStatus = http.StatusOK
	if failure := header.Get("X-Amz-Function-Error"); failure != "" {
		c.integrationError = "The function failed: " + failure
		return nil, badFunction()
	}
	a, err := c.parse(result)
	if err != nil {
		c.integrationError = "Malformed Lambda proxy response: " + err.Error()
		p.options.Logger.Warn("a function's answer is malformed", "function", function, "error", err)
		return nil, badFunction()
	}
	return a, nil
}

// functionOf takes the function's ARN out of an integration's address:
// arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/ARN/invocations.
func functionOf(uri string) (string, bool) {
	_, after, found := strings.Cut(uri, "/functions/")
	function, ok := strings.CutSuffix(after, "/invocations")
	return function, found && ok && function != ""
}

// proxyResponse is what API Gateway takes from a function.
type proxyResponse struct {
	StatusCode        json.RawMessage  `json:"statusCode"` // a number, or one as text
	Headers           map[string]any   `json:"headers"`
	MultiValueHeaders map[string][]any `json:"multiValueHeaders"`
	Body              *string          `json:"body"`
	IsBase64Encoded   bool             `json:"isBase64Encoded"`
}

// parse reads a function's answer. Whatever else stands in it is malformed, as it
// is to API Gateway.
func (c *call) parse(content []byte) (*answer, error) {
	var said proxyResponse
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	decoder.UseNumber()
	if err := decoder.Decode(&said); err != nil {
		return nil, err
	}
	a := &answer{status: http.StatusOK, header: http.Header{}}
	if len(said.StatusCode) > 0 {
		status, err := strconv.Atoi(strings.Trim(string(said.StatusCode), `"`))
		if err != nil || status < 100 || status > 599 {
			return nil, fmt.Errorf("statusCode %s is none", said.StatusCode)
		}
		a.status = status
	}
	for name, value := range said.Headers {
		if err := a.add(name, value); err != nil {
			return nil, err
		}
	}
	for name, values := range said.MultiValueHeaders { // these win over a single value
		a.header.Del(remapped(name))
		for _, value := range values {
			if err := a.add(name, value); err != nil {
				return nil, err
			}
		}
	}
	if a.header.Get("Content-Type") == "" {
		a.header.Set("Content-Type", "application/json")
	}
	if said.Body == nil {
		return a, nil
	}
	a.body = []byte(*said.Body)
	first, _, _ := strings.Cut(c.request.Header.Get("Accept"), ",")
	if said.IsBase64Encoded && binary(c.stage.binary, first) {
		decoded, err := base64.StdEncoding.DecodeString(*said.Body)
		if err != nil {
			return nil, fmt.Errorf("the body is not base64: %w", err)
		}
		a.body = decoded
	}
	return a, nil
}

func (a *answer) add(name string, value any) error {
	switch v := value.(type) {
	case string:
		a.header.Add(remapped(name), v)
	case json.Number, bool:
		a.header.Add(remapped(name), fmt.Sprint(v))
	case nil:
	default:
		return fmt.Errorf("the header %s is no text", name)
	}
	return nil
}

// remapped gives the name under which API Gateway passes a header on: some are its
// own.
func remapped(name string) string {
	switch canonical := http.CanonicalHeaderKey(name); canonical {
	case "Authorization", "Connection", "Content-Length", "Content-Md5", "Date", "Host", "Server", "Trailer", "Www-Authenticate", "X-Amzn-Trace-Id":
		return "X-Amzn-Remapped-" + canonical
	default:
		return canonical
	}
}
