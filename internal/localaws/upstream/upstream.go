// Package upstream asks the emulator, or the proxy in front of it, as an SDK
// would: for the data planes of the local AWS, which read there what is deployed.
package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	timeout   = 30 * time.Second // of one request; a busy emulator takes seconds
	maxAnswer = 512 << 20        // bytes
)

// Client asks one emulator.
type Client struct {
	base   string
	client *http.Client
}

// New gives a client of the emulator at base.
func New(base *url.URL) *Client {
	return &Client{
		base: strings.TrimSuffix(base.String(), "/"),
		client: &http.Client{
			// moto's server closes each connection after its answer.
			Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
			Timeout:       timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Error is an answer that is none of success.
type Error struct {
	Status int
	Code   string // of the error, if the answer has one
	Body   []byte
}

func (e *Error) Error() string {
	return fmt.Sprintf("the emulator answers %d %s: %.300s", e.Status, e.Code, e.Body)
}

// Is reports whether err is an answer with this error code.
func Is(err error, code string) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Code == code
}

// NotFound reports whether err is an answer 404.
func NotFound(err error) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Status == http.StatusNotFound
}

// Request makes a request of a service in a region; target is path and query.
func (c *Client) Request(ctx context.Context, service, region, method, target string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// moto reads service and region from the scope; the signature is not checked.
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAMANDALALOCAL0000/20260101/"+region+"/"+service+
		"/aws4_request, SignedHeaders=host, Signature=local")
	return request, nil
}

// Send gives the whole answer to a request. One of 300 or more is an *Error, and
// the answer's header is given with it.
func (c *Client) Send(request *http.Request) (http.Header, []byte, error) {
	response, err := c.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return response.Header, content, &Error{Status: response.StatusCode, Code: errorCode(response.Header, content), Body: content}
	}
	return response.Header, content, nil
}

// Get asks a service that speaks REST and JSON.
func (c *Client) Get(ctx context.Context, service, region, target string, into any) error {
	request, err := c.Request(ctx, service, region, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	_, content, err := c.Send(request)
	if err != nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// GetXML asks a service that speaks REST and XML.
func (c *Client) GetXML(ctx context.Context, service, region, target string, into any) error {
	request, err := c.Request(ctx, service, region, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	_, content, err := c.Send(request)
	if err != nil {
		return err
	}
	return xml.Unmarshal(content, into)
}

// Call asks a service that takes JSON of a version, "1.0" or "1.1", and an operation's
// name, such as Logs_20140328.PutLogEvents; into may be nil.
func (c *Client) Call(ctx context.Context, service, region, version, operation string, input, into any) error {
	body, err := json.Marshal(input)
	if err != nil {
		return err
	}
	request, err := c.Request(ctx, service, region, http.MethodPost, "/", body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-"+version)
	request.Header.Set("X-Amz-Target", operation)
	_, content, err := c.Send(request)
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(content, into)
}

// Query asks a service that takes forms and answers XML; into may be nil.
func (c *Client) Query(ctx context.Context, service, region string, form url.Values, into any) error {
	request, err := c.Request(ctx, service, region, http.MethodPost, "/", []byte(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	_, content, err := c.Send(request)
	if err != nil || into == nil {
		return err
	}
	return xml.Unmarshal(content, into) //nolint:gosec // what the emulator says, into structs of ours
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
