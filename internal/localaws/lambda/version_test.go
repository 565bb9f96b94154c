package lambda_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/goal-mandala/mandala-deploy/internal/localaws/lambda"
)

// said gives version and SAY of what answers, as "1 one".
func said(t *testing.T, api *awslambda.Client, name string) string {
	t.Helper()
	a := decode(t, invoke(t, api, name, "{}"))
	return a.Env["AWS_LAMBDA_FUNCTION_VERSION"] + " " + a.Env["SAY"]
}

func TestVersionsAndAliases(t *testing.T) {
	t.Parallel()
	var random atomic.Value
	random.Store(0.0)
	address := plane(t, func(o *lambda.Options) { o.Random = func() float64 { return random.Load().(float64) } })
	say := func(text string) *types.Environment {
		return &types.Environment{Variables: map[string]string{"SAY": text}}
	}
	api := deploy(t, address, "versions", func(in *awslambda.CreateFunctionInput) { in.Publish, in.Environment = true, say("one") })
	name := aws.String("versions")
	step := func(what string, call func(context.Context) error) {
		t.Helper()
		if err := call(t.Context()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	step("alias", func(ctx context.Context) error {
		_, err := api.CreateAlias(ctx, &awslambda.CreateAliasInput{FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1")})
		return err
	})
	if got := said(t, api, "versions:live"); got != "1 one" {
		t.Errorf("alias on the first version: %s", got)
	}
	step("configuration", func(ctx context.Context) error {
		_, err := api.UpdateFunctionConfiguration(ctx, &awslambda.UpdateFunctionConfigurationInput{FunctionName: name, Environment: say("two")})
		return err
	})
	if got := said(t, api, "versions"); got != "$LATEST two" {
		t.Errorf("latest after the change: %s", got)
	}
	if got := said(t, api, "versions:live"); got != "1 one" {
		t.Errorf("alias after the change: %s", got)
	}
	step("version", func(ctx context.Context) error {
		_, err := api.PublishVersion(ctx, &awslambda.PublishVersionInput{FunctionName: name})
		return err
	})
	step("weights", func(ctx context.Context) error {
		_, err := api.UpdateAlias(ctx, &awslambda.UpdateAliasInput{
			FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("1"),
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{"2": 0.25}},
		})
		return err
	})
	for share, want := range map[float64]string{0.1: "2 two", 0.24: "2 two", 0.25: "1 one", 0.9: "1 one"} {
		random.Store(share)
		if got := said(t, api, "versions:live"); got != want {
			t.Errorf("weighted alias at %v: %s, want %s", share, got, want)
		}
	}
	step("shift", func(ctx context.Context) error {
		_, err := api.UpdateAlias(ctx, &awslambda.UpdateAliasInput{
			FunctionName: name, Name: aws.String("live"), FunctionVersion: aws.String("2"),
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{}},
		})
		return err
	})
	if got := said(t, api, "versions:live"); got != "2 two" {
		t.Errorf("alias after the shift: %s", got)
	}
	step("deletion", func(ctx context.Context) error {
		_, err := api.DeleteFunction(ctx, &awslambda.DeleteFunctionInput{FunctionName: name})
		return err
	})
	if _, err := api.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("versions:2")}); !isMissing(err) {
		t.Errorf("a deleted function: %v", err)
	}
}

func isMissing(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing)
}

func TestCodeFromS3(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	store := s3.NewFromConfig(client(address), func(o *s3.Options) { o.UsePathStyle = true })
	bucket := aws.String("artifacts")
	if _, err := store.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: bucket, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{
		LocationConstraint: s3types.BucketLocationConstraint(region),
	}}); err != nil {
		t.Fatal(err)
	}
	broken, err := archive("bootstrap", "not a program")
	if err != nil {
		t.Fatal(err)
	}
	for key, content := range map[string][]byte{"releases/v1 +ü.zip": broken, "releases/v2.zip": shared.code} {
		if _, err := store.PutObject(t.Context(), &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: strings.NewReader(string(content))}); err != nil {
			t.Fatal(err)
		}
	}
	api := deploy(t, address, "from-s3", func(in *awslambda.CreateFunctionInput) {
		in.Code = &types.FunctionCode{S3Bucket: bucket, S3Key: aws.String("releases/v1 +ü.zip")}
	})
	if output := invoke(t, api, "from-s3", "{}"); !strings.Contains(string(output.Payload), "exec format error") {
		t.Errorf("the first code: %s", output.Payload)
	}
	if _, err := api.UpdateFunctionCode(t.Context(), &awslambda.UpdateFunctionCodeInput{
		FunctionName: aws.String("from-s3"), S3Bucket: bucket, S3Key: aws.String("releases/v2.zip"), Publish: true,
	}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"from-s3", "from-s3:1"} {
		if output := invoke(t, api, name, `{"n":1}`); string(decode(t, output).Event) != `{"n":1}` {
			t.Errorf("%s: %s", name, output.Payload)
		}
	}
}

const esm = `
import { helper } from './lib/helper.mjs';
export const handler = async (event, context) => {
  console.log('got', event);
  if (event.fail) throw new TypeError('no luck');
  return { sum: helper(event.a, event.b), id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis() > 1000 };
};`

func TestNodeFunctions(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	code, err := archives(map[string]string{
		"src/index.mjs": esm, "src/lib/helper.mjs": "export const helper = (a, b) => a + b;",
		"old.js":     "exports.handler = function (event, context, callback) { setTimeout(() => callback(null, { old: event.a }), 5); };",
		"broken.mjs": "throw new Error('at the start');",
	})
	if err != nil {
		t.Fatal(err)
	}
	var api *awslambda.Client
	for name, handler := range map[string]string{"node-esm": "src/index.handler", "node-old": "old.handler", "node-broken": "broken.handler", "node-missing": "nothing.handler"} {
		api = deploy(t, address, name, func(in *awslambda.CreateFunctionInput) {
			in.Code.ZipFile, in.Handler, in.Runtime = code, &handler, types.RuntimeNodejs22x
		})
	}
	for _, tt := range []struct{ function, payload, kind, want string }{
		{"node-esm", `{"a":1,"b":2}`, "", `{"sum":3,"id":"`},
		{"node-esm", `{"a":1,"b":2}`, "", `"arn":"arn:aws:lambda:ap-northeast-1:123456789012:function:node-esm","left":true}`},
		{"node-esm", `{"fail":true}`, "Unhandled", `{"errorType":"TypeError","errorMessage":"no luck","trace":["TypeError: no luck"`},
		{"node-old", `{"a":1}`, "", `{"old":1}`},
		{"node-broken", `{}`, "Unhandled", `{"errorType":"Error","errorMessage":"at the start"`},
		{"node-missing", `{}`, "Unhandled", `"errorType":"Runtime.ImportModuleError"`},
	} {
		output := invoke(t, api, tt.function, tt.payload)
		if aws.ToString(output.FunctionError) != tt.kind || !strings.Contains(string(output.Payload), tt.want) {
			t.Errorf("%s %s: %s %s", tt.function, tt.payload, aws.ToString(output.FunctionError), output.Payload)
		}
	}
}

func TestCodeThatLeavesItsFolder(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	for i, name := range []string{"../outside", "/outside", "a/../../outside"} {
		code, err := archive(name, "content")
		if err != nil {
			t.Fatal(err)
		}
		function := fmt.Sprintf("leaves-%d", i)
		api := deploy(t, address, function, func(in *awslambda.CreateFunctionInput) { in.Code.ZipFile = code })
		if output := invoke(t, api, function, "{}"); !strings.Contains(string(output.Payload), "Runtime.InvalidPackage") {
			t.Errorf("%s: %s", name, output.Payload)
		}
	}
}
