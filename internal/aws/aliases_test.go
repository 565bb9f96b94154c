package aws

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// program gives the archive of a function.
func program(t *testing.T, text string) []byte {
	t.Helper()
	var code bytes.Buffer
	archive := zip.NewWriter(&code)
	file, err := archive.Create("index.mjs")
	if err == nil {
		_, err = file.Write([]byte(text))
	}
	if err := errors.Join(err, archive.Close()); err != nil {
		t.Fatal(err)
	}
	return code.Bytes()
}

// makeFunction creates a function with version 1, and gives its archive.
func makeFunction(t *testing.T, c *Client, name string, variables map[string]string) []byte {
	t.Helper()
	role, err := c.iam.CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: awssdk.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	code := program(t, name)
	if _, err := c.lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: role.Role.Arn, Handler: awssdk.String("index.handler"), Runtime: types.RuntimeNodejs22x,
		Code: &types.FunctionCode{ZipFile: code}, Environment: &types.Environment{Variables: variables}, Publish: true,
	}); err != nil {
		t.Fatal(err)
	}
	return code
}

// changeFunction changes a function's configuration and gives the version of it.
func changeFunction(t *testing.T, c *Client, input *lambda.UpdateFunctionConfigurationInput) engine.FunctionVersion {
	t.Helper()
	if _, err := c.lambda.UpdateFunctionConfiguration(t.Context(), input); err != nil {
		t.Fatal(err)
	}
	return publishFunction(t, c, *input.FunctionName)
}

func publishFunction(t *testing.T, c *Client, name string) engine.FunctionVersion {
	t.Helper()
	published, err := c.lambda.PublishVersion(t.Context(), &lambda.PublishVersionInput{FunctionName: &name, Description: awssdk.String("described")})
	if err != nil {
		t.Fatal(err)
	}
	version, err := c.FunctionVersion(t.Context(), name, *published.Version)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func TestFunctionVersion(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	name := awssdk.String("versioned")
	code := makeFunction(t, c, *name, map[string]string{"RELEASE": "v1", "TOKEN": "not-to-be-seen"})
	digest := sha256.Sum256(code)
	first, err := c.FunctionVersion(t.Context(), *name, "1")
	if err != nil {
		t.Fatal(err)
	}
	want := engine.FunctionVersion{Number: "1", CodeSHA256: hex.EncodeToString(digest[:]), Settings: first.Settings, Release: "v1"}
	if diff := cmp.Diff(want, first); diff != "" || len(first.Settings) != 64 {
		t.Errorf("(-want +got):\n%s", diff)
	}
	variables := func(values map[string]string) *lambda.UpdateFunctionConfigurationInput {
		return &lambda.UpdateFunctionConfigurationInput{FunctionName: name, Environment: &types.Environment{Variables: values}}
	}
	again := changeFunction(t, c, variables(map[string]string{"RELEASE": "v1", "TOKEN": "another"}))
	back := changeFunction(t, c, variables(map[string]string{"RELEASE": "v1", "TOKEN": "not-to-be-seen"}))
	if again.Settings == first.Settings || back.Settings != first.Settings || back.Number == first.Number {
		t.Errorf("first %+v, changed %+v, changed back %+v", first, again, back)
	}
	seen := map[string]string{first.Settings: "as it was"}
	for what, change := range map[string]*lambda.UpdateFunctionConfigurationInput{
		"memory":  {MemorySize: awssdk.Int32(512)},
		"timeout": {Timeout: awssdk.Int32(17)},
		"handler": {Handler: awssdk.String("index.other")},
		"runtime": {Runtime: types.RuntimeNodejs20x},
		"tracing": {TracingConfig: &types.TracingConfig{Mode: types.TracingModeActive}},
		"logging": {LoggingConfig: &types.LoggingConfig{LogFormat: types.LogFormatJson}},
		"storage": {EphemeralStorage: &types.EphemeralStorage{Size: awssdk.Int32(1024)}},
		"key":     {KMSKeyArn: awssdk.String("arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000")},
		"letters": {DeadLetterConfig: &types.DeadLetterConfig{TargetArn: awssdk.String("arn:aws:sqs:ap-northeast-1:123456789012:letters")}},
		"nothing": {Environment: &types.Environment{}},
	} {
		change.FunctionName = name
		got := changeFunction(t, c, change)
		if other, known := seen[got.Settings]; known {
			t.Errorf("%s changed, and the settings are those of %s", what, other)
		}
		seen[got.Settings] = what
	}
	if _, err := c.lambda.UpdateFunctionCode(t.Context(), &lambda.UpdateFunctionCodeInput{FunctionName: name, ZipFile: program(t, "new")}); err != nil {
		t.Fatal(err)
	}
	if got := publishFunction(t, c, *name); seen[got.Settings] != "" || got.Release != "" {
		t.Errorf("new code, and the settings are those of %s", seen[got.Settings])
	}
	for _, function := range []string{*name, "no-such-function"} {
		if _, err := c.FunctionVersion(t.Context(), function, "99"); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("version 99 of %s: %v", function, err)
		}
	}
}

func TestEnvironmentThatCannotBeRead(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"Version":"1","CodeSha256":"","Environment":{"Error":{"ErrorCode":"AccessDeniedException","Message":"TOKEN=not-to-be-seen"}}}`))
	}))
	t.Cleanup(server.Close)
	_, err := standIn(t, server.URL).FunctionVersion(t.Context(), "closed", "1")
	if !problem.Is(err, problem.RequestFailed) || !strings.Contains(err.Error(), "AccessDeniedException") || strings.Contains(err.Error(), "not-to-be-seen") {
		t.Errorf("got %v", err)
	}
}

func TestMoveAlias(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	name := awssdk.String("aliased")
	makeFunction(t, c, *name, nil)
	changeFunction(t, c, &lambda.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: awssdk.Int32(256)})
	if _, err := c.lambda.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: name, Name: awssdk.String("live"), FunctionVersion: awssdk.String("1")}); err != nil {
		t.Fatal(err)
	}
	read := func(version string, shares map[string]float64) engine.Alias {
		t.Helper()
		now, err := c.Alias(t.Context(), *name, "live")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(engine.Alias{Version: version, Shares: shares, Revision: now.Revision}, now); diff != "" || now.Revision == "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return now
	}
	move := func(to engine.Alias) error { return c.MoveAlias(t.Context(), *name, "live", to) }
	first, shared := read("1", nil), map[string]float64{"2": 0.25}
	if err := move(engine.Alias{Version: "1", Shares: shared, Revision: first.Revision}); err != nil {
		t.Fatal(err)
	}
	second := read("1", shared)
	if err := move(engine.Alias{Version: "1", Shares: shared, Revision: first.Revision}); err != nil {
		t.Errorf("as it stands already, as after a lost answer: %v", err)
	}
	if err := move(engine.Alias{Version: "2", Revision: first.Revision}); !errors.Is(err, engine.ErrPrecondition) {
		t.Errorf("an old revision: %v", err)
	}
	if now := read("1", shared); now.Revision != second.Revision {
		t.Error("a refused move changed the alias")
	}
	if err := move(engine.Alias{Version: "2", Revision: second.Revision}); err != nil {
		t.Fatal(err)
	}
	read("2", nil)
	if err := move(engine.Alias{Version: "1"}); err != nil {
		t.Errorf("from any revision: %v", err)
	}
	read("1", nil)
	if err := move(engine.Alias{Version: "99"}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a missing version: %v", err)
	}
	if _, err := c.Alias(t.Context(), *name, "none"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a missing alias: %v", err)
	}
	if err := c.MoveAlias(t.Context(), *name, "none", engine.Alias{Version: "1"}); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a missing alias moved: %v", err)
	}
}

func TestPublishVersion(t *testing.T) {
	t.Parallel()
	c := client(t, region)
	name := awssdk.String("unpublished")
	makeFunction(t, c, *name, nil)
	for i, want := range []string{"1", "2"} {
		if err := c.PublishVersion(t.Context(), *name); err != nil {
			t.Fatal(err)
		}
		newest, err := c.NewestVersion(t.Context(), *name)
		if err != nil || newest != want {
			t.Errorf("the newest is %s, want %s: %v", newest, want, err)
		}
		published, err := c.FunctionVersion(t.Context(), *name, newest)
		if err != nil {
			t.Fatal(err)
		}
		latest, err := c.FunctionVersion(t.Context(), *name, engine.LatestVersion)
		if err != nil || latest.Settings != published.Settings {
			t.Errorf("%+v is not %+v: %v", latest, published, err)
		}
		if _, err := c.lambda.UpdateFunctionConfiguration(t.Context(), &lambda.UpdateFunctionConfigurationInput{FunctionName: name, MemorySize: awssdk.Int32(int32(512 + i))}); err != nil {
			t.Fatal(err)
		}
		if latest, err = c.FunctionVersion(t.Context(), *name, engine.LatestVersion); err != nil || latest.Settings == published.Settings {
			t.Errorf("changed, and not another: %v", err)
		}
	}
	if err := c.PublishVersion(t.Context(), "nobody"); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
