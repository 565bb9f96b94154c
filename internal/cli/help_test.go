package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// quoted are the words of a command in quotes, and the others.
var quoted = regexp.MustCompile(`'[^']*'|"[^"]*"|\$\([^)]*\)|\S+`)

// Each command shows in its help how it is called, and what is shown is taken by the command
// line: by its words, its flags and its arguments.
func TestEveryCommandHasExamplesThatParse(t *testing.T) {
	t.Parallel()
	var commands []string
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() || cmd.Name() == "history" {
			commands = append(commands, cmd.CommandPath()+"\n"+cmd.Example)
		}
		for _, each := range cmd.Commands() {
			if each.IsAvailableCommand() {
				walk(each)
			}
		}
	}
	walk((&app{}).rootCommand())
	for _, command := range commands {
		path, examples, _ := strings.Cut(command, "\n")
		if examples == "" {
			t.Errorf("%s has no example", path)
		}
		shown := false
		for example := range strings.Lines(examples) {
			line := strings.TrimSpace(example)
			for _, shell := range []string{" | ", " > ", " >> "} { // which is not the command's
				line, _, _ = strings.Cut(line, shell)
			}
			if !strings.HasPrefix(line, "mandala-deploy ") {
				t.Errorf("%s: the example %q is no call", path, line)
				continue
			}
			shown = shown || strings.HasPrefix(line, path)
			words := quoted.FindAllString(line, -1)[1:]
			root := (&app{}).rootCommand() // each with flags of its own
			found, rest, err := root.Find(words)
			if err != nil {
				t.Errorf("%s: %q: %v", path, line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", path, line, err)
			} else if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %q: %v", path, line, err)
			}
		}
		if !shown {
			t.Errorf("%s: no example calls it", path)
		}
	}
	if len(commands) < 25 {
		t.Errorf("only %d commands are found", len(commands))
	}
}
