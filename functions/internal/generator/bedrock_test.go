package generator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/generator"
	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// typeOf is what Step Functions calls an error.
func typeOf(err error) string { return fmt.Sprintf("%T", err) }

// bedrock is the generator before a server that speaks as Bedrock does.
func bedrock(t *testing.T, key string, serve http.HandlerFunc) generator.Bedrock {
	t.Helper()
	server := httptest.NewTLSServer(serve) // API keys are sent over TLS only
	t.Cleanup(server.Close)
	return generator.Bedrock{
		Client: bedrockruntime.New(bedrockruntime.Options{
			BaseEndpoint: aws.String(server.URL), Region: "ap-northeast-1", HTTPClient: server.Client(),
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), RetryMaxAttempts: 1,
		}),
		Model: "anthropic.claude-3-haiku-20240307-v1:0",
		Key:   func(context.Context) (secret.Value, error) { return secret.New(key), nil },
	}
}

func saved(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestBedrockAsksByAToolAndReadsItsInput(t *testing.T) {
	t.Parallel()
	answer := saved(t, "converse.json")
	var asked *http.Request
	var body map[string]any
	b := bedrock(t, "", func(w http.ResponseWriter, r *http.Request) {
		asked = r
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
	tasks, err := b.Generate(t.Context(), request("毎朝走る", domain.Habit, "雨の日は休む"))
	if err != nil {
		t.Fatal(err)
	}
	want := []workflow.Task{
		{Title: "走る時間を決める", Description: "起きてすぐの30分を空ける。", Type: domain.Execution, EstimatedMinutes: 15},
		{Title: "3km走る", Description: "会話できる速さで走る。", Type: domain.Habit, EstimatedMinutes: 30},
	}
	if diff := cmp.Diff(want, tasks); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	if asked.Method != http.MethodPost || asked.URL.Path != "/model/anthropic.claude-3-haiku-20240307-v1:0/converse" ||
		!strings.HasPrefix(asked.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		t.Errorf("asked %s %s, signed %q", asked.Method, asked.URL.Path, asked.Header.Get("Authorization"))
	}
	tools := body["toolConfig"].(map[string]any)
	if diff := cmp.Diff(map[string]any{"tool": map[string]any{"name": "save_tasks"}}, tools["toolChoice"]); diff != "" {
		t.Errorf("the tool need not be called (-want +got):\n%s", diff)
	}
	messages := body["messages"].([]any)
	text := messages[0].(map[string]any)["content"].([]any)[0].(map[string]any)["text"].(string)
	_, document, _ := strings.Cut(text, "\n")
	want2 := `{"goal":{"title":"Run a marathon","background":"I ran 10 km once."},"subGoal":{"title":"Endurance"},` +
		`"action":{"title":"毎朝走る","description":"雨の日は休む","type":"habit"},"deadline":"2027-05-01"}`
	if diff := cmp.Diff(want2, document); diff != "" || len(messages) != 1 {
		t.Errorf("%d messages (-want +got):\n%s", len(messages), diff)
	}
}

func TestBedrockTakesAnAPIKey(t *testing.T) {
	t.Parallel()
	answer := saved(t, "converse.json")
	var signed string
	b := bedrock(t, "bedrock-api-key-example", func(w http.ResponseWriter, r *http.Request) {
		signed = r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(answer)
	})
	if _, err := b.Generate(t.Context(), request("Run", domain.Habit, "")); err != nil || signed != "Bearer bedrock-api-key-example" {
		t.Errorf("signed %q, %v", signed, err)
	}
}

// answer is one of the model, whose tool got the input.
func answer(stop, input string) string {
	return `{"output":{"message":{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"save_tasks","input":` + input + `}}]}},` +
		`"stopReason":"` + stop + `","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`
}

func TestAnswersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	const private = "the user's own words"
	task := func(fields string) string { return answer("tool_use", `{"tasks":[{`+fields+`}]}`) }
	eleven := strings.TrimSuffix(strings.Repeat(`{"title":"t","description":"","type":"habit","estimatedMinutes":5},`, 11), ",")
	tests := map[string]struct {
		answer string
		want   error
	}{
		"cut off":           {answer("max_tokens", `{"tasks":[]}`), &workflow.ModelOutputError{}},
		"filtered":          {answer("content_filtered", `{}`), &workflow.InvalidInputError{}},
		"guarded":           {answer("guardrail_intervened", `{}`), &workflow.InvalidInputError{}},
		"no tasks":          {answer("tool_use", `{"tasks":[]}`), &workflow.ModelOutputError{}},
		"too many":          {answer("tool_use", `{"tasks":[`+eleven+`]}`), &workflow.ModelOutputError{}},
		"no list":           {answer("tool_use", `{"tasks":"`+private+`"}`), &workflow.ModelOutputError{}},
		"no title":          {task(`"title":" ","description":"` + private + `","type":"habit","estimatedMinutes":5`), &workflow.ModelOutputError{}},
		"a long title":      {task(`"title":"` + strings.Repeat("t", 201) + `","description":"","type":"habit","estimatedMinutes":5`), &workflow.ModelOutputError{}},
		"a long text":       {task(`"title":"t","description":"` + strings.Repeat("d", 1001) + `","type":"habit","estimatedMinutes":5`), &workflow.ModelOutputError{}},
		"another type":      {task(`"title":"t","description":"","type":"` + private + `","estimatedMinutes":5`), &workflow.ModelOutputError{}},
		"no time":           {task(`"title":"t","description":"","type":"habit","estimatedMinutes":0`), &workflow.ModelOutputError{}},
		"weeks":             {task(`"title":"t","description":"","type":"habit","estimatedMinutes":10081`), &workflow.ModelOutputError{}},
		"half a minute":     {task(`"title":"t","description":"","type":"habit","estimatedMinutes":0.5`), &workflow.ModelOutputError{}},
		"a control":         {task(`"title":"t\u0000","description":"","type":"habit","estimatedMinutes":5`), &workflow.ModelOutputError{}},
		"text and no tool":  {`{"output":{"message":{"role":"assistant","content":[{"text":"` + private + `"}]}},"stopReason":"end_turn"}`, &workflow.ModelOutputError{}},
		"nothing":           {`{"stopReason":"end_turn"}`, &workflow.ModelOutputError{}},
		"no JSON of theirs": {`<html>`, &workflow.UnavailableError{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bedrock(t, "", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, test.answer)
			})
			_, err := b.Generate(t.Context(), request("Run", domain.Habit, ""))
			if typeOf(err) != typeOf(test.want) || strings.Contains(err.Error(), private) {
				t.Errorf("got %T %v, want %T", err, err, test.want)
			}
		})
	}
}

func TestErrorsOfBedrockHaveTheWorkflowsNames(t *testing.T) {
	t.Parallel()
	const private = "the user's own words"
	tests := []struct {
		status        int
		code, message string
		want          error
	}{
		{429, "ThrottlingException", "Too many requests, please wait before trying again.", &workflow.ThrottlingError{}},
		{429, "ThrottlingException", "Too many tokens per day, please wait before trying again.", &workflow.QuotaExceededError{}},
		{400, "ServiceQuotaExceededException", private, &workflow.QuotaExceededError{}},
		{403, "AccessDeniedException", private, &workflow.PermissionDeniedError{}},
		{403, "UnrecognizedClientException", private, &workflow.PermissionDeniedError{}},
		{404, "ResourceNotFoundException", private, &workflow.PermissionDeniedError{}},
		{400, "ValidationException", private, &workflow.InvalidInputError{}},
		{408, "ModelTimeoutException", private, &workflow.TimeoutError{}},
		{424, "ModelErrorException", private, &workflow.UnavailableError{}},
		{429, "ModelNotReadyException", private, &workflow.ThrottlingError{}},
		{500, "InternalServerException", private, &workflow.UnavailableError{}},
		{503, "ServiceUnavailableException", private, &workflow.UnavailableError{}},
	}
	for _, test := range tests {
		t.Run(test.code+" "+test.message, func(t *testing.T) {
			t.Parallel()
			b := bedrock(t, "", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Amzn-ErrorType", test.code+":http://internal.amazon.com/coral/com.amazon.bedrock/")
				w.WriteHeader(test.status)
				_ = json.NewEncoder(w).Encode(map[string]string{"message": test.message})
			})
			_, err := b.Generate(t.Context(), request("Run", domain.Habit, ""))
			if typeOf(err) != typeOf(test.want) || !strings.HasPrefix(err.Error(), "Bedrock: "+test.code) || strings.Contains(err.Error(), private) {
				t.Errorf("got %T %v, want %T", err, err, test.want)
			}
		})
	}
	away := bedrock(t, "", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := away.Generate(t.Context(), request("Run", domain.Habit, "")); typeOf(err) != typeOf(&workflow.UnavailableError{}) {
		t.Errorf("of a connection that breaks: %T %v", err, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := away.Generate(ctx, request("Run", domain.Habit, "")); typeOf(err) != typeOf(&workflow.TimeoutError{}) {
		t.Errorf("of a call that was given up: %T %v", err, err)
	}
}
