package test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// functionGroup is what the catalogue says of functions that share a role.
type functionGroup struct {
	timeout int32             // seconds
	names   []string          // short
	secrets map[string]string // environment variable: secret whose ARN it holds; "" is one that RDS made and named
}

// functionGroups are all functions of R1.2 and R1.7, and the health check's.
func functionGroups() map[string]functionGroup {
	return map[string]functionGroup{
		"api":        {timeout: 30, names: []string{"goals", "tasks", "reflections", "health"}},
		"auth":       {timeout: 30, names: []string{"auth"}},
		"ai":         {timeout: 900, names: []string{"ai", "start-workflow", "get-status", "cancel-workflow"}},
		"generation": {timeout: 900, secrets: map[string]string{"EXTERNAL_API_SECRET_ARN": "external-api"}, names: []string{"task-generation"}},
		"workflow": {timeout: 900, names: []string{
			"validate-input", "get-actions", "create-batches", "save-tasks", "update-progress", "aggregate-results", "update-goal-status", "handle-error",
		}},
		"reminder": {timeout: 300, secrets: map[string]string{"JWT_KEY_SECRET_ARN": "jwt-key"}, names: []string{"reminder"}},
		"notifier": {timeout: 30, secrets: map[string]string{"SLACK_WEBHOOK_SECRET_ARN": "slack-webhook"}, names: []string{"slack-notifier"}},
		"migrate":  {timeout: 900, secrets: map[string]string{"DATABASE_MASTER_SECRET_ARN": ""}, names: []string{"migrate"}},
	}
}

// checkFunctions holds the functions to R1.2, R1.4, R3.3, R3.4 and R4.1.
func checkFunctions(t *testing.T, s *stack) {
	client := lambda.NewFromConfig(s.config)
	var want, got []string
	for _, group := range functionGroups() {
		for _, name := range group.names {
			want = append(want, s.Name+"-"+name)
		}
	}
	pages := lambda.NewListFunctionsPaginator(client, &lambda.ListFunctionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page.Functions {
			if name := aws.ToString(each.FunctionName); strings.HasPrefix(name, s.Name+"-") {
				got = append(got, name)
			}
		}
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("R1.2: functions (-want +got):\n%s", diff)
	}

	built := s.builtFunctions(t)
	key := s.functionsKey(t)
	dead := checkQueue(t, s, "R1.2", s.Name+"-functions-dead-letters", key)
	private, members, secrets := s.privateSubnets(t), s.securityGroup(t, s.Name+"-functions"), s.secretValues(t)
	for groupName, group := range functionGroups() {
		for _, name := range group.names {
			full := s.Name + "-" + name
			alias, err := client.GetAlias(t.Context(), &lambda.GetAliasInput{FunctionName: &full, Name: aws.String("live")})
			if err != nil {
				t.Errorf("R1.2: %s has no alias live: %v", full, err)
				continue
			}
			// The version that everything calls, not the draft that nothing does.
			found, err := client.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: &full, Qualifier: aws.String("live")})
			if err != nil {
				t.Errorf("R1.2: %s: %v", full, err)
				continue
			}
			reserved, err := client.GetFunctionConcurrency(t.Context(), &lambda.GetFunctionConcurrencyInput{FunctionName: &full})
			if err != nil {
				t.Errorf("R1.2: %s: %v", full, err)
				continue
			}
			c := found.Configuration
			if c.VpcConfig == nil || c.TracingConfig == nil || c.LoggingConfig == nil || c.DeadLetterConfig == nil || c.Environment == nil {
				t.Errorf("R1.2: %s lacks network, tracing, logging, dead letters or environment: %+v", full, c)
				continue
			}
			facts(t, "R1.2: "+name, map[string]bool{
				"512 MB":                         aws.ToInt32(c.MemorySize) == 512,
				"the timeout of its kind":        aws.ToInt32(c.Timeout) == group.timeout,
				"on the processor of its target": slices.Equal(c.Architectures, []lambdatypes.Architecture{lambdatypes.Architecture(s.Architecture())}),
				"the code of this repository":    c.Runtime == lambdatypes.RuntimeProvidedal2023 && aws.ToString(c.CodeSha256) == built[name],
				"in the private subnets":         slices.Equal(sorted(c.VpcConfig.SubnetIds), private),
				"in the functions' group alone":  slices.Equal(c.VpcConfig.SecurityGroupIds, []string{members}),
				"live is a published version":    regexp.MustCompile(`^[1-9][0-9]*$`).MatchString(aws.ToString(alias.FunctionVersion)),
				"the version is what live names": aws.ToString(c.Version) == aws.ToString(alias.FunctionVersion),
				"all calls go to one version":    alias.RoutingConfig == nil || len(alias.RoutingConfig.AdditionalVersionWeights) == 0,
				"no reserved concurrency":        reserved.ReservedConcurrentExecutions == nil,
				"dead letters are kept":          aws.ToString(c.DeadLetterConfig.TargetArn) == dead,
			})
			facts(t, "R3.3: "+name, map[string]bool{"X-Ray is active": c.TracingConfig.Mode == lambdatypes.TracingModeActive})
			facts(t, "R3.4: "+name, map[string]bool{
				"JSON logs":          c.LoggingConfig.LogFormat == lambdatypes.LogFormatJson,
				"a group of its own": aws.ToString(c.LoggingConfig.LogGroup) == "/aws/lambda/"+full,
				"no line is dropped": c.LoggingConfig.ApplicationLogLevel == lambdatypes.ApplicationLogLevelDebug,
			})
			checkLogGroup(t, s, "/aws/lambda/"+full, key)
			facts(t, "R4.1: "+name, map[string]bool{"the role of its group": strings.HasSuffix(aws.ToString(c.Role), ":role/"+s.Name+"-functions-"+groupName)})
			facts(t, "R4.4: "+name, map[string]bool{"the environment is encrypted": aws.ToString(c.KMSKeyArn) == key})
			checkFunctionEnvironment(t, s, name, group, c.Environment.Variables, secrets)
		}
	}
}

// builtFunctions gives what the deployment built, by short name: the SHA-256 of
// each archive as Lambda tells it, in base64.
func (s *stack) builtFunctions(t *testing.T) map[string]string {
	t.Helper()
	var index struct {
		Artifacts []struct{ Name, SHA256 string }
	}
	if err := json.Unmarshal([]byte(s.Read(".mandala/functions/"+s.Architecture()+"/artifacts.json")), &index); err != nil {
		t.Fatal(err)
	}
	built := map[string]string{}
	for _, each := range index.Artifacts {
		digest, err := hex.DecodeString(each.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		built[each.Name] = base64.StdEncoding.EncodeToString(digest)
	}
	return built
}

// checkFunctionEnvironment sees that a function knows where its secrets are, and
// none of them.
func checkFunctionEnvironment(t *testing.T, s *stack, name string, group functionGroup, environment map[string]string, secrets map[string][]string) {
	t.Helper()
	if environment["SECRETS_CACHE_SECONDS"] != "300" {
		t.Errorf("R1.2: %s: secrets are cached %q seconds", name, environment["SECRETS_CACHE_SECONDS"])
	}
	for variable, secret := range group.secrets {
		form := ":secret:" + s.Name + "/" + secret + "-"
		if secret == "" {
			form = ":secret:"
		}
		if !strings.Contains(environment[variable], form) {
			t.Errorf("R1.2: %s: %s does not name the secret %s", name, variable, secret)
		}
	}
	shapes := regexp.MustCompile(`-----BEGIN |A(KI|SI)A[A-Z0-9]{16}|hooks\.slack\.com/|eyJ[A-Za-z0-9_-]{10,}\.|://[^/@:]+:[^/@]+@`)
	for variable, value := range environment {
		if strings.HasSuffix(variable, "_SECRET_ARN") {
			if _, needed := group.secrets[variable]; !needed {
				t.Errorf("R4.1: %s is told of a secret that it does not need: %s", name, variable)
			}
			if _, known := secrets[value]; !known {
				t.Errorf("R1.2: %s: %s is the ARN of no secret: %s", name, variable, value)
			}
		}
		if shapes.MatchString(value) {
			t.Errorf("R1.4: %s: %s looks like a secret's value", name, variable)
		}
		for arn, values := range secrets {
			if slices.ContainsFunc(values, func(secret string) bool { return strings.Contains(value, secret) }) {
				t.Errorf("R1.4: %s: %s holds a value of %s", name, variable, arn)
			}
		}
	}
}

// checkLogGroup holds a log group to R3.4 and R4.4.
func checkLogGroup(t *testing.T, s *stack, name, key string) {
	t.Helper()
	found, err := cloudwatchlogs.NewFromConfig(s.config).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &name})
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range found.LogGroups {
		if aws.ToString(group.LogGroupName) == name {
			facts(t, "R3.4: "+name, map[string]bool{"kept 30 days": aws.ToInt32(group.RetentionInDays) == 30})
			facts(t, "R4.4: "+name, map[string]bool{"encrypted": aws.ToString(group.KmsKeyId) == key})
			return
		}
	}
	t.Errorf("R3.4: there is no log group %s", name)
}

// checkQueue sees that a queue of dead letters loses none and is encrypted; it
// gives its ARN.
func checkQueue(t *testing.T, s *stack, id, name, key string) string {
	t.Helper()
	client := sqs.NewFromConfig(s.config)
	url, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatalf("%s: queue %s: %v", id, name, err)
	}
	queue, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: url.QueueUrl, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	facts(t, id+": "+name, map[string]bool{"kept 14 days": queue.Attributes["MessageRetentionPeriod"] == "1209600"})
	facts(t, "R4.4: "+name, map[string]bool{
		"encrypted": queue.Attributes["KmsMasterKeyId"] == key,
		"TLS only":  strings.Contains(queue.Attributes["Policy"], "aws:SecureTransport"),
	})
	return queue.Attributes["QueueArn"]
}

// functionsKey gives the ARN of the key of the functions, their logs and queues.
func (s *stack) functionsKey(t *testing.T) string {
	t.Helper()
	client := kms.NewFromConfig(s.config)
	key, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/" + s.Name + "-functions")})
	if err != nil {
		t.Fatalf("R4.4: the functions' key: %v", err)
	}
	rotation, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: key.KeyMetadata.KeyId})
	if err != nil || !rotation.KeyRotationEnabled {
		t.Errorf("R4.4: the functions' key does not rotate: %+v, %v", rotation, err)
	}
	return aws.ToString(key.KeyMetadata.Arn)
}

// privateSubnets gives the ids, sorted, of the subnets that no internet gateway
// is reached from directly.
func (s *stack) privateSubnets(t *testing.T) []string {
	t.Helper()
	tables, err := ec2.NewFromConfig(s.config).DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{
		Filters: []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{s.output(t, "vpc_id")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var private []string
	for _, table := range tables.RouteTables {
		if slices.ContainsFunc(table.Routes, func(r ec2types.Route) bool { return strings.HasPrefix(aws.ToString(r.GatewayId), "igw-") }) {
			continue
		}
		for _, association := range table.Associations {
			if association.SubnetId != nil {
				private = append(private, *association.SubnetId)
			}
		}
	}
	if len(private) != 2 {
		t.Errorf("R1.5: private subnets: %v", private)
	}
	return sorted(private)
}

// securityGroup gives the id of a group of the VPC.
func (s *stack) securityGroup(t *testing.T, name string) string {
	t.Helper()
	found, err := ec2.NewFromConfig(s.config).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: []ec2types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{s.output(t, "vpc_id")}},
		{Name: aws.String("group-name"), Values: []string{name}},
	}})
	if err != nil || len(found.SecurityGroups) != 1 {
		t.Fatalf("R4.3: security group %s: %+v, %v", name, found, err)
	}
	return aws.ToString(found.SecurityGroups[0].GroupId)
}

// secretValues gives the ARNs of the deployment's secrets, with what must stand
// nowhere else: the values that are long enough to be no word.
func (s *stack) secretValues(t *testing.T) map[string][]string {
	t.Helper()
	const longest = 16 // of a setting that may be in a secret, such as a region
	client := secretsmanager.NewFromConfig(s.config)
	arns := map[string]bool{s.output(t, "database_master_user_secret_arn"): true}
	pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{
		Filters: []smtypes.Filter{{Key: smtypes.FilterNameStringTypeName, Values: []string{s.Name + "/"}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range page.SecretList {
			arns[aws.ToString(secret.ARN)] = true
		}
	}
	values := map[string][]string{}
	for arn := range arns {
		values[arn] = nil
		versions, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: &arn})
		if err != nil {
			t.Fatal(err)
		}
		if len(versions.VersionIdsToStages) == 0 {
			continue // given by an operator, not by the deployment
		}
		secret, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &arn})
		if err != nil {
			t.Fatal(err)
		}
		members := map[string]any{"": aws.ToString(secret.SecretString)}
		var object map[string]any
		if json.Unmarshal([]byte(aws.ToString(secret.SecretString)), &object) == nil {
			maps.Copy(members, object)
		}
		for _, member := range members {
			if text, ok := member.(string); ok && len(text) > longest {
				values[arn] = append(values[arn], text)
			}
		}
	}
	return values
}
