package apigateway

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// rendered is what a template makes.
type rendered struct {
	text    string
	headers map[string]string // that $context.responseOverride.header sets
	status  int               // that $context.responseOverride.status sets
}

// render carries a Velocity template out, as far as the local AWS knows the
// language: #set, #if, #elseif, #else and #end, references, ==, !=, !, && and ||,
// text in quotes and numbers. Anything else is an error that names it.
func (c *call) render(template string) (*rendered, error) {
	v := &velocity{call: c, source: template, values: map[string]any{}, made: &rendered{headers: map[string]string{}}}
	if _, err := v.block(true, ""); err != nil {
		return nil, err
	}
	v.made.text = v.out.String()
	return v.made, nil
}

type velocity struct {
	call   *call
	source string
	at     int
	values map[string]any
	out    strings.Builder
	made   *rendered
}

// block carries out until one of the directives that end it, which it gives; live
// is false for a branch that is not taken.
func (v *velocity) block(live bool, opener string) (end string, err error) {
	for v.at < len(v.source) {
		switch v.source[v.at] {
		case '#':
			word := v.directive()
			switch word {
			case "set":
				err = v.set(live)
			case "if":
				err = v.branch(live)
			case "elseif", "else", "end":
				if opener == "" {
					return "", v.fault("#" + word + " without #if")
				}
				return word, nil
			case "##":
				v.comment()
			case "":
				v.text(live, "#")
			default:
				return "", v.fault("the local AWS has no #" + word)
			}
		case '$':
			err = v.reference(live)
		default:
			next := strings.IndexAny(v.source[v.at:], "#$")
			if next < 0 {
				next = len(v.source) - v.at
			}
			v.text(live, v.source[v.at:v.at+next])
		}
		if err != nil {
			return "", err
		}
	}
	if opener != "" {
		return "", v.fault(opener + " without #end")
	}
	return "", nil
}

func (v *velocity) fault(text string) error {
	return fmt.Errorf("velocity at %d: %s", v.at, text)
}

// text takes over what is no code; at is behind it afterwards.
func (v *velocity) text(live bool, text string) {
	if live {
		v.out.WriteString(text)
	}
	v.at += len(text)
}

// directive reads the name behind a #; "" if there is none.
func (v *velocity) directive() string {
	if strings.HasPrefix(v.source[v.at:], "##") {
		return "##"
	}
	begin := v.at + 1
	end := begin
	for end < len(v.source) && letter(v.source[end]) {
		end++
	}
	if end > begin {
		v.at = end
	}
	return v.source[begin:end]
}

func (v *velocity) comment() {
	end := strings.IndexByte(v.source[v.at:], '\n')
	if end < 0 {
		v.at = len(v.source)
		return
	}
	v.at += end + 1
}

// set carries out ($name = value).
func (v *velocity) set(live bool) error {
	p, err := v.group()
	if err != nil {
		return err
	}
	p.space()
	if !p.take("$") {
		return v.fault("#set needs a reference")
	}
	path := p.path()
	if !p.take("=") {
		return v.fault("#set needs a value")
	}
	value, err := p.expression()
	if err != nil {
		return err
	}
	if err := p.done(); err != nil || !live {
		return err
	}
	header, isHeader := strings.CutPrefix(path, "context.responseOverride.header.")
	switch {
	case isHeader:
		v.made.headers[header] = word(value)
	case path == "context.responseOverride.status":
		v.made.status, err = strconv.Atoi(word(value))
	case strings.Contains(path, "."):
		err = v.fault("the local AWS cannot set $" + path)
	case value != nil: // null leaves what was there
		v.values[path] = value
	}
	return err
}

// branch carries out #if with all its parts.
func (v *velocity) branch(live bool) error {
	taken := false
	for word := "if"; word != "end"; {
		run := live && !taken
		if word != "else" {
			p, err := v.group()
			if err != nil {
				return err
			}
			value, err := p.expression()
			if err != nil {
				return err
			}
			if err := p.done(); err != nil {
				return err
			}
			run = run && truth(value)
		}
		taken = taken || run
		var err error
		if word, err = v.block(run, "#if"); err != nil {
			return err
		}
	}
	return nil
}

// group gives what stands in the parentheses that begin here.
func (v *velocity) group() (*expression, error) {
	for v.at < len(v.source) && v.source[v.at] == ' ' {
		v.at++
	}
	if v.at >= len(v.source) || v.source[v.at] != '(' {
		return nil, v.fault("a parenthesis is missing")
	}
	depth, quote := 0, byte(0)
	for i := v.at; i < len(v.source); i++ {
		switch b := v.source[i]; {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '(':
			depth++
		case b == ')':
			if depth--; depth == 0 {
				inner := v.source[v.at+1 : i]
				v.at = i + 1
				return &expression{v: v, source: inner}, nil
			}
		}
	}
	return nil, v.fault("a parenthesis is not closed")
}

// reference writes the value of a reference; one without a value stays as it is,
// or is nothing with an exclamation mark.
func (v *velocity) reference(live bool) error {
	rest := v.source[v.at:]
	p := &expression{v: v, source: rest, at: 1}
	quiet := p.take("!")
	braced := p.take("{")
	if p.at >= len(rest) || !letter(rest[p.at]) {
		v.text(live, "$")
		return nil
	}
	value, err := p.value()
	if err != nil {
		return err
	}
	if braced && !p.take("}") {
		return v.fault("a brace is not closed")
	}
	if live {
		switch {
		case value != nil:
			v.out.WriteString(word(value))
		case !quiet:
			v.out.WriteString(rest[:p.at])
		}
	}
	v.at += p.at
	return nil
}

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func truth(value any) bool {
	switch v := value.(type) {
	case nil:
		return false
	case bool:
		return v
	default:
		return true
	}
}

func word(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// header gives a header of the request; null where it is not there, or was sent in
// another spelling.
func (v *velocity) header(name string) any {
	if http.CanonicalHeaderKey(name) != name {
		return nil // the server knows headers in their canonical spelling only
	}
	if values := v.call.request.Header.Values(name); len(values) > 0 {
		return values[len(values)-1]
	}
	return nil
}
