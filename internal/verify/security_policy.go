package verify

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// policyDocument is a policy as AWS gives it back.
type policyDocument struct{ Statement statementList }

// policyStatement is one of a policy; its fields are named as IAM writes them.
type policyStatement struct {
	Sid, Effect             string
	Principal, NotPrincipal principalSet
	Action, NotAction       textList
	Resource, NotResource   textList
	Condition               map[string]map[string]textList
}

type (
	statementList []policyStatement
	textList      []string
	principalSet  map[string]textList // by kind: AWS, Service, Federated
)

// UnmarshalJSON takes one statement for a list of one, as AWS does.
func (l *statementList) UnmarshalJSON(body []byte) error {
	if !strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		var one policyStatement
		if err := json.Unmarshal(body, &one); err != nil {
			return err
		}
		*l = statementList{one}
		return nil
	}
	return json.Unmarshal(body, (*[]policyStatement)(l))
}

// UnmarshalJSON takes a text, a truth value or a number for a list of one.
func (l *textList) UnmarshalJSON(body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	list, several := value.([]any)
	if !several {
		list = []any{value}
	}
	*l = nil
	for _, each := range list {
		*l = append(*l, fmt.Sprint(each))
	}
	return nil
}

// UnmarshalJSON takes "*" for everybody.
func (p *principalSet) UnmarshalJSON(body []byte) error {
	var everybody string
	if err := json.Unmarshal(body, &everybody); err == nil {
		*p = principalSet{"AWS": {everybody}}
		return nil
	}
	return json.Unmarshal(body, (*map[string]textList)(p))
}

// readPolicy reads a document; IAM's come with percent signs.
func readPolicy(where, document string) (policyDocument, error) {
	var policy policyDocument
	if strings.HasPrefix(document, "%7B") {
		plain, err := url.PathUnescape(document)
		if err != nil {
			return policy, fmt.Errorf("the policy of %s: %w", where, err)
		}
		document = plain
	}
	if document == "" {
		return policy, nil
	}
	if err := json.Unmarshal([]byte(document), &policy); err != nil {
		return policy, fmt.Errorf("the policy of %s: %w", where, err)
	}
	return policy, nil
}

// allowing gives the statements that allow something.
func (p policyDocument) allowing() []policyStatement {
	return slices.DeleteFunc(slices.Clone(p.Statement), func(each policyStatement) bool { return each.Effect != "Allow" })
}

// deniesPlain reports whether everybody is refused these resources who comes without
// TLS, with one of these actions named.
func (p policyDocument) deniesPlain(actions []string, resources ...string) bool {
	return slices.ContainsFunc(p.Statement, func(each policyStatement) bool {
		names := func(list textList) func(string) bool {
			return func(one string) bool { return slices.Contains(list, one) }
		}
		return each.Effect == "Deny" && slices.Contains(each.Principal["AWS"], "*") && slices.ContainsFunc(actions, names(each.Action)) &&
			len(each.Condition) == 1 && len(each.Condition["Bool"]) == 1 && slices.Equal(each.Condition["Bool"]["aws:SecureTransport"], textList{"false"}) &&
			!slices.ContainsFunc(resources, func(one string) bool { return !names(each.Resource)(one) })
	})
}

// covers reports whether an action is one of the statement's, whatever the case and
// with wildcards.
func (s policyStatement) covers(action string) bool {
	return slices.ContainsFunc(s.Action, func(pattern string) bool {
		matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
		return err == nil && matched
	})
}

// keyPolicy says that a document is a key's: its account may do everything with it,
// as far as IAM allows it, and services may do what AWS's own templates let them.
const keyPolicy = "key"

// callerKeys are the keys of conditions that say who calls, in lower case.
var callerKeys = []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:principalarn", "aws:principalaccount", "aws:principalorgid"}

// faultsOf tells what a document allows that nobody should allow (R4.1).
func faultsOf(policy policyDocument, kind, account string) []string {
	var all []string
	for _, each := range policy.allowing() {
		say := func(format string, args ...any) {
			all = append(all, fmt.Sprintf("statement %q allows ", each.Sid)+fmt.Sprintf(format, args...))
		}
		if len(each.NotAction)+len(each.NotResource)+len(each.NotPrincipal) > 0 {
			say("everything but what it names")
		}
		for _, action := range each.Action {
			if strings.ContainsAny(action, "*?") && !(kind == keyPolicy && keyMay(each, action, account)) {
				say("%s", action)
			}
		}
		for kindOf, who := range each.Principal {
			for _, principal := range who {
				switch {
				case principal == "*" && !namesCaller(each):
					say("it to everybody")
				case principal != "*" && kindOf == "AWS" && principal != account && !strings.Contains(principal, ":"+account+":"):
					say("it to %s, which is not of this account", principal)
				}
			}
		}
	}
	return all
}

func keyMay(s policyStatement, action, account string) bool {
	if len(s.Principal) != 1 {
		return false
	}
	switch action {
	case "kms:*":
		return slices.Equal(s.Principal["AWS"], textList{"arn:aws:iam::" + account + ":root"})
	case "kms:GenerateDataKey*", "kms:ReEncrypt*":
		return len(s.Principal["Service"]) > 0
	}
	return false
}

// namesCaller reports whether a condition narrows the callers down.
func namesCaller(s policyStatement) bool {
	for operator, keys := range s.Condition {
		if strings.Contains(operator, "Not") || strings.HasPrefix(operator, "Null") {
			continue
		}
		for key, values := range keys {
			if slices.Contains(callerKeys, strings.ToLower(key)) && !slices.Contains(values, "*") {
				return true
			}
		}
	}
	return false
}
