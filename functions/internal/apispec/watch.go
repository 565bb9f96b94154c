package apispec

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing" //nolint:depguard // a package for tests

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
)

// Watch fails the test for every answer of the router that its document does not have:
// another status, type, header or value; for a request that works and is not one of the
// document's; and for a field that must be there, where the document does not say so.
func Watch(t testing.TB, function string, router *httpapi.Router) {
	t.Helper()
	text, err := json.Marshal(Document(t, function, router))
	if err != nil {
		t.Fatal(err)
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(t.Context()); err != nil {
		t.Fatalf("the document of %s: %v", function, err)
	}
	router.Watch(func(exchange httpapi.Exchange) {
		if err := compare(t, document, exchange); err != nil {
			t.Errorf("%s %s %s answered %d %s: %v", exchange.Event.HTTPMethod, exchange.Event.Path, exchange.Event.Body,
				exchange.Answer.StatusCode, exchange.Answer.Body, err)
		}
	})
}

// compare holds an exchange to the document and, as other types may have the same JSON,
// to the types that the route declares.
func compare(t testing.TB, document *openapi3.T, exchange httpapi.Exchange) error {
	declared, status := exchange.Operation, exchange.Answer.StatusCode
	if want, got := reflect.TypeOf(declared.Body), read(exchange); got != nil && want != got {
		return errors.New("it declares that it reads its body into a " + name(want) + ", but does into a " + name(got))
	}
	want := reflect.TypeFor[*httpapi.Problem]()
	for _, answer := range declared.Answers {
		if answer.Status == status {
			want = reflect.TypeOf(answer.Body)
		}
	}
	if problem, ok := exchange.Body.(*httpapi.Problem); ok {
		want = reflect.TypeFor[*httpapi.Problem]()
		if field := undeclared(exchange, problem); field != "" {
			return errors.New("the body's field " + field + " is required, but not declared so")
		}
	}
	if got := reflect.TypeOf(exchange.Body); want != got {
		return errors.New("it declares to answer with a " + name(want) + ", but does with a " + name(got))
	}
	request, err := requestOf(t, document, exchange)
	if err != nil {
		return err
	}
	if status < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(t.Context(), request); err != nil {
			return err
		}
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: status, Header: http.Header{},
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	for name, value := range exchange.Answer.Headers {
		response.Header.Set(name, value)
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		response.Options.ExcludeResponseBody = true // a page has no schema
	}
	return openapi3filter.ValidateResponse(t.Context(), response.SetBodyBytes([]byte(exchange.Answer.Body)))
}

func read(exchange httpapi.Exchange) reflect.Type {
	if exchange.Read == nil {
		return nil
	}
	return reflect.TypeOf(exchange.Read).Elem()
}

func name(kind reflect.Type) string {
	if kind == nil {
		return "nothing"
	}
	return kind.String()
}

// undeclared is a field that was refused because it is not there, though it may be away.
func undeclared(exchange httpapi.Exchange, problem *httpapi.Problem) string {
	var body map[string]json.RawMessage
	if json.Unmarshal([]byte(exchange.Event.Body), &body) != nil {
		return ""
	}
	for _, field := range problem.Errors {
		_, there := body[field.Field]
		if field.Code == domain.CodeRequired && !there && !slices.Contains(exchange.Operation.Required, field.Field) {
			return field.Field
		}
	}
	return ""
}

// requestOf is the event as the document's library takes it.
func requestOf(t testing.TB, document *openapi3.T, exchange httpapi.Exchange) (*openapi3filter.RequestValidationInput, error) {
	event, path := exchange.Event, exchange.Operation.Path
	query := url.Values{}
	for name, value := range event.QueryStringParameters {
		if value != "" {
			query.Set(name, value)
		}
	}
	target := url.URL{Path: event.Path, RawQuery: query.Encode()}
	request, err := http.NewRequestWithContext(t.Context(), event.HTTPMethod, target.String(), io.NopCloser(bytes.NewBufferString(event.Body)))
	if err != nil {
		return nil, err
	}
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	parameters := map[string]string{}
	parts := strings.Split(strings.TrimSuffix(event.Path, "/"), "/")
	for i, part := range strings.Split(path, "/") {
		if name, found := strings.CutPrefix(part, "{"); found {
			parameters[strings.TrimSuffix(name, "}")] = parts[i]
		}
	}
	item := document.Paths.Value(path)
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters,
		Route:   &routers.Route{Spec: document, Path: path, PathItem: item, Method: event.HTTPMethod, Operation: item.GetOperation(event.HTTPMethod)},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: event.Body == "" && exchange.Operation.Body == nil},
	}, nil
}
