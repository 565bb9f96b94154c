package test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
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
