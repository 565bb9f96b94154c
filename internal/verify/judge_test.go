package verify

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	cftypes "github.com/aws/aws-sdk-go-v2/service/cloudfront/types"
	trailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	cognitotypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string]int32{"production": 2555, "development": 90, "prod-copy": 2555} {
		if got := of(auditDays, environment); got != want {
			t.Errorf("%s: %d days", environment, got)
		}
	}
	for _, table := range []map[string]bool{deletionProtected, mailThroughSES} {
		if !of(table, "anything") {
			t.Error("an unknown environment is not held to production's facts")
		}
	}
	if of(plainOrigins, "staging") {
		t.Error("staging takes pages by plain HTTP")
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	reads := 0
	read := func(context.Context) (int, error) {
		reads++
		if reads == 1 {
			return 0, errors.New("not yet")
		}
		return reads, nil
	}
	ctx := withMemory(t.Context())
	if _, err := recall(ctx, "a", read); err == nil {
		t.Error("the first read's error is lost")
	}
	for range 2 {
		if got, err := recall(ctx, "a", read); err != nil || got != 2 {
			t.Errorf("got %d, %v", got, err)
		}
	}
	if got, _ := recall(t.Context(), "a", read); got != 3 {
		t.Errorf("without a memory: %d", got)
	}
}

// judged runs a judgement and compares how many faults it finds.
func judged(t *testing.T, name string, want int, judge func(v *verdict)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		var v verdict
		judge(&v)
		if len(v.faults) != want {
			t.Errorf("%d faults, not %d: %v", len(v.faults), want, v.faults)
		}
	})
}

func TestJudgeGroups(t *testing.T) {
	t.Parallel()
	rule := func(port int32, group, cidr string) ec2types.IpPermission {
		one := ec2types.IpPermission{IpProtocol: awssdk.String("tcp"), FromPort: &port, ToPort: &port}
		if group != "" {
			one.UserIdGroupPairs = []ec2types.UserIdGroupPair{{GroupId: &group}}
		}
		if cidr != "" {
			one.IpRanges = []ec2types.IpRange{{CidrIp: &cidr}}
		}
		return one
	}
	group := func(name string, in, out []ec2types.IpPermission) ec2types.SecurityGroup {
		return ec2types.SecurityGroup{GroupName: &name, GroupId: &name, IpPermissions: in, IpPermissionsEgress: out}
	}
	type rules = []ec2types.IpPermission
	right := func() network {
		return network{groups: []ec2types.SecurityGroup{
			group("default", nil, nil),
			group("x-functions", nil, rules{rule(443, "", "0.0.0.0/0"), rule(5432, "x-database", "")}),
			group("x-database", rules{rule(5432, "x-functions", "")}, nil),
		}}
	}
	for name, c := range map[string]struct {
		want   int
		change func(n *network)
	}{
		"as it should be": {0, func(*network) {}},
		"database for all": {2, func(n *network) {
			n.groups[2].IpPermissions = append(n.groups[2].IpPermissions, rule(5432, "", "0.0.0.0/0"))
		}},
		"database for SSH":  {1, func(n *network) { n.groups[2].IpPermissions = rules{rule(22, "x-functions", "")} }},
		"database gets out": {1, func(n *network) { n.groups[2].IpPermissionsEgress = rules{rule(443, "", "0.0.0.0/0")} }},
		"functions by HTTP": {1, func(n *network) {
			n.groups[1].IpPermissionsEgress = append(n.groups[1].IpPermissionsEgress, rule(80, "", "0.0.0.0/0"))
		}},
		"functions are reached": {1, func(n *network) { n.groups[1].IpPermissions = rules{rule(443, "", "10.0.0.0/16")} }},
		"default is open":       {1, func(n *network) { n.groups[0].IpPermissions = rules{rule(1, "default", "")} }},
		"another group":         {1, func(n *network) { n.groups = append(n.groups, group("by-hand", rules{rule(22, "", "0.0.0.0/0")}, nil)) }},
		"no database":           {1, func(n *network) { n.groups = n.groups[:2] }},
	} {
		n := right()
		c.change(&n)
		judged(t, name, c.want, func(v *verdict) { judgeGroups(v, "x", n) })
	}
}

func TestJudgeEvents(t *testing.T) {
	t.Parallel()
	field := func(name string, equals, not []string) trailtypes.AdvancedFieldSelector {
		return trailtypes.AdvancedFieldSelector{Field: &name, Equals: equals, NotStartsWith: not}
	}
	management := trailtypes.AdvancedEventSelector{FieldSelectors: []trailtypes.AdvancedFieldSelector{field("eventCategory", []string{"Management"}, nil)}}
	data := func(kind string, not ...string) trailtypes.AdvancedEventSelector {
		fields := []trailtypes.AdvancedFieldSelector{field("eventCategory", []string{"Data"}, nil), field("resources.type", []string{kind}, nil)}
		if len(not) > 0 {
			fields = append(fields, field("resources.ARN", nil, not))
		}
		return trailtypes.AdvancedEventSelector{FieldSelectors: fields}
	}
	functions, objects := data("AWS::Lambda::Function"), data("AWS::S3::Object", "own/")
	for name, c := range map[string]struct {
		want      int
		selectors []trailtypes.AdvancedEventSelector
	}{
		"as it should be":     {0, []trailtypes.AdvancedEventSelector{management, functions, objects}},
		"management only":     {2, []trailtypes.AdvancedEventSelector{management}},
		"a bucket left out":   {1, []trailtypes.AdvancedEventSelector{management, functions, data("AWS::S3::Object", "own/", "site/")}},
		"writes only":         {1, []trailtypes.AdvancedEventSelector{{FieldSelectors: append([]trailtypes.AdvancedFieldSelector{field("readOnly", []string{"false"}, nil)}, management.FieldSelectors...)}, functions, objects, management}},
		"nothing is recorded": {3, nil},
	} {
		judged(t, name, c.want, func(v *verdict) { judgeEvents(v, c.selectors, "own/") })
	}
}

func TestJudgeDatabase(t *testing.T) {
	t.Parallel()
	right := func() rdstypes.DBCluster {
		return rdstypes.DBCluster{
			Engine: awssdk.String("aurora-postgresql"), DatabaseName: awssdk.String("goalmandalamain"), IAMDatabaseAuthenticationEnabled: awssdk.Bool(true), Status: awssdk.String("available"),
			ServerlessV2ScalingConfiguration: &rdstypes.ServerlessV2ScalingConfigurationInfo{MinCapacity: awssdk.Float64(0.5), MaxCapacity: awssdk.Float64(2)},
		}
	}
	judged(t, "as it should be", 0, func(v *verdict) { judgeCluster(v, right(), "production") })
	judged(t, "too large for staging", 1, func(v *verdict) { judgeCluster(v, right(), "staging") })
	judged(t, "not serverless", 2, func(v *verdict) {
		c := right()
		c.ServerlessV2ScalingConfiguration, c.Status = nil, awssdk.String("inaccessible-encryption-credentials")
		judgeCluster(v, c, "production")
	})
	instance := func(zone string, public bool) rdstypes.DBInstance {
		return rdstypes.DBInstance{DBInstanceClass: awssdk.String("db.serverless"), AvailabilityZone: &zone, PubliclyAccessible: &public, PerformanceInsightsEnabled: awssdk.Bool(true), MonitoringInterval: awssdk.Int32(60)}
	}
	judged(t, "two instances", 0, func(v *verdict) {
		judgeInstances(v, []rdstypes.DBInstance{instance("a", false), instance("c", false)}, 2)
	})
	judged(t, "one is missing", 1, func(v *verdict) { judgeInstances(v, []rdstypes.DBInstance{instance("a", false)}, 2) })
	judged(t, "one is enough", 0, func(v *verdict) { judgeInstances(v, []rdstypes.DBInstance{instance("a", false)}, 1) })
	judged(t, "one zone, and public", 2, func(v *verdict) {
		judgeInstances(v, []rdstypes.DBInstance{instance("a", true), instance("a", false)}, 2)
	})
}

func TestJudgeBackup(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return awssdk.Time(now.Add(-d)) }
	automated := func(age time.Duration) []rdstypes.DBClusterSnapshot {
		return []rdstypes.DBClusterSnapshot{{SnapshotType: awssdk.String("automated"), Status: awssdk.String("available"), SnapshotCreateTime: ago(age)}}
	}
	for name, c := range map[string]struct {
		want                 int
		restorable, creation *time.Time
		snapshots            []rdstypes.DBClusterSnapshot
	}{
		"as it should be":       {0, ago(5 * time.Minute), ago(1000 * time.Hour), automated(9 * time.Hour)},
		"behind":                {1, ago(2 * time.Hour), ago(1000 * time.Hour), automated(9 * time.Hour)},
		"a night was left out":  {1, ago(5 * time.Minute), ago(1000 * time.Hour), automated(33 * time.Hour)},
		"no snapshot at all":    {1, ago(5 * time.Minute), ago(1000 * time.Hour), nil},
		"new, without snapshot": {0, ago(5 * time.Minute), ago(time.Hour), nil},
		"no backup":             {2, nil, ago(1000 * time.Hour), nil},
	} {
		cluster := rdstypes.DBCluster{LatestRestorableTime: c.restorable, ClusterCreateTime: c.creation}
		judged(t, name, c.want, func(v *verdict) { judgeBackup(v, cluster, c.snapshots, now) })
	}
}

func TestJudgeDatabaseLogs(t *testing.T) {
	t.Parallel()
	values := map[string]string{"log_min_duration_statement": "1000", "log_connections": "1", "log_disconnections": "1", "pgaudit.log_parameter": "0", "shared_preload_libraries": "pg_stat_statements,pgaudit", "pgaudit.log": "ddl,role,write"}
	judged(t, "as it should be", 0, func(v *verdict) { judgeDatabaseLogs(v, []string{"postgresql"}, values) })
	judged(t, "nothing is set", 9, func(v *verdict) { judgeDatabaseLogs(v, nil, nil) })
}

func TestJudgeSite(t *testing.T) {
	t.Parallel()
	allowed, err := iampolicy.Read("site", `{"Statement":[{"Effect":"Allow","Principal":{"Service":"cloudfront.amazonaws.com"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*","Condition":{"StringEquals":{"aws:SourceArn":"d"}}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	right := bucket{name: "a", policy: allowed, versioning: s3types.BucketVersioningStatusEnabled, ownership: s3types.ObjectOwnershipBucketOwnerEnforced, logsTo: "b", lifecycle: []s3types.LifecycleRule{
		{Status: s3types.ExpirationStatusEnabled, NoncurrentVersionExpiration: &s3types.NoncurrentVersionExpiration{NoncurrentDays: awssdk.Int32(30)}},
		{Status: s3types.ExpirationStatusEnabled, AbortIncompleteMultipartUpload: &s3types.AbortIncompleteMultipartUpload{DaysAfterInitiation: awssdk.Int32(7)}},
	}}
	judged(t, "bucket", 0, func(v *verdict) { judgeSiteBucket(v, right, "d") })
	judged(t, "bucket of another distribution", 1, func(v *verdict) { judgeSiteBucket(v, right, "e") })
	judged(t, "bucket with nothing set", 6, func(v *verdict) { judgeSiteBucket(v, bucket{name: "a"}, "d") })

	headers := &cftypes.ResponseHeadersPolicySecurityHeadersConfig{
		StrictTransportSecurity: &cftypes.ResponseHeadersPolicyStrictTransportSecurity{AccessControlMaxAgeSec: awssdk.Int32(31536000), IncludeSubdomains: awssdk.Bool(true), Preload: awssdk.Bool(true)},
		ContentTypeOptions:      &cftypes.ResponseHeadersPolicyContentTypeOptions{}, FrameOptions: &cftypes.ResponseHeadersPolicyFrameOptions{FrameOption: cftypes.FrameOptionsListDeny},
		ReferrerPolicy:        &cftypes.ResponseHeadersPolicyReferrerPolicy{ReferrerPolicy: cftypes.ReferrerPolicyListStrictOriginWhenCrossOrigin},
		ContentSecurityPolicy: &cftypes.ResponseHeadersPolicyContentSecurityPolicy{ContentSecurityPolicy: awssdk.String("default-src 'self'; frame-ancestors 'none'; object-src 'none'; script-src 'self'")},
	}
	judged(t, "headers", 0, func(v *verdict) { judgeHeaders(v, headers) })
	judged(t, "no headers", 5, func(v *verdict) { judgeHeaders(v, &cftypes.ResponseHeadersPolicySecurityHeadersConfig{}) })
	judged(t, "no policy", 1, func(v *verdict) { judgeHeaders(v, nil) })

	distribution := func(aliases []string, least cftypes.MinimumProtocolVersion, viewers cftypes.ViewerProtocolPolicy) *cftypes.DistributionConfig {
		return &cftypes.DistributionConfig{Aliases: &cftypes.Aliases{Items: aliases}, Origins: &cftypes.Origins{}, ViewerCertificate: &cftypes.ViewerCertificate{MinimumProtocolVersion: least}, DefaultCacheBehavior: &cftypes.DefaultCacheBehavior{ViewerProtocolPolicy: viewers}}
	}
	judged(t, "TLS of a domain", 0, func(v *verdict) {
		judgeSiteTLS(v, distribution([]string{"a"}, cftypes.MinimumProtocolVersionTLSv122021, cftypes.ViewerProtocolPolicyRedirectToHttps))
	})
	judged(t, "TLS of CloudFront's name", 0, func(v *verdict) {
		judgeSiteTLS(v, distribution(nil, cftypes.MinimumProtocolVersionTLSv1, cftypes.ViewerProtocolPolicyRedirectToHttps))
	})
	judged(t, "old TLS of a domain, and none", 2, func(v *verdict) {
		judgeSiteTLS(v, distribution([]string{"a"}, cftypes.MinimumProtocolVersionTLSv112016, cftypes.ViewerProtocolPolicyAllowAll))
	})
}

func TestJudgeRoutes(t *testing.T) {
	t.Parallel()
	route := func(kind, authorizer string) apitypes.Method {
		return apitypes.Method{AuthorizationType: &kind, AuthorizerId: &authorizer}
	}
	routes := func(goals apitypes.Method) map[string]map[string]apitypes.Method {
		return map[string]map[string]apitypes.Method{"/health": {"GET": route("NONE", "")}, "/goals": {"GET": goals, "OPTIONS": route("NONE", "")}}
	}
	ours := map[string]bool{"a": true}
	judged(t, "as it should be", 0, func(v *verdict) { judgeRoutes(v, routes(route("COGNITO_USER_POOLS", "a")), ours) })
	judged(t, "open", 1, func(v *verdict) { judgeRoutes(v, routes(route("NONE", "")), ours) })
	judged(t, "another authorizer", 1, func(v *verdict) { judgeRoutes(v, routes(route("COGNITO_USER_POOLS", "b")), ours) })
}

func TestJudgeUserPool(t *testing.T) {
	t.Parallel()
	judged(t, "weak passwords", 4, func(v *verdict) {
		judgePasswords(v, &cognitotypes.UserPoolType{Policies: &cognitotypes.UserPoolPolicyType{PasswordPolicy: &cognitotypes.PasswordPolicyType{MinimumLength: awssdk.Int32(6), RequireLowercase: true}}})
	})
	client := func() *cognitotypes.UserPoolClientType {
		return &cognitotypes.UserPoolClientType{
			ExplicitAuthFlows:               []cognitotypes.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"},
			AllowedOAuthFlowsUserPoolClient: awssdk.Bool(true), AllowedOAuthFlows: []cognitotypes.OAuthFlowType{"code"}, CallbackURLs: []string{"http://localhost:5173/auth"},
			AccessTokenValidity: awssdk.Int32(60), IdTokenValidity: awssdk.Int32(60), RefreshTokenValidity: 30, EnableTokenRevocation: awssdk.Bool(true), PreventUserExistenceErrors: "ENABLED",
			TokenValidityUnits: &cognitotypes.TokenValidityUnitsType{AccessToken: "minutes", IdToken: "minutes", RefreshToken: "days"},
		}
	}
	judged(t, "client of development", 0, func(v *verdict) { judgeClient(v, client(), true) })
	judged(t, "client of production", 1, func(v *verdict) { judgeClient(v, client(), false) })
	judged(t, "client with a secret and long tokens", 2, func(v *verdict) {
		c := client()
		c.ClientSecret, c.TokenValidityUnits.AccessToken = awssdk.String("s"), "hours"
		judgeClient(v, c, true)
	})
	judged(t, "no answer to risk", 2, func(v *verdict) { judgeRisks(v, &cognitotypes.RiskConfigurationType{}, true) })
	judged(t, "risk without mail", 1, func(v *verdict) { judgeRisks(v, &cognitotypes.RiskConfigurationType{}, false) })
}

func TestJudgeTags(t *testing.T) {
	t.Parallel()
	s := &Subject{Project: "a", Environment: "production"}
	right := func() tags {
		have := tags{}
		for _, key := range tagKeys {
			have[key] = "x"
		}
		have["Project"], have["Environment"] = "a", "production"
		return have
	}
	judged(t, "as it should be", 0, func(v *verdict) { judgeTags(v, s, "b", right()) })
	judged(t, "none", 1, func(v *verdict) { judgeTags(v, s, "b", nil) })
	judged(t, "of another environment", 1, func(v *verdict) {
		have := right()
		have["Environment"] = "staging"
		judgeTags(v, s, "b", have)
	})
}

// TestSecurityAndDataSayWhatTheyAre: ids are of their area and unique, and nothing is left empty.
func TestSecurityAndDataSayWhatTheyAre(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, each := range append(securityChecks(), dataChecks()...) {
		if !strings.HasPrefix(each.ID, each.Area+".") || seen[each.ID] {
			t.Errorf("%s is not of area %s, or there twice", each.ID, each.Area)
		}
		seen[each.ID] = true
		if each.Title == "" || len(each.Requirements) == 0 || len(each.Reads) == 0 || each.Remedy == "" || each.Run == nil {
			t.Errorf("%s leaves something out: %+v", each.ID, each)
		}
	}
}
