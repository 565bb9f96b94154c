package httpapi

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// MaxBody is the longest body of a request, in bytes: more than all texts of a goal
// at their longest, in characters of four bytes.
const MaxBody = 128 << 10

// Request is a request that found its route.
type Request struct {
	Caller domain.User // of the Cognito authorizer; without an id on open routes
	event  events.APIGatewayProxyRequest
	path   map[string]string
	query  []string
	read   any // what the handler read the body into
}

// ID is the path's parameter name as an id; what is none cannot be found.
func (r *Request) ID(name string) (domain.ID, error) {
	id, ok := domain.ParseID(r.path[name])
	if !ok {
		return "", NotFound()
	}
	return id, nil
}

// Query is a parameter of the query; "" where it is not there. The route must have
// declared it: a parameter that the API's definition doesn't know panics.
func (r *Request) Query(name string) string {
	if !slices.Contains(r.query, name) {
		panic(fmt.Sprintf("httpapi: the route reads %q of the query, but does not declare it", name))
	}
	return r.event.QueryStringParameters[name]
}

// Header is a header by its name in any case; "" where it is not there.
func (r *Request) Header(name string) string { return header(r.event, name) }

func header(event events.APIGatewayProxyRequest, name string) string {
	for key, value := range event.Headers {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// Window reads cursor and limit of the query.
func (r *Request) Window() (store.Window, error) {
	window := store.Window{After: r.Query("cursor")}
	if text := r.Query("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > store.MaxLimit {
			return window, domain.Invalid("limit", domain.CodeOutOfRange, "must be between 1 and "+strconv.Itoa(store.MaxLimit))
		}
		window.Limit = limit
	}
	return window, nil
}

// Choice reads a parameter of the query that must be one of the values, or absent.
func Choice[T ~string](r *Request, name string, values []T) (T, error) {
	value := T(r.Query(name))
	if value != "" && !slices.Contains(values, value) {
		return "", domain.Invalid(name, domain.CodeUnknown, "is not one of the values that there are")
	}
	return value, nil
}

// Body reads the JSON body into target, a pointer to a struct. Unknown fields, also
// in another spelling, fields that are there twice and wrong types are errors that name
// the field: a target that has domain.Faults is told of them, for the caller to learn of
// them together with what the rules find, any other gives an error here. No JSON object
// at all and more than one value are errors always.
func (r *Request) Body(target any) error {
	r.read = target
	if kind, _, err := mime.ParseMediaType(r.Header("Content-Type")); err != nil ||
		kind != "application/json" && kind != "application/merge-patch+json" {
		return newProblem(http.StatusUnsupportedMediaType, "media-type", "Not JSON", "The body must be application/json.")
	}
	body := []byte(r.event.Body)
	if r.event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(r.event.Body)
		if err != nil {
			return BadRequest("The body is no base64.")
		}
		body = decoded
	}
	if len(body) > MaxBody {
		return newProblem(http.StatusRequestEntityTooLarge, "too-large", "Too large",
			"The body may have at most "+strconv.Itoa(MaxBody)+" bytes.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	var first json.RawMessage
	if err := decoder.Decode(&first); err != nil {
		return BadRequest("The body is not the JSON that is expected here.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return BadRequest("The body must be one JSON object.")
	}
	if first[0] != '{' {
		return BadRequest("The body must be a JSON object.")
	}
	faults, err := domain.ReadFields(first, target)
	if err != nil {
		return BadRequest("The body is not the JSON that is expected here.")
	}
	if body, ok := target.(interface{ Found([]domain.FieldError) }); ok {
		body.Found(faults)
		return nil
	}
	if len(faults) > 0 {
		return &domain.ValidationError{Fields: faults}
	}
	return nil
}

// ETag is the tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IfMatch is the version that the request expects; store.AnyVersion for none or "*".
func (r *Request) IfMatch() (int64, error) {
	tag := strings.TrimSpace(r.Header("If-Match"))
	if tag == "" || tag == "*" {
		return store.AnyVersion, nil
	}
	number, found := strings.CutPrefix(strings.TrimSuffix(tag, `"`), `"`)
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !found || version < 1 || ETag(version) != tag {
		return 0, store.ErrStale // no version that there ever was
	}
	return version, nil
}

// Target is the row that the path's parameter name means, and the version that it must have.
func (r *Request) Target(name string) (domain.ID, int64, error) {
	id, err := r.ID(name)
	if err != nil {
		return "", 0, err
	}
	expected, err := r.IfMatch()
	return id, expected, err
}

// claim is what the Cognito authorizer says of the caller; "" where it says nothing.
func claim(event events.APIGatewayProxyRequest, name string) string {
	claims, _ := event.RequestContext.Authorizer["claims"].(map[string]any)
	text, _ := claims[name].(string)
	return text
}

// Username is the caller's in the user pool, which need not be the id.
func (r *Request) Username() string {
	return cmp.Or(claim(r.event, "cognito:username"), string(r.Caller.ID))
}

// caller is who the Cognito authorizer says calls.
func caller(event events.APIGatewayProxyRequest) (domain.User, bool) {
	claim := func(name string) string { return claim(event, name) }
	id, ok := domain.ParseID(claim("sub"))
	return domain.User{
		ID: id, Email: claim("email"), Name: claim("name"), Industry: claim("custom:industry"),
		CompanySize: claim("custom:company_size"), JobType: claim("custom:job_title"), Position: claim("custom:position"),
		EmailVerified: claim("email_verified") == "true", // a text, as all claims
	}, ok
}
