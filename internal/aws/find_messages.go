package aws

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func (c *Client) readQueue(ctx context.Context, values planned) (object, error) {
	name := values.text("name")
	queue, err := c.queues.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return object{}, err
	}
	listing, err := c.queues.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: queue.QueueUrl})
	if err != nil {
		return object{}, err
	}
	url := awssdk.ToString(queue.QueueUrl)
	return object{importID: url, number: url, tags: listing.Tags}, nil
}

// readTopic makes the ARN of the name: topics cannot be read by their names.
func (c *Client) readTopic(ctx context.Context, values planned) (object, error) {
	arn, err := c.arn(ctx, "sns", values.text("name"))
	if err != nil {
		return object{}, err
	}
	if _, err := c.topics.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: &arn}); err != nil {
		return object{}, err
	}
	listing, err := c.topics.ListTagsForResource(ctx, &sns.ListTagsForResourceInput{ResourceArn: &arn})
	if err != nil {
		return object{}, err
	}
	tags := tagMap(listing.Tags, func(t snstypes.Tag) (key, value *string) { return t.Key, t.Value })
	return object{importID: arn, number: arn, tags: tags}, nil
}

// readSubscription looks through the subscriptions of the topic, in the
// region that the topic's ARN names. One that still waits for its recipient's
// word has no ARN and is asked for again.
func (c *Client) readSubscription(ctx context.Context, values planned) (object, error) {
	topic := values.text("topic_arn")
	if regionOf(topic) != c.region {
		return object{}, errAbsent
	}
	pages := sns.NewListSubscriptionsByTopicPaginator(c.topics, &sns.ListSubscriptionsByTopicInput{TopicArn: &topic})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return object{}, err
		}
		for _, each := range page.Subscriptions {
			arn := awssdk.ToString(each.SubscriptionArn)
			if awssdk.ToString(each.Protocol) == values.text("protocol") && awssdk.ToString(each.Endpoint) == values.text("endpoint") && regionOf(arn) != "" {
				return object{importID: arn, number: arn}, nil
			}
		}
	}
	return object{}, errAbsent
}
