package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/artifact"
	"github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

// finding is the outcome of one of doctor's checks.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Path   string `json:"path,omitempty"` // of the program or file that the check is about
	Next   string `json:"next,omitempty"`
}

// checker notes the outcome of a check and gives whether it was good.
type checker func(what, detail, path string, err error) bool

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor [ENV]",
		Short: "Check tools, versions, credentials, account, region and endpoint",
		Example: `  mandala-deploy doctor
  mandala-deploy doctor production`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(cmd *cobra.Command, args []string) error {
			name := ""
			if len(args) == 1 {
				name = args[0]
			}
			return a.doctor(cmd.Context(), name)
		},
	}
}

func (a *app) doctor(ctx context.Context, name string) error {
	var findings []finding
	failed := false
	check := func(what, detail, path string, err error) bool {
		f := finding{Check: what, OK: err == nil, Detail: detail, Path: path}
		if err != nil {
			failed = true
			f.Detail = err.Error()
			for _, p := range problem.Find(err) {
				f.Next = p.Remedy()
				break
			}
		}
		findings = append(findings, f)
		return err == nil
	}
	a.examine(ctx, name, check)
	if a.flags.json {
		if err := view.WriteJSON(a.Stdout, findings); err != nil {
			return err
		}
	} else {
		writeFindings(a.Stdout, findings)
	}
	if failed {
		return &reportedError{errors.New("doctor found problems")}
	}
	return nil
}

func writeFindings(w io.Writer, findings []finding) {
	for _, f := range findings {
		sign := "ok  "
		if !f.OK {
			sign = "FAIL"
		}
		path := ""
		if f.Path != "" && f.Path != f.Detail {
			path = " (" + f.Path + ")"
		}
		fmt.Fprintf(w, "%s  %-12s %s%s\n", sign, f.Check, f.Detail, path)
		if f.Next != "" {
			fmt.Fprintf(w, "                   next: %s\n", f.Next)
		}
	}
}

// examine runs the checks in the order in which a user would mend them.
func (a *app) examine(ctx context.Context, name string, check checker) {
	dir, fsys, err := a.project()
	if !check("project", dir, dir, err) {
		return
	}
	names, err := environment.Names(fsys)
	if !check("environments", strings.Join(names, ", "), "", err) {
		return
	}
	constraint := ""
	var env *environment.Environment
	if name != "" {
		if env, err = environment.Load(fsys, name); !check("settings", "environments/"+name+"/deploy.hcl and the root are valid", "", err) {
			return
		}
		constraint = env.Root.RequiredVersion
	} else if root, err := environment.LoadRoot(fsys); check("root", "environments/*.tf can be cut into layers", "", err) {
		constraint = root.RequiredVersion
	}
	check("work folder", "writable", filepath.Join(dir, workspace.Dir), writable(filepath.Join(dir, workspace.Dir)))
	a.examineTerraform(ctx, dir, constraint, check)
	if env == nil {
		return
	}
	if functions := env.Settings.Functions; functions.Source != "" {
		options, err := a.artifacts(dir, functions.Source, functions.Architecture)
		version := ""
		if err == nil {
			version, err = artifact.Go(ctx, options)
		}
		check("go", version+" builds "+functions.Source+" for "+options.Architecture, "", err)
	}
	a.examineTarget(ctx, dir, env, check)
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &problem.Error{Code: problem.WorkDirectory, What: "the work directory cannot be created", Err: err}
	}
	probe, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return &problem.Error{Code: problem.WorkDirectory, What: "the work directory cannot be written", Err: err}
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func (a *app) examineTerraform(ctx context.Context, dir, constraint string, check checker) {
	runner, err := a.terraform(dir, constraint, a.Environ)
	if err != nil {
		check("terraform", "", "", err)
		return
	}
	info, err := runner.Describe(ctx)
	if check("terraform", fmt.Sprintf("%s from %s", info.Version, info.From), info.Path, err) {
		check("providers", "from the "+info.ProviderSource, info.Configuration, nil)
	}
}

func (a *app) examineTarget(ctx context.Context, dir string, env *environment.Environment, check checker) {
	_, options, err := a.target(ctx, dir, env)
	endpoint := options.Endpoint
	if endpoint == "" {
		endpoint = "AWS in " + env.Settings.Region
	}
	if !check("endpoint", endpoint, "", err) {
		return
	}
	cloud, err := aws.New(ctx, options)
	if err != nil {
		check("credentials", "", "", err)
		return
	}
	identity, err := cloud.Identity(ctx)
	if !check("credentials", identity.ARN, "", err) {
		return
	}
	if want := env.Settings.Account; want != "" && want != identity.Account {
		err = &problem.Error{Code: problem.WrongAccount, Where: settingsFile(env.Name),
			What: fmt.Sprintf("environment %s belongs to account %s, the credentials to %s", env.Name, want, identity.Account)}
	}
	if !check("account", identity.Account, "", err) {
		return
	}
	_, err = cloud.Store(env.Settings.State.Bucket).List(ctx, "leases/")
	if env.Settings.Target == environment.TargetLocal && problem.Is(err, problem.NoBucket) {
		check("bucket", env.Settings.State.Bucket+" is made by the first plan", "", nil)
		return
	}
	check("bucket", env.Settings.State.Bucket, "", err)
}
