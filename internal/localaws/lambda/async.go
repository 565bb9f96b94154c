package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/upstream"
)

// Event is an event that a function gets asynchronously: nobody waits for its
// answer.
type Event struct {
	Function string // ARN, with the qualifier to call
	Payload  []byte // JSON
	Trace    string // X-Amzn-Trace-Id of the sender; may be empty

	id string
}

// What AWS does with an event where nothing else is configured.
const (
	defaultRetries = 2
	defaultAge     = 6 * 60 * 60 // seconds
)

// asynchronous is a function's configuration for events.
type asynchronous struct {
	MaximumRetryAttempts     *int
	MaximumEventAgeInSeconds *int
	DestinationConfig        struct {
		OnSuccess, OnFailure struct{ Destination string }
	}
}

// Send takes an event for a function. An error says that the function is
// unknown or that too many events wait.
func (p *Plane) Send(e Event) error {
	n, ok := parseName(e.Function, "", upstream.DefaultRegion)
	if !ok {
		return &notFoundError{arn: e.Function}
	}
	if e.id == "" {
		e.id = requestID()
	}
	select {
	case p.events <- struct{}{}:
	default:
		return &throttledError{"ConcurrentInvocationLimitExceeded"}
	}
	started := p.start(func() {
		defer func() { <-p.events }()
		if err := p.deliver(p.life, n, e); err != nil && p.life.Err() == nil {
			p.options.Logger.Warn("an event is lost", "function", n.function, "error", err)
		}
	})
	if !started {
		<-p.events
		return errClosed
	}
	return nil
}

// deliver runs an event until it succeeds or no try is left.
func (p *Plane) deliver(ctx context.Context, n name, e Event) error {
	settings, err := p.asynchronous(ctx, n)
	if err != nil {
		return err
	}
	begin := time.Now()
	age := p.scaled(time.Duration(*settings.MaximumEventAgeInSeconds) * time.Second)
	trace := e.Trace
	attempt := attempt{event: e, name: n, settings: settings}
	for throttles := 0; ; {
		fn, err := p.resolver.resolve(ctx, n, p.options.Random())
		var missing *notFoundError
		if errors.As(err, &missing) {
			return err
		}
		var result outcome
		if err == nil {
			trace = traceHeader(trace, fn.tracing, time.Now())
			result, _, err = p.run(ctx, fn, &invocation{id: e.id, arn: e.Function, payload: e.Payload, trace: trace})
		}
		wait := p.scaled(time.Second) << min(throttles, 8) // at most about 5 minutes of AWS
		if err != nil {
			throttles++
		} else {
			attempt.count++
			attempt.fn, attempt.result = fn, result
			if result.failure == "" {
				return p.conclude(ctx, attempt, "Success")
			}
			if attempt.count > *settings.MaximumRetryAttempts {
				return p.conclude(ctx, attempt, "RetriesExhausted")
			}
			wait = p.scaled(time.Duration(attempt.count) * time.Minute)
		}
		if time.Since(begin)+wait > age {
			if attempt.fn == nil {
				return fmt.Errorf("older than %s without a try: %w", age, err)
			}
			return p.conclude(ctx, attempt, "EventAgeExceeded")
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// scaled shortens a wait of AWS.
func (p *Plane) scaled(wait time.Duration) time.Duration {
	return time.Duration(float64(wait) * p.options.Minute.Seconds() / 60)
}

// asynchronous gives the configuration that an event for n goes by.
func (p *Plane) asynchronous(ctx context.Context, n name) (asynchronous, error) {
	var settings asynchronous
	target := "/2019-09-25/functions/" + url.PathEscape(n.function) + "/event-invoke-config"
	if n.qualifier != "" {
		target += "?Qualifier=" + url.QueryEscape(n.qualifier)
	}
	err := p.emulator.Get(ctx, "lambda", n.region, target, &settings)
	if err != nil && !upstream.NotFound(err) {
		return settings, fmt.Errorf("asking how %s takes events: %w", n.function, err)
	}
	retries, age := defaultRetries, defaultAge
	if settings.MaximumRetryAttempts == nil {
		settings.MaximumRetryAttempts = &retries
	}
	if settings.MaximumEventAgeInSeconds == nil {
		settings.MaximumEventAgeInSeconds = &age
	}
	return settings, nil
}

// attempt is an event with what came of it the last time.
type attempt struct {
	event    Event
	name     name
	settings asynchronous
	count    int
	fn       *function
	result   outcome
}

// conclude tells whoever is to know how an event ended.
func (p *Plane) conclude(ctx context.Context, a attempt, condition string) error {
	destination := a.settings.DestinationConfig.OnFailure.Destination
	if condition == "Success" {
		destination = a.settings.DestinationConfig.OnSuccess.Destination
	}
	var failures []error
	if condition != "Success" && a.fn.deadLetters != "" {
		failures = append(failures, p.deadLetter(ctx, a))
	}
	if destination != "" {
		record, err := a.record(condition, time.Now())
		if err == nil {
			err = p.sendTo(ctx, destination, string(record), nil)
		}
		failures = append(failures, err)
	}
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("telling how an event ended: %w", err)
	}
	return nil
}

// deadLetter sends the event on with the reason of its failure as attributes.
func (p *Plane) deadLetter(ctx context.Context, a attempt) error {
	const longest = 1024 // bytes of the message that AWS sends along
	var described struct {
		Message string `json:"errorMessage"`
	}
	message := string(a.result.payload)
	if json.Unmarshal(a.result.payload, &described) == nil && described.Message != "" {
		message = described.Message
	}
	return p.sendTo(ctx, a.fn.deadLetters, string(a.event.Payload), []attribute{
		{"RequestID", "String", a.event.id},
		{"ErrorCode", "Number", "200"},
		{"ErrorMessage", "String", message[:min(len(message), longest)]},
	})
}

// record is what AWS sends to a destination.
func (a attempt) record(condition string, now time.Time) ([]byte, error) {
	response := map[string]any{"statusCode": http.StatusOK, "executedVersion": a.fn.version}
	if a.result.failure != "" {
		response["functionError"] = a.result.failure
	}
	return json.Marshal(map[string]any{
		"version":   "1.0",
		"timestamp": now.UTC().Format("2006-01-02T15:04:05.000Z"),
		"requestContext": map[string]any{
			"requestId": a.event.id, "functionArn": a.fn.arn + ":" + a.fn.version,
			"condition": condition, "approximateInvokeCount": a.count,
		},
		"requestPayload":  json.RawMessage(a.event.Payload),
		"responseContext": response,
		"responsePayload": raw(a.result.payload),
	})
}

// raw gives JSON as it is, and anything else as a string.
func raw(payload []byte) any {
	if json.Valid(payload) {
		return json.RawMessage(payload)
	}
	return string(payload)
}

// attribute is an attribute of a message to a queue or topic.
type attribute struct{ name, kind, value string }

// sendTo sends a message to the queue, topic or function that an ARN names.
func (p *Plane) sendTo(ctx context.Context, arn, message string, attributes []attribute) error {
	parts := strings.SplitN(arn, ":", 6) // arn:aws:SERVICE:REGION:ACCOUNT:NAME
	if len(parts) != 6 {
		return fmt.Errorf("%q is no ARN", arn)
	}
	region, account, target := parts[3], parts[4], parts[5]
	switch parts[2] {
	case "sqs":
		values := map[string]any{}
		for _, a := range attributes {
			values[a.name] = map[string]string{"DataType": a.kind, "StringValue": a.value}
		}
		return p.proxy.Call(ctx, "sqs", region, "1.0", "AmazonSQS.SendMessage", map[string]any{
			"QueueUrl": p.options.Proxy.JoinPath(account, target).String(), "MessageBody": message, "MessageAttributes": values,
		}, nil)
	case "sns":
		form := url.Values{"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {arn}, "Message": {message}}
		for i, a := range attributes {
			entry := "MessageAttributes.entry." + strconv.Itoa(i+1) + "."
			form.Set(entry+"Name", a.name)
			form.Set(entry+"Value.DataType", a.kind)
			form.Set(entry+"Value.StringValue", a.value)
		}
		return p.proxy.Query(ctx, "sns", region, form, nil)
	case "lambda":
		return p.Send(Event{Function: arn, Payload: []byte(message)})
	default:
		return fmt.Errorf("the local AWS sends to queues, topics and functions, not to %s", arn)
	}
}
