package script

import (
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// refusal is an error as --json gives it.
type refusal struct {
	Code, Message, Where, Next string
}

// refuses runs a command with --json that must end with exit code 1 and this
// problem: refuses CODE WHERE ARGS… WHERE is a regular expression for the whole
// place, "" for none. Whatever the problem: stdout is one JSON document, every
// error in it has a code, a message and a next step, and stderr tells people
// the same.
func refuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: refuses CODE WHERE ARGS…")
	}
	want, where := args[0], regexp.MustCompile("^(?:"+args[1]+")$")
	if got := code(ts, ts.Exec(program, append(args[2:], "--json")...)); got != 1 {
		ts.Fatalf("exit code %d, want 1", got)
	}
	refusals := read(ts, ts.ReadFile("stdout"))
	told := ts.ReadFile("stderr")
	for _, r := range refusals {
		if !regexp.MustCompile(`^MD\d{4}$`).MatchString(r.Code) || r.Message == "" || r.Next == "" {
			ts.Fatalf("not a code, a message and a next step: %+v", r)
		}
		if r.Code == "MD0999" {
			ts.Fatalf("an internal error: %+v", r)
		}
		for _, part := range []string{"[" + r.Code + "]", "next: " + r.Next} {
			if !strings.Contains(told, part) {
				ts.Fatalf("stderr does not tell %q", part)
			}
		}
	}
	if !slices.ContainsFunc(refusals, func(r refusal) bool { return r.Code == want && where.MatchString(r.Where) }) {
		ts.Fatalf("no %s at %q among %+v", want, args[1], refusals)
	}
}

func read(ts *testscript.TestScript, stdout string) []refusal {
	var document struct{ Errors []refusal }
	decoder := json.NewDecoder(strings.NewReader(stdout))
	if err := decoder.Decode(&document); err != nil {
		ts.Fatalf("stdout is not JSON: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("stdout is more than one JSON document")
	}
	if len(document.Errors) == 0 {
		ts.Fatalf("no errors")
	}
	return document.Errors
}
