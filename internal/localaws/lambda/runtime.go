package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxResponse bounds what a function may answer. Bytes; AWS's limit.
const maxResponse = 6*1024*1024 + 100

// runtimeAPI is the Lambda Runtime API, version 2018-06-01, of one process.
func (s *sandbox) runtimeAPI() http.Handler {
	mux := http.NewServeMux()
	const base = "/2018-06-01/runtime/"
	mux.HandleFunc("GET "+base+"invocation/next", s.next)
	mux.HandleFunc("POST "+base+"invocation/{id}/response", s.response)
	mux.HandleFunc("POST "+base+"invocation/{id}/error", s.failure)
	mux.HandleFunc("POST "+base+"init/error", s.initFailure)
	return mux
}

// next gives the runtime its next event, once there is one.
func (s *sandbox) next(w http.ResponseWriter, r *http.Request) {
	s.readied.CompareAndSwap(0, max(1, int64(time.Since(s.begun))))
	select {
	case s.waiting <- struct{}{}:
	default: // it asks a second time
	}
	select {
	case inv := <-s.work:
		header := w.Header()
		header.Set("Content-Type", "application/json")
		header.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
		header.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
		header.Set("Lambda-Runtime-Trace-Id", inv.trace)
		if inv.context != "" {
			header.Set("Lambda-Runtime-Client-Context", inv.context)
		}
		_, _ = w.Write(inv.payload) // a runtime that left ends its process
	case <-r.Context().Done():
	case <-s.exited:
	}
}

// response takes what the function answered.
func (s *sandbox) response(w http.ResponseWriter, r *http.Request) {
	if !s.isCurrent(r.PathValue("id")) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		s.answer(failed("Function.ResponseSizeTooLarge", r.PathValue("id"),
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxResponse)))
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size")
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidRequest", "The response ended early")
	default:
		s.answer(outcome{payload: body, status: "success"})
		accept(w)
	}
}

// failure takes the error that the function ended with.
func (s *sandbox) failure(w http.ResponseWriter, r *http.Request) {
	if !s.isCurrent(r.PathValue("id")) {
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return
	}
	result, ok := reported(w, r)
	if !ok {
		return
	}
	s.answer(result)
	accept(w)
}

// initFailure takes the error that kept the runtime from starting.
func (s *sandbox) initFailure(w http.ResponseWriter, r *http.Request) {
	result, ok := reported(w, r)
	if !ok {
		return
	}
	select {
	case s.refused <- result:
	default: // one reason is enough
	}
	accept(w)
}

// reported reads an error that the runtime reports. AWS calls it Unhandled
// unless the runtime says otherwise.
func reported(w http.ResponseWriter, r *http.Request) (outcome, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxResponse))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Exceeded maximum allowed payload size")
		return outcome{}, false
	}
	result := outcome{payload: body, failure: "Unhandled", status: "error", kind: "Runtime.Unknown"}
	var described struct {
		ErrorType string `json:"errorType"`
	}
	if json.Unmarshal(body, &described) == nil && described.ErrorType != "" {
		result.kind = described.ErrorType
	}
	if strings.EqualFold(r.Header.Get("Lambda-Runtime-Function-Error-Type"), "Handled") {
		result.failure = "Handled"
	}
	return result, true
}

func (s *sandbox) isCurrent(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current != nil && s.current.id == id
}

// answer gives the outcome to the one who waits; a second one is dropped.
func (s *sandbox) answer(result outcome) {
	select {
	case s.answers <- result:
	default:
	}
}

func accept(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"status":"OK"}`)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"errorType": kind, "errorMessage": message})
}

// failed is the outcome that AWS itself reports when a process misbehaves.
func failed(kind, id, message string) outcome {
	payload, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{kind, "RequestId: " + id + " Error: " + message})
	if err != nil { // two strings always encode
		payload = []byte("{}")
	}
	return outcome{payload: payload, failure: "Unhandled", kind: kind, status: "error"}
}

func timedOut(id string, timeout time.Duration) outcome {
	result := failed("Sandbox.Timedout", id, timeoutText(timeout))
	result.status = "timeout"
	return result
}

func timeoutText(timeout time.Duration) string {
	return fmt.Sprintf("Task timed out after %.2f seconds", timeout.Seconds())
}
