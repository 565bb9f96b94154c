package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/artifact"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

func (a *app) functionsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "functions", Short: "Build the Lambda functions of the working tree, or call deployed ones",
		Args: onlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.functionsBuild(), a.functionsInvoke())
	return cmd
}

type buildOptions struct{ architecture, out, source string }

func (a *app) functionsBuild() *cobra.Command {
	var o buildOptions
	cmd := &cobra.Command{
		Use: "build", Short: "Build every function that is not built yet; the same source gives the same bytes",
		Long: `build makes an archive OUT/ARCHITECTURE/NAME.zip of each folder below the source
folder that has a main.go, and OUT/ARCHITECTURE/artifacts.json, which lists them.
The same source and Go version give the same bytes on any machine. plan and apply
do the same for environments whose deploy.hcl has a block functions.`,
		Example: `  mandala-deploy functions build
  mandala-deploy functions build --architecture host --json | jq -r .artifacts[].sha256`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.buildFunctions(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.architecture, "architecture", string(environment.ARM64), "arm64, x86_64, or host for this machine's processor")
	flags.StringVar(&o.out, "out", "", "where the archives go (default: .mandala/functions of the project)")
	flags.StringVar(&o.source, "source", "functions", "folder of the functions, below the project's")
	return cmd
}

func (a *app) buildFunctions(ctx context.Context, o buildOptions) error {
	dir, _, err := a.project()
	if err != nil {
		return err
	}
	options, err := a.artifacts(dir, o.source, environment.Architecture(o.architecture))
	if err != nil {
		return err
	}
	if o.out != "" {
		if options.Out, err = filepath.Abs(o.out); err != nil {
			return fmt.Errorf("resolve %s: %w", o.out, err)
		}
	}
	index, err := artifact.Build(ctx, options)
	if err != nil {
		return err
	}
	if a.flags.json {
		return view.WriteJSON(a.Stdout, index)
	}
	table := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	for _, b := range index.Artifacts {
		fmt.Fprintf(table, "%s\t%.1f MB\t%s\n", b.Name, float64(b.Size)/1e6, b.SHA256)
	}
	return table.Flush()
}

type invokeOptions struct {
	payload string
	log     bool
}

func (a *app) functionsInvoke() *cobra.Command {
	var o invokeOptions
	cmd := &cobra.Command{
		Use: "invoke ENV FUNCTION", Short: "Call the live version of a deployed function, and print its answer",
		Long: `invoke calls the version that the alias live names, waits for the answer, up to
Lambda's 15 minutes, and prints it. FUNCTION is its short name, as in the root's
output function_names. Nothing is tried again: a call that broke off may have run.`,
		Example: `  mandala-deploy functions invoke local health
  mandala-deploy functions invoke production migrate --payload '{"dry_run": true}' --json | jq .payload`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return &problem.Error{Code: problem.Usage, What: cmd.CommandPath() + " wants the environment and the function's short name", Next: "`mandala-deploy environments` lists the environments"}
		},
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.invokeFunction(cmd.Context(), args[0], args[1], o)
		},
	}
	cmd.Flags().StringVar(&o.payload, "payload", "{}", "the event, as JSON")
	cmd.Flags().BoolVar(&o.log, "log", false, "print the last lines of its log to stderr")
	return cmd
}

func (a *app) invokeFunction(ctx context.Context, environment, name string, o invokeOptions) error {
	if !json.Valid([]byte(o.payload)) {
		return &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--payload"}, What: "--payload wants JSON"}
	}
	e, err := a.engine(ctx, environment)
	if err != nil {
		return err
	}
	done, err := e.Invoke(ctx, name, []byte(o.payload))
	if o.log {
		fmt.Fprint(a.Stderr, done.Log)
	}
	if err != nil {
		return err
	}
	if a.flags.json {
		return view.WriteJSON(a.Stdout, done)
	}
	fmt.Fprintf(a.Stdout, "%s\n", done.Payload)
	return nil
}

// functions gives who builds an environment's functions, nil where deploy.hcl
// has none built.
func (a *app) functions(dir string, settings environment.Functions) (engine.Functions, error) {
	if settings.Source == "" {
		return nil, nil //nolint:nilnil // an environment without functions is an ordinary one
	}
	options, err := a.artifacts(dir, settings.Source, settings.Architecture)
	if err != nil {
		return nil, err
	}
	return artifact.Builder{Options: options}, nil
}

// artifacts says what is built of a project.
func (a *app) artifacts(dir, source string, architecture environment.Architecture) (artifact.Options, error) {
	options := artifact.Options{Project: dir, Source: source, Out: filepath.Join(dir, workspace.Dir, "functions"), Architecture: string(architecture), Env: a.Environ}
	switch architecture {
	case environment.ARM64, environment.X86:
		return options, nil
	case environment.ThisHost:
		host, err := artifact.Host()
		options.Architecture = host
		return options, err
	}
	return artifact.Options{}, &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--architecture"},
		What: fmt.Sprintf("--architecture wants arm64, x86_64 or host, not %s", architecture)}
}
