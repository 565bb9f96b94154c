package kit

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// EphemeralPrefix begins the project name, and so every name, of a copy that a
// test makes and destroys; nothing else may be called so.
const EphemeralPrefix = "gmt-"

// Settings of the tests' target, from the environment.
const (
	// TargetVariable is "local" (or unset) or "aws".
	TargetVariable = "MANDALA_TEST_TARGET"
	// AccountVariable names the account that target aws may use: never one of
	// an environment.
	AccountVariable = "MANDALA_TEST_ACCOUNT"
	// AccountSettingsVariable is "create" if, on target aws, a copy is to make
	// what an account has only one of; else it has to exist.
	AccountSettingsVariable = "MANDALA_TEST_ACCOUNT_SETTINGS"
)

// mostCopies is how many copies may stand in the account at once.
const mostCopies = 2

// OnAWS reports whether the tests deploy to a real account.
func OnAWS() bool { return os.Getenv(TargetVariable) == "aws" }

// AccountSettings reports whether a copy makes, and takes away, what an account
// has only one of: the identity provider for GitHub and, by region, the role by
// which API Gateway writes logs. A local AWS has them for itself.
func AccountSettings() bool { return !OnAWS() || os.Getenv(AccountSettingsVariable) == "create" }

// Ephemeral is a copy of an environment under a name of its own, in a local AWS
// of its own or, with target aws, in the account for tests.
type Ephemeral struct {
	*Project
	Environment string // production …
	Name        string // prefix of every name: PROJECT-ENVIRONMENT
	ProjectName string
	Bucket      string // the tool's
	Account     string

	values string // of the environment's tfvars, as the repository has them
}

// For gives the copy to another test, such as a subtest.
func (e *Ephemeral) For(t testing.TB) *Ephemeral {
	given := *e
	given.Project = e.Project.For(t)
	return &given
}

// NewEphemeral copies an environment. id makes its names unique: letters and
// digits, at most 10.
func NewEphemeral(t testing.TB, environment, id string) *Ephemeral {
	t.Helper()
	e := &Ephemeral{Project: Real(t), Environment: environment, ProjectName: EphemeralPrefix + strings.ToLower(id), Account: "123456789012"}
	e.Name = e.ProjectName + "-" + environment
	e.Bucket = e.Name + "-deploy"
	e.values = e.Read("environments/" + environment + "/terraform.tfvars")
	target := "local"
	if OnAWS() {
		target, e.Account, e.onAWS = "aws", guard(t), true
		for _, variable := range os.Environ() {
			if strings.HasPrefix(variable, "AWS_") {
				e.Env = append(e.Env, variable)
			}
		}
	}
	settings := "environments/" + environment + "/deploy.hcl"
	body := e.Read(settings)
	for pattern, replacement := range map[string]string{
		`(?m)^target  = .*$`: fmt.Sprintf("target  = %q", target),
		`(?m)^account = .*$`: fmt.Sprintf("account = %q", e.Account),
		`(?m)^  bucket .*$`:  fmt.Sprintf("  bucket = %q", e.Bucket),
		// What a copy of a working tree is held to is the tests' business, and it
		// leaves nothing behind.
		`(?m)^  required = true # built by.*$`: "  required = false",
		`(?m)^  areas .*$`:                     "  areas = []",
		`(?m)^  database = "always"$`:          `  database = "never"`,
		`(?m)^  on_failure +=.*$`:              "  on_failure = false",
		`(?m)^  slack_webhook_secret = .*$`:    `  slack_webhook_secret = ""`,
		// A local AWS runs functions on this machine's processor.
		`(?m)^  source *= "functions"$`: fmt.Sprintf("  source       = \"functions\"\n  architecture = %q", e.builtFor()),
	} {
		expression := regexp.MustCompile(pattern)
		if !expression.MatchString(body) {
			t.Fatalf("%s has no line like %s", settings, pattern)
		}
		body = expression.ReplaceAllString(body, replacement)
	}
	e.Write(settings, body)
	e.Set("")
	return e
}

// Set writes the environment's values: its own, what the target asks for, and
// these lines, of which the last that say something count.
func (e *Ephemeral) Set(lines string) {
	e.t.Helper()
	values, err := MergeValues(e.values, e.targetValues(), lines)
	if err != nil {
		e.t.Fatalf("values of %s: %v", e.Name, err)
	}
	e.Write("environments/"+e.Environment+"/terraform.tfvars", values)
}

// targetValues are those that the copy's name and its target ask for.
func (e *Ephemeral) targetValues() string {
	values := fmt.Sprintf("project = %q\n", e.ProjectName)
	if !e.onAWS {
		return values + "functions = { database = { auth = \"password\", tls = \"disable\" }, generator = \"offline\" }\n" +
			"aws = { max_retries = 2, s3_use_path_style = true, skip_credentials_validation = true, skip_metadata_api_check = true }\n"
	}
	// A domain that nobody can verify sends no mail, and has no zone: nothing that
	// the environment says of its own holds for it.
	values += fmt.Sprintf("mail = { domain = %q, from_address = %q, through_ses = false, verified = false, zone_id = null }\n", e.ProjectName+".example", "no-reply@"+e.ProjectName+".example")
	if !AccountSettings() {
		values += "delivery = { create_oidc_provider = false }\napi = { account_logging = false }\n"
	}
	return values
}

// builtFor is what functions.architecture of deploy.hcl says.
func (e *Ephemeral) builtFor() string {
	if e.onAWS {
		return "arm64"
	}
	return "host"
}

// Architecture is the processor on which the copy's functions are, as Lambda
// calls it.
func (e *Ephemeral) Architecture() string {
	if e.onAWS || runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Config gives the SDK's configuration for a region of the copy's account.
func (e *Ephemeral) Config(region string) aws.Config {
	e.t.Helper()
	loaded := e.AWSConfig(context.Background())
	loaded.Region = region
	return loaded
}

// guard keeps tests out of accounts that are not theirs, and gives the account.
func guard(t testing.TB) string {
	t.Helper()
	want := os.Getenv(AccountVariable)
	if want == "" {
		t.Fatalf("%s=aws needs %s: the account that tests may deploy to and that bears the cost", TargetVariable, AccountVariable)
	}
	loaded, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(Region))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := sts.NewFromConfig(loaded).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatalf("%s=aws needs credentials: %v", TargetVariable, err)
	}
	if got := aws.ToString(identity.Account); got != want {
		t.Fatalf("the credentials belong to account %s, and %s allows %s only", got, AccountVariable, want)
	}
	files, err := os.ReadDir(Repository() + "/environments")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		body, err := os.ReadFile(Repository() + "/environments/" + file.Name() + "/deploy.hcl")
		if err == nil && strings.Contains(string(body), `"`+want+`"`) {
			t.Fatalf("account %s is that of environment %s: tests need one of their own", want, file.Name())
		}
	}
	return want
}

// Bootstrap makes the tool's bucket, unless too many copies stand already.
func (e *Ephemeral) Bootstrap() {
	e.t.Helper()
	if standing := Leftovers(e.t, e.S3(context.Background()), 0); len(standing) >= mostCopies {
		e.t.Fatalf("%d copies stand in account %s already, each at a cost: sweep them first (TestSweep): %v", len(standing), e.Account, standing)
	}
	e.Must(0, "bootstrap", e.Environment)
}
