package localaws_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// functionQuestions are about Lambda, SQS and Scheduler: patches 630 to 649.
func functionQuestions() []question {
	const key = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
	return []question{
		{"630_lambda_settings", "settings given on creation", createdSettings, key + " arn:aws:sqs:ap-northeast-1:123456789012:letters JSON INFO DEBUG /aws/lambda/elsewhere"},
		{"630_lambda_settings", "settings changed", changedSettings, "Active 1024 INFO, no dead letters, text for others"},
		{"630_lambda_settings", "environment taken away", withoutEnvironment, "none"},
		{"631_lambda_version_numbers", "after a deletion", numberAfterDeletion, "4"},
		{"632_lambda_version_in_use", "version of an alias", deletedUnderAlias, "ResourceConflictException"},
		{"632_lambda_version_in_use", "version with a share", deletedUnderShare, "ResourceConflictException"},
		{"632_lambda_version_in_use", "unused version", deletedUnused, "deleted, then ResourceConflictException"},
		{"633_lambda_vpc", "VPC of the subnets", functionVPC, "the subnets' VPC"},
		{"634_lambda_subscribers", "message to a function", messageToFunction, "0 lines of docker"},
		{"635_lambda_no_concurrency", "a function that is stopped", stoppedFunction, "0"},
		{"636_sns_http_subscribers", "an endpoint that is gone", deadEndpoint, "published"},
		{"640_lambda_event_invoke_config", "changed", changedInvocation, "1"},
		{"640_lambda_event_invoke_config", "another qualifier", otherInvocation, "ResourceNotFoundException"},
		{"641_lambda_provisioned_concurrency", "what was put", provisionedConcurrency, "READY 3, then ProvisionedConcurrencyConfigNotFoundException"},
		{"642_lambda_account_settings", "executions", accountSettings, "1000, 3 of them reserved, functions counted"},
	}
}

// newFunction creates a function with a role of its own, changed as change says.
func newFunction(ctx context.Context, to aws.Config, name string, change func(*lambda.CreateFunctionInput)) (*lambda.Client, error) {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	role, err := iam.NewFromConfig(to).CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trust)})
	if err != nil {
		return nil, err
	}
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	if _, err := archive.Create("index.mjs"); err != nil {
		return nil, err
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	input := &lambda.CreateFunctionInput{
		Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()}, FunctionName: &name, Handler: aws.String("index.handler"),
		Role: role.Role.Arn, Runtime: lambdatypes.RuntimeNodejs22x,
	}
	if change != nil {
		change(input)
	}
	api := lambda.NewFromConfig(to)
	_, err = api.CreateFunction(ctx, input)
	return api, err
}

func createdSettings(ctx context.Context, to aws.Config) (string, error) {
	api, err := newFunction(ctx, to, "set", func(in *lambda.CreateFunctionInput) {
		in.DeadLetterConfig = &lambdatypes.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:ap-northeast-1:123456789012:letters")}
		in.KMSKeyArn = aws.String("arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000")
		in.LoggingConfig = &lambdatypes.LoggingConfig{
			LogFormat: lambdatypes.LogFormatJson, LogGroup: aws.String("/aws/lambda/elsewhere"),
			SystemLogLevel: lambdatypes.SystemLogLevelDebug,
		}
	})
	if err != nil {
		return code(err)
	}
	// Of the published version: it has to have them, too.
	if _, err := api.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: aws.String("set")}); err != nil {
		return code(err)
	}
	function, err := api.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("set"), Qualifier: aws.String("1")})
	if err != nil {
		return code(err)
	}
	if function.DeadLetterConfig == nil || function.LoggingConfig == nil {
		return "dropped", nil
	}
	logging := function.LoggingConfig
	return fmt.Sprintf("%s %s %s %s %s %s", aws.ToString(function.KMSKeyArn), aws.ToString(function.DeadLetterConfig.TargetArn),
		logging.LogFormat, logging.ApplicationLogLevel, logging.SystemLogLevel, aws.ToString(logging.LogGroup)), nil
}

func changedSettings(ctx context.Context, to aws.Config) (string, error) {
	api, err := newFunction(ctx, to, "changed-settings", func(in *lambda.CreateFunctionInput) {
		in.DeadLetterConfig = &lambdatypes.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:ap-northeast-1:123456789012:letters")}
	})
	if err != nil {
		return code(err)
	}
	before, err := api.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("changed-settings")})
	if err != nil {
		return code(err)
	}
	if _, err := api.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName:     aws.String("changed-settings"),
		DeadLetterConfig: &lambdatypes.DeadLetterConfig{TargetArn: aws.String("")},
		EphemeralStorage: &lambdatypes.EphemeralStorage{Size: aws.Int32(1024)},
		LoggingConfig:    &lambdatypes.LoggingConfig{LogFormat: lambdatypes.LogFormatJson},
		TracingConfig:    &lambdatypes.TracingConfig{Mode: lambdatypes.TracingModeActive},
	}); err != nil {
		return code(err)
	}
	after, err := api.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("changed-settings")})
	if err != nil {
		return code(err)
	}
	if before.LoggingConfig == nil || before.LoggingConfig.LogFormat != lambdatypes.LogFormatText || after.LoggingConfig == nil {
		return "no logging configuration", nil
	}
	letters := "no dead letters"
	if after.DeadLetterConfig != nil {
		letters = "dead letters"
	}
	return fmt.Sprintf("%s %d %s, %s, text for others", after.TracingConfig.Mode, aws.ToInt32(after.EphemeralStorage.Size),
		after.LoggingConfig.SystemLogLevel, letters), nil
}

func withoutEnvironment(ctx context.Context, to aws.Config) (string, error) {
	api, err := newFunction(ctx, to, "environment", func(in *lambda.CreateFunctionInput) {
		in.Environment = &lambdatypes.Environment{Variables: map[string]string{"A": "b"}}
	})
	if err != nil {
		return code(err)
	}
	updated, err := api.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{
		FunctionName: aws.String("environment"), Environment: &lambdatypes.Environment{},
	})
	if err != nil {
		return code(err)
	}
	if updated.Environment != nil {
		return fmt.Sprint(updated.Environment.Variables), nil
	}
	return "none", nil
}

// numberAfterDeletion publishes three versions, deletes the first one and
// publishes another.
func numberAfterDeletion(ctx context.Context, to aws.Config) (string, error) {
	name := "numbered"
	api, err := newFunction(ctx, to, name, nil)
	if err != nil {
		return code(err)
	}
	if _, err := publish(ctx, api, name, 128, 129, 130); err != nil {
		return code(err)
	}
	if _, err := api.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name, Qualifier: aws.String("1")}); err != nil {
		return code(err)
	}
	number, err := publish(ctx, api, name, 256)
	if err != nil {
		return code(err)
	}
	return number, nil
}

// publish makes a version with each of the memories and gives the last number.
func publish(ctx context.Context, api *lambda.Client, name string, memories ...int32) (number string, err error) {
	for _, memory := range memories {
		if _, err := api.UpdateFunctionConfiguration(ctx, &lambda.UpdateFunctionConfigurationInput{FunctionName: &name, MemorySize: &memory}); err != nil {
			return "", err
		}
		version, err := api.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: &name})
		if err != nil {
			return "", err
		}
		number = aws.ToString(version.Version)
	}
	return number, nil
}

// newAlias creates a function with three versions and an alias: on the first
// one, with a share of the calls for the second.
func newAlias(ctx context.Context, to aws.Config, name string) (*lambda.Client, error) {
	api, err := newFunction(ctx, to, name, nil)
	if err != nil {
		return nil, err
	}
	if _, err := publish(ctx, api, name, 128, 129, 130); err != nil {
		return nil, err
	}
	_, err = api.CreateAlias(ctx, &lambda.CreateAliasInput{
		FunctionName: &name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
		RoutingConfig: &lambdatypes.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.1}},
	})
	return api, err
}

func deletedUnderAlias(ctx context.Context, to aws.Config) (string, error) {
	return deleteVersion(ctx, to, "under-alias", "1")
}

func deletedUnderShare(ctx context.Context, to aws.Config) (string, error) {
	return deleteVersion(ctx, to, "under-share", "2")
}

// deletedUnused deletes the version that nothing uses, then the alias's.
func deletedUnused(ctx context.Context, to aws.Config) (string, error) {
	unused, err := deleteVersion(ctx, to, "unused", "3")
	if err != nil {
		return "", err
	}
	_, err = lambda.NewFromConfig(to).DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: aws.String("unused:1")})
	if err == nil {
		return unused + ", then deleted", nil
	}
	used, err := code(err)
	return unused + ", then " + used, err
}

func deleteVersion(ctx context.Context, to aws.Config, name, version string) (string, error) {
	api, err := newAlias(ctx, to, name)
	if err != nil {
		return "", err
	}
	if _, err := api.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: &name, Qualifier: &version}); err != nil {
		return code(err)
	}
	return "deleted", nil
}

func functionVPC(ctx context.Context, to aws.Config) (string, error) {
	network := ec2.NewFromConfig(to)
	vpc, err := network.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.8.0.0/16")})
	if err != nil {
		return code(err)
	}
	subnet, err := network.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.8.0.0/24")})
	if err != nil {
		return code(err)
	}
	api, err := newFunction(ctx, to, "in-a-vpc", func(in *lambda.CreateFunctionInput) {
		in.VpcConfig = &lambdatypes.VpcConfig{SubnetIds: []string{*subnet.Subnet.SubnetId}, SecurityGroupIds: []string{"sg-00000000000000000"}}
	})
	if err != nil {
		return code(err)
	}
	function, err := api.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: aws.String("in-a-vpc")})
	if err != nil {
		return code(err)
	}
	if aws.ToString(function.VpcConfig.VpcId) == *vpc.Vpc.VpcId {
		return "the subnets' VPC", nil
	}
	return aws.ToString(function.VpcConfig.VpcId), nil
}

func putInvocation(ctx context.Context, api *lambda.Client, name, qualifier string, attempts int32) error {
	_, err := api.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{
		FunctionName: &name, Qualifier: &qualifier, MaximumRetryAttempts: &attempts,
	})
	return err
}

func changedInvocation(ctx context.Context, to aws.Config) (string, error) {
	api, err := newFunction(ctx, to, "invoked", nil)
	if err != nil {
		return code(err)
	}
	for _, attempts := range []int32{2, 1} {
		if err := putInvocation(ctx, api, "invoked", "live", attempts); err != nil {
			return code(err)
		}
	}
	config, err := api.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: aws.String("invoked"), Qualifier: aws.String("live"),
	})
	if err != nil {
		return code(err)
	}
	return fmt.Sprint(aws.ToInt32(config.MaximumRetryAttempts)), nil
}

func otherInvocation(ctx context.Context, to aws.Config) (string, error) {
	api, err := newFunction(ctx, to, "invoked-otherwise", nil)
	if err != nil {
		return code(err)
	}
	if err := putInvocation(ctx, api, "invoked-otherwise", "live", 1); err != nil {
		return code(err)
	}
	_, err = api.GetFunctionEventInvokeConfig(ctx, &lambda.GetFunctionEventInvokeConfigInput{
		FunctionName: aws.String("invoked-otherwise"), Qualifier: aws.String("$LATEST"),
	})
	if err == nil {
		return "the same", nil
	}
	return code(err)
}

func provisionedConcurrency(ctx context.Context, to aws.Config) (string, error) {
	name, qualifier := aws.String("provisioned-concurrency"), aws.String("1")
	api, err := newFunction(ctx, to, *name, nil)
	if err != nil {
		return code(err)
	}
	if _, err := api.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: name}); err != nil {
		return code(err)
	}
	if _, err := api.PutProvisionedConcurrencyConfig(ctx, &lambda.PutProvisionedConcurrencyConfigInput{
		FunctionName: name, Qualifier: qualifier, ProvisionedConcurrentExecutions: aws.Int32(3),
	}); err != nil {
		return code(err)
	}
	config, err := api.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: name, Qualifier: qualifier})
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteProvisionedConcurrencyConfig(ctx, &lambda.DeleteProvisionedConcurrencyConfigInput{FunctionName: name, Qualifier: qualifier}); err != nil {
		return code(err)
	}
	_, err = api.GetProvisionedConcurrencyConfig(ctx, &lambda.GetProvisionedConcurrencyConfigInput{FunctionName: name, Qualifier: qualifier})
	if err == nil {
		return "still there", nil
	}
	gone, err := code(err)
	return fmt.Sprintf("%s %d, then %s", config.Status, aws.ToInt32(config.AvailableProvisionedConcurrentExecutions), gone), err
}

func accountSettings(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("reserves")
	api, err := newFunction(ctx, to, *name, nil)
	if err != nil {
		return code(err)
	}
	if _, err := api.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(3)}); err != nil {
		return code(err)
	}
	found, err := api.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return code(err)
	}
	if _, err := api.DeleteFunctionConcurrency(ctx, &lambda.DeleteFunctionConcurrencyInput{FunctionName: name}); err != nil {
		return code(err)
	}
	limit := found.AccountLimit
	text := fmt.Sprintf("%d, %d of them reserved", limit.ConcurrentExecutions, limit.ConcurrentExecutions-aws.ToInt32(limit.UnreservedConcurrentExecutions))
	if found.AccountUsage.FunctionCount > 0 {
		text += ", functions counted"
	}
	return text, nil
}

func messageToFunction(ctx context.Context, to aws.Config) (string, error) {
	const name = "subscriber"
	if _, err := newFunction(ctx, to, name, nil); err != nil {
		return code(err)
	}
	group, logsAPI := "/aws/lambda/"+name, cloudwatchlogs.NewFromConfig(to)
	if _, err := logsAPI.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		return code(err)
	}
	api := sns.NewFromConfig(to, func(o *sns.Options) { o.RetryMaxAttempts = 1 })
	topic, err := api.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String(name)})
	if err != nil {
		return code(err)
	}
	if _, err := api.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("lambda"), Endpoint: aws.String("arn:aws:lambda:" + region + ":123456789012:function:" + name),
	}); err != nil {
		return code(err)
	}
	if _, err := api.Publish(ctx, &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("text")}); err != nil {
		return code(err)
	}
	logs, err := logsAPI.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, FilterPattern: aws.String("docker")})
	if err != nil { // moto's own line has a time that the SDK cannot read
		return "an unreadable log", nil //nolint:nilerr // as said
	}
	return fmt.Sprintf("%d lines of docker", len(logs.Events)), nil
}

// stoppedFunction gives the reserved concurrency of a function that may not run.
func stoppedFunction(ctx context.Context, to aws.Config) (string, error) {
	name := aws.String("not-running")
	api, err := newFunction(ctx, to, *name, nil)
	if err != nil {
		return code(err)
	}
	if _, err := api.PutFunctionConcurrency(ctx, &lambda.PutFunctionConcurrencyInput{FunctionName: name, ReservedConcurrentExecutions: aws.Int32(0)}); err != nil {
		return code(err)
	}
	function, err := api.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: name})
	if err != nil {
		return code(err)
	}
	if function.Concurrency == nil {
		return "none", nil
	}
	return fmt.Sprint(aws.ToInt32(function.Concurrency.ReservedConcurrentExecutions)), nil
}

// deadEndpoint publishes to a topic whose subscriber nobody is at.
func deadEndpoint(ctx context.Context, to aws.Config) (string, error) {
	api := sns.NewFromConfig(to)
	topic, err := api.CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("dead-endpoint")})
	if err != nil {
		return code(err)
	}
	if _, err := api.Subscribe(ctx, &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("http"), Endpoint: aws.String("http://127.0.0.1:1/"),
	}); err != nil {
		return code(err)
	}
	if _, err := api.Publish(ctx, &sns.PublishInput{TopicArn: topic.TopicArn, Message: aws.String("anybody?")}); err != nil {
		return code(err)
	}
	return "published", nil
}
