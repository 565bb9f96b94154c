// Package httpapi is the HTTP side of the API's functions: it finds the route of an
// event of API Gateway, reads the request, and makes answers and problem details.
package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// Handler answers a request, or fails: an error becomes problem details.
type Handler func(context.Context, *Request) (Response, error)

// Options are what a Router needs.
type Options struct {
	Function    string
	Environment string
	CORSOrigins []string
	Logger      *slog.Logger
	Metrics     *telemetry.Metrics
	Clock       func() time.Time
}

// Router calls the handler of a request's route.
type Router struct {
	options Options
	routes  []route
	watch   func(Exchange) // nil but in tests
}

type route struct {
	*Operation
	parts  []string
	handle Handler
}

// Route is what a Router serves, and to whom.
type Route struct {
	Method string
	Path   string   // with parameters, such as /goals/{goalId}
	Open   bool     // needs no sign-in
	Query  []string // the parameters of the query that the handler may read, in order
}

// New makes a Router without routes.
func New(options Options) *Router { return &Router{options: options} }

// Handle adds a route for signed-in callers: a method, a path with parameters, such as
// /goals/{goalId}, and the names of the query's parameters that the handler reads: it
// gets no other. A route that is added first wins; one that could never be reached
// because of that panics. The Operation is for what the route tells of itself.
func (r *Router) Handle(method, path string, handle Handler, query ...string) *Operation {
	return r.add(Route{Method: method, Path: path, Query: query}, handle)
}

// Open adds a route that needs no sign-in.
func (r *Router) Open(method, path string, handle Handler, query ...string) *Operation {
	return r.add(Route{Method: method, Path: path, Open: true, Query: query}, handle)
}

func (r *Router) add(added Route, handle Handler) *Operation {
	if first, _, _ := r.find(added.Method, added.Path); first != nil {
		panic(fmt.Sprintf("httpapi: %s %s is never reached: %s was added first", added.Method, added.Path, first.Path))
	}
	added.Query = slices.Sorted(slices.Values(added.Query))
	operation := &Operation{Route: added}
	r.routes = append(r.routes, route{operation, strings.Split(added.Path, "/"), handle})
	return operation
}

// Operations are what the routes tell of themselves, by path and method.
func (r *Router) Operations() []Operation {
	all := make([]Operation, 0, len(r.routes))
	for _, route := range r.routes {
		all = append(all, *route.Operation)
	}
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Method, b.Method))
	})
	return all
}

// Serve answers an event. It never fails: Lambda would answer 502 without CORS then.
func (r *Router) Serve(ctx context.Context, event events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	started := r.options.Clock()
	ctx = telemetry.WithRequest(ctx, telemetry.Request{ID: event.RequestContext.RequestID, TraceID: telemetry.TraceID(header(event, "X-Amzn-Trace-Id"))})
	found, request, response, err := r.dispatch(ctx, event)
	kind := "application/json"
	if err != nil {
		response, kind = r.failed(ctx, event, err), "application/problem+json"
	}
	answer, err := response.render(kind)
	if err != nil {
		r.options.Logger.ErrorContext(ctx, "the answer cannot be marshalled", "error", err)
		response = r.failed(ctx, event, err)
		answer, _ = response.render("application/problem+json")
	}
	if tooLong(answer) {
		answer, _ = r.failed(ctx, event, newProblem(http.StatusInternalServerError, "answer-too-large", "The answer is too large",
			"Ask for less at a time, or for parts of it.")).render("application/problem+json")
	}
	if path, found := answer.Headers["Location"]; found {
		answer.Headers["Location"] = reference(event.Path, path)
	}
	maps.Copy(answer.Headers, r.cors(header(event, "Origin")))
	answer.Headers["X-Request-Id"] = telemetry.RequestOf(ctx).ID
	pattern := "unknown"
	if found != nil {
		pattern = found.Path
	}
	r.record(ctx, event.HTTPMethod, pattern, answer.StatusCode, r.options.Clock().Sub(started))
	if r.watch != nil && found != nil {
		r.watch(Exchange{*found, event, request.read, response.Body, answer})
	}
	return answer, nil
}

// maxAnswer is how long an answer becomes, in bytes as Lambda gets it: beyond 6 MB Lambda
// fails, and API Gateway's 502 has no CORS headers that let the page read it.
const maxAnswer = 11 << 19

// tooLong looks closer where an answer could be: in a text of JSON, a byte becomes six
// at most.
func tooLong(answer events.APIGatewayProxyResponse) bool {
	if len(answer.Body) <= maxAnswer/6 {
		return false
	}
	whole, err := json.Marshal(answer)
	return err != nil || len(whole) > maxAnswer
}

// dispatch gives what was found too, as far as it came.
func (r *Router) dispatch(ctx context.Context, event events.APIGatewayProxyRequest) (operation *Operation, request *Request, response Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			r.options.Logger.ErrorContext(ctx, "panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			err = newProblem(http.StatusInternalServerError, "internal", "Something went wrong", "It has been recorded under the request's id.")
		}
	}()
	found, parameters, allowed := r.find(event.HTTPMethod, event.Path)
	if found == nil && len(allowed) > 0 {
		return nil, nil, Response{}, newProblem(http.StatusMethodNotAllowed, "method", "Method not allowed", "Allowed here: "+strings.Join(allowed, ", ")+".")
	}
	if found == nil {
		return nil, nil, Response{}, NotFound()
	}
	operation, request = found.Operation, &Request{event: event, path: parameters, query: found.Query}
	if !found.Open {
		user, ok := caller(event)
		if !ok {
			return operation, request, Response{}, newProblem(http.StatusUnauthorized, "unauthorized", "Not signed in", "Sign in first.")
		}
		request.Caller = user
	}
	response, err = found.handle(ctx, request)
	return operation, request, response, err
}

// find gives the route and its path's parameters, or the methods that there are.
func (r *Router) find(method, path string) (*route, map[string]string, []string) {
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	var allowed []string
	for i := range r.routes {
		parameters, matches := r.routes[i].match(parts)
		if !matches {
			continue
		}
		if r.routes[i].Method == method {
			return &r.routes[i], parameters, nil
		}
		allowed = append(allowed, r.routes[i].Method)
	}
	slices.Sort(allowed)
	return nil, nil, allowed
}

func (r *route) match(parts []string) (map[string]string, bool) {
	if len(parts) != len(r.parts) {
		return nil, false
	}
	parameters := map[string]string{}
	for i, part := range r.parts {
		if name, found := strings.CutPrefix(part, "{"); found && parts[i] != "" {
			parameters[strings.TrimSuffix(name, "}")] = parts[i]
		} else if part != parts[i] {
			return nil, false
		}
	}
	return parameters, true
}

// failed logs an error that is ours, and makes problem details of any.
func (r *Router) failed(ctx context.Context, event events.APIGatewayProxyRequest, err error) Response {
	problem, internal := problemOf(err)
	if internal {
		r.options.Logger.ErrorContext(ctx, "request failed", "error", err)
	}
	problem.Instance, problem.RequestID = event.Path, telemetry.RequestOf(ctx).ID
	response := Response{Status: problem.Status, Body: problem}
	if problem.Status == http.StatusServiceUnavailable {
		response.Headers = map[string]string{"Retry-After": "2"}
	}
	return response
}

// cors allows the caller's origin where it is one of the configured ones.
func (r *Router) cors(origin string) map[string]string {
	headers := map[string]string{"Vary": "Origin"}
	if origin != "" && slices.Contains(r.options.CORSOrigins, origin) {
		headers["Access-Control-Allow-Origin"] = origin
		headers["Access-Control-Expose-Headers"] = "ETag, Location, Retry-After, X-Request-Id"
	}
	return headers
}

// record tells of the request: its pattern and no path, which has ids in it.
func (r *Router) record(ctx context.Context, method, pattern string, status int, took time.Duration) {
	milliseconds := float64(took.Microseconds()) / 1000
	r.options.Logger.InfoContext(ctx, "request", "method", method, "route", pattern, "status", status, "milliseconds", milliseconds)
	faults := 0.0
	if status >= http.StatusInternalServerError {
		faults = 1
	}
	request := telemetry.RequestOf(ctx)
	err := r.options.Metrics.Write(
		map[string]string{"Environment": r.options.Environment, "Function": r.options.Function},
		map[string]string{"requestId": request.ID, "traceId": request.TraceID, "route": method + " " + pattern, "status": strconv.Itoa(status)},
		telemetry.Metric{Name: "Requests", Unit: telemetry.Count, Value: 1},
		telemetry.Metric{Name: "Faults", Unit: telemetry.Count, Value: faults},
		telemetry.Metric{Name: "Latency", Unit: telemetry.Milliseconds, Value: milliseconds})
	if err != nil {
		r.options.Logger.WarnContext(ctx, "metrics were not written", "error", err)
	}
}
