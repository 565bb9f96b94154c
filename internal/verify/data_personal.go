package verify

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
)

// deadLetterDays is the longest that SQS keeps messages, and what dead letters get.
const deadLetterDays = 14

func personalChecks() []Check {
	return []Check{
		{
			ID: "data.log-retention", Title: "every log is kept for 30 days at most, and as long as the environment asks", Requirements: []string{"R3.4", "R8.1"}, Reads: []string{"logs:DescribeLogGroups"},
			Remedy: "set the retention (logs:PutRetentionPolicy) and apply the log group's layer; what was kept too long goes within days",
			Run:    logRetention,
		},
		{
			ID: "data.access-log-retention", Title: "the site's access logs are kept 30 days, and dead letters 14", Requirements: []string{"R8.1"}, Reads: []string{"s3:GetLifecycleConfiguration", "sqs:GetQueueAttributes"},
			Remedy: "apply the layers frontend, functions and reminders",
			Run:    accessLogRetention,
		},
		{
			ID: "data.account-deletion", Title: "users can delete their account, and the function that does it may delete them from the user pool", Requirements: []string{"R8.1"}, Reads: []string{"apigateway:GET /restapis/…/resources", "iam:GetRolePolicy"},
			Remedy: "apply the layers functions and api",
			Run:    accountDeletion,
		},
	}
}

func logRetention(ctx context.Context, s *Subject) ([]string, error) {
	groups, err := logGroupsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	least := of(logDays, s.Environment)
	for _, each := range groups {
		days := awssdk.ToInt32(each.RetentionInDays)
		v.must(days >= least && days <= 30, "log group %s is kept %d days, not %d to 30 (0: for ever)", text(each.LogGroupName), days, least)
	}
	v.must(len(groups) > 0, "%s has no log groups", s.Name())
	v.saw("%d log groups", len(groups))
	return v.give()
}

func accessLogRetention(ctx context.Context, s *Subject) ([]string, error) {
	buckets, err := bucketsOf(ctx, s)
	if err != nil {
		return nil, err
	}
	queues, err := queuesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	logs := 0
	for name, each := range buckets {
		if strings.HasPrefix(name, s.Name()+"-site-logs-") {
			logs++
			v.must(each.days()["expiry"] == 30, "bucket %s keeps the site's access logs %d days, not 30 (0: for ever)", name, each.days()["expiry"])
		}
	}
	for arn, attributes := range queues {
		seconds, _ := strconv.Atoi(attributes["MessageRetentionPeriod"])
		v.must(seconds == deadLetterDays*24*60*60, "%s keeps messages %d seconds, not %d days", arn, seconds, deadLetterDays)
	}
	v.must(logs == 1, "%s has %d buckets for the site's access logs, not one", s.Name(), logs)
	v.saw("%d bucket and %d queues", logs, len(queues))
	return v.give()
}

func accountDeletion(ctx context.Context, s *Subject) ([]string, error) {
	routes, err := routesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	roles, err := rolesOf(ctx, s)
	if err != nil {
		return nil, err
	}
	var v verdict
	route, there := routes["/profile"][http.MethodDelete]
	v.must(there && route.MethodIntegration != nil && strings.Contains(text(route.MethodIntegration.Uri), ":function:"+s.Name()+"-auth:"), "DELETE /profile does not reach the function auth")
	may := false
	for _, each := range roles {
		if each.short != "functions-auth" {
			continue
		}
		for _, document := range each.policies {
			for _, statement := range document.Allowing() {
				may = may || statement.Covers("cognito-idp:AdminDeleteUser")
			}
		}
	}
	v.must(may, "the function auth may not delete users from the user pool")
	v.saw("DELETE /profile")
	return v.give()
}
