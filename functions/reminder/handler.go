package main

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/httpapi"
	"github.com/goal-mandala/mandala-deploy/functions/internal/telemetry"
)

// handler tells apart what calls the function: EventBridge Scheduler to send the day's
// reminders, the function itself to go on with them, API Gateway for /unsubscribe, and
// SNS for mail that came back.
type handler struct {
	feedback feedback
	router   *httpapi.Router
	run      run
	zone     *time.Location // where the users' days begin
}

var errEvent = errors.New("the event is none of EventBridge Scheduler, API Gateway, SNS or this function")

// continuation is what the function calls itself with, to go on where it ended.
type continuation struct {
	Source string      `json:"source"` // sourceOwn
	Day    domain.Date `json:"day"`
	After  domain.ID   `json:"after"`           // the last user that was dealt with; empty begins anew
	Failed int         `json:"failed"`          // users not reached in the calls before
	Again  bool        `json:"again,omitempty"` // it is the second time through all users, for those
	Calls  int         `json:"calls,omitempty"` // how many calls there were before in this chain
}

const (
	sourceOwn       = "goal-mandala.reminder"
	sourceScheduler = "aws.scheduler"
)

// Handle answers an event. A schedule's event is any JSON object, a schedule's own
// input or what Scheduler makes without one, but none that looks like something else:
// what another service tells must not send mail.
func (h *handler) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	var shape map[string]json.RawMessage
	if json.Unmarshal(event, &shape) != nil || shape == nil {
		return nil, errEvent
	}
	_, http := shape["httpMethod"]
	_, requestContext := shape["requestContext"]
	_, records := shape["Records"]
	if http || requestContext {
		var request events.APIGatewayProxyRequest
		if !http || !requestContext || records || json.Unmarshal(event, &request) != nil {
			return nil, errEvent
		}
		return h.router.Serve(ctx, request)
	}
	ctx = telemetry.WithRequest(ctx, telemetry.Request{})
	if records {
		var delivery events.SNSEvent
		if json.Unmarshal(event, &delivery) != nil || len(delivery.Records) == 0 {
			return nil, errEvent
		}
		for _, record := range delivery.Records {
			if record.EventSource != "aws:sns" {
				return nil, errEvent
			}
		}
		return nil, h.feedback.handle(ctx, delivery.Records)
	}
	source := ""
	if text, found := shape["source"]; found && json.Unmarshal(text, &source) != nil {
		return nil, errEvent
	}
	_, bus := shape["detail-type"] // of EventBridge
	switch {
	case source == sourceOwn:
		var next continuation
		if json.Unmarshal(event, &next) != nil || next.Day == (domain.Date{}) {
			return nil, errEvent
		}
		if _, ok := domain.ParseID(string(next.After)); !ok && next.After != "" {
			return nil, errEvent
		}
		return h.run.start(ctx, next)
	case bus && source != sourceScheduler:
		return nil, errEvent
	default:
		return h.run.start(ctx, continuation{Day: domain.DateOf(h.run.clock().In(h.zone))})
	}
}
