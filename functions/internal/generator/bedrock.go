package generator

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/auth/bearer"

	"github.com/goal-mandala/mandala-deploy/functions/internal/secret"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// Converser is what Bedrock needs of its client.
type Converser interface {
	Converse(context.Context, *bedrockruntime.ConverseInput, ...func(*bedrockruntime.Options)) (*bedrockruntime.ConverseOutput, error)
}

// Bedrock asks a model that can be made to call a tool.
type Bedrock struct {
	Client Converser
	Model  string // an id, or the ARN of an inference profile
	// Key gives an API key of Bedrock to sign in with instead of the function's role, for
	// models of another account; empty means the role. It is asked before each call.
	Key func(context.Context) (secret.Value, error)
}

// maxTokens is more than ten tasks at their longest take, and what Claude 3 allows.
const maxTokens = 4096

// Generate asks the model. Errors hold no texts. Permanent ones are PermissionDeniedError,
// QuotaExceededError and InvalidInputError; after a ThrottlingError, an UnavailableError
// or a ModelOutputError another try can do.
func (b Bedrock) Generate(ctx context.Context, request Request) ([]workflow.Task, error) {
	key, err := b.Key(ctx)
	if err != nil {
		return nil, err
	}
	text, err := question(request)
	if err != nil {
		return nil, err
	}
	output, err := b.Client.Converse(ctx, &bedrockruntime.ConverseInput{
		ModelId:         aws.String(b.Model),
		System:          []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: instructions}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(maxTokens)},
		Messages: []types.Message{{
			Role:    types.ConversationRoleUser,
			Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: text}},
		}},
		ToolConfig: &types.ToolConfiguration{
			Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String(toolName), Description: aws.String("Saves the tasks of the action."),
				InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema())},
			}}},
			ToolChoice: &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String(toolName)}},
		},
	}, signIn(key))
	if err != nil {
		return nil, classify(err)
	}
	return read(output)
}

// signIn uses the key, if there is one, instead of the role's credentials.
func signIn(key secret.Value) func(*bedrockruntime.Options) {
	return func(options *bedrockruntime.Options) {
		if key.Empty() {
			return
		}
		options.AuthSchemePreference = []string{"httpBearerAuth"}
		options.BearerAuthTokenProvider = bearer.StaticTokenProvider{Token: bearer.Token{Value: key.Reveal()}}
	}
}

// read takes the tasks out of the answer.
func read(output *bedrockruntime.ConverseOutput) ([]workflow.Task, error) {
	switch output.StopReason {
	case types.StopReasonGuardrailIntervened, types.StopReasonContentFiltered:
		return nil, &workflow.InvalidInputError{Message: "the model does not work on this: " + string(output.StopReason)}
	case types.StopReasonToolUse, types.StopReasonEndTurn: // models that must call a tool end either way
	default:
		return nil, &workflow.ModelOutputError{Message: "the model's answer is not whole: " + string(output.StopReason)}
	}
	message, ok := output.Output.(*types.ConverseOutputMemberMessage)
	if !ok {
		return nil, &workflow.ModelOutputError{Message: "the model's answer has no message"}
	}
	for _, block := range message.Value.Content {
		use, ok := block.(*types.ContentBlockMemberToolUse)
		if !ok || aws.ToString(use.Value.Name) != toolName || use.Value.Input == nil {
			continue
		}
		text, err := use.Value.Input.MarshalSmithyDocument()
		if err != nil {
			return nil, &workflow.ModelOutputError{Message: "the tool's input is no JSON"}
		}
		var answer struct {
			Tasks []workflow.Task `json:"tasks"`
		}
		if json.Unmarshal(text, &answer) != nil { // its error quotes the text
			return nil, &workflow.ModelOutputError{Message: "the tool's input is not as its schema says"}
		}
		for i := range answer.Tasks {
			answer.Tasks[i].Title = strings.TrimSpace(answer.Tasks[i].Title)
		}
		return answer.Tasks, check(answer.Tasks)
	}
	return nil, &workflow.ModelOutputError{Message: "the model did not call the tool"}
}

// classify gives an error of Bedrock the name that the workflow acts on. Its message can
// quote the request, so that only its code goes on.
func classify(err error) error {
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return &workflow.TimeoutError{Message: "the model took too long"}
		}
		return &workflow.UnavailableError{Message: "Bedrock cannot be reached"}
	}
	message := "Bedrock: " + answer.ErrorCode()
	switch answer.ErrorCode() {
	case "ServiceQuotaExceededException":
		return &workflow.QuotaExceededError{Message: message}
	case "ThrottlingException", "TooManyRequestsException", "ModelNotReadyException":
		// The daily quota is throttled, too, but does not come back in seconds.
		if strings.Contains(strings.ToLower(answer.ErrorMessage()), "per day") {
			return &workflow.QuotaExceededError{Message: message + ": per day"}
		}
		return &workflow.ThrottlingError{Message: message}
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ResourceNotFoundException":
		return &workflow.PermissionDeniedError{Message: message}
	case "ValidationException":
		return &workflow.InvalidInputError{Message: message}
	case "ModelTimeoutException":
		return &workflow.TimeoutError{Message: message}
	default:
		return &workflow.UnavailableError{Message: message}
	}
}
