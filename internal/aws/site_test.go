package aws

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudfront"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// upload is a file of a site.
func upload(key, body string) engine.SiteUpload {
	digest := sha256.Sum256([]byte(body))
	return engine.SiteUpload{
		Key: key, Body: []byte(body), SHA256: hex.EncodeToString(digest[:]),
		ContentType: "text/html; charset=utf-8", CacheControl: "no-cache",
	}
}

func digests(files map[string]engine.SiteObject) map[string]string {
	all := map[string]string{}
	for key, file := range files {
		all[key] = file.SHA256
	}
	return all
}

func TestSiteFiles(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	put(t, bucketFor(t, "site-files"), "by-hand.html", "somebody else's")
	want := map[string]string{"by-hand.html": ""}
	for i := range 40 { // more than are read at once
		file := upload(fmt.Sprintf("assets/ü %d+.html", i), fmt.Sprint("page ", i))
		want[file.Key] = file.SHA256
		if err := c.PutSiteFile(t.Context(), "site-files", file); err != nil {
			t.Fatal(err)
		}
	}
	files, err := c.SiteFiles(t.Context(), "site-files")
	if diff := cmp.Diff(want, digests(files)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if files["by-hand.html"].Modified.IsZero() {
		t.Error("a file without a time")
	}
	head, err := c.s3.HeadObject(t.Context(), &s3.HeadObjectInput{
		Bucket: awssdk.String("site-files"), Key: awssdk.String("assets/ü 7+.html"), ChecksumMode: types.ChecksumModeEnabled,
	})
	if err != nil {
		t.Fatal(err)
	}
	if *head.ContentType != "text/html; charset=utf-8" || *head.CacheControl != "no-cache" || awssdk.ToString(head.ChecksumSHA256) == "" {
		t.Errorf("the file is %q, %q, checksum %q", *head.ContentType, *head.CacheControl, awssdk.ToString(head.ChecksumSHA256))
	}
	gone := slices.Sorted(maps.Keys(want))[2:]
	if err := c.DeleteSiteFiles(t.Context(), "site-files", append(gone, "never-was.html")); err != nil {
		t.Fatal(err)
	}
	files, err = c.SiteFiles(t.Context(), "site-files")
	if err != nil || len(files) != 2 {
		t.Errorf("left are %v, %v", files, err)
	}
	if err := c.DeleteSiteFiles(t.Context(), "site-files", nil); err != nil {
		t.Errorf("nothing to delete: %v", err)
	}
}

func TestSiteFilesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	if _, err := c.SiteFiles(t.Context(), "no-such-site"); !problem.Is(err, problem.NoBucket) {
		t.Errorf("a list of a missing bucket: %v", err)
	}
	if err := c.PutSiteFile(t.Context(), "no-such-site", upload("a", "b")); !problem.Is(err, problem.NoBucket) {
		t.Errorf("a file for a missing bucket: %v", err)
	}
	if err := c.DeleteSiteFiles(t.Context(), "no-such-site", []string{"a"}); !problem.Is(err, problem.NoBucket) {
		t.Errorf("a deletion in a missing bucket: %v", err)
	}
	for _, digest := range []string{"", "abcd", upload("a", "something else").SHA256} {
		file := upload("a", "b")
		file.SHA256 = digest
		if err := c.PutSiteFile(t.Context(), "no-such-site", file); err == nil || !strings.Contains(err.Error(), "its SHA-256 is not") {
			t.Errorf("digest %q: %v", digest, err)
		}
	}
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	name := awssdk.String("invalidated")
	made, err := c.edge.CreateDistribution(t.Context(), &cloudfront.CreateDistributionInput{DistributionConfig: &cftypes.DistributionConfig{
		CallerReference: name, Comment: name, Enabled: awssdk.Bool(true),
		Origins: &cftypes.Origins{Quantity: awssdk.Int32(1), Items: []cftypes.Origin{{
			Id: name, DomainName: awssdk.String("site.s3.ap-northeast-1.amazonaws.com"),
			S3OriginConfig: &cftypes.S3OriginConfig{OriginAccessIdentity: awssdk.String("")},
		}}},
		DefaultCacheBehavior: &cftypes.DefaultCacheBehavior{
			TargetOriginId: name, ViewerProtocolPolicy: cftypes.ViewerProtocolPolicyRedirectToHttps,
			CachePolicyId: awssdk.String("658327ea-f89d-4fab-a63d-7e88639e58f6"),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	distribution := *made.Distribution.Id
	invalidate := func(reference string, paths ...string) string {
		t.Helper()
		id, err := c.Invalidate(t.Context(), distribution, paths, reference)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := invalidate("d-1", "/index.html", "/assets/ü 1.html", "/assets/*")
	if again := invalidate("d-1", "/assets/*", "/index.html", "/assets/ü 1.html"); again != first {
		t.Errorf("the same in another order is %s after %s", again, first)
	}
	if other := invalidate("d-1", "/index.html"); other == first {
		t.Error("other paths are the same invalidation")
	}
	if other := invalidate("d-2", "/index.html", "/assets/ü 1.html", "/assets/*"); other == first {
		t.Error("another reference is the same invalidation")
	}
	found, err := c.edge.GetInvalidation(t.Context(), &cloudfront.GetInvalidationInput{DistributionId: &distribution, Id: &first})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"/assets/%C3%BC%201.html", "/assets/*", "/index.html"}, found.Invalidation.InvalidationBatch.Paths.Items); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if _, err := c.Invalidate(t.Context(), "E000000000NONE", []string{"/"}, "d-1"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a missing distribution: %v", err)
	}
}
