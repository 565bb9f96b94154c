package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

func (c *Client) readFunction(ctx context.Context, values planned) (object, error) {
	name := values.text("function_name")
	function, err := c.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	if err != nil {
		return object{}, err
	}
	return object{importID: name, tags: function.Tags}, nil
}

func (c *Client) readFunctionAlias(ctx context.Context, values planned) (object, error) {
	function, name := values.text("function_name"), values.text("name")
	alias, err := c.lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &function, Name: &name})
	if err != nil {
		return object{}, err
	}
	return object{importID: function + "/" + name, number: awssdk.ToString(alias.AliasArn)}, nil
}

// permissionImport is the template of a permission's import id.
const permissionImport = "{function_name}{:qualifier}/{statement_id}"

// readPermission looks for the statement in the policy of the function, or of
// its version or alias: each has one of its own.
func (c *Client) readPermission(ctx context.Context, values planned) (object, error) {
	function, statement := values.text("function_name"), values.text("statement_id")
	importID, known := fill(permissionImport, "", values)
	if !known {
		return object{}, errAbsent
	}
	input := &lambda.GetPolicyInput{FunctionName: &function}
	if qualifier := values.text("qualifier"); qualifier != "" {
		input.Qualifier = &qualifier
	}
	answer, err := c.lambda.GetPolicy(ctx, input)
	if err != nil {
		return object{}, err
	}
	var policy struct {
		Statement []struct{ Sid string }
	}
	if err := json.Unmarshal([]byte(awssdk.ToString(answer.Policy)), &policy); err != nil {
		return object{}, err
	}
	for _, each := range policy.Statement {
		if each.Sid == statement {
			return object{importID: importID}, nil
		}
	}
	return object{}, errAbsent
}

// readStateMachine makes the ARN of the name: state machines cannot be read by
// their names.
func (c *Client) readStateMachine(ctx context.Context, values planned) (object, error) {
	arn, err := c.arn(ctx, "states", "stateMachine:"+values.text("name"))
	if err != nil {
		return object{}, err
	}
	machine, err := c.workflows.DescribeStateMachine(ctx, &sfn.DescribeStateMachineInput{StateMachineArn: &arn})
	if err != nil {
		return object{}, err
	}
	if machine.Status == sfntypes.StateMachineStatusDeleting {
		return object{}, errAbsent
	}
	listing, err := c.workflows.ListTagsForResource(ctx, &sfn.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return object{}, err
	}
	return object{importID: arn, number: arn, tags: tagMap(listing.Tags, func(t sfntypes.Tag) (key, value *string) { return t.Key, t.Value })}, nil
}

func (c *Client) readScheduleGroup(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	group, err := c.schedules.GetScheduleGroup(ctx, &scheduler.GetScheduleGroupInput{Name: &name})
	if err != nil {
		return object{}, err
	}
	if strings.EqualFold(string(group.State), "DELETING") {
		return object{}, errAbsent
	}
	listing, err := c.schedules.ListTagsForResource(ctx, &scheduler.ListTagsForResourceInput{ResourceArn: group.Arn})
	if err != nil {
		return object{}, err
	}
	tags := tagMap(listing.Tags, func(t schedulertypes.Tag) (key, value *string) { return t.Key, t.Value })
	return object{importID: name, tags: tags}, nil
}

func (c *Client) readSchedule(ctx context.Context, values planned) (object, error) {
	group, name := values.text("group_name"), values.text("name")
	_, err := c.schedules.GetSchedule(ctx, &scheduler.GetScheduleInput{GroupName: &group, Name: &name})
	return object{importID: group + "/" + name}, err
}

func (c *Client) readEventRule(ctx context.Context, values planned) (object, error) {
	const usual = "default" // rules of this bus are known without it
	name, bus := values.text("name"), cmp.Or(values.text("event_bus_name"), usual)
	rule, err := c.events.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &name, EventBusName: &bus})
	if err != nil {
		return object{}, err
	}
	listing, err := c.events.ListTagsForResource(ctx, &eventbridge.ListTagsForResourceInput{ResourceARN: rule.Arn})
	if err != nil {
		return object{}, err
	}
	importID := name
	if bus != usual {
		importID = bus + "/" + name
	}
	return object{importID: importID, tags: tagMap(listing.Tags, func(t eventtypes.Tag) (key, value *string) { return t.Key, t.Value })}, nil
}
