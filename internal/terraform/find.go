package terraform

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// Where a binary was found.
const (
	fromPath     = "PATH"
	fromCache    = "cache"
	fromDownload = "download"
)

// versionTimeout bounds `terraform version`, which takes 40 ms: a hanging
// binary on PATH must not hang the tool.
const versionTimeout = 15 * time.Second

// binary is one Terraform executable.
type binary struct {
	path    string
	version *version.Version
	from    string
}

// findBinary gives a fitting Terraform from PATH, else from the cache, else
// from the release site.
//
// The search is not hc-install's fs.Version, because that reads the process's
// PATH rather than the given environment's, takes warnings on stderr for part
// of the answer, and does not tell which binaries it passed over.
func (r *Runner) findBinary(ctx context.Context) (binary, error) {
	var unfit []string
	for _, dir := range filepath.SplitList(r.env["PATH"]) {
		if !filepath.IsAbs(dir) {
			continue // as os/exec: never run what lies in the current directory
		}
		path := filepath.Join(dir, product.Terraform.BinaryName())
		if !executable(path) {
			continue
		}
		found, err := detect(ctx, path, r.env)
		if ctx.Err() != nil {
			return binary{}, interrupted(ctx, "looking for terraform")
		}
		switch {
		case err != nil:
			unfit = append(unfit, fmt.Sprintf("%s gives no version (%v)", path, err))
		case !r.constraints.Check(found):
			unfit = append(unfit, fmt.Sprintf("%s is %s", path, found))
		default:
			return binary{path: path, version: found, from: fromPath}, nil
		}
	}
	if cached, ok := r.findCached(ctx); ok {
		return cached, nil
	}
	downloaded, err := r.download(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return binary{}, interrupted(ctx, "downloading terraform")
		}
		return binary{}, r.missing(unfit, err)
	}
	return downloaded, nil
}

// findCached gives the newest fitting binary of the cache. Files named
// CacheDir/terraform/<version>/terraform are complete: they came there by
// rename.
func (r *Runner) findCached(ctx context.Context) (binary, bool) {
	paths, err := filepath.Glob(filepath.Join(r.binaryCache(), "*", product.Terraform.BinaryName()))
	if err != nil {
		return binary{}, false
	}
	var fitting []binary
	for _, path := range paths {
		named, err := version.NewVersion(filepath.Base(filepath.Dir(path)))
		if err == nil && r.constraints.Check(named) && executable(path) {
			fitting = append(fitting, binary{path: path, version: named, from: fromCache})
		}
	}
	slices.SortFunc(fitting, func(a, b binary) int { return b.version.Compare(a.version) })
	for _, candidate := range fitting {
		if found, err := detect(ctx, candidate.path, r.env); err == nil && found.Equal(candidate.version) {
			return candidate, true
		}
	}
	return binary{}, false
}

func (r *Runner) binaryCache() string { return filepath.Join(r.options.CacheDir, "terraform") }

func (r *Runner) missing(unfit []string, cause error) error {
	what := fmt.Sprintf("no terraform that fits %q on PATH, and none could be downloaded", r.constraints)
	if len(unfit) > 0 {
		what += " (" + strings.Join(unfit, "; ") + ")"
	}
	return &problem.Error{
		Code: problem.TerraformMissing,
		What: what,
		Next: fmt.Sprintf("install Terraform %s on PATH (https://developer.hashicorp.com/terraform/install), "+
			"or allow access to releases.hashicorp.com", r.constraints),
		Err: cause,
	}
}

// DetectVersion asks the Terraform binary at path for its version.
func DetectVersion(ctx context.Context, path string) (string, error) {
	found, err := detect(ctx, path, cleanEnv(environMap(os.Environ())))
	if err != nil {
		return "", err
	}
	return found.String(), nil
}

func detect(ctx context.Context, path string, env map[string]string) (*version.Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version", "-json")
	cmd.Env = environList(env)
	cmd.WaitDelay = time.Second // a grandchild may hold the pipe open
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", path, err)
	}
	var answer struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("%s version: not Terraform's answer: %w", path, err)
	}
	found, err := version.NewVersion(answer.Version)
	if err != nil {
		return nil, fmt.Errorf("%s version: %w", path, err)
	}
	return found, nil
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
