package terraform

import (
	"errors"
	"strings"
	"testing"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func TestProblemOfDiagnostics(t *testing.T) {
	t.Parallel()
	const heading = "Terraform encountered problems during initialisation, including problems\nwith the configuration, described below."
	for name, test := range map[string]struct {
		diagnostics []engine.Diagnostic
		constraints map[string]string
		code        problem.Code
		what        string // part of it
	}{
		"any other": {
			diagnostics: []engine.Diagnostic{{Summary: "Unsupported argument", Detail: "x"}},
			code:        problem.TerraformFailed, what: "terraform plan failed",
		},
		"counts without the heading": {
			diagnostics: []engine.Diagnostic{{Summary: "a"}, {Summary: "b"}, {Summary: heading}},
			code:        problem.TerraformFailed, what: "terraform plan failed with 2 errors",
		},
		"variable's type": {
			diagnostics: []engine.Diagnostic{{Summary: "Invalid value for input variable"}},
			code:        problem.InvalidVariables,
		},
		"variable's validation": {
			diagnostics: []engine.Diagnostic{{Summary: "Invalid value for variable", Detail: "must be a CIDR"}},
			code:        problem.InvalidVariables,
		},
		"state lock": {
			diagnostics: []engine.Diagnostic{{
				Summary: "Error acquiring the state lock",
				Detail: "Error message: operation error S3: PutObject, 412\nLock Info:\n  ID:        5b\n  Path:      bucket/states/network.tfstate\n" +
					"  Operation: OperationTypeApply\n  Who:       ana@host\n  Version:   1.11.4\n  Created:   2026-01-02 03:04:05 +0000 UTC\n  Info:      \n\n",
			}},
			code: problem.StateLocked,
			what: "the state bucket/states/network.tfstate is locked by ana@host since 2026-01-02 03:04:05 +0000 UTC",
		},
		"disk full before all else": {
			diagnostics: []engine.Diagnostic{{Summary: "dial tcp"}, {Summary: "Failed to write", Detail: "write x: no space left on device"}},
			code:        problem.DiskFull,
		},
		"endpoint": {
			diagnostics: []engine.Diagnostic{{Summary: "x", Detail: "dial tcp 127.0.0.1:9: connect: connection refused"}},
			code:        problem.EndpointUnreachable,
		},
		"credentials": {
			diagnostics: []engine.Diagnostic{{Summary: "No valid credential sources found", Detail: "dial tcp 169.254.169.254"}},
			code:        problem.NoCredentials,
		},
		"no bucket": {
			diagnostics: []engine.Diagnostic{{Summary: `S3 bucket "b" does not exist`, Detail: "The referenced S3 bucket must have been previously created."}},
			code:        problem.NoBucket,
		},
		"access": {
			diagnostics: []engine.Diagnostic{{Summary: "x", Detail: "api error AccessDenied: User is not authorized"}},
			code:        problem.AccessDenied,
		},
		"newer state": {
			diagnostics: []engine.Diagnostic{{
				Summary: "Error refreshing state: state snapshot was created by Terraform v1.99.0, which is newer than current v1.11.4",
			}},
			code: problem.NewerState,
		},
		"provider, registry out of reach": {
			diagnostics: []engine.Diagnostic{{
				Summary: "Failed to query available provider packages",
				Detail:  "Could not retrieve the list of available versions for provider nosuch/foo: could not connect to registry.terraform.io: dial tcp: no such host",
			}},
			constraints: map[string]string{"nosuch/foo": "~> 1.0"},
			code:        problem.ProviderMissing, what: "provider nosuch/foo (~> 1.0) is not to be had",
		},
		"provider, locked to another version": {
			diagnostics: []engine.Diagnostic{{
				Summary: "Failed to query available provider packages",
				Detail:  "Could not retrieve the list of available versions for provider hashicorp/aws: locked provider registry.terraform.io/hashicorp/aws 5.100.0 does not match configured version constraint ~> 4.0",
			}},
			code: problem.ProviderMissing, what: "provider hashicorp/aws is not to be had",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			said := stream{errors: test.diagnostics, constraints: test.constraints}
			err := said.problem("plan")
			if found := problem.Find(err); len(found) != 1 || found[0].Code != test.code || !strings.Contains(found[0].What, test.what) {
				t.Errorf("got %v, want %s with %q", err, test.code, test.what)
			}
			var failure *engine.DiagnosticsError
			if !errors.As(err, &failure) || failure.Command != "plan" || len(failure.Diagnostics) == 0 {
				t.Errorf("no diagnostics in %v", err)
			}
		})
	}
}
