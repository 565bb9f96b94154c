// Package cli is the command line: it parses flags, wires the engine to its
// adapters, hands results to a view, and turns errors into exit codes.
package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// Exit codes; docs/exit-codes.md explains them.
const (
	ExitOK           = 0
	ExitError        = 1
	ExitChanges      = 2 // with --detailed-exitcode, and of drift
	ExitVerification = 3
	ExitRolledBack   = 4
	ExitLocked       = 5
	ExitInterrupted  = 130
)

// Terminal is what the program has of its surroundings.
type Terminal struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string // NAME=value
}

// app is one invocation.
type app struct {
	Terminal
	flags globalFlags
	log   *slog.Logger
	level slog.Level
	told  *told // who hears of runs; nil until there is one
}

type globalFlags struct {
	chdir          string
	json           bool
	noColor        bool
	logLevel       string
	logFormat      string
	providerMirror string
	events         string
	otel           bool
}

// errChanges asks for the exit code that says that there are changes.
var errChanges = errors.New("changes present")

// Main runs the command line and gives the exit code.
func Main(ctx context.Context, args []string, terminal Terminal) int {
	a := &app{Terminal: terminal, log: slog.New(slog.DiscardHandler)}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(terminal.Stdin)
	root.SetOut(terminal.Stdout)
	root.SetErr(terminal.Stderr)
	defer a.settle(ctx, nil) // where something panics
	err := root.ExecuteContext(ctx)
	a.settle(ctx, err)
	if err != nil && slices.Contains(args, "--json") {
		a.flags.json = true // flags behind one that does not exist are not parsed
	}
	return a.exit(err)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "mandala-deploy",
		Short: "Deploy layered AWS environments with Terraform: exact previews, approvals, safe applies",
		Long: `mandala-deploy deploys the environments of a project: environments/*.tf is an
ordinary Terraform root with a module block per layer, environments/<name>/ holds
an environment's values and settings. Each layer has a state of its own; a
preview is one exact plan of the whole.`,
		Example: `  mandala-deploy plan staging
  mandala-deploy apply local
  mandala-deploy apply production --approval plan.json`,
		Version:           build().Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              onlyCommands,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.setUp() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	flags := root.PersistentFlags()
	flags.StringVarP(&a.flags.chdir, "chdir", "C", ".", "the project directory, which holds environments/")
	flags.BoolVar(&a.flags.json, "json", false, "write one JSON document to stdout; progress stays on stderr")
	flags.BoolVar(&a.flags.noColor, "no-color", false, "no colours (also: NO_COLOR)")
	flags.StringVar(&a.flags.logLevel, "log-level", "warn", "debug, info, warn or error")
	flags.StringVar(&a.flags.logFormat, "log-format", "text", "text or json; json also makes progress JSON lines")
	flags.StringVar(&a.flags.providerMirror, "provider-mirror", "", "a filesystem mirror to take Terraform providers from")
	root.SetFlagErrorFunc(usage)
	root.AddCommand(
		a.planCommand(), a.applyCommand(), a.rollbackCommand(), a.releaseCommand(), a.functionsCommand(), a.destroyCommand(), a.statusCommand(), a.historyCommand(), a.reportCommand(), a.serveCommand(), a.auditCommand(), a.driftCommand(), a.verifyCommand(), a.githubCommand(), a.graphCommand(),
		a.unlockCommand(), a.bootstrapCommand(), a.environmentsCommand(), a.doctorCommand(), a.versionCommand(), a.localCommand(),
		a.initCommand(), a.manCommand(),
	)
	a.complete(root)
	return root
}

func (a *app) setUp() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		return flagProblem("--log-level", "--log-level wants debug, info, warn or error, not "+a.flags.logLevel)
	}
	a.level = level
	switch a.flags.logFormat {
	case "text", "json":
		a.log = a.logger(current{a})
	default:
		return flagProblem("--log-format", "--log-format wants text or json, not "+a.flags.logFormat)
	}
	return nil
}

// logger gives a log to a stream.
func (a *app) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: a.level}
	if a.flags.logFormat == "json" {
		options.Level = min(a.level, slog.LevelInfo) // progress is logged at info
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// current is stderr as it is when something is written.
type current struct{ a *app }

func (c current) Write(text []byte) (int, error) { return c.a.Stderr.Write(text) }

func flagProblem(flag, what string) error {
	return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: flag}, What: what}
}

// environmentArg wants exactly one argument, the environment.
func environmentArg(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	what := "which environment? " + cmd.CommandPath() + " wants its name"
	if len(args) > 1 {
		what = "one environment at a time; got " + strings.Join(args, ", ")
	}
	return &problem.Error{Code: problem.Usage, What: what, Next: "`mandala-deploy environments` lists them"}
}

// exit reports an error and gives the code for it.
func (a *app) exit(err error) int {
	if err == nil {
		return ExitOK
	}
	if errors.Is(err, errChanges) {
		return ExitChanges
	}
	var said *reportedError
	if !errors.As(err, &said) {
		if len(problem.Find(err)) == 0 && isUsage(err) {
			err = &problem.Error{Code: problem.Usage, What: err.Error()}
		}
		if a.flags.json {
			_ = view.WriteJSON(a.Stdout, map[string]any{"errors": view.ErrorsForJSON(err)})
		}
		view.Failure(a.Stderr, err, a.palette(a.Stderr))
	}
	if a.inActions() {
		view.Annotations(a.Stderr, err, filepath.ToSlash(a.flags.chdir))
	}
	switch {
	case problem.Is(err, problem.Interrupted) || errors.Is(err, problem.ErrInterrupted) || errors.Is(err, context.Canceled):
		return ExitInterrupted
	// Somebody's lock may be what a deployment failed of, or what kept it from going back.
	case problem.Is(err, problem.RolledBack):
		return ExitRolledBack
	case problem.Is(err, problem.NotVerified):
		return ExitVerification
	case problem.Is(err, problem.Locked) || problem.Is(err, problem.StateLocked):
		return ExitLocked
	}
	return ExitError
}

// isUsage recognises cobra's complaints, which have no type.
func isUsage(err error) bool {
	for _, prefix := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "required flag", "invalid argument", "requires at least"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

// reportedError is one that the output already tells.
type reportedError struct{ error }

func (e *reportedError) Unwrap() error { return e.error }

// getenv looks a variable up.
func (a *app) getenv(name string) string {
	for i := len(a.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(a.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// palette gives colours where they are wanted and a terminal shows them.
func (a *app) palette(w io.Writer) view.Palette {
	if a.flags.noColor || a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" {
		return view.Palette{}
	}
	return view.Palette{Colour: isTerminal(w)}
}

func isTerminal(stream any) bool {
	file, ok := stream.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(file.Fd()))
}
