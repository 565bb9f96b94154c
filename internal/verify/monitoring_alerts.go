package verify

import (
	"context"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

func alertChecks() []Check {
	return []Check{
		{
			ID: "monitoring.alert-subscribers", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "both topics of alerts reach the Slack notifier and somebody's mailbox",
			Reads:  []string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"},
			Remedy: "set monitoring.alarm_emails and apply the layer monitoring; whoever is subscribed by mail has to confirm it",
			Run:    alertsReachSomebody,
		},
		{
			ID: "monitoring.alert-notifier", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "the topics of alerts may call the Slack notifier",
			Reads:  []string{"lambda:GetPolicy"},
			Remedy: "apply the layer monitoring, which gives the topics this permission",
			Run:    topicsMayCallTheNotifier,
		},
		{
			ID: "monitoring.alert-publishers", Area: Monitoring, Requirements: []string{"R3.2"},
			Title:  "CloudWatch may publish to the topics of alerts, in us-east-1 also budgets and cost anomalies",
			Reads:  []string{"sns:GetTopicAttributes"},
			Remedy: "apply the layer monitoring, which writes the topics' policies",
			Run:    alarmsMayPublish,
		},
	}
}

// alertTopic is one of the topics that alarms tell, with where it is.
type alertTopic struct {
	in   awssdk.Config
	name string
	arn  string
}

func alertTopics(s *Subject) []alertTopic {
	east := global(s)
	return []alertTopic{{s.AWS, "alerts", topicARN(s, s.AWS, "alerts")}, {east, "alerts-global", topicARN(s, east, "alerts-global")}}
}

func alertsReachSomebody(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	notifier := "arn:aws:lambda:" + s.Region + ":" + s.Account + ":function:" + s.Name() + "-slack-notifier:" + liveAlias
	topics := append(alertTopics(s), alertTopic{s.AWS, "alerts-delivery", topicARN(s, s.AWS, "alerts-delivery")})
	for _, topic := range topics {
		slack, mails, pending := false, 0, 0
		pages := sns.NewListSubscriptionsByTopicPaginator(sns.NewFromConfig(topic.in), &sns.ListSubscriptionsByTopicInput{TopicArn: &topic.arn})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if answered(err, "NotFound", "NotFoundException") {
				v.must(false, "there is no topic %s", topic.arn)
				break
			}
			if err != nil {
				return nil, err
			}
			for _, each := range page.Subscriptions {
				switch text(each.Protocol) {
				case "lambda":
					slack = slack || text(each.Endpoint) == notifier
				case "email":
					mails++
					if !strings.HasPrefix(text(each.SubscriptionArn), "arn:") {
						pending++
					}
				}
			}
		}
		v.saw("%s: notifier %v, %d mail addresses, %d of them not confirmed", topic.name, slack, mails, pending)
		if topic.name != "alerts-delivery" { // what tells that the notifier fails cannot go through it
			v.must(slack, "topic %s does not call the Slack notifier", topic.name)
		}
		v.must(mails > 0, "nobody is mailed by topic %s", topic.name)
		v.must(mails == 0 || pending < mails, "nobody confirmed the subscription by mail of topic %s", topic.name)
	}
	return v.give()
}

// callersOf gives what may call alias live of a function: the service and the ARN on
// whose behalf it calls, with a space between.
func callersOf(ctx context.Context, s *Subject, short string) (map[string]bool, error) {
	names, err := functionNames(s)
	if err != nil {
		return nil, err
	}
	found, err := lambda.NewFromConfig(s.AWS).GetPolicy(ctx, &lambda.GetPolicyInput{FunctionName: awssdk.String(names[short]), Qualifier: awssdk.String(liveAlias)})
	if answered(err, "ResourceNotFoundException") {
		return map[string]bool{}, nil
	}
	if err != nil {
		return nil, err
	}
	policy, err := iampolicy.Read("function "+names[short], text(found.Policy))
	if err != nil {
		return nil, err
	}
	callers := map[string]bool{}
	for _, statement := range policy.Allowing() {
		if !slices.Contains(statement.Action, "lambda:InvokeFunction") {
			continue
		}
		for _, condition := range statement.Condition {
			for key, values := range condition {
				if !strings.EqualFold(key, "aws:SourceArn") {
					continue
				}
				for _, arn := range values {
					callers[strings.Join(statement.Principal["Service"], " ")+" "+arn] = true
				}
			}
		}
	}
	return callers, nil
}

func topicsMayCallTheNotifier(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	callers, err := callersOf(ctx, s, "slack-notifier")
	if err != nil {
		return nil, err
	}
	v.saw("%d callers are allowed", len(callers))
	for _, topic := range append(alertTopics(s), alertTopic{s.AWS, "workflow-notices", topicARN(s, s.AWS, "workflow-notices")}) {
		v.must(callers["sns.amazonaws.com "+topic.arn], "topic %s may not call the Slack notifier", topic.name)
	}
	return v.give()
}

func alarmsMayPublish(ctx context.Context, s *Subject) ([]string, error) {
	var v verdict
	services := map[string][]string{
		"alerts":        {"cloudwatch.amazonaws.com"},
		"alerts-global": {"cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"},
	}
	for _, topic := range alertTopics(s) {
		found, err := sns.NewFromConfig(topic.in).GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &topic.arn})
		if err != nil {
			return nil, err
		}
		policy, err := iampolicy.Read("topic "+topic.arn, found.Attributes["Policy"])
		if err != nil {
			return nil, err
		}
		for _, service := range services[topic.name] {
			may := slices.ContainsFunc(policy.Allowing(), func(each iampolicy.Statement) bool {
				return each.Principal.Include(service) && (slices.Contains(each.Action, "sns:Publish") || slices.Contains(each.Action, "SNS:Publish"))
			})
			v.must(may, "%s may not publish to topic %s", service, topic.name)
		}
		v.saw("%s: %d statements", topic.name, len(policy.Statement))
	}
	return v.give()
}
