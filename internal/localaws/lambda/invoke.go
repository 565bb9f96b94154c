package lambda

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// Limits of AWS on the payload of an invocation. Bytes.
const (
	maxSynchronous  = 6 * 1024 * 1024
	maxAsynchronous = 1024 * 1024
)

// IsInvocation reports whether the request invokes a function.
func IsInvocation(r *http.Request) bool {
	_, rest, ok := functionPath(r)
	return ok && rest == "invocations" && r.Method == http.MethodPost
}

// Invocations answers the Invoke operation.
func (p *Plane) Invocations() http.Handler { return http.HandlerFunc(p.invoke) }

func (p *Plane) invoke(w http.ResponseWriter, r *http.Request) {
	text, _, _ := functionPath(r)
	_, region := upstream.Scope(r)
	n, ok := parseName(text, r.URL.Query().Get("Qualifier"), region)
	if !ok {
		badRequest(w, "InvalidParameterValueException", "The name "+text+" names no function")
		return
	}
	kind, limit := r.Header.Get("X-Amz-Invocation-Type"), maxSynchronous
	switch kind {
	case "", "RequestResponse", "DryRun":
	case "Event":
		limit = maxAsynchronous
	default:
		badRequest(w, "InvalidParameterValueException", "Invocation type "+kind+" is none of RequestResponse, Event and DryRun")
		return
	}
	payload, ok := readPayload(w, r, kind, limit)
	if !ok {
		return
	}
	fn, err := p.resolver.resolve(r.Context(), n, p.options.Random())
	if err != nil {
		p.answerFault(w, err)
		return
	}
	id := requestID()
	w.Header().Set("X-Amzn-Requestid", id)
	switch kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	case "Event":
		if err := p.Send(Event{Function: n.arn(p.options.Account), Payload: payload, Trace: r.Header.Get("X-Amzn-Trace-Id"), id: id}); err != nil {
			p.answerFault(w, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		inv := &invocation{
			id: id, arn: n.arn(p.options.Account), payload: payload,
			trace:   traceHeader(r.Header.Get("X-Amzn-Trace-Id"), fn.tracing, time.Now()),
			context: clientContext(r),
		}
		// A function runs on when its caller leaves.
		result, logs, err := p.run(p.life, fn, inv)
		if err != nil {
			p.answerFault(w, err)
			return
		}
		p.answer(w, r, fn, inv, result, logs)
	}
}

// answer writes what a function made of its event.
func (p *Plane) answer(w http.ResponseWriter, r *http.Request, fn *function, inv *invocation, result outcome, logs []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("X-Amz-Executed-Version", fn.version)
	header.Set("X-Amzn-Trace-Id", inv.trace)
	if result.failure != "" {
		header.Set("X-Amz-Function-Error", result.failure)
	}
	if r.Header.Get("X-Amz-Log-Type") == "Tail" {
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(logs))
	}
	_, _ = w.Write(result.payload) // a client that left needs no answer
}

// readPayload gives the event, an empty object where there is none.
func readPayload(w http.ResponseWriter, r *http.Request, kind string, limit int) ([]byte, bool) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	switch {
	case err != nil:
		badRequest(w, "InvalidRequestContentException", "Could not read the request body")
		return nil, false
	case len(payload) > limit:
		if kind == "" {
			kind = "RequestResponse"
		}
		writeError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException",
			fmt.Sprintf("The payload is too large for the %s invocation type (limit %d bytes)", kind, limit))
		return nil, false
	case len(payload) == 0:
		return []byte("{}"), true
	case !json.Valid(payload):
		badRequest(w, "InvalidRequestContentException", "Could not parse request body into json: the payload is no JSON")
		return nil, false
	}
	return payload, true
}

// clientContext gives the context that a client sends along, JSON; empty if it
// sends none.
func clientContext(r *http.Request) string {
	text, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context"))
	if err != nil || !json.Valid(text) || strings.ContainsAny(string(text), "\r\n") {
		return ""
	}
	return string(text)
}

// answerFault answers an error that is none of the function's.
func (p *Plane) answerFault(w http.ResponseWriter, err error) {
	var missing *notFoundError
	var throttled *throttledError
	switch {
	case errors.As(err, &missing):
		writeError(w, http.StatusNotFound, "ResourceNotFoundException", missing.Error())
	case errors.As(err, &throttled):
		writeReason(w, http.StatusTooManyRequests, "TooManyRequestsException", throttled.Error(), throttled.reason)
	default:
		p.options.Logger.Warn("invoking a function", "error", err)
		writeError(w, http.StatusInternalServerError, "ServiceException", "the local AWS failed to invoke the function; its proxy.log says why")
	}
}

func badRequest(w http.ResponseWriter, code, message string) {
	writeError(w, http.StatusBadRequest, code, message)
}

// writeError answers in the shape of Lambda's errors.
func writeError(w http.ResponseWriter, status int, code, message string) {
	writeReason(w, status, code, message, "")
}

func writeReason(w http.ResponseWriter, status int, code, message, reason string) {
	kind := "User"
	if status >= http.StatusInternalServerError {
		kind = "Service"
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Type    string `json:"Type"`
		Message string `json:"message"`
		Reason  string `json:"Reason,omitempty"`
	}{kind, message, reason}) // a client that left needs no answer
}
