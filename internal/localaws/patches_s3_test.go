package localaws_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// suspendedVersions empties a bucket as Terraform does: versioning is suspended, then
// versions go by their ids, and delete markers after them.
func suspendedVersions(ctx context.Context, to aws.Config) (string, error) {
	name, key := aws.String("suspended"), aws.String("object")
	api, err := bucket(ctx, to, *name)
	if err != nil {
		return "", err
	}
	set := func(status types.BucketVersioningStatus) error {
		_, err := api.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: name, VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
		return err
	}
	if err := set(types.BucketVersioningStatusEnabled); err != nil {
		return "", err
	}
	if _, err := api.PutObject(ctx, &s3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("content")}); err != nil {
		return code(err)
	}
	if _, err := api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: key}); err != nil {
		return code(err)
	}
	if err := set(types.BucketVersioningStatusSuspended); err != nil {
		return "", err
	}
	var told []string
	for range 2 {
		all, err := api.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: name})
		if err != nil {
			return code(err)
		}
		var going []types.ObjectIdentifier
		for _, version := range all.Versions {
			going = append(going, types.ObjectIdentifier{Key: version.Key, VersionId: version.VersionId})
		}
		if len(going) == 0 {
			for _, marker := range all.DeleteMarkers {
				going = append(going, types.ObjectIdentifier{Key: marker.Key, VersionId: marker.VersionId})
			}
			told = append(told, fmt.Sprintf("%d marker", len(going)))
		}
		if len(going) == 0 {
			break
		}
		if _, err := api.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: name, Delete: &types.Delete{Objects: going}}); err != nil {
			return code(err)
		}
	}
	left, err := api.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: name})
	if err != nil {
		return code(err)
	}
	if len(left.Versions)+len(left.DeleteMarkers) == 0 {
		told = append(told, "then nothing")
	}
	return strings.Join(told, ", "), nil
}
