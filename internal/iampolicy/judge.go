package iampolicy

import (
	"fmt"
	"slices"
	"strings"
)

// Key says that a document is a key's: its account may do everything with it,
// as far as IAM allows it, and services may do what AWS's own templates let them.
const Key = "key"

// Faults tells what a document allows that nobody should allow (R4.1). Its kind is Key,
// or any word for another.
func Faults(policy Document, kind, account string) []string {
	var all []string
	for _, each := range policy.Allowing() {
		say := func(format string, args ...any) {
			all = append(all, fmt.Sprintf("statement %q allows ", each.Sid)+fmt.Sprintf(format, args...))
		}
		if len(each.NotAction)+len(each.NotResource)+len(each.NotPrincipal) > 0 {
			say("everything but what it names")
		}
		for _, action := range each.Action {
			if strings.ContainsAny(action, "*?") && !(kind == Key && keyMay(each, action, account)) {
				say("%s", action)
			}
		}
		for kindOf, who := range each.Principal {
			for _, principal := range who {
				switch {
				case principal == "*" && !each.NamesCaller():
					say("it to everybody")
				case principal != "*" && kindOf == "AWS" && principal != account && !strings.Contains(principal, ":"+account+":"):
					say("it to %s, which is not of this account", principal)
				}
			}
		}
	}
	return all
}

func keyMay(s Statement, action, account string) bool {
	if len(s.Principal) != 1 {
		return false
	}
	switch action {
	case "kms:*":
		return slices.Equal(s.Principal["AWS"], Texts{"arn:aws:iam::" + account + ":root"})
	case "kms:GenerateDataKey*", "kms:ReEncrypt*":
		return len(s.Principal["Service"]) > 0
	}
	return false
}

// NamesCaller reports whether a condition narrows the callers down.
func (s Statement) NamesCaller() bool {
	callers := []string{"aws:sourcearn", "aws:sourceaccount", "aws:sourceowner", "aws:principalarn", "aws:principalaccount", "aws:principalorgid"}
	for operator, keys := range s.Condition {
		if strings.Contains(operator, "Not") || strings.HasPrefix(operator, "Null") {
			continue
		}
		for key, values := range keys {
			if slices.Contains(callers, strings.ToLower(key)) && !slices.Contains(values, "*") {
				return true
			}
		}
	}
	return false
}
