package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// arn makes the ARN of something in the client's account and region.
func (c *Client) arn(ctx context.Context, service, resource string) (string, error) {
	return c.arnIn(ctx, c.region, service, resource)
}

// arnIn makes the ARN of something in the client's account; region is "" for
// what has none.
func (c *Client) arnIn(ctx context.Context, region, service, resource string) (string, error) {
	who, err := c.Identity(ctx)
	if err != nil {
		return "", err
	}
	caller, err := arn.Parse(who.ARN) // it tells the partition
	if err != nil {
		return "", err
	}
	return arn.ARN{Partition: caller.Partition, Service: service, Region: region, AccountID: who.Account, Resource: resource}.String(), nil
}

// regionOf gives an ARN's region; "" where the text is no ARN or names none.
func regionOf(text string) string {
	parsed, err := arn.Parse(text)
	if err != nil {
		return ""
	}
	return parsed.Region
}
