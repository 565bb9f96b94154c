package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/google/go-cmp/cmp"
)

// checkMonitoring holds what watches the stack to R1.7, R3.1, R3.2, R3.3, R3.4
// and R7.2.
func checkMonitoring(t *testing.T, s *stack) {
	functions := s.functionNames(t)
	regional, global := s.topic(t, "alerts", s.config), s.topic(t, "alerts-global", s.usEast1)
	delivery := s.topic(t, "alerts-delivery", s.config)
	checkAlarms(t, s, functions, regional, global, delivery)
	checkTopics(t, s, regional, global, delivery)
	checkDashboards(t, s, functions)
	checkFilters(t, s, functions)
	checkQueries(t, s, functions)
	checkTracing(t, s)
	checkCost(t, s, global)
}

// functionNames gives the functions' full names by short name.
func (s *stack) functionNames(t *testing.T) map[string]string {
	t.Helper()
	found, ok := s.outputs["function_names"].(map[string]any)
	if !ok || len(found) != 21 {
		t.Fatalf("R1.2: the root names %d functions, not 21: %v", len(found), s.outputs["function_names"])
	}
	all := map[string]string{}
	for short, name := range found {
		all[short], _ = name.(string)
	}
	return all
}

// topic gives the ARN of one of the stack's topics.
func (s *stack) topic(t *testing.T, name string, in aws.Config) string {
	t.Helper()
	return "arn:aws:sns:" + in.Region + ":" + s.Account + ":" + s.Name + "-" + name
}

// checkTopics: whoever alarms reaches Slack and mail, encrypted all the way; what
// is wrong with the way to Slack reaches mail only.
func checkTopics(t *testing.T, s *stack, regional, global, delivery string) {
	t.Helper()
	notifier := []string{"arn:aws:lambda:" + s.config.Region + ":" + s.Account + ":function:" + s.Name + "-slack-notifier:live"}
	notices := s.topic(t, "workflow-notices", s.config)
	mail := map[string][]string{}
	for arn, topic := range map[string]struct {
		in    aws.Config
		calls []string
	}{regional: {s.config, notifier}, global: {s.usEast1, notifier}, notices: {s.config, notifier}, delivery: {s.config, nil}} {
		client := sns.NewFromConfig(topic.in)
		found, err := client.GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
		if err != nil {
			t.Errorf("R3.2: topic %s: %v", arn, err)
			continue
		}
		subscriptions, err := client.ListSubscriptionsByTopic(t.Context(), &sns.ListSubscriptionsByTopicInput{TopicArn: &arn})
		if err != nil {
			t.Fatal(err)
		}
		told := map[string][]string{}
		for _, each := range subscriptions.Subscriptions {
			told[aws.ToString(each.Protocol)] = append(told[aws.ToString(each.Protocol)], aws.ToString(each.Endpoint))
		}
		mail[arn] = sorted(told["email"])
		facts(t, "R3.2", map[string]bool{
			arn + ": calls the notifier where it may, and once": slices.Equal(told["lambda"], topic.calls),
			arn + ": encrypted (R4.4)":                          found.Attributes["KmsMasterKeyId"] != "",
			arn + ": TLS only (R4.4)":                           parsePolicy(t, arn, found.Attributes["Policy"]).DeniesPlain([]string{"sns:Publish"}, arn),
		})
	}
	if len(mail[regional]) == 0 {
		t.Errorf("R3.2: nobody is mailed by %s", regional)
	}
	for _, other := range []string{global, delivery} {
		if diff := cmp.Diff(mail[regional], mail[other]); diff != "" {
			t.Errorf("R3.2: who is mailed by %s (-) and by %s (+):\n%s", regional, other, diff)
		}
	}
	alarms := []string{"cloudwatch.amazonaws.com"}
	ofRegion := []string{"cloudwatch.amazonaws.com", "events.amazonaws.com"}
	ofGlobal := []string{"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"}
	checkPublishers(t, s.config, regional, ofRegion, ofRegion)
	checkPublishers(t, s.config, delivery, alarms, ofRegion) // the key is the region's
	checkPublishers(t, s.usEast1, global, ofGlobal, ofGlobal)
	checkMayInvoke(t, s, "slack-notifier", "sns.amazonaws.com", regional, global, notices)
}

// checkPublishers: these services may publish, and these use the topic's key,
// without which nothing arrives.
func checkPublishers(t *testing.T, in aws.Config, arn string, publish, encrypt []string) {
	t.Helper()
	topic, err := sns.NewFromConfig(in).GetTopicAttributes(t.Context(), &sns.GetTopicAttributesInput{TopicArn: &arn})
	if err != nil {
		t.Fatal(err)
	}
	key, err := kms.NewFromConfig(in).GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: aws.String(topic.Attributes["KmsMasterKeyId"]), PolicyName: aws.String("default")})
	if err != nil {
		t.Fatalf("R3.2: the key of %s: %v", arn, err)
	}
	for what, may := range map[string]struct {
		document string
		want     []string
	}{"publish": {topic.Attributes["Policy"], publish}, "encrypt": {aws.ToString(key.Policy), encrypt}} {
		var got []string
		for _, each := range parsePolicy(t, arn, may.document).Allowing() {
			got = append(got, each.Principal["Service"]...)
		}
		if diff := cmp.Diff(may.want, sorted(got)); diff != "" {
			t.Errorf("R3.2: services that may %s for %s (-want +got):\n%s", what, arn, diff)
		}
	}
}

// checkFilters: each function's errors become a metric, and so do throttled
// requests.
func checkFilters(t *testing.T, s *stack, functions map[string]string) {
	t.Helper()
	client, got := cloudwatchlogs.NewFromConfig(s.config), map[string]string{}
	pages := cloudwatchlogs.NewDescribeMetricFiltersPaginator(client, &cloudwatchlogs.DescribeMetricFiltersInput{FilterNamePrefix: aws.String(s.Name + "-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatalf("R3.4: metric filters: %v", err)
		}
		for _, filter := range page.MetricFilters {
			for _, metric := range filter.MetricTransformations {
				if aws.ToString(metric.MetricNamespace) != s.Name+"/logs" {
					continue // the mails', which the alarms of R1.7 look at
				}
				got[aws.ToString(filter.LogGroupName)+" "+aws.ToString(filter.FilterPattern)] = aws.ToString(metric.MetricNamespace) + " " + aws.ToString(metric.MetricName) + " " + aws.ToString(metric.MetricValue)
			}
		}
	}
	want := map[string]string{
		"/aws/apigateway/" + s.Name + `-api/access { ($.status = 429) || ($.status = "429") }`: s.Name + "/logs api-throttled 1",
	}
	for short, name := range functions {
		want["/aws/lambda/"+name+` { ($.level = "ERROR") || ($.level = "FATAL") }`] = s.Name + "/logs errors-" + short + " 1"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R3.4: metric filters (-want +got):\n%s", diff)
	}
}

// checkQueries: what one asks first is saved, for all the groups it concerns.
func checkQueries(t *testing.T, s *stack, functions map[string]string) {
	t.Helper()
	found, err := cloudwatchlogs.NewFromConfig(s.config).DescribeQueryDefinitions(t.Context(), &cloudwatchlogs.DescribeQueryDefinitionsInput{QueryDefinitionNamePrefix: aws.String(s.Name + "/")})
	if err != nil {
		t.Fatalf("R3.4: saved queries: %v", err)
	}
	got := map[string][]string{}
	for _, query := range found.QueryDefinitions {
		name := strings.TrimPrefix(aws.ToString(query.Name), s.Name+"/")
		got[name] = sorted(query.LogGroupNames)
		if !strings.Contains(aws.ToString(query.QueryString), "| ") {
			t.Errorf("R3.4: query %s asks nothing: %q", name, aws.ToString(query.QueryString))
		}
	}
	var groups []string
	for _, name := range functions {
		groups = append(groups, "/aws/lambda/"+name)
	}
	groups = sorted(groups)
	want := map[string][]string{
		"api-failures":          {"/aws/apigateway/" + s.Name + "-api/access"},
		"error-counts":          groups,
		"errors":                groups,
		"slow-database-queries": {"/aws/rds/cluster/" + s.Name + "/postgresql"},
		"slow-invocations":      groups,
		"workflow-failures":     {"/aws/vendedlogs/states/" + s.Name + "-TaskGenerationWorkflow"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("R3.4: saved queries and their log groups (-want +got):\n%s", diff)
	}
}

// checkTracing: the traces of API and workflow are a group, and what the API
// lets through is traced in part.
func checkTracing(t *testing.T, s *stack) {
	t.Helper()
	client := xray.NewFromConfig(s.config)
	groups, err := client.GetGroups(t.Context(), &xray.GetGroupsInput{})
	if err != nil {
		t.Fatalf("R3.3: groups: %v", err)
	}
	grouped := false
	for _, group := range groups.Groups {
		if s.names(group.GroupName) {
			grouped = strings.Contains(aws.ToString(group.FilterExpression), `"`+s.Name+`-api/v1"`) &&
				strings.Contains(aws.ToString(group.FilterExpression), `"`+s.Name+`-TaskGenerationWorkflow"`) &&
				group.InsightsConfiguration != nil && aws.ToBool(group.InsightsConfiguration.InsightsEnabled)
		}
	}
	rules, err := client.GetSamplingRules(t.Context(), &xray.GetSamplingRulesInput{})
	if err != nil {
		t.Fatalf("R3.3: sampling rules: %v", err)
	}
	sampled := false
	for _, record := range rules.SamplingRuleRecords {
		if rule := record.SamplingRule; s.names(rule.RuleName) {
			sampled = rule.FixedRate == 0.05 && rule.ReservoirSize == 1 && aws.ToString(rule.ServiceName) == s.Name+"-api/v1" && aws.ToString(rule.ServiceType) == "AWS::ApiGateway::Stage"
		}
	}
	facts(t, "R3.3", map[string]bool{
		"a group of the traces of API and workflow, with insights": grouped,
		"of the API's requests, one a second and 5 % are traced":   sampled,
	})
}

// names reports whether a group or a rule of X-Ray is the stack's: X-Ray takes
// names of up to 32 characters, so that a long one is cut and made unique.
func (s *stack) names(name *string) bool {
	const limit, kept = 32, 25
	text := aws.ToString(name)
	return text == s.Name || len(s.Name) > limit && len(text) == limit && strings.HasPrefix(s.Name, text[:kept])
}
