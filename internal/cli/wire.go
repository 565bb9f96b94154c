package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/aws"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/journal"
	"github.com/goal-mandala/mandala-deploy/internal/lease"
	"github.com/goal-mandala/mandala-deploy/internal/localaws"
	"github.com/goal-mandala/mandala-deploy/internal/notice"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/release"
	"github.com/goal-mandala/mandala-deploy/internal/repository"
	"github.com/goal-mandala/mandala-deploy/internal/terraform"
	"github.com/goal-mandala/mandala-deploy/internal/workspace"
)

// project gives the project directory.
func (a *app) project() (dir string, fsys fs.FS, err error) {
	dir, err = filepath.Abs(a.flags.chdir)
	if err != nil {
		return "", nil, fmt.Errorf("resolve %s: %w", a.flags.chdir, err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", nil, &problem.Error{Code: problem.NoProject, Where: problem.Location{Flag: "--chdir"}, What: "there is no directory " + dir}
	}
	return dir, os.DirFS(dir), nil
}

// load reads one environment.
func (a *app) load(name string) (dir string, fsys fs.FS, env *environment.Environment, err error) {
	dir, fsys, err = a.project()
	if err != nil {
		return "", nil, nil, err
	}
	env, err = environment.Load(fsys, name)
	return dir, fsys, env, err
}

// engine wires an environment to its adapters. For a local environment it
// starts the local AWS and makes the bucket, when they are not there.
func (a *app) engine(ctx context.Context, name string) (*engine.Engine, error) {
	dir, fsys, env, err := a.load(name)
	if err != nil {
		return nil, err
	}
	return a.wire(ctx, dir, fsys, env)
}

// wire gives the engine of an environment.
func (a *app) wire(ctx context.Context, dir string, fsys fs.FS, env *environment.Environment) (*engine.Engine, error) {
	name := env.Name
	environ, options, err := a.target(ctx, dir, env)
	if err != nil {
		return nil, err
	}
	files, err := workspace.New(dir, name, env.Root.ModuleDirs())
	if err != nil {
		return nil, err
	}
	runner, err := a.terraform(dir, env.Root.RequiredVersion, environ)
	if err != nil {
		return nil, err
	}
	cloud, err := aws.New(ctx, options)
	if err != nil {
		return nil, err
	}
	store := cloud.Store(env.Settings.State.Bucket)
	here := lease.Here(a.getenv)
	e := &engine.Engine{
		Environment: env, Project: fsys, ProjectDir: dir,
		Terraform: runner, Store: store, Cloud: cloud, Adopter: cloud, Invoker: cloud,
		Aliases: cloud, Metrics: cloud, Site: cloud, Snapshots: cloud, Trail: cloud,
		Leases:   lease.Of(store, time.Duration(env.Settings.State.LeaseSeconds)*time.Second, lease.SystemClock{}),
		Journals: journal.Of(store, utcNow), Files: files, Processes: terraform.Processes{},
		Repository: repository.At(dir, a.Environ, sourcesOf(env)), Checkouts: workspace.NewCheckouts(dir, name),
		Actor: engine.Actor{User: here.User, Host: here.Host, PID: here.PID, CIRun: here.CIRun},
		Clock: utcNow, NewID: newID, Progress: a.progress(ctx),
		Variables: terraformVariables(environ), Parallelism: max(runtime.NumCPU()/2, 2),
	}
	if secret := env.Settings.Notify.SlackWebhookSecret; secret != "" {
		e.Notifier = notice.New(func(ctx context.Context) (string, error) {
			webhook, err := cloud.Secret(ctx, secret)
			return webhook.Reveal(), err
		})
	}
	if e.Functions, err = a.functions(dir, env.Settings.Functions); err != nil {
		return nil, err
	}
	source, err := e.Repository.Source(ctx)
	if err != nil {
		return nil, err
	}
	a.told.forecast = e.Forecast
	e.Release = release.WorkingTree(source) // until a stored release is opened
	e.Verifier = verifier(dir, env, cloud, options.PathStyle)
	return e, a.localBucket(ctx, e)
}

// sourcesOf gives the folders from which an environment is deployed.
func sourcesOf(env *environment.Environment) []string {
	folders := append([]string{environment.Dir}, env.Root.ModuleDirs()...)
	for _, folder := range []string{env.Settings.Functions.Source, env.Settings.Frontend.Source, env.Settings.Migrations.Source} {
		if folder != "" {
			folders = append(folders, folder)
		}
	}
	return folders
}

func utcNow() time.Time { return time.Now().UTC() }

// newID gives 64 random bits in hex: the id of a run.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	return hex.EncodeToString(b[:])
}

// target gives the children's environment and the way to AWS.
func (a *app) target(ctx context.Context, dir string, env *environment.Environment) ([]string, aws.Options, error) {
	region := env.Settings.Region
	if env.Settings.Target == environment.TargetLocal {
		status, err := localaws.Up(ctx, localDir(dir), a.localOptions())
		if err != nil {
			return nil, aws.Options{}, err
		}
		variables := localaws.Environment(status.Address, region)
		return localaws.Environ(a.Environ, status.Address, region), aws.Options{
			Region: region, Endpoint: status.Address, PathStyle: true,
			Credentials: &aws.Static{AccessKeyID: variables["AWS_ACCESS_KEY_ID"], SecretAccessKey: variables["AWS_SECRET_ACCESS_KEY"]},
		}, nil
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if set := a.getenv(name); set != "" && set != region {
			return nil, aws.Options{}, &problem.Error{Code: problem.WrongRegion, Where: settingsFile(env.Name),
				What: fmt.Sprintf("environment %s is in region %s, but %s says %s", env.Name, region, name, set),
				Next: fmt.Sprintf("unset %s, or correct `region` in deploy.hcl", name)}
		}
	}
	environ := append(append([]string(nil), a.Environ...), "AWS_REGION="+region)
	endpoint := a.getenv("AWS_ENDPOINT_URL")
	return environ, aws.Options{Region: region, Endpoint: endpoint, PathStyle: endpoint != ""}, nil
}

func settingsFile(name string) problem.Location {
	return problem.Location{File: filepath.Join(environment.Dir, name, environment.SettingsFile)}
}

// localBucket makes the bucket of a local environment, which is as new as the
// local AWS itself.
func (a *app) localBucket(ctx context.Context, e *engine.Engine) error {
	if e.Environment.Settings.Target != environment.TargetLocal {
		return nil
	}
	_, err := e.Store.List(ctx, "leases/")
	if !problem.Is(err, problem.NoBucket) {
		return err
	}
	_, err = e.Bootstrap(ctx)
	return err
}

func localDir(project string) string { return filepath.Join(project, workspace.Dir, "local-aws") }

func (a *app) localOptions() localaws.Options {
	b := build()
	// A test, or a CI job, has its local AWS end with itself.
	owner, err := strconv.Atoi(a.getenv("MANDALA_LOCAL_OWNER_PID"))
	if err != nil {
		owner = 0
	}
	return localaws.Options{Version: b.Version, OwnerPID: owner, Cache: filepath.Join(a.cacheDir(), "python"),
		Notice: func(text string) { fmt.Fprintln(a.Stderr, text) }}
}

// terraform gives the runner of a project.
func (a *app) terraform(dir, constraint string, environ []string) (*terraform.Runner, error) {
	return terraform.New(terraform.Options{
		Constraint: constraint, CacheDir: a.cacheDir(), ConfigDir: filepath.Join(dir, workspace.Dir, "terraform"),
		WorkDir: dir, ProviderMirror: a.flags.providerMirror, Env: toMap(environ),
	})
}

// cacheDir is where downloads are kept: the user's cache, or the project's
// work directory for a user who has none.
func (a *app) cacheDir() string {
	if dir := a.getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "mandala-deploy")
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "mandala-deploy")
	}
	return filepath.Join(a.flags.chdir, workspace.Dir, "cache")
}

func toMap(environ []string) map[string]string {
	variables := make(map[string]string, len(environ))
	for _, line := range environ {
		if name, value, ok := strings.Cut(line, "="); ok {
			variables[name] = value
		}
	}
	return variables
}

func terraformVariables(environ []string) map[string]string {
	variables := map[string]string{}
	for name, value := range toMap(environ) {
		if strings.HasPrefix(name, "TF_VAR_") {
			variables[name] = value
		}
	}
	return variables
}

// human is where texts for people go: beside a JSON document, to stderr.
func (a *app) human() io.Writer {
	if a.flags.json {
		return a.Stderr
	}
	return a.Stdout
}
