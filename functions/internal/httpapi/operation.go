package httpapi

import (
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Operation is what a route tells of itself. The API's document is made of it, by
// reflection of the types that the handler reads and answers with; tests hold every
// request and every answer to it (package apispec).
type Operation struct {
	Route
	Summary     string   // a sentence
	Description string   // what else a caller must know
	Body        any      // of the type that the handler reads the body into; nil is none
	Required    []string // fields of the body that must be there
	Headers     []string // of the request, which the handler reads besides If-Match
	Answers     []Answer // when it works; problems that any such route has go without saying
	Problems    []int    // statuses of further problems
}

// Answer is an answer of an operation.
type Answer struct {
	Status  int
	Body    any // of the type that is marshalled; nil is none
	Headers []string
}

// Says describes the operation: a sentence, and what else a caller must know.
func (o *Operation) Says(summary string, description ...string) *Operation {
	o.Summary, o.Description = summary, strings.Join(description, " ")
	return o
}

// Takes declares the body by a value of its type, and the fields that must be there.
func (o *Operation) Takes(body any, required ...string) *Operation {
	o.Body, o.Required = body, required
	return o
}

// Reads declares headers of the request.
func (o *Operation) Reads(headers ...string) *Operation {
	o.Headers = append(o.Headers, headers...)
	return o
}

// answers declares an answer by its status, a value of its body's type, and its headers.
func (o *Operation) answers(status int, body any, headers ...string) *Operation {
	o.Answers = append(o.Answers, Answer{status, body, headers})
	return o
}

// OK declares what the function OK answers; so do the others.
func (o *Operation) OK(body any) *Operation { return o.answers(http.StatusOK, body) }

// Tagged declares a body with an ETag.
func (o *Operation) Tagged(body any) *Operation { return o.answers(http.StatusOK, body, "ETag") }

// Created declares a body with an ETag and where it is found.
func (o *Operation) Created(body any) *Operation {
	return o.answers(http.StatusCreated, body, "ETag", "Location")
}

// Accepted declares a body of what was only begun, with where it is found.
func (o *Operation) Accepted(body any) *Operation {
	return o.answers(http.StatusAccepted, body, "Location")
}

// NoContent declares that nothing is answered.
func (o *Operation) NoContent() *Operation { return o.answers(http.StatusNoContent, nil) }

// Also declares a further answer, that is no problem, by its status.
func (o *Operation) Also(status int, body any) *Operation { return o.answers(status, body) }

// Fails declares problems besides those that any such route has.
func (o *Operation) Fails(statuses ...int) *Operation {
	o.Problems = append(o.Problems, statuses...)
	return o
}

// Exchange is a request that found its route, and what was answered.
type Exchange struct {
	Operation Operation
	Event     events.APIGatewayProxyRequest
	Read      any // what the handler read the body into; nil: it read none
	Body      any // of the answer, before it was marshalled
	Answer    events.APIGatewayProxyResponse
}

// Watch has every Exchange told to watch: tests look whether it is as declared.
func (r *Router) Watch(watch func(Exchange)) { r.watch = watch }
