// Package shell reads scripts: it finds the calls of the command line in them, and asks
// the command line whether there are such.
package shell

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/goal-mandala/mandala-deploy/internal/cli"
)

// Program is the command line, as scripts call it.
const Program = "mandala-deploy"

// Call is one call of the command line in a script.
type Call struct {
	Args   []string
	Before string // the word before the program: exec, where signals shall reach it
}

// Calls finds the calls of the command line in a script of bash.
func Calls(script string) []Call {
	var found []Call
	words := split(script)
	for i, word := range words {
		if word != Program && !strings.HasSuffix(word, "/"+Program) {
			continue
		}
		each := Call{Before: "\n"}
		if i > 0 {
			each.Before = words[i-1]
		}
		for _, argument := range words[i+1:] {
			if operator.MatchString(argument) {
				break
			}
			each.Args = append(each.Args, argument)
		}
		found = append(found, each)
	}
	return found
}

// operator is a word at which a command's arguments end.
var operator = regexp.MustCompile(`^(\n|;|&|&&|\||\|\||[0-9]?(>|>>|<|<<).*|\))$`)

// split gives the words of a script, and "\n" for each end of a line. Quotes are
// taken away; what stands in them is one word.
func split(script string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inside, comment := false, false
	end := func() {
		if inside {
			words = append(words, word.String())
		}
		word.Reset()
		inside = false
	}
	for _, r := range strings.ReplaceAll(script, "\\\n", " ") {
		switch {
		case comment && r != '\n':
		case r == '#' && !inside && quote == 0:
			comment = true
		case quote != 0:
			if r == quote {
				quote = 0
				continue
			}
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, inside = r, true
		case r == '\n':
			comment = false
			end()
			words = append(words, "\n")
		case r == ' ' || r == '\t':
			end()
		case r == ';' || r == ')':
			end()
			words = append(words, string(r))
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	end()
	return words
}

// Changes reports whether a call changes an environment.
func (c Call) Changes() bool {
	return slices.ContainsFunc(c.Args, func(word string) bool { return changing[word] })
}

// changing are the commands that change an environment.
var changing = map[string]bool{"apply": true, "bootstrap": true, "destroy": true, "rollback": true, "unlock": true}

// Local reports whether a call is about the local AWS.
func (c Call) Local() bool { return slices.Contains(c.Args, "local") }

// Fault asks the command line whether there is such a command with such flags: with
// --help, before which flags are read, it does nothing else.
func (c Call) Fault(ctx context.Context) string {
	var stdout, stderr bytes.Buffer
	code := cli.Main(ctx, append(slices.Clone(c.Args), "--help"), cli.Terminal{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
	if code != cli.ExitOK {
		return strings.TrimSpace(stderr.String())
	}
	// The help of a command that only holds others is given for one of them that does
	// not exist, too.
	usage := usageLine.FindStringSubmatch(stdout.String())
	if usage == nil {
		return "its help shows no usage"
	}
	if strings.Contains(stdout.String(), "\nAvailable Commands:\n") && usage[1] == "" {
		return "there is no such command"
	}
	return ""
}

// usageLine takes a command's arguments, such as ENV, from its help.
var usageLine = regexp.MustCompile(`(?m)^Usage:\n  mandala-deploy(?: [a-z-]+)*( (?:[A-Z]|\[[A-Z]|\[--)[^\n]*)? \[flags\]$`)
