package test

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// dataListers list what keeps data, or passes it on.
func dataListers() map[string]lister {
	return map[string]lister{
		"buckets": func(ctx context.Context, s *stack, _ aws.Config) ([]string, error) {
			out, err := s.S3(ctx).ListBuckets(ctx, &s3.ListBucketsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Buckets {
					if name := aws.ToString(each.Name); name != s.Bucket {
						all = append(all, name)
					}
				}
				return all
			})
		},
		"clusters": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := rds.NewFromConfig(region).DescribeDBClusters(ctx, &rds.DescribeDBClustersInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.DBClusters {
					all = append(all, aws.ToString(each.DBClusterIdentifier))
				}
				return all
			})
		},
		"secrets": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := secretsmanager.NewFromConfig(region).ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.SecretList {
					all = append(all, aws.ToString(each.Name))
				}
				return all
			})
		},
		"keys": listKeys,
		"queues": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := sqs.NewFromConfig(region).ListQueues(ctx, &sqs.ListQueuesInput{})
			return names(out, err, func() []string { return out.QueueUrls })
		},
		"topics": func(ctx context.Context, _ *stack, region aws.Config) ([]string, error) {
			out, err := sns.NewFromConfig(region).ListTopics(ctx, &sns.ListTopicsInput{})
			return names(out, err, func() (all []string) {
				for _, each := range out.Topics {
					all = append(all, aws.ToString(each.TopicArn))
				}
				return all
			})
		},
	}
}

// listKeys lists the keys that are not on their way out.
func listKeys(ctx context.Context, s *stack, region aws.Config) (all []string, err error) {
	client := kms.NewFromConfig(region)
	pages := kms.NewListKeysPaginator(client, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, each := range page.Keys {
			key, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: each.KeyId})
			if err != nil {
				return nil, err
			}
			description := aws.ToString(key.KeyMetadata.Description)
			if key.KeyMetadata.KeyState != kmstypes.KeyStatePendingDeletion && !strings.Contains(description, s.Bucket) {
				all = append(all, description)
			}
		}
	}
	return all, nil
}
