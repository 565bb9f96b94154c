package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
)

// Response is what a handler answers.
type Response struct {
	Status  int
	Body    any // becomes JSON, except for a Page; nil is no body
	Headers map[string]string
}

// Page is a body in HTML, for the few routes that a person opens from a mail.
type Page string

// OK answers 200.
func OK(body any) Response { return Response{Status: http.StatusOK, Body: body} }

// Tagged answers 200 with the ETag of the version.
func Tagged(body any, version int64) Response {
	return Response{Status: http.StatusOK, Body: body, Headers: map[string]string{"ETag": ETag(version)}}
}

// Created answers 201 with the path of what was made, below the API's, and its ETag. The
// router makes the path a reference from the request's own (see reference).
func Created(body any, path string, version int64) Response {
	return Response{Status: http.StatusCreated, Body: body, Headers: map[string]string{"ETag": ETag(version), "Location": path}}
}

// NoContent answers 204.
func NoContent() Response { return Response{Status: http.StatusNoContent} }

// reference is a path of the API as it is seen from another of its paths. What is in
// front of both, a stage or CloudFront's /api, is not known here; RFC 9110 lets Location
// be relative to the request's URL, whatever that was.
func reference(from, to string) string {
	here, there := strings.Split(from, "/"), strings.Split(to, "/")
	here = here[:len(here)-1] // the last part is what the reference stands in for
	same := 0
	for same < len(here) && same < len(there)-1 && here[same] == there[same] {
		same++
	}
	return strings.Repeat("../", len(here)-same) + strings.Join(there[same:], "/")
}

// render makes the answer of API Gateway. Nothing of the API is kept by caches.
func (r Response) render(kind string) (events.APIGatewayProxyResponse, error) {
	answer := events.APIGatewayProxyResponse{StatusCode: r.Status, Headers: map[string]string{
		"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	}}
	maps.Copy(answer.Headers, r.Headers)
	if page, ok := r.Body.(Page); ok {
		answer.Body, answer.Headers["Content-Type"] = string(page), "text/html; charset=utf-8"
	} else if r.Body != nil {
		body, err := json.Marshal(r.Body)
		if err != nil {
			return answer, err
		}
		answer.Body, answer.Headers["Content-Type"] = string(body), kind
	}
	return answer, nil
}
