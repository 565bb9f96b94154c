package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

var _ engine.Trail = (*Client)(nil)

// Covers says what Changes tells.
func (c *Client) Covers() string {
	regions := c.region
	if c.east != nil {
		regions += " and " + globalRegion
	}
	return fmt.Sprintf("management calls that change something, of the whole account in %s", regions)
}

// Changes gives what CloudTrail's event history has of calls that are not read-only, in
// the client's region and, for the services of the whole world, in us-east-1.
func (c *Client) Changes(ctx context.Context, from, to time.Time, most int) (calls []engine.TrailCall, more bool, err error) {
	for _, in := range []*Client{c, c.east} {
		if in == nil {
			continue
		}
		found, left, failed := in.changes(ctx, from, to, most)
		calls, more = append(calls, found...), more || left
		if failed != nil {
			err = failed
			break
		}
	}
	slices.SortStableFunc(calls, func(a, b engine.TrailCall) int { return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.ID, b.ID)) })
	calls = slices.CompactFunc(calls, func(a, b engine.TrailCall) bool { return a.ID == b.ID })
	if len(calls) > most {
		calls, more = calls[:most], true
	}
	return calls, more, err
}

func (c *Client) changes(ctx context.Context, from, to time.Time, most int) (calls []engine.TrailCall, more bool, err error) {
	pages := cloudtrail.NewLookupEventsPaginator(c.trails, &cloudtrail.LookupEventsInput{
		StartTime: &from, EndTime: &to,
		LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyReadOnly, AttributeValue: awssdk.String("false")}},
	})
	for pages.HasMorePages() {
		if len(calls) >= most {
			return calls[:most], true, nil
		}
		page, err := pages.NextPage(ctx)
		if err != nil {
			return calls, len(calls) > 0, failure(ctx, "ask CloudTrail for the calls of a period", err)
		}
		for _, event := range page.Events {
			call := callOf(event)
			if !call.Time.Before(from) && call.Time.Before(to) { // CloudTrail counts whole seconds
				calls = append(calls, call)
			}
		}
	}
	return calls, false, nil
}

// trailRecord is what is read of an event as CloudTrail writes it to a trail. What a call was
// given and answered is not: it can hold anything.
type trailRecord struct {
	ErrorCode    string `json:"errorCode"`
	UserIdentity struct {
		Type           string `json:"type"`
		ARN            string `json:"arn"`
		UserName       string `json:"userName"`
		InvokedBy      string `json:"invokedBy"`
		SessionContext struct {
			SessionIssuer struct {
				UserName string `json:"userName"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
	} `json:"userIdentity"`
}

func callOf(event types.Event) engine.TrailCall {
	call := engine.TrailCall{ID: awssdk.ToString(event.EventId), Time: awssdk.ToTime(event.EventTime).UTC(), Source: awssdk.ToString(event.EventSource), Name: awssdk.ToString(event.EventName)}
	var record trailRecord
	if json.Unmarshal([]byte(awssdk.ToString(event.CloudTrailEvent)), &record) != nil {
		record = trailRecord{}
	}
	call.Error = record.ErrorCode
	who, session := record.UserIdentity, ""
	if cut := strings.LastIndex(who.ARN, "/"); cut >= 0 {
		session = who.ARN[cut+1:]
	}
	switch issuer := who.SessionContext.SessionIssuer.UserName; {
	case who.Type == "Root":
		call.Actor = "root of the account"
	case who.Type == "AssumedRole" && issuer != "" && session != "":
		call.Actor = "role " + issuer + " as " + session
	case who.Type == "IAMUser" && who.UserName != "":
		call.Actor = "user " + who.UserName
	case who.InvokedBy != "":
		call.Actor = "service " + who.InvokedBy
	case awssdk.ToString(event.Username) != "":
		call.Actor = awssdk.ToString(event.Username)
	default:
		call.Actor = cmp.Or(who.ARN, who.Type, "nobody named")
	}
	return call
}
