package aws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// answer is what AWS is made to say to a request: a body, or an error's code.
type answer struct {
	status int
	code   string
	body   string
	err    error // instead of any
}

// answers gives answers one after the other, the last for ever. It opens no
// connections: those that wait for it do so by the test's own clock.
type answers struct {
	list  []answer
	asked []string // the requests
}

func (a *answers) Do(request *http.Request) (*http.Response, error) {
	a.asked = append(a.asked, request.Method+" "+request.URL.RequestURI())
	now := a.list[min(len(a.asked), len(a.list))-1]
	if now.err != nil {
		return nil, now.err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if now.code != "" {
		header.Set("X-Amzn-Errortype", now.code)
	}
	return &http.Response{StatusCode: now.status, Header: header, Body: io.NopCloser(strings.NewReader(now.body)), Request: request}, nil
}

// client gives a client whose AWS these are.
func (a *answers) client() *Client {
	config := awssdk.Config{
		Region: region, HTTPClient: a, Retryer: newRetryer, Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	return &Client{lambda: lambda.NewFromConfig(config), rds: rds.NewFromConfig(config)}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	throttled := answer{status: http.StatusTooManyRequests, code: "TooManyRequestsException", body: `{"message":"Rate exceeded"}`}
	tests := map[string]struct {
		answers []answer
		asked   int
		atMost  time.Duration
		want    problem.Code
	}{
		"throttled for a while": {append(repeat(throttled, throttledAttempts-1), answer{status: http.StatusOK, body: `{}`}), throttledAttempts, 131 * time.Second, ""},
		"throttled for ever":    {repeat(throttled, 1), throttledAttempts, 131 * time.Second, problem.RequestFailed},
		"an error of theirs":    {[]answer{{status: http.StatusInternalServerError, code: "ServiceException", body: `{}`}}, attempts, 2 * time.Second, problem.RequestFailed},
		"unreachable":           {[]answer{{err: errors.New("connection refused")}}, attempts, 2 * time.Second, problem.EndpointUnreachable},
		"refused":               {[]answer{{status: http.StatusForbidden, code: "AccessDeniedException", body: `{}`}}, 1, 0, problem.AccessDenied},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				from := &answers{list: test.answers}
				begun := time.Now()
				_, err := from.client().Alias(t.Context(), "retried", "live")
				took := time.Since(begun)
				if (test.want == "" && err != nil) || (test.want != "" && !problem.Is(err, test.want)) {
					t.Errorf("got %v, want %q", err, test.want)
				}
				if len(from.asked) != test.asked || took > test.atMost {
					t.Errorf("asked %d times within %v, want %d and at most %v", len(from.asked), took, test.asked, test.atMost)
				}
			})
		})
	}
}

// Many that are throttled together wait, each for its own turn: none uses up the
// patience of another.
func TestThrottledTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		throttled := answer{status: http.StatusTooManyRequests, code: "TooManyRequestsException", body: `{}`}
		var c *Client
		for range 30 { // requests of one client
			from := &answers{list: append(repeat(throttled, throttledAttempts-1), answer{status: http.StatusOK, body: `{}`})}
			if c == nil {
				c = from.client()
			}
			options := func(o *lambda.Options) { o.HTTPClient = from }
			if _, err := c.lambda.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: awssdk.String("f"), Name: awssdk.String("live")}, options); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestInterruptedWhileThrottled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(problem.ErrInterrupted) })
		from := &answers{list: []answer{{status: http.StatusTooManyRequests, code: "TooManyRequestsException", body: `{}`}}}
		err := from.client().MoveAlias(ctx, "retried", "live", engine.Alias{Version: "1"})
		if !errors.Is(err, problem.ErrInterrupted) || len(from.asked) == throttledAttempts {
			t.Errorf("after %d requests: %v", len(from.asked), err)
		}
	})
}

// Those that make clients of their own, as the checks do, are as patient.
func TestConfigIsPatient(t *testing.T) {
	t.Parallel()
	if got := standIn(t, "http://127.0.0.1:1").Config().Retryer().MaxAttempts(); got != throttledAttempts {
		t.Errorf("%d attempts, want %d", got, throttledAttempts)
	}
}

func repeat(one answer, times int) []answer {
	all := make([]answer, times)
	for i := range all {
		all[i] = one
	}
	return all
}
