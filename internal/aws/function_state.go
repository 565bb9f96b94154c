package aws

import (
	"cmp"
	"context"
	"fmt"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Lambda changes a function, and makes a version of it ready, after it has answered:
// within seconds, or a minute or two where it is in a VPC.
const (
	functionLimit = 2 * time.Minute
	functionPause = 2 * time.Second
)

// PutCode gives a function the archive that lies in a bucket of its region.
func (c *Client) PutCode(ctx context.Context, function, bucket, key string) error {
	doing := "put the code of function " + function
	limited, cancel := functionWait(ctx, doing)
	defer cancel()
	if _, _, err := c.settledFunction(limited, function, engine.LatestVersion, doing); err != nil {
		return err
	}
	_, err := c.lambda.UpdateFunctionCode(limited, &lambda.UpdateFunctionCodeInput{FunctionName: &function, S3Bucket: &bucket, S3Key: &key})
	switch {
	case err == nil:
		return nil
	case isAbsent(err):
		return fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	default:
		return failure(limited, doing, err)
	}
}

// PublishVersion makes a version of a function as it is, and waits until that can be
// run. Lambda makes none where nothing changed since the last, and refuses to while
// it changes the function, as it may still do after Terraform was killed.
func (c *Client) PublishVersion(ctx context.Context, function string) error {
	doing := "publish a version of function " + function
	limited, cancel := functionWait(ctx, doing)
	defer cancel()
	for {
		latest, _, err := c.settledFunction(limited, function, engine.LatestVersion, doing)
		if err == nil {
			err = functionFailure(latest, doing)
		}
		if err != nil {
			return err
		}
		published, err := c.lambda.PublishVersion(limited, &lambda.PublishVersionInput{FunctionName: &function})
		switch {
		case err == nil:
			version, _, err := c.settledFunction(ctx, function, awssdk.ToString(published.Version), doing)
			if err != nil {
				return err
			}
			return functionFailure(version, doing)
		case isAbsent(err):
			return fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
		case !isCode(err, "ResourceConflictException"): // that is a change that began since
			return failure(limited, doing, err)
		}
		if err := sleep(limited, functionPause); err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
	}
}

// settledFunction looks at a version of a function until Lambda is through with it,
// well or not; doing is what for. It tells whether that took a wait.
func (c *Client) settledFunction(ctx context.Context, function, version, doing string) (found *lambda.GetFunctionConfigurationOutput, waited bool, err error) {
	ctx, cancel := functionWait(ctx, doing)
	defer cancel()
	for {
		found, err = c.lambda.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function, Qualifier: &version})
		switch {
		case isAbsent(err):
			return nil, waited, fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
		case err != nil:
			return nil, waited, failure(ctx, doing, err)
		case found.State != types.StatePending && found.LastUpdateStatus != types.LastUpdateStatusInProgress:
			return found, waited, nil
		}
		waited = true
		if err := sleep(ctx, functionPause); err != nil {
			return nil, waited, fmt.Errorf("%s: %w", doing, err)
		}
	}
}

// functionWait bounds a wait for Lambda.
func functionWait(ctx context.Context, doing string) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, functionLimit, &problem.Error{
		Code: problem.RequestFailed, What: fmt.Sprintf("cannot %s: Lambda is not through with changing it after %v", doing, functionLimit),
	})
}

// functionFailure says what Lambda failed to do with a version of a function; nil where
// nothing.
func functionFailure(found *lambda.GetFunctionConfigurationOutput, doing string) error {
	var what, code, reason string
	switch {
	case found.State == types.StateFailed:
		what, code, reason = "it cannot be run", string(found.StateReasonCode), awssdk.ToString(found.StateReason)
	case found.LastUpdateStatus == types.LastUpdateStatusFailed:
		what, code, reason = "its last change failed", string(found.LastUpdateStatusReasonCode), awssdk.ToString(found.LastUpdateStatusReason)
	default:
		return nil
	}
	return &problem.Error{
		Code: problem.RequestFailed, What: fmt.Sprintf("cannot %s: %s", doing, what), Err: fmt.Errorf("%s: %s", cmp.Or(code, "Failed"), reason),
	}
}

// sleep pauses for a while; what it fails with is why ctx ended.
func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
