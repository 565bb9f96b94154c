// Package terraform runs Terraform: it finds or downloads a fitting binary,
// chooses where providers come from, and implements the engine's Terraform
// port on top of the command line's machine-readable output.
package terraform

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hashicorp/go-version"

	"github.com/goal-mandala/mandala-deploy/internal/engine"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// MinimumVersion is the oldest Terraform that the tool works with: it needs
// the S3 backend's use_lockfile (1.10), write-only arguments (1.11) and
// issensitive (1.8).
const MinimumVersion = ">= 1.11.0"

// Options say how a Runner finds and runs Terraform. CacheDir and ConfigDir
// are required.
type Options struct {
	// Constraint is the root's required_version; "" is any supported version.
	Constraint string
	// CacheDir keeps downloaded Terraform binaries and registry providers. It
	// may be shared by processes.
	CacheDir string
	// ConfigDir is where the Runner writes a Terraform CLI configuration of
	// its own, if one is needed.
	ConfigDir string
	// WorkDir is the user's project directory, whose terraform.d/plugins is a
	// provider mirror; "" is the current directory.
	WorkDir string
	// ProviderMirror is a filesystem mirror named by the user; "" is none.
	ProviderMirror string
	// MirrorRoots are glob patterns of directories that are taken as a mirror
	// when they hold registry.terraform.io/; nil is SystemMirrorRoots.
	MirrorRoots []string
	// Env is the environment of Terraform and of the search for it; nil is
	// the process's own. Variables that would change how Terraform is run
	// (TF_CLI_ARGS, TF_WORKSPACE …) are left out in any case.
	Env map[string]string
	// InterruptWait is how long an interrupted apply may take to end by
	// itself before it is asked a second time, with SIGTERM; 0 is 10 minutes.
	InterruptWait time.Duration

	releases releaseSite // where Terraform is downloaded from; tests set it
}

// Info tells what a Runner runs and where providers come from.
type Info struct {
	Path           string `json:"path"`
	Version        string `json:"version"`         // for example "1.11.4"
	From           string `json:"from"`            // PATH, cache or download
	ProviderSource string `json:"provider_source"` // "registry", "mirror DIR" or "CLI configuration FILE"
	Configuration  string `json:"configuration"`   // the CLI configuration file that Terraform gets, "" for its own default
}

// Runner implements engine.Terraform. It is safe for concurrent use.
type Runner struct {
	options     Options
	constraints version.Constraints
	env         map[string]string // cleaned, without the CLI configuration

	mu    sync.Mutex
	ready *toolchain // set once it was found
}

var _ engine.Terraform = (*Runner)(nil)

// toolchain is what every operation needs, found once per Runner.
type toolchain struct {
	binary binary
	source providerSource
	env    map[string]string // of the children, CLI configuration included
}

// New checks the options and gives a Runner. It starts no process: Terraform
// is looked for at the first operation.
func New(options Options) (*Runner, error) {
	constraints, err := parseConstraint(options.Constraint)
	if err != nil {
		return nil, err
	}
	if options.CacheDir == "" || options.ConfigDir == "" {
		return nil, fmt.Errorf("terraform runner: CacheDir and ConfigDir must be set")
	}
	if options.WorkDir == "" {
		if options.WorkDir, err = os.Getwd(); err != nil {
			return nil, fmt.Errorf("finding the current directory: %w", err)
		}
	}
	for _, dir := range []*string{&options.CacheDir, &options.ConfigDir, &options.WorkDir} {
		if *dir, err = filepath.Abs(*dir); err != nil {
			return nil, fmt.Errorf("resolving %s: %w", *dir, err)
		}
	}
	if options.MirrorRoots == nil {
		options.MirrorRoots = SystemMirrorRoots()
	}
	if options.InterruptWait == 0 {
		options.InterruptWait = 10 * time.Minute
	}
	env := options.Env
	if env == nil {
		env = environMap(os.Environ())
	}
	return &Runner{options: options, constraints: constraints, env: cleanEnv(env)}, nil
}

// Version gives Terraform's version, for example "1.11.4".
func (r *Runner) Version(ctx context.Context) (string, error) {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return "", err
	}
	return tools.binary.version.String(), nil
}

// Describe tells which Terraform is used and where providers come from.
func (r *Runner) Describe(ctx context.Context) (Info, error) {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return Info{}, err
	}
	return Info{
		Path:           tools.binary.path,
		Version:        tools.binary.version.String(),
		From:           tools.binary.from,
		ProviderSource: tools.source.String(),
		Configuration:  tools.env["TF_CLI_CONFIG_FILE"],
	}, nil
}

// toolchain finds Terraform and the provider source, or gives what was found
// before. A failure is not remembered, so that a later call can succeed.
func (r *Runner) toolchain(ctx context.Context) (*toolchain, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ready != nil {
		return r.ready, nil
	}
	found, err := r.findBinary(ctx)
	if err != nil {
		return nil, err
	}
	source, err := r.chooseProviderSource()
	if err != nil {
		return nil, err
	}
	env, err := source.install(r.env, r.options.ConfigDir, r.options.CacheDir)
	if err != nil {
		return nil, err
	}
	r.ready = &toolchain{binary: found, source: source, env: env}
	return r.ready, nil
}

func parseConstraint(text string) (version.Constraints, error) {
	all := MinimumVersion
	if text != "" {
		all = text + ", " + MinimumVersion
	}
	constraints, err := version.NewConstraint(all)
	if err != nil {
		return nil, &problem.Error{
			Code: problem.InvalidValue,
			What: fmt.Sprintf("required_version %q is not a version constraint", text),
			Next: `write it as in: required_version = "~> 1.11"`,
			Err:  err,
		}
	}
	return constraints, nil
}

// ReadEvents reads the stream that an Apply left in its directory; see the
// function ReadEvents.
func (r *Runner) ReadEvents(stream io.Reader, sink func(engine.Event)) error {
	return ReadEvents(stream, sink)
}
