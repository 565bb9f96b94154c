package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	askTimeout = 30 * time.Second // of one request; a busy emulator takes seconds
	maxAnswer  = 512 << 20        // bytes; the largest answer is a function's code
)

// emulator asks moto, or the proxy in front of it, as an SDK would.
type emulator struct {
	base   *url.URL
	client *http.Client
}

func newEmulator(base *url.URL) *emulator {
	// moto's server closes each connection after its answer.
	return &emulator{base: base, client: &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		Timeout:   askTimeout,
	}}
}

// answerError is an answer that is none of success.
type answerError struct {
	status int
	code   string // of the error, if the answer has one
	body   []byte
}

func (e *answerError) Error() string {
	return fmt.Sprintf("the emulator answers %d %s: %.300s", e.status, e.code, e.body)
}

// ask sends one request; target is path and query. An answer of 300 or more is
// an *answerError.
func (e *emulator) ask(ctx context.Context, service, region, method, target string, header map[string]string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(e.base.String(), "/")+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	// moto reads service and region from the scope; the signature is not checked.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAMANDALALOCAL0000/20260101/"+region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=local")
	response, err := e.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, &answerError{status: response.StatusCode, code: errorCode(response.Header, content), body: content}
	}
	return content, nil
}

// get asks a service that speaks REST and JSON.
func (e *emulator) get(ctx context.Context, service, region, target string, into any) error {
	content, err := e.ask(ctx, service, region, http.MethodGet, target, nil, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// call asks a service that takes JSON and an operation's name; into may be nil.
func (e *emulator) call(ctx context.Context, service, region, operation, version string, input, into any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	content, err := e.ask(ctx, service, region, http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-amz-json-" + version,
		"X-Amz-Target": operation,
	}, body)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// query asks a service that takes forms and answers XML; into may be nil.
func (e *emulator) query(ctx context.Context, service, region string, form url.Values, into any) error {
	content, err := e.ask(ctx, service, region, http.MethodPost, "/", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
	}, []byte(form.Encode()))
	if err != nil || into == nil {
		return err
	}
	return xml.Unmarshal(content, into)
}

// errorCode takes the code out of an error of any protocol.
func errorCode(header http.Header, body []byte) string {
	if code := header.Get("X-Amzn-Errortype"); code != "" {
		return code
	}
	var object struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(body, &object) == nil && object.Type != "" {
		return object.Type[strings.LastIndexByte(object.Type, '#')+1:]
	}
	if _, after, found := bytes.Cut(body, []byte("<Code>")); found {
		code, _, _ := bytes.Cut(after, []byte("</Code>"))
		return string(code)
	}
	return ""
}
