package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/convert"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

type initOptions struct {
	environment string
	from        string
	target      string
	region      string
	account     string
	bucket      string
	dryRun      bool
}

// environmentName is what an environment may be called: it goes into names in AWS.
var environmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}[a-z0-9]$`)

func (a *app) initCommand() *cobra.Command {
	var o initOptions
	cmd := &cobra.Command{
		Use:   "init ENV",
		Short: "Turn an existing Terraform root of modules into an environment, and say what it could not",
		Long: `init makes a Terraform root of modules an environment: it writes
environments/ENV/deploy.hcl and terraform.tfvars, and, where the root is in another
folder, copies it into environments/ with its modules' paths led there. It writes
over nothing, so it may be said again, and a further environment of the same root
is made by it, too.

What cannot be cut into layers is listed with file and line: resources beside
modules, cycles, roots in JSON. Each module block becomes a layer.`,
		Example: `  mandala-deploy init production --from infra --account 123456789012 --dry-run
  mandala-deploy init production --from infra --account 123456789012
  mandala-deploy init staging --region eu-central-1`,
		Args:              environmentArg,
		ValidArgsFunction: a.completeEnvironments,
		RunE: func(_ *cobra.Command, args []string) error {
			o.environment = args[0]
			return a.takeRoot(o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "folder of the root, below the project's (default: environments, else the project itself)")
	flags.StringVar(&o.target, "target", string(environment.TargetAWS), "aws, or local for the local AWS")
	flags.StringVar(&o.region, "region", "", "the AWS region (default: that of the root's provider aws)")
	flags.StringVar(&o.account, "account", "", "the AWS account's id; any account is taken where none is given")
	flags.StringVar(&o.bucket, "bucket", "", "the bucket for states, releases and records (default: mandala-deploy-ENV)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "show what would be written, write nothing")
	return cmd
}

func (a *app) takeRoot(o initOptions) error {
	if !environmentName.MatchString(o.environment) {
		return &problem.Error{Code: problem.Usage, What: fmt.Sprintf("an environment cannot be called %q", o.environment), Next: "use lower-case letters, digits and hyphens, beginning with a letter"}
	}
	dir, project, err := a.project()
	if err != nil {
		return err
	}
	from, err := rootFolder(project, o.from)
	if err != nil {
		return err
	}
	result, err := convert.Plan(project, convert.Request{Environment: o.environment, From: from, Target: environment.Target(o.target),
		Region: o.region, Account: o.account, Bucket: o.bucket})
	if err != nil {
		return err
	}
	if !o.dryRun {
		for _, file := range result.Files {
			if err := create(dir, file); err != nil {
				return err
			}
		}
	}
	failure := result.Err()
	if a.flags.json {
		return a.written(view.ConversionForJSON(result, failure), failure)
	}
	view.Conversion(a.Stdout, result, o.dryRun, a.palette(a.Stdout))
	return failure
}

// rootFolder gives the folder of the root as a path within the project.
func rootFolder(project fs.FS, given string) (string, error) {
	if given == "" {
		if files, err := fs.Glob(project, environment.Dir+"/*.tf"); err == nil && len(files) > 0 {
			return environment.Dir, nil
		}
		return ".", nil
	}
	folder := filepath.ToSlash(filepath.Clean(given))
	if !fs.ValidPath(folder) {
		return "", &problem.Error{Code: problem.Usage, Where: problem.Location{Flag: "--from"}, What: given + " is not below the project's folder", Next: "pass --chdir the folder that holds both the root and its modules"}
	}
	if info, err := fs.Stat(project, folder); err != nil || !info.IsDir() {
		return "", &problem.Error{Code: problem.NoRootToTake, Where: problem.Location{Flag: "--from"}, What: "there is no folder " + given + neighbours(project, folder)}
	}
	return folder, nil
}

// neighbours gives the folder that may have been meant.
func neighbours(project fs.FS, folder string) string {
	entries, err := fs.ReadDir(project, ".")
	if err != nil {
		return ""
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return didYouMean(folder, names)
}

// create writes a file where there is none.
func create(dir string, file convert.File) error {
	if file.Stays {
		return nil
	}
	name := filepath.Join(dir, filepath.FromSlash(file.Path))
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = writeNew(name, file.Body)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return &problem.Error{Code: problem.NotWritten, Where: problem.Location{File: file.Path}, What: "it cannot be written", Err: err}
	}
	return nil
}

func writeNew(name string, body []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // sources are for everybody who reads the project
	if err != nil {
		return err
	}
	if _, err := file.Write(body); err != nil {
		_ = file.Close()
		return err
	}
	return file.Close()
}
