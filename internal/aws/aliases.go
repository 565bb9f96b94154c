package aws

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

var _ engine.Aliases = (*Client)(nil)

// releaseVariable tells a function which release it is of.
const releaseVariable = "RELEASE"

// Alias reads where an alias leads.
func (c *Client) Alias(ctx context.Context, function, alias string) (engine.Alias, error) {
	doing := fmt.Sprintf("read alias %s of function %s", alias, function)
	answer, err := c.lambda.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: &function, Name: &alias})
	if isAbsent(err) {
		return engine.Alias{}, fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	}
	if err != nil {
		return engine.Alias{}, failure(ctx, doing, err)
	}
	found := engine.Alias{Version: awssdk.ToString(answer.FunctionVersion), Revision: awssdk.ToString(answer.RevisionId)}
	if routing := answer.RoutingConfig; routing != nil && len(routing.AdditionalVersionWeights) > 0 {
		found.Shares = routing.AdditionalVersionWeights
	}
	return found, nil
}

// FunctionVersion reads what a published version is, once Lambda has made it ready. One
// that turns out not to be run is an error; one that is known for that is not: callers
// may have to be led away from it.
func (c *Client) FunctionVersion(ctx context.Context, function, version string) (engine.FunctionVersion, error) {
	doing := fmt.Sprintf("read version %s of function %s", version, function)
	found, waited, err := c.settledFunction(ctx, function, version, doing)
	if err == nil && waited {
		err = functionFailure(found, doing)
	}
	if err != nil {
		return engine.FunctionVersion{}, err
	}
	code, err := base64.StdEncoding.DecodeString(awssdk.ToString(found.CodeSha256))
	if err != nil {
		return engine.FunctionVersion{}, fmt.Errorf("%s: the digest of its code: %w", doing, err)
	}
	var release string
	if variables := found.Environment; variables != nil {
		if variables.Error != nil { // only its code: the message is about values
			return engine.FunctionVersion{}, &problem.Error{
				Code: problem.RequestFailed, What: "cannot " + doing + ": AWS does not show its environment",
				Err: fmt.Errorf("%s", awssdk.ToString(variables.Error.ErrorCode)),
			}
		}
		release = variables.Variables[releaseVariable]
	}
	settings, err := settingsOf(found)
	if err != nil {
		return engine.FunctionVersion{}, fmt.Errorf("%s: %w", doing, err)
	}
	return engine.FunctionVersion{
		Number: awssdk.ToString(found.Version), CodeSHA256: hex.EncodeToString(code), Settings: settings, Release: release,
	}, nil
}

// NewestVersion looks through the published versions of a function.
func (c *Client) NewestVersion(ctx context.Context, function string) (string, error) {
	doing := "list the versions of function " + function
	newest := 0
	pages := lambda.NewListVersionsByFunctionPaginator(c.lambda, &lambda.ListVersionsByFunctionInput{FunctionName: &function})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isAbsent(err) {
			return "", fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
		}
		if err != nil {
			return "", failure(ctx, doing, err)
		}
		for _, version := range page.Versions {
			if number, err := strconv.Atoi(awssdk.ToString(version.Version)); err == nil { // not $LATEST
				newest = max(newest, number)
			}
		}
	}
	if newest == 0 {
		return "", fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	}
	return strconv.Itoa(newest), nil
}

// MoveAlias leads an alias elsewhere. Where the SDK repeats a request whose answer
// got lost, the second meets the revision that the first made: so an alias that
// stands as it should after a refusal has been moved.
func (c *Client) MoveAlias(ctx context.Context, function, alias string, to engine.Alias) error {
	doing := fmt.Sprintf("lead alias %s of function %s to version %s", alias, function, to.Version)
	weights := map[string]float64{} // empty takes away what there is; none would leave it
	maps.Copy(weights, to.Shares)
	input := &lambda.UpdateAliasInput{
		FunctionName: &function, Name: &alias, FunctionVersion: &to.Version,
		RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights},
	}
	if to.Revision != "" {
		input.RevisionId = &to.Revision
	}
	_, err := c.lambda.UpdateAlias(ctx, input)
	switch {
	case err == nil:
		return nil
	case isCode(err, "PreconditionFailedException"):
		if now, reading := c.Alias(ctx, function, alias); reading == nil && now.Version == to.Version && maps.Equal(now.Shares, to.Shares) {
			return nil
		}
		return fmt.Errorf("%s: %w", doing, engine.ErrPrecondition)
	case isAbsent(err):
		return fmt.Errorf("%s: %w", doing, engine.ErrNotFound)
	default:
		return failure(ctx, doing, err)
	}
}

// behaviour is what decides how a version behaves. What only names or dates it is
// left out, and so is what AWS changes by itself, such as the runtime's patch.
type behaviour struct {
	Architectures []types.Architecture
	CodeSHA256    string
	DeadLetters   *types.DeadLetterConfig
	Durable       *types.DurableConfig
	Environment   map[string]string
	Storage       *types.EphemeralStorage
	FileSystems   []types.FileSystemConfig
	Handler       string
	Image         *types.ImageConfig
	Key           string
	Layers        []string
	Logging       *types.LoggingConfig
	MemorySize    int32
	PackageType   types.PackageType
	Provider      *types.CapacityProviderConfig
	Role          string
	Runtime       types.Runtime
	SnapStart     types.SnapStartApplyOn
	Tenancy       *types.TenancyConfig
	Timeout       int32
	Tracing       types.TracingMode
	Subnets       []string
	Groups        []string
	DualStack     bool
}

// settingsOf digests what decides how a version behaves.
func settingsOf(found *lambda.GetFunctionConfigurationOutput) (string, error) {
	s := behaviour{
		Architectures: slices.Sorted(slices.Values(found.Architectures)), CodeSHA256: awssdk.ToString(found.CodeSha256),
		DeadLetters: found.DeadLetterConfig, Durable: found.DurableConfig, Storage: found.EphemeralStorage,
		FileSystems: found.FileSystemConfigs, Handler: awssdk.ToString(found.Handler), Key: awssdk.ToString(found.KMSKeyArn),
		Logging: found.LoggingConfig, MemorySize: awssdk.ToInt32(found.MemorySize), PackageType: found.PackageType,
		Provider: found.CapacityProviderConfig, Role: awssdk.ToString(found.Role), Runtime: found.Runtime,
		Tenancy: found.TenancyConfig, Timeout: awssdk.ToInt32(found.Timeout),
	}
	if found.Environment != nil {
		s.Environment = found.Environment.Variables
	}
	if found.ImageConfigResponse != nil {
		s.Image = found.ImageConfigResponse.ImageConfig
	}
	for _, layer := range found.Layers { // a later one covers an earlier one
		s.Layers = append(s.Layers, awssdk.ToString(layer.Arn))
	}
	if found.SnapStart != nil {
		s.SnapStart = found.SnapStart.ApplyOn
	}
	if found.TracingConfig != nil {
		s.Tracing = found.TracingConfig.Mode
	}
	if network := found.VpcConfig; network != nil {
		s.Subnets, s.Groups = slices.Sorted(slices.Values(network.SubnetIds)), slices.Sorted(slices.Values(network.SecurityGroupIds))
		s.DualStack = awssdk.ToBool(network.Ipv6AllowedForDualStack)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}
