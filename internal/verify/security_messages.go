package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// messageReads is what topics and queues are read by.
func messageReads() []string {
	return []string{"sns:ListTopics", "sns:GetTopicAttributes", "sqs:ListQueues", "sqs:GetQueueAttributes"}
}

// topicsOf gives the attributes of the environment's topics by ARN.
func topicsOf(ctx context.Context, s *Subject) (map[string]map[string]string, error) {
	return recall(ctx, "topics", func(ctx context.Context) (map[string]map[string]string, error) {
		all := map[string]map[string]string{}
		for _, region := range regions(s) {
			client := sns.NewFromConfig(region)
			topics, err := listOf(ctx, "the topics", sns.NewListTopicsPaginator(client, &sns.ListTopicsInput{}), func(page *sns.ListTopicsOutput) []snstypes.Topic { return page.Topics })
			if err != nil {
				return nil, err
			}
			for _, each := range topics {
				arn := text(each.TopicArn)
				if !strings.Contains(arn, ":"+s.Name()+"-") {
					continue
				}
				found, err := client.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn})
				if err != nil {
					return nil, fmt.Errorf("topic %s: %w", arn, err)
				}
				all[arn] = found.Attributes
			}
		}
		return all, nil
	})
}

// queuesOf gives the attributes of the environment's queues by ARN.
func queuesOf(ctx context.Context, s *Subject) (map[string]map[string]string, error) {
	return recall(ctx, "queues", func(ctx context.Context) (map[string]map[string]string, error) {
		all, prefix := map[string]map[string]string{}, s.Name()+"-"
		client := sqs.NewFromConfig(s.AWS)
		urls, err := listOf(ctx, "the queues", sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{QueueNamePrefix: &prefix}), func(page *sqs.ListQueuesOutput) []string { return page.QueueUrls })
		if err != nil {
			return nil, err
		}
		for _, url := range urls {
			found, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
			if err != nil {
				return nil, fmt.Errorf("queue %s: %w", url, err)
			}
			all[found.Attributes["QueueArn"]] = found.Attributes
		}
		return all, nil
	})
}

// overMessages looks at every topic and queue, whose attributes have the same names.
func overMessages(ctx context.Context, s *Subject, look func(v *verdict, arn string, attributes map[string]string) error) ([]string, error) {
	topics, err := topicsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	queues, err := queuesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	for _, all := range []map[string]map[string]string{topics, queues} {
		for arn, attributes := range all {
			if err := look(&v, arn, attributes); err != nil {
				return nil, err
			}
		}
	}
	v.must(len(topics) > 0 && len(queues) > 0, "%s has %d topics and %d queues", s.Name(), len(topics), len(queues))
	v.saw("%d topics and %d queues", len(topics), len(queues))
	return v.give()
}

func messagesPrivate(ctx context.Context, s *Subject) ([]string, error) {
	return overMessages(ctx, s, func(v *verdict, arn string, attributes map[string]string) error {
		policy, err := iampolicy.Read(arn, attributes["Policy"])
		for _, fault := range iampolicy.Faults(policy, "message", s.Account) {
			v.must(false, "%s: %s", arn, fault)
		}
		return err
	})
}

func messagesTLS(ctx context.Context, s *Subject) ([]string, error) {
	return overMessages(ctx, s, func(v *verdict, arn string, attributes map[string]string) error {
		policy, err := iampolicy.Read(arn, attributes["Policy"])
		v.must(policy.DeniesPlain([]string{"sns:Publish", "sqs:*", "sqs:SendMessage"}, arn), "%s takes plain HTTP", arn)
		return err
	})
}

func messagesEncrypted(ctx context.Context, s *Subject) ([]string, error) {
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	return overMessages(ctx, s, func(v *verdict, arn string, attributes map[string]string) error {
		v.must(keys.have(attributes["KmsMasterKeyId"]), "%s is encrypted with %s", arn, orNothing(attributes["KmsMasterKeyId"]))
		return nil
	})
}
