package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/google/go-cmp/cmp"
)

// policy is a policy document as AWS gives it back.
type policy struct{ Statement statements }

// statements are one or several.
type statements []statement

// statement is one of a policy; its keys are as IAM writes them.
type statement struct {
	Sid, Effect           string
	Principal             principals
	NotPrincipal          principals
	Action, NotAction     texts
	Resource, NotResource texts
	Condition             map[string]map[string]texts
}

// principals are who a statement speaks of, by kind: AWS, Service, Federated.
type principals map[string]texts

// texts are one text or several.
type texts []string

// UnmarshalJSON reads a statement or a list of them.
func (s *statements) UnmarshalJSON(body []byte) error {
	var one statement
	if err := json.Unmarshal(body, &one); err == nil {
		*s = statements{one}
		return nil
	}
	var several []statement
	err := json.Unmarshal(body, &several)
	*s = several
	return err
}

// UnmarshalJSON reads "*", which is everybody, or principals by kind.
func (p *principals) UnmarshalJSON(body []byte) error {
	var everybody string
	if err := json.Unmarshal(body, &everybody); err == nil {
		*p = principals{"AWS": texts{everybody}}
		return nil
	}
	var kinds map[string]texts
	err := json.Unmarshal(body, &kinds)
	*p = kinds
	return err
}

// UnmarshalJSON reads a text, a number, a truth, or a list of them.
func (l *texts) UnmarshalJSON(body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	several, ok := value.([]any)
	if !ok {
		several = []any{value}
	}
	*l = nil
	for _, each := range several {
		*l = append(*l, fmt.Sprint(each))
	}
	return nil
}

// parsePolicy reads a document; IAM gives its own in the encoding of an address.
func parsePolicy(t *testing.T, where, document string) policy {
	t.Helper()
	if strings.HasPrefix(document, "%7B") {
		decoded, err := url.PathUnescape(document)
		if err != nil {
			t.Fatalf("%s: %v", where, err)
		}
		document = decoded
	}
	var parsed policy
	if err := json.Unmarshal([]byte(document), &parsed); err != nil {
		t.Fatalf("%s: %v: %s", where, err, document)
	}
	return parsed
}

// allows gives the statements that allow something.
func (p policy) allows() []statement {
	return slices.DeleteFunc(slices.Clone(p.Statement), func(s statement) bool { return s.Effect != "Allow" })
}

// refusesWithoutTLS reports whether everybody is refused all of these resources
// who comes without TLS (R4.4).
func (p policy) refusesWithoutTLS(action string, resources ...string) bool {
	return slices.ContainsFunc(p.Statement, func(s statement) bool {
		return s.Effect == "Deny" && slices.Contains(s.Principal["AWS"], "*") && slices.Contains(s.Action, action) &&
			slices.Equal(s.Condition["Bool"]["aws:SecureTransport"], texts{"false"}) && len(s.Condition) == 1 &&
			!slices.ContainsFunc(resources, func(each string) bool { return !slices.Contains(s.Resource, each) })
	})
}

// covers reports whether one of the statement's actions is the action, whatever
// the case and with wildcards.
func (s statement) covers(action string) bool {
	return slices.ContainsFunc(s.Action, func(pattern string) bool {
		matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
		return err == nil && matched
	})
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
	for _, each := range parsePolicy(t, "policy of "+name, aws.ToString(found.Policy)).allows() {
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
