package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
)

const (
	// arrivalLimit is R3.2's: an alarm reaches Slack within five minutes.
	arrivalLimit = 5 * time.Minute
	arrivalPoll  = time.Second
	// restoreLimit is how long setting the alarm back may take, also of a run that
	// was interrupted.
	restoreLimit = 15 * time.Second
)

// alarmDrill sets an alarm off and waits for its arrival. It is no part of the
// registry's areas: somebody hears of it.
func alarmDrill() Check {
	return Check{
		ID: "monitoring.alarm-drill", Area: Monitoring, Requirements: []string{"R3.2"}, Limit: arrivalLimit + time.Minute,
		Title:  "an alarm that is set off reaches the channel within five minutes",
		Reads:  []string{"cloudwatch:SetAlarmState", "secretsmanager:DescribeSecret", "logs:FilterLogEvents"},
		Remedy: "read the log of function slack-notifier, and put the webhook's address into the secret NAME/slack-webhook; then try `mandala-deploy verify ENV --drill alarm` again",
		Run:    drillAlarm,
	}
}

func drillAlarm(ctx context.Context, s *Subject) (evidence []string, err error) {
	var v verdict
	set, err := webhookIsSet(ctx, s)
	if err != nil {
		return nil, err
	}
	if !set {
		v.must(false, "secret %s/slack-webhook has no value: nobody could hear of the alarm", s.Name())
		return v.give()
	}
	alarm, err := quietAlarm(ctx, s)
	if err != nil {
		return nil, err
	}
	client, begun := cloudwatch.NewFromConfig(s.AWS), s.Now()
	reason := fmt.Sprintf("drill of %s: is anybody there? Nothing is wrong.", begun.UTC().Format(time.RFC3339Nano))
	defer func() {
		// Also where the context has ended: an alarm that nobody raised must not stay.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), restoreLimit)
		defer cancel()
		_, restored := client.SetAlarmState(closing, &cloudwatch.SetAlarmStateInput{AlarmName: &alarm, StateValue: types.StateValueOk, StateReason: awssdk.String("drill: over")})
		if restored != nil {
			err = errors.Join(err, fmt.Errorf("alarm %s could not be set back: %w", alarm, restored))
		}
	}()
	if _, err := client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: &alarm, StateValue: types.StateValueAlarm, StateReason: &reason}); err != nil {
		return nil, err
	}
	for {
		told, why, err := channelWasTold(ctx, s, strings.TrimPrefix(alarm, s.Name()+"-"), begun)
		if err != nil {
			return nil, err
		}
		took := s.Now().Sub(begun)
		if told {
			v.saw("alarm %s reached the channel after %v", alarm, took.Round(100*time.Millisecond))
			return v.give()
		}
		if why != "" || took > arrivalLimit {
			v.must(why == "", "the notifier could not tell the channel: %s", why)
			v.must(why != "", "alarm %s did not reach the channel within %v", alarm, arrivalLimit)
			return v.give()
		}
		if err := pause(ctx, arrivalPoll); err != nil {
			return nil, err
		}
	}
}

// webhookIsSet reports whether an operator gave the webhook's address. The value is
// not read.
func webhookIsSet(ctx context.Context, s *Subject) (bool, error) {
	found, err := secretsmanager.NewFromConfig(s.AWS).DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: awssdk.String(s.Name() + "/slack-webhook")})
	if answered(err, "ResourceNotFoundException") {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, stages := range found.VersionIdsToStages {
		if slices.Contains(stages, "AWSCURRENT") {
			return true, nil
		}
	}
	return false, nil
}

// quietAlarm gives the full name of an alarm that tells the topic of alerts and is not
// raised: the API's, as a rule.
func quietAlarm(ctx context.Context, s *Subject) (string, error) {
	alarms, err := alarmsOf(ctx, s, s.AWS)
	if err != nil {
		return "", err
	}
	topic := topicARN(s, s.AWS, "alerts")
	for _, name := range []string{"api-5xx-rate", "workflow-failure-rate", "api-5xx-outage"} {
		alarm, there := alarms[name]
		if there && alarm.StateValue != types.StateValueAlarm && awssdk.ToBool(alarm.ActionsEnabled) && slices.Contains(alarm.AlarmActions, topic) {
			return text(alarm.AlarmName), nil
		}
	}
	return "", fmt.Errorf("every alarm that would do is raised, is switched off or does not tell %s: %w", topic, ErrNotMeasurable)
}

// channelWasTold looks into the notifier's log for what it said of an alarm since the
// drill began; why is why it failed.
func channelWasTold(ctx context.Context, s *Subject, alarm string, since time.Time) (told bool, why string, err error) {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(s.AWS), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: awssdk.String("/aws/lambda/" + s.Name() + "-slack-notifier"), StartTime: awssdk.Int64(since.UnixMilli()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, "", err
		}
		for _, event := range page.Events {
			line := text(event.Message)
			if !strings.Contains(line, "ALARM: ") || !strings.Contains(line, alarm) {
				continue
			}
			if strings.Contains(line, "the channel was told") {
				return true, "", nil
			}
			if strings.Contains(line, "the channel was not told") {
				why = "its log says that the channel was not told"
			}
		}
	}
	return false, why, nil
}
