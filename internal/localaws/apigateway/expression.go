package apigateway

import (
	"strings"
)

// expression reads a Velocity expression and gives its value: text, a bool or nil.
type expression struct {
	v      *velocity
	source string
	at     int
}

func (e *expression) space() {
	for e.at < len(e.source) && strings.IndexByte(" \t\r\n", e.source[e.at]) >= 0 {
		e.at++
	}
}

func (e *expression) take(token string) bool {
	if !strings.HasPrefix(e.source[e.at:], token) {
		e.space()
		if !strings.HasPrefix(e.source[e.at:], token) {
			return false
		}
	}
	e.at += len(token)
	return true
}

// done fails if something was not understood.
func (e *expression) done() error {
	e.space()
	if e.at < len(e.source) {
		return e.v.fault("the local AWS does not understand " + e.source[e.at:])
	}
	return nil
}

func (e *expression) expression() (any, error) {
	left, err := e.and()
	for err == nil && e.take("||") {
		var right any
		right, err = e.and()
		left = truth(left) || truth(right)
	}
	return left, err
}

func (e *expression) and() (any, error) {
	left, err := e.comparison()
	for err == nil && e.take("&&") {
		var right any
		right, err = e.comparison()
		left = truth(left) && truth(right)
	}
	return left, err
}

func (e *expression) comparison() (any, error) {
	left, err := e.operand()
	if err != nil {
		return nil, err
	}
	for _, operator := range []string{"==", "!="} {
		if !e.take(operator) {
			continue
		}
		right, err := e.operand()
		if err != nil {
			return nil, err
		}
		same := left == nil && right == nil || left != nil && right != nil && word(left) == word(right)
		return same == (operator == "=="), nil
	}
	return left, nil
}

func (e *expression) operand() (any, error) {
	e.space()
	switch {
	case e.at >= len(e.source):
		return nil, e.v.fault("a value is missing")
	case e.take("!"):
		value, err := e.operand()
		return !truth(value), err
	case e.take("("):
		value, err := e.expression()
		if err == nil && !e.take(")") {
			err = e.v.fault("a parenthesis is not closed")
		}
		return value, err
	case e.take("$"):
		e.take("!")
		return e.value()
	case e.source[e.at] == '"' || e.source[e.at] == '\'':
		return e.quoted()
	}
	begin := e.at
	for e.at < len(e.source) && (letter(e.source[e.at]) || e.source[e.at] >= '0' && e.source[e.at] <= '9') {
		e.at++
	}
	switch name := e.source[begin:e.at]; {
	case name == "true", name == "false":
		return name == "true", nil
	case name != "" && strings.Trim(name, "0123456789") == "":
		return name, nil
	default:
		return nil, e.v.fault("the local AWS does not understand " + e.source[begin:])
	}
}

// quoted reads text in quotes; in double ones references have their values.
func (e *expression) quoted() (any, error) {
	quote := e.source[e.at]
	end := strings.IndexByte(e.source[e.at+1:], quote)
	if end < 0 {
		return nil, e.v.fault("a quote is not closed")
	}
	text := e.source[e.at+1 : e.at+1+end]
	e.at += end + 2
	if quote == '\'' || !strings.Contains(text, "$") {
		return text, nil
	}
	inner := &velocity{call: e.v.call, source: text, values: e.v.values, made: e.v.made}
	if _, err := inner.block(true, ""); err != nil {
		return nil, err
	}
	return inner.out.String(), nil
}

// path reads names with dots between them, such as context.requestId or
// context.responseOverride.header.Vary.
func (e *expression) path() string {
	begin := e.at
	for e.at < len(e.source) {
		b := e.source[e.at]
		inside := b == '.' || b == '-' && strings.Contains(e.source[begin:e.at], "responseOverride.header.")
		if !letter(b) && !(b >= '0' && b <= '9') && b != '_' && !inside {
			break
		}
		e.at++
	}
	for e.at > begin && e.source[e.at-1] == '.' { // the end of a sentence
		e.at--
	}
	return e.source[begin:e.at]
}

// value gives what a reference stands for, without its dollar.
func (e *expression) value() (any, error) {
	begin := e.at
	path := e.path()
	if name, ok := strings.CutPrefix(path, "context."); ok {
		if value, ok := e.v.call.variable(name); ok {
			return value, nil
		}
		return nil, nil //nolint:nilnil // null
	}
	if name, ok := strings.CutPrefix(path, "stageVariables."); ok {
		if value, ok := e.v.call.stage.Variables[name]; ok {
			return value, nil
		}
		return nil, nil //nolint:nilnil // null
	}
	if path == "input.params" {
		const open, middle = "()", ".header.get("
		if !strings.HasPrefix(e.source[e.at:], open+middle) {
			return nil, e.v.fault("of $input the local AWS has $input.params().header.get(\"…\") only")
		}
		e.at += len(open + middle)
		name, err := e.operand()
		if err != nil {
			return nil, err
		}
		if !e.take(")") {
			return nil, e.v.fault("a parenthesis is not closed")
		}
		return e.v.header(word(name)), nil
	}
	if strings.Contains(path, ".") || strings.HasPrefix(e.source[e.at:], "(") {
		return nil, e.v.fault("the local AWS does not understand $" + e.source[begin:])
	}
	return e.v.values[path], nil
}
