package githubtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Broken is a header by which a handler says that its answer is none of GitHub's, but
// of something on the way that broke it.
const Broken = "Stand-In-Broken"

// Reporter is the part of a test that hears of what is not as GitHub describes it.
type Reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// NewServer starts a stand-in that ends with the test, below a path such as that of a
// GitHub Enterprise Server ("" for none). See Described.
func NewServer(t Reporter, path string, next http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(Described(t, path, next))
	t.Cleanup(server.Close)
	return server
}

// Described has a handler answer, and fails the test for each request that GitHub's
// description does not have: its path, method and query, and each field of its body;
// and for each answer that is not as described. What a handler leaves out of an answer,
// though it has to be there, is put in, with no meaning. Refusals that no operation
// describes, as of a token, and those that are Broken, are let through.
func Described(t Reporter, path string, next http.Handler) http.Handler {
	t.Helper()
	described, err := describedOperations()
	if err != nil {
		t.Errorf("GitHub's description: %v", err)
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Method + " " + r.URL.RequestURI()
		below, _ := strings.CutPrefix(r.URL.EscapedPath(), path)
		operation, err := described.find(r.Method, below)
		if err == nil {
			err = operation.takes(r)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		broken := answer.Header().Get(Broken) != ""
		answer.Header().Del(Broken)
		if operation != nil && !broken {
			if body, err = operation.gives(answer.Code, body); err != nil {
				t.Errorf("%s answers %d %s: %v", name, answer.Code, body, err)
			}
		}
		for key, values := range answer.Header() {
			w.Header()[key] = values
		}
		if json.Valid(body) {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body) //nolint:gosec // what stands in for GitHub has no readers but tests; who asked may be gone
	})
}

// operation is one of the description's, as a request calls it.
type operation struct {
	document   *openapi3.T
	path       string
	item       *openapi3.PathItem
	is         *openapi3.Operation
	method     string
	parameters map[string]string
}

// takes reports what of a request the operation does not have.
func (o *operation) takes(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: o.parameters,
		Route:   &routers.Route{Spec: o.document, Path: o.path, PathItem: o.item, Method: o.method, Operation: o.is},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, ExcludeRequestBody: len(body) == 0, SkipSettingDefaults: true},
	}
	r.Body = io.NopCloser(bytes.NewReader(withoutUndescribed(body)))
	err = openapi3filter.ValidateRequest(r.Context(), input)
	r.Body = io.NopCloser(bytes.NewReader(body))
	errs := []error{err}
	for name := range r.URL.Query() {
		if o.is.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil && o.item.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			errs = append(errs, fmt.Errorf("it has no parameter %s", name))
		}
	}
	if len(body) == 0 {
		return errors.Join(errs...)
	}
	if o.is.RequestBody == nil {
		return errors.Join(append(errs, fmt.Errorf("it takes no body, and gets %s", body))...)
	}
	var sent any
	if err := json.Unmarshal(body, &sent); err != nil {
		return errors.Join(append(errs, fmt.Errorf("its body is no JSON: %w", err))...)
	}
	for _, field := range unknown(schemaOf(o.is.RequestBody.Value.Content), sent, "") {
		errs = append(errs, fmt.Errorf("its body has no field %s", field))
	}
	return errors.Join(errs...)
}

// withoutUndescribed leaves away of a body what GitHub takes and does not describe.
func withoutUndescribed(body []byte) []byte {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil {
		return body
	}
	before := len(object)
	maps.DeleteFunc(object, func(name string, _ json.RawMessage) bool { return undescribed(name) })
	if rest, err := json.Marshal(object); err == nil && len(object) < before {
		return rest
	}
	return body
}

// gives completes an answer, and reports what of it the operation does not have.
func (o *operation) gives(status int, body []byte) ([]byte, error) {
	response := o.is.Responses.Value(strconv.Itoa(status))
	if response == nil || response.Value == nil {
		if status >= http.StatusOK && status < http.StatusMultipleChoices {
			return body, fmt.Errorf("%s does not answer with status %d", o.is.OperationID, status)
		}
		return body, nil
	}
	schema := schemaOf(response.Value.Content)
	if schema == nil {
		if len(body) > 0 && status < http.StatusMultipleChoices {
			return body, fmt.Errorf("%s answers %d without a body", o.is.OperationID, status)
		}
		return body, nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		if status >= http.StatusMultipleChoices {
			return body, nil
		}
		return body, fmt.Errorf("no JSON: %w", err)
	}
	value = complete(schema, value)
	var errs []error
	for _, field := range unknown(schema, value, "") {
		errs = append(errs, fmt.Errorf("%s answers without a field %s", o.is.OperationID, field))
	}
	errs = append(errs, schema.VisitJSON(value, openapi3.VisitAsResponse(), openapi3.MultiErrors()))
	whole, err := json.Marshal(value)
	return whole, errors.Join(append(errs, err)...)
}

// schemaOf gives the schema of a JSON body; nil where there is none.
func schemaOf(content openapi3.Content) *openapi3.Schema {
	media := content.Get("application/json")
	if media == nil || media.Schema == nil {
		return nil
	}
	return media.Schema.Value
}
