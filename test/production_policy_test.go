package test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/internal/iampolicy"
)

// A stack's policies are read and judged as verification does.
type (
	policy     = iampolicy.Document
	statement  = iampolicy.Statement
	statements = iampolicy.Statements
	principals = iampolicy.Principals
	texts      = iampolicy.Texts
)

// parsePolicy reads a document that has to be there.
func parsePolicy(t *testing.T, where, document string) policy {
	t.Helper()
	parsed, err := iampolicy.Read(where, document)
	if err != nil || document == "" {
		t.Fatalf("%s: no policy: %v: %s", where, err, document)
	}
	return parsed
}

// checkMayInvoke: a service may call a function's live alias for these sources,
// and nobody else may at all.
func checkMayInvoke(t *testing.T, s *stack, function, service string, sources ...string) {
	t.Helper()
	name := s.Name + "-" + function
	found, err := lambda.NewFromConfig(s.config).GetPolicy(t.Context(), &lambda.GetPolicyInput{FunctionName: &name, Qualifier: aws.String("live")})
	if err != nil {
		t.Errorf("R3.2: who may call %s: %v", name, err)
		return
	}
	var got []string
	for _, each := range parsePolicy(t, "policy of "+name, aws.ToString(found.Policy)).Allowing() {
		source := each.Condition["ArnLike"]["AWS:SourceArn"]
		if !slices.Equal(each.Principal["Service"], texts{service}) || len(source) != 1 {
			t.Errorf("R4.1: %s may be called by others, too: %+v", name, each)
			continue
		}
		got = append(got, source[0])
	}
	if diff := cmp.Diff(sorted(sources), sorted(got)); diff != "" {
		t.Errorf("R3.2: for whom %s calls %s (-want +got):\n%s", service, name, diff)
	}
}
