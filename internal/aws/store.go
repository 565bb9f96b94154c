package aws

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

// bucketStore is an engine.Store on one bucket.
type bucketStore struct {
	s3     *s3.Client
	bucket string
}

// Store gives the environment's bucket as a store. Objects are encrypted as
// the bucket's default says.
//
// A conditional Put that the SDK repeats, because the first answer was lost,
// can meet its own write and give ErrPrecondition: callers that must know read
// the object back.
func (c *Client) Store(bucket string) engine.Store {
	return &bucketStore{s3: c.s3, bucket: bucket}
}

func (b *bucketStore) where(key string) string { return "s3://" + b.bucket + "/" + key }

// Get reads an object whole.
func (b *bucketStore) Get(ctx context.Context, key string) (engine.Object, error) {
	doing := "read " + b.where(key)
	answer, err := b.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.bucket, Key: &key})
	if isCode(err, "NoSuchKey") {
		return engine.Object{}, fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	}
	if err != nil {
		return engine.Object{}, failure(ctx, doing, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return engine.Object{}, failure(ctx, doing, err)
	}
	return engine.Object{Body: body, ETag: awssdk.ToString(answer.ETag), Modified: awssdk.ToTime(answer.LastModified)}, nil
}

// Put writes an object on a condition.
func (b *bucketStore) Put(ctx context.Context, key string, body []byte, condition engine.Condition) (string, error) {
	doing := "write " + b.where(key)
	input := &s3.PutObjectInput{Bucket: &b.bucket, Key: &key, Body: bytes.NewReader(body)}
	if condition.Absent {
		input.IfNoneMatch = awssdk.String("*")
	}
	if condition.ETag != "" {
		input.IfMatch = &condition.ETag
	}
	answer, err := b.s3.PutObject(ctx, input)
	switch {
	case err == nil:
		return awssdk.ToString(answer.ETag), nil
	case conditionFailed(err), condition.ETag != "" && isCode(err, "NoSuchKey"):
		return "", fmt.Errorf("%s: %w", doing, engine.ErrPrecondition)
	default:
		return "", failure(ctx, doing, err)
	}
}

// Delete removes an object, on the condition that it is a certain one. In the
// versioned bucket its versions stay.
func (b *bucketStore) Delete(ctx context.Context, key, ifETag string) error {
	doing := "delete " + b.where(key)
	input := &s3.DeleteObjectInput{Bucket: &b.bucket, Key: &key}
	if ifETag != "" {
		input.IfMatch = &ifETag
	}
	_, err := b.s3.DeleteObject(ctx, input)
	switch {
	case err == nil, isCode(err, "NoSuchKey"):
		return nil
	case conditionFailed(err):
		return fmt.Errorf("%s: %w", doing, engine.ErrPrecondition)
	default:
		return failure(ctx, doing, err)
	}
}

// List gives all keys with a prefix in the order of their bytes.
func (b *bucketStore) List(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	pages := s3.NewListObjectsV2Paginator(b.s3, &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failure(ctx, "list "+b.where(prefix), err)
		}
		for _, object := range page.Contents {
			keys = append(keys, awssdk.ToString(object.Key))
		}
	}
	return keys, nil
}

// conditionFailed tells the answers to a condition that does not hold: 412,
// and 409 when another conditional request was under way.
func conditionFailed(err error) bool {
	return isCode(err, "PreconditionFailed", "ConditionalRequestConflict") || status(err) == http.StatusPreconditionFailed
}
