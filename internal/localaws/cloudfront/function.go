package cloudfront

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// functionTime bounds a function here; CloudFront's own limit is of the order of a
// millisecond of its machines.
const functionTime = 500 * time.Millisecond

// The members of a function's event, as the runtime 2.0 has them.
type (
	fnValue struct {
		Value      string    `json:"value"`
		MultiValue []fnValue `json:"multiValue,omitempty"`
	}
	fnRequest struct {
		Method      string             `json:"method"`
		URI         string             `json:"uri"`
		QueryString map[string]fnValue `json:"querystring"`
		Headers     map[string]fnValue `json:"headers"` // names in lower case
		Cookies     map[string]fnValue `json:"cookies"`
	}
	fnResponse struct {
		StatusCode        int                `json:"statusCode"`
		StatusDescription string             `json:"statusDescription"`
		Headers           map[string]fnValue `json:"headers"`
		Cookies           map[string]fnValue `json:"cookies"`
	}
	fnEvent struct {
		Version  string            `json:"version"`
		Context  map[string]string `json:"context"`
		Viewer   map[string]string `json:"viewer"`
		Request  fnRequest         `json:"request"`
		Response *fnResponse       `json:"response,omitempty"`
	}
)

func fnValues(values map[string][]string, lower bool) map[string]fnValue {
	made := make(map[string]fnValue, len(values))
	for name, all := range values {
		if lower {
			name = strings.ToLower(name)
		}
		one := fnValue{Value: all[0]}
		if len(all) > 1 {
			for _, value := range all {
				one.MultiValue = append(one.MultiValue, fnValue{Value: value})
			}
		}
		made[name] = one
	}
	return made
}

// eventOf makes the event of a viewer's request.
func eventOf(d *distribution, r *http.Request, path, kind, id string) fnEvent {
	header := r.Header.Clone()
	header.Del("Cookie")
	header.Set("Host", d.DomainName)
	cookies := map[string][]string{}
	for _, cookie := range r.Cookies() {
		cookies[cookie.Name] = append(cookies[cookie.Name], cookie.Value)
	}
	query := map[string][]string{}
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") { // not decoded, as on AWS
		if part != "" {
			name, value, _ := strings.Cut(part, "=")
			query[name] = append(query[name], value)
		}
	}
	return fnEvent{
		Version: "1.0",
		Context: map[string]string{"distributionDomainName": d.DomainName, "distributionId": d.ID, "eventType": kind, "requestId": id},
		Viewer:  map[string]string{"ip": viewerIP(r)},
		Request: fnRequest{
			Method: r.Method, URI: path, QueryString: fnValues(query, false),
			Headers: fnValues(header, true), Cookies: fnValues(cookies, false),
		},
	}
}

// run calls a function's handler and gives what it returns.
func run(program *goja.Program, event fnEvent, log func(string)) (*goja.Runtime, *goja.Object, error) {
	vm := goja.New()
	vm.SetFieldNameMapper(goja.TagFieldNameMapper("json", true))
	timer := time.AfterFunc(functionTime, func() { vm.Interrupt("the function takes too long") })
	defer timer.Stop()
	say := func(call goja.FunctionCall) goja.Value {
		words := make([]string, len(call.Arguments))
		for i, argument := range call.Arguments {
			words[i] = argument.String()
		}
		log(strings.Join(words, " "))
		return goja.Undefined()
	}
	if err := vm.Set("console", map[string]any{"log": say, "error": say}); err != nil {
		return nil, nil, err
	}
	if _, err := vm.RunProgram(program); err != nil {
		return nil, nil, err
	}
	handler, ok := goja.AssertFunction(vm.Get("handler"))
	if !ok {
		return nil, nil, errors.New("the code has no function handler")
	}
	// By way of JSON the event becomes objects of the language itself.
	input, err := plain(vm, event)
	if err != nil {
		return nil, nil, err
	}
	result, err := handler(goja.Undefined(), input)
	if err != nil {
		return nil, nil, err
	}
	if promise, ok := result.Export().(*goja.Promise); ok {
		switch promise.State() {
		case goja.PromiseStateFulfilled:
			result = promise.Result()
		default:
			return nil, nil, fmt.Errorf("the handler's promise: %v", promise.Result())
		}
	}
	if result == nil || goja.IsUndefined(result) || goja.IsNull(result) {
		return nil, nil, errors.New("the handler returns neither request nor response")
	}
	object, ok := result.(*goja.Object)
	if !ok {
		return nil, nil, errors.New("the handler returns no object")
	}
	return vm, object, nil
}

// values gives the names and values of an object such as event.request.headers.
func values(vm *goja.Runtime, of goja.Value) (map[string][]string, error) {
	made := map[string][]string{}
	if of == nil || goja.IsUndefined(of) || goja.IsNull(of) {
		return made, nil
	}
	var found map[string]struct {
		Value      any              `json:"value"`
		MultiValue []map[string]any `json:"multiValue"`
	}
	if err := vm.ExportTo(of, &found); err != nil {
		return nil, err
	}
	for name, one := range found {
		if len(one.MultiValue) == 0 {
			made[name] = []string{fmt.Sprint(one.Value)}
		}
		for _, value := range one.MultiValue {
			made[name] = append(made[name], fmt.Sprint(value["value"]))
		}
	}
	return made, nil
}

// apply carries a request that a function returned over to r and gives its path.
func apply(vm *goja.Runtime, returned *goja.Object, r *http.Request) (path string, err error) {
	if uri := returned.Get("uri"); uri != nil {
		path = uri.String()
	}
	if !strings.HasPrefix(path, "/") {
		return "", fmt.Errorf("the function's uri %q does not begin with a slash", path)
	}
	headers, err := values(vm, returned.Get("headers"))
	if err != nil {
		return "", err
	}
	query, err := values(vm, returned.Get("querystring"))
	if err != nil {
		return "", err
	}
	cookies, err := values(vm, returned.Get("cookies"))
	if err != nil {
		return "", err
	}
	r.Header = http.Header{}
	for name, all := range headers {
		if !strings.EqualFold(name, "host") {
			r.Header[http.CanonicalHeaderKey(name)] = all
		}
	}
	var words []string
	for name, all := range cookies {
		for _, value := range all {
			words = append(words, name+"="+value)
		}
	}
	if len(words) > 0 {
		slices.Sort(words)
		r.Header.Set("Cookie", strings.Join(words, "; "))
	}
	var parts []string
	for name, all := range query {
		for _, value := range all {
			parts = append(parts, name+"="+value)
		}
	}
	slices.Sort(parts)
	r.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: strings.Join(parts, "&")}
	return path, nil
}

// respond makes an answer of a response that a function returned.
func respond(vm *goja.Runtime, returned *goja.Object) (*object, error) {
	o := &object{status: int(returned.Get("statusCode").ToInteger()), header: http.Header{}}
	headers, err := values(vm, returned.Get("headers"))
	if err != nil {
		return nil, err
	}
	for name, all := range headers {
		o.header[http.CanonicalHeaderKey(name)] = all
	}
	switch body := returned.Get("body"); {
	case body == nil || goja.IsUndefined(body):
	case body.ExportType().Kind().String() == "string":
		o.body = []byte(body.String())
	default:
		var said struct {
			Encoding string `json:"encoding"`
			Data     string `json:"data"`
		}
		if err := vm.ExportTo(body, &said); err != nil {
			return nil, err
		}
		if o.body = []byte(said.Data); said.Encoding == "base64" {
			if o.body, err = decodeBase64(said.Data); err != nil {
				return nil, err
			}
		}
	}
	return o, nil
}
