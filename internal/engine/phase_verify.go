package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// verify proves that what was deployed works. What could not be told counts as not
// proved.
func (d *deployment) verify(ctx context.Context) (string, error) {
	e := d.engine
	record := d.recorded()
	verification, err := e.Verifier.Verify(ctx, VerifyRequest{
		Areas: e.Environment.Settings.Verify.Areas, Outputs: d.outputs, Release: e.Release, Deployment: &record,
	})
	if err != nil {
		return "", err
	}
	d.verification = verification
	done := VerificationRecord{Result: Succeeded, Areas: verification.Areas,
		Failed: verification.NotPassed(CheckFailed), Unknown: verification.NotPassed(CheckUnknown)}
	done.Passed = len(verification.Checks) - len(done.Failed) - len(done.Unknown)
	if !verification.Passed() {
		done.Result = Failed
	}
	d.update(ctx, func(r *Record) { r.Verification = &done })
	if done.Result == Succeeded {
		return fmt.Sprintf("%d checks passed", done.Passed), nil
	}
	return "", &problem.Error{Code: problem.NotVerified,
		What: fmt.Sprintf("%s was deployed, but %d of %d checks did not pass: %s", e.name(), len(verification.NotPassed("")), len(verification.Checks),
			reasons(verification))}
}

// reasons says of the first few checks why they did not pass.
func reasons(v *Verification) string {
	const most = 3
	var lines []string
	for _, check := range v.Checks {
		switch {
		case check.Result == CheckPassed:
		case len(lines) == most:
			return strings.Join(lines, "; ") + "; and more"
		default:
			lines = append(lines, fmt.Sprintf("%s: %s", check.ID, check.Reason))
		}
	}
	return strings.Join(lines, "; ")
}
