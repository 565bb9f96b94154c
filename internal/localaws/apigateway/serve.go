package apigateway

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is API Gateway's limit of a request. Bytes.
const maxBody = 10 << 20

// ServeHTTP answers a request to a stage.
func (p *Plane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, name, path := address(r)
	deployed, err := p.apis.find(r.Context(), id, name)
	if err != nil {
		p.options.Logger.Warn("reading an API", "api", id, "error", err)
		refuse(w, http.StatusInternalServerError, "InternalServerErrorException", "Internal server error")
		return
	}
	if deployed == nil || deployed.rest.DisableExecuteAPIEndpoint {
		refuse(w, http.StatusForbidden, "ForbiddenException", "Forbidden")
		return
	}
	random := hexadecimal()
	c := &call{
		stage: deployed, request: r, path: path, account: p.options.Account, begin: p.options.Clock(),
		id: random[:8] + "-" + random[8:12] + "-4" + random[13:16] + "-a" + random[17:20] + "-" + random[20:32],
	}
	c.extended = strings.ToUpper(random[:15]) + "="
	c.trace = traceOf(r.Header.Get("X-Amzn-Trace-Id"), deployed.TracingEnabled, c.begin, random)
	a := p.answer(c)
	header := w.Header()
	for key, values := range a.header {
		header[key] = values
	}
	header.Set("X-Amzn-Requestid", c.id)
	header.Set("X-Amz-Apigw-Id", c.extended)
	header.Set("X-Amzn-Trace-Id", c.trace)
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.status == http.StatusNoContent || a.status == http.StatusNotModified {
		header.Del("Content-Length")
		a.body = nil
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that left needs no answer
	c.status, c.length, c.end = a.status, len(a.body), p.options.Clock()
	p.record(c)
	p.count(c)
}

// refuse is what API Gateway says where there is no API to say it.
func refuse(w http.ResponseWriter, status int, name, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", name)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"message":"`+message+`"}`)
}

// answer takes a request through all that stands before its function.
func (p *Plane) answer(c *call) *answer {
	a, err := p.work(c)
	var said *problem
	switch {
	case errors.As(err, &said):
		return c.word(said)
	case err != nil:
		p.options.Logger.Warn("answering for an API", "api", c.stage.rest.Name, "path", c.path, "error", err)
		c.integrationError = err.Error()
		return c.word(misconfigured())
	default:
		return a
	}
}

func (p *Plane) work(c *call) (*answer, error) {
	c.resource, c.values = c.stage.match(c.path)
	if c.resource == nil {
		return nil, missingRoute()
	}
	found, ok := c.resource.method(c.request.Method)
	if !ok || found.MethodIntegration == nil {
		return nil, missingRoute()
	}
	c.method = found
	if !p.limits.take(c) {
		return nil, throttled()
	}
	if err := p.authorize(c); err != nil {
		return nil, err
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(c.request.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxBody {
		return nil, tooLarge()
	}
	c.body = body
	switch c.method.MethodIntegration.Type {
	case "AWS_PROXY":
		return p.invoke(c)
	case "MOCK":
		return c.mock()
	default:
		return nil, errors.New("the local AWS has no integrations of type " + c.method.MethodIntegration.Type)
	}
}

// validate looks for the parameters that the method requires.
func (c *call) validate() error {
	if !c.stage.validators[c.method.RequestValidatorID].ValidateRequestParameters {
		return nil
	}
	query := c.request.URL.Query()
	var missing []string
	for parameter, required := range c.method.RequestParameters {
		place, name, _ := strings.Cut(strings.TrimPrefix(parameter, "method.request."), ".")
		if !required {
			continue
		}
		if place == "querystring" && query.Get(name) == "" ||
			place == "header" && c.request.Header.Get(name) == "" || place == "path" && c.values[name] == "" {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return badParameters(missing)
	}
	return nil
}

// hexadecimal gives 32 random digits.
func hexadecimal() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
