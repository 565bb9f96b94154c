package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ses"
	"github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/smithy-go"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// sender is SES.
type sender interface {
	SendRawEmail(context.Context, *ses.SendRawEmailInput, ...func(*ses.Options)) (*ses.SendRawEmailOutput, error)
}

// signer makes the token of a user's unsubscribe link.
type signer interface {
	Sign(ctx context.Context, user domain.ID) (string, error)
}

// post writes and sends reminders.
type post struct {
	application      string // where the frontend is; the API is below it at /api
	backoff          time.Duration
	clock            func() time.Time
	configurationSet string
	from             mail.Address
	language         string // of the mails: users have none of their own
	links            signer
	ses              sender
}

// attempts is how often a mail is given to SES: with a backoff of a second, within
// some 20 seconds.
const attempts = 5

var errNotWritten = errors.New("no mail can be written")

// send gives the id of SES.
func (p post) send(ctx context.Context, r reminder) (id string, result outcome, err error) {
	token, err := p.links.Sign(ctx, r.user.ID)
	if err != nil {
		return "", failed, err
	}
	message, err := p.write(r, p.application+"/api/unsubscribe?token="+url.QueryEscape(token))
	if err != nil {
		return "", rejected, fmt.Errorf("%w: %w", errNotWritten, err)
	}
	raw, err := message.Raw()
	if err != nil {
		return "", rejected, fmt.Errorf("%w: %w", errNotWritten, err)
	}
	input := &ses.SendRawEmailInput{
		ConfigurationSetName: &p.configurationSet, Source: &p.from.Address,
		Destinations: []string{r.user.Email}, RawMessage: &types.RawMessage{Data: raw},
	}
	for attempt := range attempts {
		var output *ses.SendRawEmailOutput
		if output, err = p.ses.SendRawEmail(ctx, input); err == nil {
			if output.MessageId != nil {
				id = *output.MessageId
			}
			return id, sent, nil
		}
		result = judge(err)
		if result != failed || attempt == attempts-1 {
			break
		}
		wait := p.backoff << attempt
		select {
		case <-ctx.Done():
			return "", failed, fmt.Errorf("send a mail: %w", err)
		case <-time.After(wait/2 + rand.N(wait/2+1)): //nolint:gosec // only spreads what is tried again
		}
	}
	return "", result, fmt.Errorf("send a mail: %w", err)
}

// judge says what an error of SES means. Its codes are in the API reference of
// SendRawEmail, and those common to all actions.
func judge(err error) outcome {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return failed // the network
	}
	if store.RefusedForGood(refused.ErrorCode()) { // this address or this mail
		return rejected
	}
	switch refused.ErrorCode() {
	case "Throttling", "ThrottlingException", "TooManyRequestsException":
		if strings.Contains(refused.ErrorMessage(), "Daily") { // "Daily message quota exceeded."
			return hopeless
		}
		return failed
	default:
		var answer interface{ HTTPStatusCode() int }
		if refused.ErrorFault() == smithy.FaultServer || errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError {
			return failed
		}
		return hopeless // the domain, the configuration set, the account or a permission
	}
}

// name is an error without anything that a user wrote: SES quotes addresses.
func name(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	if errors.Is(err, errNotWritten) {
		return store.NotWritten
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "Timeout"
	}
	return "Failed"
}
