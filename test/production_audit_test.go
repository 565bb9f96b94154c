package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/go-cmp/cmp"
)

// checkAudit holds the trail to R4.2, and what it writes to R4.4 and R3.4.
func checkAudit(t *testing.T, s *stack) {
	client := cloudtrail.NewFromConfig(s.config)
	found, err := client.DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{TrailNameList: []string{s.Name + "-audit"}})
	if err != nil || len(found.TrailList) != 1 {
		t.Fatalf("R4.2: trail %s-audit: %+v, %v", s.Name, found, err)
	}
	trail := found.TrailList[0]
	status, err := client.GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
	if err != nil {
		t.Fatalf("R4.2: %v", err)
	}
	bucket := s.output(t, "trail_bucket")
	facts(t, "R4.2", map[string]bool{
		"trail: multi-region":                  aws.ToBool(trail.IsMultiRegionTrail),
		"trail: at home in the stack's region": aws.ToString(trail.HomeRegion) == s.config.Region,
		"trail: global service events":         aws.ToBool(trail.IncludeGlobalServiceEvents),
		"trail: file validation":               aws.ToBool(trail.LogFileValidationEnabled),
		"trail: KMS":                           aws.ToString(trail.KmsKeyId) != "",
		"trail: CloudWatch Logs":               strings.Contains(aws.ToString(trail.CloudWatchLogsLogGroupArn), ":log-group:/aws/cloudtrail/"+s.Name+"-audit:") && strings.HasSuffix(aws.ToString(trail.CloudWatchLogsRoleArn), ":role/"+s.Name+"-audit-logs"),
		"trail: SNS":                           strings.HasSuffix(aws.ToString(trail.SnsTopicARN), ":"+s.Name+"-audit"),
		"trail: its bucket":                    aws.ToString(trail.S3BucketName) == bucket,
		"trail: is logging":                    aws.ToBool(status.IsLogging),
	})
	rotation, err := kms.NewFromConfig(s.config).GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: trail.KmsKeyId})
	if err != nil || !rotation.KeyRotationEnabled {
		t.Errorf("R4.4: the trail's key does not rotate: %+v, %v", rotation, err)
	}
	checkEvents(t, s, client, trail)
	checkTrailBucket(t, s, bucket, aws.ToString(trail.KmsKeyId), aws.ToString(trail.TrailARN))
	checkTrailNotices(t, s, trail)
}

// checkEvents: every management event, and what is done to objects and functions.
func checkEvents(t *testing.T, s *stack, client *cloudtrail.Client, trail types.Trail) {
	t.Helper()
	selectors, err := client.GetEventSelectors(t.Context(), &cloudtrail.GetEventSelectorsInput{TrailName: trail.TrailARN})
	if err != nil {
		t.Fatalf("R4.2: event selectors: %v", err)
	}
	// Category and type => which resources are left out.
	got := map[string][]string{}
	for _, selector := range selectors.AdvancedEventSelectors {
		kind, without := map[string]string{}, []string{}
		for _, field := range selector.FieldSelectors {
			name := aws.ToString(field.Field)
			switch {
			case len(field.NotStartsWith) > 0 && name == "resources.ARN":
				without = field.NotStartsWith
			case len(field.Equals) == 1 && (name == "eventCategory" || name == "resources.type"):
				kind[name] = field.Equals[0]
			default:
				t.Errorf("R4.2: selector %s records fewer events than it should: %+v", aws.ToString(selector.Name), field)
			}
		}
		got[strings.TrimSpace(kind["eventCategory"]+" "+kind["resources.type"])] = sorted(without)
	}
	bucket := aws.ToString(trail.S3BucketName)
	want := map[string][]string{
		"Management":                 nil,
		"Data AWS::Lambda::Function": nil,
		// Each delivery would be an event of the next.
		"Data AWS::S3::Object": sorted([]string{"arn:aws:s3:::" + bucket + "/", "arn:aws:s3:::" + s.Name + "-audit-log-" + s.Account + "/"}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R4.2: events that are recorded, and resources left out (-want +got):\n%s", diff)
	}
}

// checkTrailBucket: encrypted, closed, and kept as long as the catalogue says.
func checkTrailBucket(t *testing.T, s *stack, name, key, trail string) {
	t.Helper()
	checkClosed(t, "R4.2", s, name)
	client := s.storage()
	encryption, err := client.GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: &name})
	if err != nil {
		t.Fatalf("R4.4: bucket %s: %v", name, err)
	}
	for _, rule := range encryption.ServerSideEncryptionConfiguration.Rules {
		if rule.ApplyServerSideEncryptionByDefault == nil || aws.ToString(rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID) != key {
			t.Errorf("R4.4: bucket %s is not encrypted with the trail's key: %+v", name, rule)
		}
	}
	versioning, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: &name})
	if err != nil || versioning.Status != s3types.BucketVersioningStatusEnabled {
		t.Errorf("R4.2: bucket %s keeps no versions: %+v, %v", name, versioning, err)
	}
	logging, err := client.GetBucketLogging(t.Context(), &s3.GetBucketLoggingInput{Bucket: &name})
	if err != nil || logging.LoggingEnabled == nil {
		t.Fatalf("R8.1: nobody records who reads bucket %s: %+v, %v", name, logging, err)
	}
	log := aws.ToString(logging.LoggingEnabled.TargetBucket)
	checkClosed(t, "R8.1", s, log)

	kept := retention(t, client, name)
	want := map[string]int32{"STANDARD_IA": 30, "GLACIER": 90, "expiry": 2555}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("R4.2: days in bucket %s (-want +got):\n%s", name, diff)
	}
	checkTransitionMinimum(t, client, name)
	if kept := retention(t, client, log)["expiry"]; kept != 2555 {
		t.Errorf("R8.1: the record of who read the trail is kept %d days", kept)
	}

	// Who may do what with the trail's bucket: CloudTrail for this trail.
	allowed := map[string]bool{}
	for _, each := range s.bucketPolicy(t, name).Allowing() {
		if !cmp.Equal(each.Principal, principals{"Service": {"cloudtrail.amazonaws.com"}}) || !cmp.Equal(each.Condition["StringEquals"]["aws:SourceArn"], texts{trail}) {
			t.Errorf("R4.2: somebody else than this trail has rights on bucket %s: %+v", name, each)
		}
		for _, action := range each.Action {
			allowed[action] = true
		}
	}
	if diff := cmp.Diff([]string{"s3:GetBucketAcl", "s3:PutObject"}, sorted(keys(allowed))); diff != "" {
		t.Errorf("R4.2: what CloudTrail may do (-want +got):\n%s", diff)
	}
}

// retention gives the days after which a bucket's objects change their class,
// by class, and those after which they are deleted, as "expiry".
func retention(t *testing.T, client *s3.Client, bucket string) map[string]int32 {
	t.Helper()
	lifecycle, err := client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil {
		t.Fatalf("lifecycle of bucket %s: %v", bucket, err)
	}
	days := map[string]int32{}
	for _, rule := range lifecycle.Rules {
		if rule.Status != s3types.ExpirationStatusEnabled {
			continue
		}
		for _, transition := range rule.Transitions {
			days[string(transition.StorageClass)] = aws.ToInt32(transition.Days)
		}
		if rule.Expiration != nil && aws.ToInt32(rule.Expiration.Days) > 0 {
			days["expiry"] = aws.ToInt32(rule.Expiration.Days)
		}
	}
	return days
}

// checkTransitionMinimum: S3's default would move no file below 128 KB, and
// most of a trail's files are smaller.
func checkTransitionMinimum(t *testing.T, client *s3.Client, bucket string) {
	t.Helper()
	lifecycle, err := client.GetBucketLifecycleConfiguration(t.Context(), &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket})
	if err != nil {
		t.Fatalf("lifecycle of bucket %s: %v", bucket, err)
	}
	if got := lifecycle.TransitionDefaultMinimumObjectSize; got != s3types.TransitionDefaultMinimumObjectSizeVariesByStorageClass {
		t.Errorf("R4.2: bucket %s moves files by %q, so that small ones never reach Glacier", bucket, got)
	}
}

// checkTrailNotices: the log group and the topic that the trail writes to.
func checkTrailNotices(t *testing.T, s *stack, trail types.Trail) {
	t.Helper()
	name, key := "/aws/cloudtrail/"+s.Name+"-audit", aws.ToString(trail.KmsKeyId)
	groups, err := cloudwatchlogs.NewFromConfig(s.config).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil || len(groups.LogGroups) != 1 {
		t.Fatalf("R4.2: log group %s: %+v, %v", name, groups, err)
	}
	group := groups.LogGroups[0]
	topic, err := sns.NewFromConfig(s.config).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: trail.SnsTopicARN})
	if err != nil {
		t.Fatalf("R4.2: topic %s: %v", aws.ToString(trail.SnsTopicARN), err)
	}
	publishers := parsePolicy(t, "policy of "+aws.ToString(trail.SnsTopicARN), topic.Attributes["Policy"])
	facts(t, "R4.2", map[string]bool{
		"log group: encrypted with the trail's key (R4.4)": aws.ToString(group.KmsKeyId) == key,
		"log group: kept 30 days (R3.4)":                   aws.ToInt32(group.RetentionInDays) == 30,
		"topic: encrypted with the trail's key (R4.4)":     topic.Attributes["KmsMasterKeyId"] == key,
		"topic: TLS only (R4.4)":                           publishers.DeniesPlain([]string{"sns:Publish"}, aws.ToString(trail.SnsTopicARN)),
		"topic: this trail publishes": slices.ContainsFunc(publishers.Allowing(), func(each statement) bool {
			return cmp.Equal(each.Principal, principals{"Service": {"cloudtrail.amazonaws.com"}}) && cmp.Equal(each.Condition["StringEquals"]["aws:SourceArn"], texts{aws.ToString(trail.TrailARN)})
		}),
	})
}
