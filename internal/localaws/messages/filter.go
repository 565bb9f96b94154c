package messages

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wants reports whether a subscription's filter policy lets a message pass.
// scope is MessageAttributes, the default, or MessageBody.
func wants(policy, scope string, m message) (bool, error) {
	var rules map[string]any
	if err := json.Unmarshal([]byte(policy), &rules); err != nil {
		return false, fmt.Errorf("reading a filter policy: %w", err)
	}
	if scope == "MessageBody" {
		var body map[string]any
		if json.Unmarshal([]byte(m.text), &body) != nil {
			return false, nil // AWS lets only objects pass
		}
		return matchObject(rules, body), nil
	}
	values := map[string]any{}
	for name, a := range m.attributes {
		values[name] = attributeValue(a)
	}
	return matchObject(rules, values), nil
}

// attributeValue gives the value of an attribute as JSON has it.
func attributeValue(a messageAttribute) any {
	switch {
	case strings.HasPrefix(a.Type, "Number"):
		if number, err := strconv.ParseFloat(a.Value, 64); err == nil {
			return number
		}
	case strings.HasPrefix(a.Type, "String.Array"):
		var values []any
		if json.Unmarshal([]byte(a.Value), &values) == nil {
			return values
		}
	}
	return a.Value
}

// matchObject reports whether every rule of an object matches.
func matchObject(rules, values map[string]any) bool {
	for name, rule := range rules {
		value, present := values[name]
		switch rule := rule.(type) {
		case map[string]any:
			nested, ok := value.(map[string]any)
			if !ok || !matchObject(rule, nested) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(rule, func(condition any) bool { return matchAny(condition, value, present) }) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// matchAny tries a condition on a value, or on each of an array's.
func matchAny(condition, value any, present bool) bool {
	if object, ok := condition.(map[string]any); ok {
		if exists, ok := object["exists"].(bool); ok {
			return present == exists
		}
	}
	if !present {
		return false
	}
	if several, ok := value.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return match(condition, one) })
	}
	return match(condition, value)
}

// match tries one condition on one value.
func match(condition, value any) bool {
	object, ok := condition.(map[string]any)
	if !ok {
		return condition == value // strings, numbers, truth values, null
	}
	text, isText := value.(string)
	for kind, operand := range object {
		operandText, _ := operand.(string)
		switch kind {
		case "prefix":
			return isText && strings.HasPrefix(text, operandText)
		case "suffix":
			return isText && strings.HasSuffix(text, operandText)
		case "equals-ignore-case":
			return isText && strings.EqualFold(text, operandText)
		case "anything-but":
			return !matchOneOf(operand, value)
		case "numeric":
			number, isNumber := value.(float64)
			terms, isList := operand.([]any)
			return isNumber && isList && matchNumber(terms, number)
		}
	}
	return false
}

// matchOneOf reports whether a value is what anything-but excludes.
func matchOneOf(operand, value any) bool {
	if several, ok := operand.([]any); ok {
		return slices.ContainsFunc(several, func(one any) bool { return match(one, value) })
	}
	return match(operand, value)
}

// matchNumber reports whether a number meets every pair of comparison and
// limit.
func matchNumber(terms []any, number float64) bool {
	if len(terms) == 0 || len(terms)%2 != 0 {
		return false
	}
	for i := 0; i < len(terms); i += 2 {
		limit, ok := terms[i+1].(float64)
		if !ok {
			return false
		}
		met := false
		switch terms[i] {
		case "=":
			met = number == limit
		case "<":
			met = number < limit
		case "<=":
			met = number <= limit
		case ">":
			met = number > limit
		case ">=":
			met = number >= limit
		}
		if !met {
			return false
		}
	}
	return true
}
