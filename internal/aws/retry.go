package aws

import (
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// An address that does not answer must fail within about 10 s: three attempts
// of dialTimeout each and the pauses between them. One that throttles is there, and
// answers when those of all the others have had their turn.
const (
	attempts              = 3
	longestPause          = time.Second
	throttledAttempts     = 10
	longestThrottledPause = 20 * time.Second
)

// retryer repeats requests that AWS throttles with patience, and others that may
// succeed the next time as long as one who waits for a word bears.
type retryer struct {
	*retry.Standard // with patience
	quick           *retry.Standard
	throttles       retry.IsErrorThrottles
}

var _ awssdk.RetryerV2 = (*retryer)(nil)

// standard gives the SDK's retryer; only, where there are some, say what is repeated.
func standard(attempts int, pause time.Duration, only ...retry.IsErrorRetryable) *retry.Standard {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff = attempts, pause
		// The SDK's quota, which all requests of a client share, fails those
		// that come last where many are throttled at once.
		o.RateLimiter = ratelimit.None
		if len(only) > 0 {
			o.Retryables = only
		}
	})
}

func newRetryer() awssdk.Retryer {
	return &retryer{
		Standard: standard(throttledAttempts, longestThrottledPause), quick: standard(attempts, longestPause),
		throttles: retry.DefaultThrottles,
	}
}

// RetryDelay gives the pause after an attempt. It is where an attempt is known by its
// number, so an error ends here what is not to be repeated any more.
func (r *retryer) RetryDelay(attempt int, err error) (time.Duration, error) {
	if r.throttles.IsErrorThrottle(err).Bool() {
		return r.Standard.RetryDelay(attempt, err)
	}
	if attempt >= r.quick.MaxAttempts() {
		return 0, &retry.MaxAttemptsError{Attempt: attempt, Err: err}
	}
	return r.quick.RetryDelay(attempt, err)
}

// notRun are the answers of Lambda to a call that it did not pass on: of the function's
// concurrency, or of a version that cannot be called yet.
func notRun() map[string]struct{} {
	return map[string]struct{}{"TooManyRequestsException": {}, "ResourceConflictException": {}, "ResourceNotReadyException": {}}
}

// newInvocationRetryer repeats calls of functions that did not run; any other may have.
func newInvocationRetryer() awssdk.Retryer {
	return standard(throttledAttempts, longestThrottledPause, retry.RetryableErrorCode{Codes: notRun()})
}
