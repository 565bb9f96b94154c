package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// trailOf gives the environment's trail.
func trailOf(ctx context.Context, s *Subject) (types.Trail, error) {
	return recall(ctx, "trail", func(ctx context.Context) (types.Trail, error) {
		name := s.Name() + "-audit"
		found, err := cloudtrail.NewFromConfig(s.AWS).DescribeTrails(ctx, &cloudtrail.DescribeTrailsInput{TrailNameList: []string{name}})
		if err != nil {
			return types.Trail{}, fmt.Errorf("trail %s: %w", name, err)
		}
		return lookup("trail "+name, found.TrailList, nil)
	})
}

// trailStatusOf tells what became of the trail's events.
func trailStatusOf(ctx context.Context, s *Subject, trail types.Trail) (*cloudtrail.GetTrailStatusOutput, error) {
	return recall(ctx, "trail's status", func(ctx context.Context) (*cloudtrail.GetTrailStatusOutput, error) {
		status, err := cloudtrail.NewFromConfig(s.AWS).GetTrailStatus(ctx, &cloudtrail.GetTrailStatusInput{Name: trail.TrailARN})
		if err != nil {
			return nil, fmt.Errorf("the trail's status: %w", err)
		}
		return status, nil
	})
}

func trailChecks() []Check {
	return []Check{
		{
			ID: "security.trail-logging", Title: "the trail is logging", Requirements: []string{"R4.2", "R8.2"}, Reads: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"},
			Remedy: "start it again (cloudtrail:StartLogging), and find out who stopped it: the stop itself is its last event",
			Run:    trailLogging,
		},
		{
			ID: "security.trail", Title: "the trail covers every region and global services, encrypted and with digests", Requirements: []string{"R4.2", "R4.4", "R8.2"}, Reads: []string{"cloudtrail:DescribeTrails"},
			Remedy: "apply the layer audit, and look in the trail for who changed it",
			Run:    trailSettings,
		},
		{
			ID: "security.trail-delivery", Title: "the trail's events go to CloudWatch Logs and its files are told to SNS", Requirements: []string{"R4.2"}, Reads: []string{"cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus"},
			Remedy: "apply the layer audit; where AWS says that it could not deliver, look at the role PREFIX-audit-logs and at the policies of the topic, the bucket and the key",
			Run:    trailDelivery,
		},
		{
			ID: "security.trail-events", Title: "the trail records management events, and what is done to objects and functions", Requirements: []string{"R4.2", "R8.1", "R8.2"}, Reads: []string{"cloudtrail:GetEventSelectors"},
			Remedy: "apply the layer audit, whose event selectors leave nothing out but the trail's own buckets",
			Run:    trailEvents,
		},
		{
			ID: "security.trail-retention", Title: "the trail's files are kept, versioned, moved to cheaper classes, and who reads them is recorded", Requirements: []string{"R4.2", "R7.1", "R8.1"},
			Reads:  []string{"s3:GetLifecycleConfiguration", "s3:GetBucketVersioning", "s3:GetBucketLogging", "s3:GetEncryptionConfiguration"},
			Remedy: "apply the layer audit",
			Run:    trailRetention,
		},
	}
}

func trailLogging(ctx context.Context, s *Subject) ([]string, error) {
	trail, err := trailOf(ctx, s)
	if err != nil {
		return nil, err
	}
	status, err := trailStatusOf(ctx, s, trail)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(awssdk.ToBool(status.IsLogging), "the trail %s is stopped", text(trail.Name))
	v.must(text(status.LatestDeliveryError) == "", "the trail's files could not be delivered: %s", text(status.LatestDeliveryError))
	if status.StartLoggingTime != nil {
		v.saw("logging since %s", status.StartLoggingTime.UTC().Format("2006-01-02 15:04 MST"))
	}
	if status.LatestDeliveryTime != nil {
		v.saw("last delivery %s", status.LatestDeliveryTime.UTC().Format("2006-01-02 15:04 MST"))
	}
	return v.give()
}

func trailSettings(ctx context.Context, s *Subject) ([]string, error) {
	trail, err := trailOf(ctx, s)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	v.must(awssdk.ToBool(trail.IsMultiRegionTrail), "the trail is of one region only")
	v.must(awssdk.ToBool(trail.IncludeGlobalServiceEvents), "the trail leaves global services out")
	v.must(awssdk.ToBool(trail.LogFileValidationEnabled), "the trail's files have no digests, so that a change would not show")
	v.must(keys.have(text(trail.KmsKeyId)), "the trail's files are encrypted with %s", orNothing(text(trail.KmsKeyId)))
	v.saw("trail %s at home in %s", text(trail.Name), text(trail.HomeRegion))
	return v.give()
}

func trailDelivery(ctx context.Context, s *Subject) ([]string, error) {
	trail, err := trailOf(ctx, s)
	if err != nil {
		return nil, err
	}
	status, err := trailStatusOf(ctx, s, trail)
	if err != nil {
		return nil, err
	}
	bucketName, err := s.Output("trail_bucket")
	if err != nil {
		return nil, err
	}
	var v verdict
	group := "/aws/cloudtrail/" + s.Name() + "-audit"
	v.must(strings.Contains(text(trail.CloudWatchLogsLogGroupArn), ":log-group:"+group+":"), "the trail's events do not go to the log group %s", group)
	v.must(strings.HasSuffix(text(trail.SnsTopicARN), ":"+s.Name()+"-audit"), "the trail's files are not told to the topic %s-audit", s.Name())
	v.must(text(trail.S3BucketName) == bucketName, "the trail's files go to the bucket %s, not %s", text(trail.S3BucketName), bucketName)
	v.must(text(status.LatestCloudWatchLogsDeliveryError) == "", "events could not be delivered to CloudWatch Logs: %s", text(status.LatestCloudWatchLogsDeliveryError))
	v.must(text(status.LatestNotificationError) == "", "files could not be told to SNS: %s", text(status.LatestNotificationError))
	v.saw("to %s, %s and %s", bucketName, group, text(trail.SnsTopicARN))
	return v.give()
}

func trailEvents(ctx context.Context, s *Subject) ([]string, error) {
	trail, err := trailOf(ctx, s)
	if err != nil {
		return nil, err
	}
	found, err := cloudtrail.NewFromConfig(s.AWS).GetEventSelectors(ctx, &cloudtrail.GetEventSelectorsInput{TrailName: trail.TrailARN})
	if err != nil {
		return nil, fmt.Errorf("the trail's event selectors: %w", err)
	}
	bucketName := text(trail.S3BucketName)
	var v verdict
	judgeEvents(&v, found.AdvancedEventSelectors, "arn:aws:s3:::"+bucketName+"/", "arn:aws:s3:::"+s.Name()+"-audit-log-"+s.Account+"/")
	return v.give()
}

// judgeEvents holds the selectors to R4.2. A delivery to the trail's own buckets would
// be an event of the next one, so these alone may be left out.
func judgeEvents(v *verdict, selectors []types.AdvancedEventSelector, own ...string) {
	recorded := map[string]bool{}
	for _, selector := range selectors {
		kind, whole := map[string]string{}, true
		for _, field := range selector.FieldSelectors {
			name := text(field.Field)
			switch {
			case name == "resources.ARN" && len(field.NotStartsWith) > 0:
				for _, each := range field.NotStartsWith {
					whole = whole && slices.Contains(own, each)
				}
			case len(field.Equals) == 1 && (name == "eventCategory" || name == "resources.type"):
				kind[name] = field.Equals[0]
			default:
				whole = false
			}
		}
		v.must(whole, "the selector %q leaves events out", text(selector.Name))
		recorded[strings.TrimSpace(kind["eventCategory"]+" "+kind["resources.type"])] = true
	}
	for _, each := range []string{"Management", "Data AWS::Lambda::Function", "Data AWS::S3::Object"} {
		v.must(recorded[each], "the trail does not record: %s", each)
	}
	v.saw("%s", strings.Join(slices.Sorted(maps.Keys(recorded)), ", "))
}

func trailRetention(ctx context.Context, s *Subject) ([]string, error) {
	name, err := s.Output("trail_bucket")
	if err != nil {
		return nil, err
	}
	buckets, err := bucketsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	files, there := buckets[name]
	if !there {
		return nil, &Failure{Reasons: []string{"there is no bucket " + name}}
	}
	keys, err := keysOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	kept, want := files.days(), of(auditDays, s.Environment)
	// What goes earlier is not moved any more.
	classes := map[string]int32{"STANDARD_IA": 30, "GLACIER": 90}
	for class, after := range classes {
		if after < want {
			v.must(kept[class] == after, "bucket %s moves files to %s after %d days, not %d (0: never)", name, class, kept[class], after)
		}
	}
	v.must(kept["expiry"] == want, "bucket %s keeps files %d days, not %d", name, kept["expiry"], want)
	v.must(files.minimum == s3types.TransitionDefaultMinimumObjectSizeVariesByStorageClass, "bucket %s moves no small files to Glacier", name)
	v.must(files.versioning == s3types.BucketVersioningStatusEnabled, "bucket %s keeps no versions", name)
	for _, rule := range files.rules {
		by := rule.ApplyServerSideEncryptionByDefault
		v.must(by != nil && keys.have(text(by.KMSMasterKeyID)), "bucket %s is not encrypted with a key of the environment's", name)
	}
	v.must(files.logsTo != "" && files.logsTo != name, "nobody records who reads bucket %s", name)
	if log, there := buckets[files.logsTo]; there {
		v.must(log.days()["expiry"] == want, "the record of who read the trail is kept %d days, not %d", log.days()["expiry"], want)
	}
	for _, each := range files.policy.Allowing() {
		v.must(slices.Equal(each.Principal["Service"], iampolicy.Texts{"cloudtrail.amazonaws.com"}) && len(each.Principal) == 1, "bucket %s lets others than CloudTrail in: statement %q", name, each.Sid)
	}
	v.saw("bucket %s: %v days, read accesses in %s", name, kept, files.logsTo)
	return v.give()
}
