package aws

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

var _ engine.Invoker = (*Client)(nil)

// longestInvocation is Lambda's own limit, and some time on the way.
const longestInvocation = 15*time.Minute + 30*time.Second

// Invoke calls a function and waits for its answer, at most as long as Lambda lets it
// run.
func (c *Client) Invoke(ctx context.Context, function, qualifier string, payload []byte) (engine.Invocation, error) {
	answer, err := c.lambda.Invoke(ctx, &lambda.InvokeInput{
		FunctionName: &function, Qualifier: &qualifier, Payload: payload, LogType: types.LogTypeTail,
	}, func(o *lambda.Options) {
		o.Retryer = newInvocationRetryer()
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(longestInvocation).WithTransportOptions(func(t *http.Transport) {
			t.ResponseHeaderTimeout = 0
		})
	})
	if err != nil {
		return engine.Invocation{}, failure(ctx, fmt.Sprintf("invoke function %s", function), err)
	}
	log, err := base64.StdEncoding.DecodeString(awssdk.ToString(answer.LogResult))
	if err != nil {
		return engine.Invocation{}, fmt.Errorf("read the log of function %s: %w", function, err)
	}
	return engine.Invocation{
		Function: function, Version: awssdk.ToString(answer.ExecutedVersion), Error: awssdk.ToString(answer.FunctionError),
		Payload: answer.Payload, Log: string(log),
	}, nil
}
