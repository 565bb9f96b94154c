package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"

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

// Created answers 201 with the path of what was made, below the API's, and its ETag.
func Created(body any, path string, version int64) Response {
	return Response{Status: http.StatusCreated, Body: body, Headers: map[string]string{"ETag": ETag(version), "Location": path}}
}

// NoContent answers 204.
func NoContent() Response { return Response{Status: http.StatusNoContent} }

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
