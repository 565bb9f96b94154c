package cli

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/verify"
)

// completionPatience is how long somebody who presses the tab key waits for AWS.
const completionPatience = 2 * time.Second

// completion gives the words that may stand in a place.
type completion = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective)

// complete tells the shell what each flag and argument may be: whatever command has a
// flag of a name takes the same there. What cannot be found out is not completed; an error
// would end up in somebody's command line.
func (a *app) complete(root *cobra.Command) {
	flags := map[string]completion{
		"architecture": words("arm64", "x86_64", "host"),
		"area":         listOf(words(verify.Areas()...)),
		"confirm":      a.completeConfirmation,
		"drill":        words("alarm"),
		"environment":  a.completeEnvironments,
		"format":       words("text", "dot", "mermaid", "json"),
		"layer":        listOf(a.completeLayers),
		"log-format":   words("text", "json"),
		"log-level":    words("debug", "info", "warn", "error"),
		"target":       words(string(environment.TargetAWS), string(environment.TargetLocal)),
		"version":      a.completeVersions,
	}
	arguments := map[string]completion{
		"functions invoke": a.completeFunctions,
		"release diff":     upTo(2, a.completeVersions),
		"release show":     upTo(1, a.completeVersions),
		"release verify":   upTo(1, a.completeVersions),
	}
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for name, completed := range flags {
			if flag := cmd.LocalFlags().Lookup(name); flag != nil && flag.Value.Type() != "bool" {
				_ = cmd.RegisterFlagCompletionFunc(name, completed) // fails where the command has one of its own
			}
		}
		if completed, has := arguments[strings.TrimPrefix(cmd.CommandPath(), root.Name()+" ")]; has {
			cmd.ValidArgsFunction = completed
		}
		for _, each := range cmd.Commands() {
			walk(each)
		}
	}
	walk(root)
}

// words completes to one of these.
func words(all ...string) completion {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}

// upTo completes the first arguments only.
func upTo(count int, completed completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= count {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return completed(cmd, args, begun)
	}
}

// listOf completes the last of several words with commas between.
func listOf(completed completion) completion {
	return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		before := begun[:strings.LastIndexByte(begun, ',')+1]
		all, directive := completed(cmd, args, begun)
		var next []string
		for _, each := range all {
			if !slices.Contains(strings.Split(before, ","), each) {
				next = append(next, before+each)
			}
		}
		return next, directive
	}
}

// environmentOf is the environment that a command names, or would take.
func environmentOf(cmd *cobra.Command, args []string) string {
	if flag := cmd.Flag("environment"); flag != nil {
		return flag.Value.String()
	}
	if len(args) > 0 {
		return args[0]
	}
	return mainEnvironment
}

// completeConfirmation completes what a command wants said once more.
func (a *app) completeConfirmation(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if cmd.Name() == rollbackWord {
		return []string{rollbackWord}, cobra.ShellCompDirectiveNoFileComp
	}
	return args, cobra.ShellCompDirectiveNoFileComp
}

// completeLayers completes the layers of the working tree's root.
func (a *app) completeLayers(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	_, _, env, err := a.load(environmentOf(cmd, args))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return env.Root.LayerNames(), cobra.ShellCompDirectiveNoFileComp
}

// completeFunctions completes the environment and then a function that there is source of.
func (a *app) completeFunctions(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
	if len(args) != 1 {
		return a.completeEnvironments(cmd, args, begun)
	}
	_, fsys, env, err := a.load(args[0])
	if err != nil || env.Settings.Functions.Source == "" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	mains, err := fs.Glob(fsys, path.Join(env.Settings.Functions.Source, "*", "main.go"))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, main := range mains {
		names = append(names, path.Base(path.Dir(main)))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeVersions completes the releases in the environment's bucket, the newest first.
func (a *app) completeVersions(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, done := context.WithTimeout(cmd.Context(), completionPatience)
	defer done()
	versions, err := a.storedVersions(ctx, environmentOf(cmd, args))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return versions, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// storedVersions lists an environment's releases by their names only, and starts nothing.
func (a *app) storedVersions(ctx context.Context, name string) ([]string, error) {
	dir, fsys, err := a.project()
	if err != nil {
		return nil, err
	}
	env, err := environment.LoadSettings(fsys, name)
	if err != nil {
		return nil, err
	}
	if env.Settings.Target == environment.TargetLocal {
		if status, err := localaws.Inspect(ctx, localDir(dir)); err != nil || !status.Healthy {
			return nil, errNotRunning
		}
	}
	_, options, err := a.target(ctx, dir, env)
	if err != nil {
		return nil, err
	}
	cloud, err := aws.New(ctx, options)
	if err != nil {
		return nil, err
	}
	keys, err := cloud.Store(env.Settings.State.Bucket).List(ctx, "releases/")
	if err != nil {
		return nil, err
	}
	var found []release.Version
	for _, key := range keys {
		if version, manifest := strings.CutSuffix(strings.TrimPrefix(key, "releases/"), "/manifest.json"); manifest {
			if parsed, err := release.ParseVersion(version); err == nil {
				found = append(found, parsed)
			}
		}
	}
	slices.SortFunc(found, func(a, b release.Version) int { return release.Compare(b, a) })
	var versions []string
	for _, each := range found {
		versions = append(versions, each.String())
	}
	return versions, nil
}
