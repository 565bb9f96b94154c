// Package iampolicy reads policies as AWS gives them back, and tells what they allow
// that nobody should be allowed.
package iampolicy

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// Document is a policy as AWS gives it back.
type Document struct{ Statement Statements }

// Statement is one of a policy; its fields are named as IAM writes them.
type Statement struct {
	Sid, Effect             string
	Principal, NotPrincipal Principals
	Action, NotAction       Texts
	Resource, NotResource   Texts
	Condition               map[string]map[string]Texts
}

// Statements are one or several.
type Statements []Statement

// Texts are one text or several.
type Texts []string

// Principals are who a statement speaks of, by kind: AWS, Service, Federated.
type Principals map[string]Texts

// Include reports whether somebody is named, of whatever kind.
func (p Principals) Include(who string) bool {
	for _, named := range p {
		if slices.Contains(named, who) {
			return true
		}
	}
	return false
}

// UnmarshalJSON takes one statement for a list of one, as AWS does.
func (l *Statements) UnmarshalJSON(body []byte) error {
	if !strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		var one Statement
		if err := json.Unmarshal(body, &one); err != nil {
			return err
		}
		*l = Statements{one}
		return nil
	}
	return json.Unmarshal(body, (*[]Statement)(l))
}

// UnmarshalJSON takes a text, a truth value or a number for a list of one.
func (l *Texts) UnmarshalJSON(body []byte) error {
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
func (p *Principals) UnmarshalJSON(body []byte) error {
	var everybody string
	if err := json.Unmarshal(body, &everybody); err == nil {
		*p = Principals{"AWS": {everybody}}
		return nil
	}
	return json.Unmarshal(body, (*map[string]Texts)(p))
}

// Read reads a document; IAM's come with percent signs.
func Read(where, document string) (Document, error) {
	var policy Document
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

// Allowing gives the statements that allow something.
func (p Document) Allowing() []Statement {
	return slices.DeleteFunc(slices.Clone(p.Statement), func(each Statement) bool { return each.Effect != "Allow" })
}

// DeniesPlain reports whether everybody is refused these resources who comes without
// TLS, with one of these actions named.
func (p Document) DeniesPlain(actions []string, resources ...string) bool {
	return slices.ContainsFunc(p.Statement, func(each Statement) bool {
		names := func(list Texts) func(string) bool {
			return func(one string) bool { return slices.Contains(list, one) }
		}
		return each.Effect == "Deny" && slices.Contains(each.Principal["AWS"], "*") && slices.ContainsFunc(actions, names(each.Action)) &&
			len(each.Condition) == 1 && len(each.Condition["Bool"]) == 1 && slices.Equal(each.Condition["Bool"]["aws:SecureTransport"], Texts{"false"}) &&
			!slices.ContainsFunc(resources, func(one string) bool { return !names(each.Resource)(one) })
	})
}

// Covers reports whether an action is one of the statement's, whatever the case and
// with wildcards.
func (s Statement) Covers(action string) bool {
	return slices.ContainsFunc(s.Action, func(pattern string) bool {
		matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(action))
		return err == nil && matched
	})
}
