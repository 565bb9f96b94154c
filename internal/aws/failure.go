package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// namedCredentials makes errors of the credential chain known by their type;
// the SDK gives them as text.
type namedCredentials struct {
	chain awssdk.CredentialsProvider
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }

// Retrieve asks the chain.
func (n namedCredentials) Retrieve(ctx context.Context) (awssdk.Credentials, error) {
	if n.chain == nil {
		return awssdk.Credentials{}, &credentialsError{errors.New("none are configured")}
	}
	found, err := n.chain.Retrieve(ctx)
	if err != nil {
		return awssdk.Credentials{}, &credentialsError{err}
	}
	return found, nil
}

// codeOf says what a user can do about a service's error code; "" where the
// code tells nothing beyond the failure.
func codeOf(code string) problem.Code {
	switch code {
	case "NoSuchBucket":
		return problem.NoBucket
	case "AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId",
		"RequestExpired", "SignatureDoesNotMatch", "UnrecognizedClientException":
		return problem.NoCredentials
	case "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "KMS.AccessDeniedException", "UnauthorizedOperation":
		return problem.AccessDenied
	case "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "MovedPermanently", "PermanentRedirect":
		return problem.WrongRegion
	}
	return ""
}

// failure gives an SDK error as a problem. doing says what was tried, as a
// verb with its object: "read states/network.tfstate".
func failure(ctx context.Context, doing string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	}
	var chain *credentialsError
	if errors.As(err, &chain) {
		return &problem.Error{Code: problem.NoCredentials, What: "cannot " + doing + ": no AWS credentials", Err: chain.err}
	}
	var unsent *smithyhttp.RequestSendError
	if errors.As(err, &unsent) {
		return &problem.Error{Code: problem.EndpointUnreachable, What: "cannot " + doing + ": AWS does not answer", Err: unsent.Err}
	}
	service, operation := "", ""
	if op := new(smithy.OperationError); errors.As(err, &op) {
		service, operation = op.ServiceID, op.OperationName
	}
	kind := codeOf(apiCode(err))
	switch status(err) { // answers to HEAD have no body, so no code
	case http.StatusForbidden:
		kind = cmp.Or(kind, problem.AccessDenied)
	case http.StatusMovedPermanently:
		kind = cmp.Or(kind, problem.WrongRegion)
	}
	said := apiError(err)
	switch kind {
	case problem.NoBucket:
		return &problem.Error{Code: kind, What: "cannot " + doing + ": the bucket does not exist"}
	case problem.NoCredentials:
		return &problem.Error{Code: kind, What: "cannot " + doing + ": AWS refuses the credentials", Err: said}
	case problem.AccessDenied:
		return &problem.Error{Code: kind, What: fmt.Sprintf("cannot %s: access denied to %s %s", doing, service, operation), Err: said}
	case problem.WrongRegion:
		return &problem.Error{Code: kind, What: "cannot " + doing + ": the bucket lies in another region", Err: said}
	}
	if service == "S3" {
		return &problem.Error{Code: problem.StorageFailed, What: "cannot " + doing, Err: said}
	}
	return &problem.Error{Code: problem.RequestFailed, What: fmt.Sprintf("cannot %s (%s %s)", doing, service, operation), Err: said}
}

// apiCode gives the service's error code, or "".
func apiCode(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// apiError gives the service's own words without the SDK's layers around them.
func apiError(err error) error {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		if api.ErrorMessage() == "" {
			return errors.New(api.ErrorCode())
		}
		return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return err
}

// status gives the HTTP status of an answer, or 0.
func status(err error) int {
	if response := new(smithyhttp.ResponseError); errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// isCode reports whether the service answered with one of these codes.
func isCode(err error, codes ...string) bool {
	return err != nil && slices.Contains(codes, apiCode(err))
}

// errAbsent tells that a listing does not have what was looked for.
var errAbsent = errors.New("no such object")

// isAbsent reports whether a look-up found nothing: a listing that ended
// without it, or one of the services' words for that.
func isAbsent(err error) bool {
	return errors.Is(err, errAbsent) || status(err) == http.StatusNotFound || isCode(err,
		"AWS.SimpleQueueService.NonExistentQueue", "ConfigurationSetDoesNotExist", "NoSuchEntity", "NoSuchFunctionExists",
		"NoSuchHostedZone", "NoSuchMonitoringSubscription", "NotFound", "NotFoundException", "QueueDoesNotExist",
		"ResourceNotFoundException", "StateMachineDoesNotExist", "TemplateDoesNotExist", "TrailNotFoundException")
}
