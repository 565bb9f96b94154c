package terraform

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// noSpace is ENOSPC's text, in lower case.
const noSpace = "no space left on device"

// kind connects words of a diagnostic with a code of the catalogue.
type kind struct {
	code  problem.Code
	words []string // any of them, in lower case
}

// kinds are tried in order, each on all diagnostics: what comes first is
// likelier to be the cause of the rest. A provider that cannot be had comes
// before an unreachable host, since it names one too.
func kinds() []kind {
	return []kind{
		{problem.DiskFull, []string{noSpace}},
		{problem.StateLocked, []string{"error acquiring the state lock"}},
		{problem.ProviderMissing, []string{
			"failed to query available provider packages", "failed to install provider",
			"failed to resolve provider packages", "required plugins are not installed",
			"inconsistent dependency lock file", "invalid provider registry host",
		}},
		{problem.InvalidVariables, []string{"invalid value for variable", "invalid value for input variable"}},
		{problem.NewerState, []string{"which is newer than current", "state was created by a newer version"}},
		{problem.NoCredentials, []string{"no valid credential sources"}},
		{problem.EndpointUnreachable, []string{"connection refused", "dial tcp", "no such host"}},
		{problem.NoBucket, []string{"the referenced s3 bucket must have been previously created"}},
		{problem.AccessDenied, []string{"accessdenied", "unauthorizedoperation", "is not authorized to perform"}},
	}
}

// classify gives the code of what went wrong and the diagnostic that says so.
func classify(diagnostics []engine.Diagnostic) (problem.Code, engine.Diagnostic) {
	for _, k := range kinds() {
		for _, d := range diagnostics {
			text := strings.ToLower(d.Summary + "\n" + d.Detail)
			for _, word := range k.words {
				if strings.Contains(text, word) {
					return k.code, d
				}
			}
		}
	}
	var first engine.Diagnostic
	if len(diagnostics) > 0 {
		first = diagnostics[0]
	}
	return problem.TerraformFailed, first
}

// failure gives the error diagnostics as the engine's error. Terraform's
// "encountered problems during initialisation" is only a heading for the rest.
func (s *stream) failure(command string) *engine.DiagnosticsError {
	diagnostics := s.errors
	if len(diagnostics) > 1 {
		diagnostics = nil
		for _, d := range s.errors {
			if !strings.HasPrefix(d.Summary, "Terraform encountered problems during initiali") {
				diagnostics = append(diagnostics, d)
			}
		}
	}
	return &engine.DiagnosticsError{Command: command, Diagnostics: diagnostics}
}

// problem gives the error diagnostics as a problem with the code that fits.
func (s *stream) problem(command string) error {
	failure := s.failure(command)
	code, cause := classify(failure.Diagnostics)
	found := &problem.Error{Code: code, What: "terraform " + command + " failed", Err: failure}
	if n := len(failure.Diagnostics); n > 1 {
		found.What += fmt.Sprintf(" with %d errors", n)
	}
	switch code {
	case problem.ProviderMissing:
		found.What = s.missingProvider(cause)
	case problem.StateLocked:
		found.What = lockHolder(cause)
	}
	return found
}

var providerOf = regexp.MustCompile(`provider (?:registry\.terraform\.io/)?([\w.-]+(?:/[\w.-]+)+)`)

// missingProvider names the provider and the constraint that init looked for.
func (s *stream) missingProvider(cause engine.Diagnostic) string {
	m := providerOf.FindStringSubmatch(cause.Detail)
	if m == nil {
		return "a provider is not to be had"
	}
	name := strings.TrimRight(m[1], ".")
	if constraint := s.constraints[name]; constraint != "" {
		return fmt.Sprintf("provider %s (%s) is not to be had", name, constraint)
	}
	return fmt.Sprintf("provider %s is not to be had", name)
}

var lockField = regexp.MustCompile(`(?m)^\s*(Path|Who|Created):\s*(.+?)\s*$`)

// lockHolder says whose lock it is, as far as Terraform's lock info tells.
func lockHolder(cause engine.Diagnostic) string {
	info := map[string]string{}
	for _, m := range lockField.FindAllStringSubmatch(cause.Detail, -1) {
		info[m[1]] = m[2]
	}
	what := "the state is locked"
	if info["Path"] != "" {
		what = "the state " + info["Path"] + " is locked"
	}
	if info["Who"] != "" {
		what += " by " + info["Who"]
	}
	if info["Created"] != "" {
		what += " since " + info["Created"]
	}
	return what
}
