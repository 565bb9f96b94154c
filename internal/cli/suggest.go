package cli

import (
	"fmt"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// slip is the distance up to which a name is taken for a slip of the keyboard.
const slip = 2

// onlyCommands is the cobra.PositionalArgs of a command that does nothing but
// hold others: an argument is one that does not exist.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, each := range cmd.Commands() {
		if each.IsAvailableCommand() {
			names = append(names, each.Name())
		}
	}
	return &problem.Error{Code: problem.Usage,
		What: fmt.Sprintf("unknown command %q for %q%s", args[0], cmd.CommandPath(), didYouMean(args[0], names)),
		Next: "see `" + cmd.CommandPath() + " --help`"}
}

// usage turns cobra's complaint about flags into a problem, with the flag that
// may have been meant.
func usage(cmd *cobra.Command, err error) error {
	what := err.Error()
	if given, ok := strings.CutPrefix(what, "unknown flag: "); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		what += didYouMean(given, names)
	}
	return &problem.Error{Code: problem.Usage, What: what, Next: "see `" + cmd.CommandPath() + " --help`"}
}

// didYouMean gives ` (did you mean x?)` for the nearest name, "" if none is near.
func didYouMean(given string, names []string) string {
	nearest, least := "", 2*slip+1
	for _, name := range names {
		d := 2 * levenshtein.Distance(given, name, nil)
		if d > 0 && d <= 2*slip && strings.HasPrefix(given, name[:1]) {
			d-- // who mistypes a name has mostly begun it rightly
		}
		if d < least {
			nearest, least = name, d
		}
	}
	if nearest == "" {
		return ""
	}
	return " (did you mean " + nearest + "?)"
}
