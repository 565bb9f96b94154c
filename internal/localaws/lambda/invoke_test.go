package lambda_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func TestFunctionIsToldWhatAWSTells(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	api := deploy(t, address, "told", func(in *awslambda.CreateFunctionInput) {
		in.Environment = &types.Environment{Variables: map[string]string{"OWN": "value"}}
		in.TracingConfig = &types.TracingConfig{Mode: types.TracingModeActive}
	})
	output, err := api.Invoke(t.Context(), &awslambda.InvokeInput{
		FunctionName: aws.String("told"), Payload: []byte(`{"a":1}`),
		ClientContext: aws.String(base64.StdEncoding.EncodeToString([]byte(`{"client":1}`))),
	})
	if err != nil {
		t.Fatal(err)
	}
	a := decode(t, output)
	want := map[string]string{
		"OWN": "value", "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": address,
		"AWS_LAMBDA_FUNCTION_NAME": "told", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/told", "_HANDLER": "bootstrap", "TZ": ":UTC",
		"AWS_ACCESS_KEY_ID": "AKIAMANDALALOCAL0000", "AWS_EXECUTION_ENV": "AWS_Lambda_provided.al2023",
	}
	got := map[string]string{}
	for name := range want {
		got[name] = a.Env[name]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(a.Env["AWS_LAMBDA_LOG_STREAM_NAME"]) {
		t.Errorf("log stream %q", a.Env["AWS_LAMBDA_LOG_STREAM_NAME"])
	}
	if !regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1$`).MatchString(a.Trace) {
		t.Errorf("trace %q", a.Trace)
	}
	if string(a.Event) != `{"a":1}` || a.Context != `{"client":1}` || a.Deadline == "" || aws.ToString(output.ExecutedVersion) != "$LATEST" ||
		a.Arn != "arn:aws:lambda:ap-northeast-1:123456789012:function:told" {
		t.Errorf("got %s, context %s, deadline %s, arn %s", a.Event, a.Context, a.Deadline, a.Arn)
	}
}

func TestReportsAndWarmReuse(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "reports", nil)
	first := invoke(t, api, "reports", `{"do":"log","text":"hello"}`)
	second := invoke(t, api, "reports", `{}`)
	if decode(t, first).PID != decode(t, second).PID {
		t.Error("the second event runs in another process")
	}
	for name, tt := range map[string]struct{ logs, want string }{
		"cold": {*first.LogResult, `^START RequestId: \S{36} Version: \$LATEST
hello
and to standard error, unfinished
END RequestId: \S{36}
REPORT RequestId: \S{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\tInit Duration: [\d.]+ ms\t
$`},
		"warm": {*second.LogResult, `^START .*\nEND .*\nREPORT RequestId: \S{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: [1-9]\d* MB\t\n$`},
	} {
		logs, err := base64.StdEncoding.DecodeString(tt.logs)
		if err != nil || !regexp.MustCompile(tt.want).Match(logs) {
			t.Errorf("%s: %v\n%s", name, err, logs)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	address := plane(t, nil)
	api := deploy(t, address, "fails", func(in *awslambda.CreateFunctionInput) { in.Timeout = aws.Int32(1) })
	other := func(name, init string) {
		deploy(t, address, name, func(in *awslambda.CreateFunctionInput) {
			in.Environment = &types.Environment{Variables: map[string]string{"INIT": init}}
		})
	}
	other("init-exits", "exit")
	other("init-errors", "error")
	deploy(t, address, "python", func(in *awslambda.CreateFunctionInput) { in.Runtime = types.RuntimePython313 })
	text, err := archive("bootstrap", "not a program")
	if err != nil {
		t.Fatal(err)
	}
	deploy(t, address, "no-program", func(in *awslambda.CreateFunctionInput) { in.Code.ZipFile = text })
	tests := []struct {
		name, function, payload string
		kind                    string
		want                    string // part of the payload
		logs                    string
	}{
		{"error that the runtime reports", "fails", `{"do":"fail","text":"no luck"}`, "Unhandled", `{"errorMessage":"no luck","errorType":"Told"}`, "Status: error\tError Type: Told"},
		{"handled error", "fails", `{"do":"handled","text":"no luck"}`, "Handled", `"errorMessage":"no luck"`, "Status: error"},
		{"exit", "fails", `{"do":"exit","depth":2}`, "Unhandled", `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ID Error: Runtime exited with error: exit status 2"}`, "Runtime exited with error: exit status 2\nRuntime.ExitError\nEND"},
		{"exit without an error", "fails", `{"do":"exit"}`, "Unhandled", `"RequestId: ID Error: Runtime exited without providing a reason"`, "Error Type: Runtime.ExitError"},
		{"crash", "fails", `{"do":"crash"}`, "Unhandled", `"RequestId: ID Error: Runtime exited with error: signal: killed"`, "Error Type: Runtime.ExitError"},
		{"timeout", "fails", `{"do":"sleep","millis":60000}`, "Unhandled", `"RequestId: ID Error: Task timed out after 1.00 seconds"`, "ID Task timed out after 1.00 seconds\nEND RequestId: ID\nREPORT RequestId: ID\tDuration: 1000.00 ms"},
		{"answer too large", "fails", `{"do":"big","bytes":6400000}`, "Unhandled", `"errorType":"Function.ResponseSizeTooLarge"`, "Error Type: Function.ResponseSizeTooLarge"},
		{"exit at the start", "init-exits", `{}`, "Unhandled", `Runtime exited with error: exit status 3`, "Runtime.ExitError"},
		{"error at the start", "init-errors", `{}`, "Unhandled", `{"errorType":"Config.Missing","errorMessage":"no configuration"}`, "Error Type: Config.Missing"},
		{"no program", "no-program", `{}`, "Unhandled", `"Runtime.InvalidEntrypoint","errorMessage":"RequestId: ID Error: fork/exec /var/task/bootstrap: exec format error"`, "Runtime.InvalidEntrypoint"},
		{"another runtime", "python", `{}`, "Unhandled", `"errorType":"Runtime.Unsupported"`, "Runtime.Unsupported"},
		{"works afterwards", "fails", `{}`, "", `"event":{}`, "END"},
	}
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			output := invoke(t, api, tt.function, tt.payload)
			logs, err := base64.StdEncoding.DecodeString(*output.LogResult)
			if err != nil {
				t.Fatal(err)
			}
			payload := id.ReplaceAllString(string(output.Payload), "ID")
			if aws.ToString(output.FunctionError) != tt.kind || !strings.Contains(payload, tt.want) {
				t.Errorf("%s: %.500s", aws.ToString(output.FunctionError), payload)
			}
			if !strings.Contains(id.ReplaceAllString(string(logs), "ID"), tt.logs) {
				t.Errorf("logs:\n%s", logs)
			}
		})
	}
}

func TestRefusedInvocations(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "refused", nil)
	tests := []struct {
		name  string
		input awslambda.InvokeInput
		want  string
	}{
		{"unknown function", awslambda.InvokeInput{FunctionName: aws.String("nobody")}, "404 ResourceNotFoundException: Function not found: arn:aws:lambda:ap-northeast-1:123456789012:function:nobody"},
		{"unknown alias", awslambda.InvokeInput{FunctionName: aws.String("refused"), Qualifier: aws.String("live")}, "404 ResourceNotFoundException: Function not found: arn:aws:lambda:ap-northeast-1:123456789012:function:refused:live"},
		{"unknown version", awslambda.InvokeInput{FunctionName: aws.String("refused:7")}, "404 ResourceNotFoundException: Function not found: arn:aws:lambda:ap-northeast-1:123456789012:function:refused:7"},
		{"unknown function, event", awslambda.InvokeInput{FunctionName: aws.String("nobody"), InvocationType: types.InvocationTypeEvent}, "404 ResourceNotFoundException: Function not found: arn:aws:lambda:ap-northeast-1:123456789012:function:nobody"},
		{"no JSON", awslambda.InvokeInput{FunctionName: aws.String("refused"), Payload: []byte("{")}, "400 InvalidRequestContentException: Could not parse request body into json: the payload is no JSON"},
		{"too large", awslambda.InvokeInput{FunctionName: aws.String("refused"), Payload: []byte(`"` + strings.Repeat("x", 6<<20) + `"`)}, "413 RequestTooLargeException: The payload is too large for the RequestResponse invocation type (limit 6291456 bytes)"},
		{"too large, event", awslambda.InvokeInput{FunctionName: aws.String("refused"), InvocationType: types.InvocationTypeEvent, Payload: []byte(`"` + strings.Repeat("x", 1<<20) + `"`)}, "413 RequestTooLargeException: The payload is too large for the Event invocation type (limit 1048576 bytes)"},
		{"dry run", awslambda.InvokeInput{FunctionName: aws.String("refused"), InvocationType: types.InvocationTypeDryRun}, "204"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			output, err := api.Invoke(t.Context(), &tt.input)
			if got := describe(output, err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// describe gives the status, and the error if there is one.
func describe(output *awslambda.InvokeOutput, err error) string {
	if err == nil {
		return fmt.Sprint(output.StatusCode)
	}
	var response interface{ HTTPStatusCode() int }
	var api smithy.APIError
	if errors.As(err, &response) && errors.As(err, &api) {
		return fmt.Sprintf("%d %s: %s", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage())
	}
	return err.Error()
}

func TestNamesOfAFunction(t *testing.T) {
	t.Parallel()
	api := deploy(t, plane(t, nil), "named", func(in *awslambda.CreateFunctionInput) { in.Publish = true })
	const arn = "arn:aws:lambda:ap-northeast-1:123456789012:function:named"
	for name, want := range map[string]string{
		"named": "$LATEST", "named:1": "1", "named:$LATEST": "$LATEST", "123456789012:function:named": "$LATEST",
		arn: "$LATEST", arn + ":1": "1",
	} {
		if output := invoke(t, api, name, "{}"); aws.ToString(output.ExecutedVersion) != want {
			t.Errorf("%s runs %s, not %s", name, aws.ToString(output.ExecutedVersion), want)
		}
	}
	elsewhere := awslambda.NewFromConfig(client(plane(t, nil)), func(o *awslambda.Options) { o.Region = "us-east-1" })
	_, err := elsewhere.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("named")})
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("in another region: %v", err)
	}
	// A plane that did not see the code cannot run it, and says so.
	blind := invoke(t, awslambda.NewFromConfig(client(plane(t, nil))), "named", "{}")
	if !strings.Contains(string(blind.Payload), "was not deployed through this local AWS") {
		t.Errorf("without the code: %s", blind.Payload)
	}
	if http.StatusOK != blind.StatusCode {
		t.Errorf("status %d", blind.StatusCode)
	}
}
