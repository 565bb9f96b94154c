package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

var _ engine.Site = (*Client)(nil)

const (
	siteDigest  = "sha256" // metadata of a site's file
	siteReaders = 16       // requests at once; a site has some hundred files
	siteDeleted = 1000     // keys that one request may delete
)

// SiteFiles lists the files of a site's bucket. A listing has no metadata, and an
// ETag is no digest of what is encrypted by a key of one's own: each file takes a
// request. One that is deleted meanwhile is left out.
func (c *Client) SiteFiles(ctx context.Context, bucket string) (map[string]engine.SiteObject, error) {
	var mu sync.Mutex
	files := map[string]engine.SiteObject{}
	readers, reading := errgroup.WithContext(ctx)
	readers.SetLimit(siteReaders)
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() && reading.Err() == nil {
		page, err := pages.NextPage(ctx)
		if err != nil {
			_ = readers.Wait() // they are not what failed
			return nil, failure(ctx, "list s3://"+bucket, err)
		}
		for _, listed := range page.Contents {
			readers.Go(func() error {
				key := awssdk.ToString(listed.Key)
				head, err := c.s3.HeadObject(reading, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
				if isAbsent(err) {
					return nil
				}
				if err != nil {
					return failure(reading, "read what s3://"+bucket+"/"+key+" is", err)
				}
				mu.Lock()
				defer mu.Unlock()
				files[key] = engine.SiteObject{SHA256: head.Metadata[siteDigest], Modified: awssdk.ToTime(head.LastModified)}
				return nil
			})
		}
	}
	if err := readers.Wait(); err != nil {
		return nil, err
	}
	return files, nil
}

// PutSiteFile writes a file of a site, unless it is not what its digest says. S3
// refuses it if something else arrives.
func (c *Client) PutSiteFile(ctx context.Context, bucket string, file engine.SiteUpload) error {
	doing := "write s3://" + bucket + "/" + file.Key
	digest := sha256.Sum256(file.Body)
	if hex.EncodeToString(digest[:]) != file.SHA256 {
		return fmt.Errorf("%s: its SHA-256 is not %q", doing, file.SHA256)
	}
	input := &s3.PutObjectInput{
		Bucket: &bucket, Key: &file.Key, Body: bytes.NewReader(file.Body),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		ChecksumSHA256:    awssdk.String(base64.StdEncoding.EncodeToString(digest[:])),
		Metadata:          map[string]string{siteDigest: file.SHA256},
	}
	if file.ContentType != "" {
		input.ContentType = &file.ContentType
	}
	if file.CacheControl != "" {
		input.CacheControl = &file.CacheControl
	}
	if _, err := c.s3.PutObject(ctx, input); err != nil {
		return failure(ctx, doing, err)
	}
	return nil
}

// DeleteSiteFiles deletes files of a site. In a versioned bucket their versions stay.
func (c *Client) DeleteSiteFiles(ctx context.Context, bucket string, keys []string) error {
	for some := range slices.Chunk(keys, siteDeleted) {
		request := &types.Delete{Quiet: awssdk.Bool(true)}
		for _, key := range some {
			request.Objects = append(request.Objects, types.ObjectIdentifier{Key: &key})
		}
		answer, err := c.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: request})
		if err != nil {
			return failure(ctx, "delete files of s3://"+bucket, err)
		}
		if len(answer.Errors) > 0 {
			first := answer.Errors[0]
			return failure(ctx, "delete s3://"+bucket+"/"+awssdk.ToString(first.Key), &smithy.OperationError{
				ServiceID: "S3", OperationName: "DeleteObjects",
				Err: &smithy.GenericAPIError{Code: awssdk.ToString(first.Code), Message: awssdk.ToString(first.Message)},
			})
		}
	}
	return nil
}

// Invalidate has a distribution ask its origins anew. CloudFront knows a request
// again by its reference and refuses other paths under the same one: so what the
// paths are is part of the reference.
func (c *Client) Invalidate(ctx context.Context, distribution string, paths []string, reference string) (string, error) {
	items := make([]string, len(paths))
	for i, path := range paths {
		items[i] = invalidationPath(path)
	}
	slices.Sort(items)
	items = slices.Compact(items)
	digest := sha256.Sum256([]byte(strings.Join(items, "\n")))
	const digits = 8
	reference += "-" + hex.EncodeToString(digest[:digits])
	answer, err := c.edge.CreateInvalidation(ctx, &cloudfront.CreateInvalidationInput{
		DistributionId: &distribution,
		InvalidationBatch: &cftypes.InvalidationBatch{
			CallerReference: &reference,
			Paths:           &cftypes.Paths{Quantity: awssdk.Int32(int32(len(items))), Items: items}, //nolint:gosec // far fewer
		},
	})
	if isAbsent(err) {
		return "", fmt.Errorf("distribution %s: %w", distribution, engine.ErrNotFound)
	}
	if err != nil {
		return "", failure(ctx, "invalidate paths of distribution "+distribution, err)
	}
	return awssdk.ToString(answer.Invalidation.Id), nil
}

// invalidationPath spells a path as CloudFront wants it: what may not stand in an
// address escaped, and "*" as it is.
func invalidationPath(path string) string {
	return strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), "%2A", "*")
}
