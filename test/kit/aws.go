package kit

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/goal-mandala/mandala-deploy/internal/localaws"
)

// Region is the region of environment local.
const Region = "ap-northeast-1"

// AWSConfig gives the SDK's configuration for the account that the project is
// deployed to, its local AWS as a rule.
func (p *Project) AWSConfig(ctx context.Context) aws.Config {
	p.t.Helper()
	if p.onAWS {
		loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(Region))
		if err != nil {
			p.t.Fatal(err)
		}
		return loaded
	}
	address := p.LocalAWS()
	variables := localaws.Environment(address, Region)
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(Region), config.WithBaseEndpoint(address),
		config.WithSharedConfigFiles(nil), config.WithSharedCredentialsFiles(nil),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], "")))
	if err != nil {
		p.t.Fatal(err)
	}
	return loaded
}

// S3 gives an S3 client for that account.
func (p *Project) S3(ctx context.Context) *s3.Client {
	p.t.Helper()
	return s3.NewFromConfig(p.AWSConfig(ctx), func(o *s3.Options) {
		o.UsePathStyle = !p.onAWS
		o.DisableLogOutputChecksumValidationSkipped = true
	})
}

// TerraformTool is the Terraform that the command line finds, with the
// environment in which it reaches the project's local AWS and its providers:
// for what a test does beside the tool, such as planning a root as a monolith.
type TerraformTool struct {
	Path string
	Env  []string
}

// Terraform gives the project's Terraform.
func (p *Project) Terraform() TerraformTool {
	p.t.Helper()
	var findings []struct{ Check, Path string }
	result := p.Run("doctor", "local", "--json")
	if err := json.Unmarshal([]byte(result.Stdout), &findings); err != nil {
		p.t.Fatalf("doctor: %v: %s", err, result)
	}
	tool := TerraformTool{Env: append(localaws.Environ(p.Environ(), p.LocalAWS(), Region), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")}
	for _, f := range findings {
		switch {
		case f.Check == "terraform":
			tool.Path = f.Path
		case f.Check == "providers" && f.Path != "":
			tool.Env = append(tool.Env, "TF_CLI_CONFIG_FILE="+f.Path)
		}
	}
	if tool.Path == "" {
		p.t.Fatalf("doctor does not tell where Terraform is: %s", result)
	}
	return tool
}

// Run runs Terraform in a directory and gives what it writes to stdout; exit
// codes other than 0 and those in allowed end the test.
func (tool TerraformTool) Run(t testing.TB, dir string, allowed []int, args ...string) (stdout []byte, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool.Path, args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, tool.Env, os.Stderr
	interruptible(cmd)
	stdout, err := cmd.Output()
	code = cmd.ProcessState.ExitCode()
	if err == nil {
		return stdout, code
	}
	for _, each := range allowed {
		if code == each {
			return stdout, code
		}
	}
	t.Fatalf("terraform %v in %s: %v\n%s", args, dir, err, stdout)
	return nil, code
}

// Object gives the content of an object in a bucket of the local AWS.
func (p *Project) Object(bucket, key string) []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	object, err := p.S3(ctx).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		p.t.Fatalf("get %s from %s: %v", key, bucket, err)
	}
	defer object.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(object.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return body
}
