package terraform

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// stampFile is where init keeps the sum of what it depended upon. It lies in
// .terraform, so that whoever removes that folder has init run again.
const stampFile = ".terraform/mandala-init.sum"

// Init makes dir ready for plan and apply. It does nothing while all that init
// depends upon is as it was when it last succeeded there.
func (r *Runner) Init(ctx context.Context, dir string) error {
	tools, err := r.toolchain(ctx)
	if err != nil {
		return err
	}
	before, err := tools.initSum(dir)
	if err != nil {
		return err
	}
	stamp := filepath.Join(dir, stampFile)
	if written, err := os.ReadFile(stamp); err == nil && string(written) == before && pluginsPresent(dir) {
		return nil
	}
	if err := os.Remove(stamp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return writeProblem("removing "+stamp, err)
	}
	if tools.source.cached(tools.env) {
		if err := os.MkdirAll(r.options.CacheDir, 0o755); err != nil {
			return writeProblem("creating "+r.options.CacheDir, err)
		}
		unlock, err := lockFile(ctx, filepath.Join(r.options.CacheDir, "init.lock"))
		if err != nil {
			return err
		}
		defer unlock()
	}
	if err := tools.init(ctx, dir); err != nil {
		return err
	}
	after, err := tools.initSum(dir) // init may have completed the lock file
	if err != nil {
		return err
	}
	// Terraform makes no .terraform for a root that needs nothing.
	if err := os.MkdirAll(filepath.Dir(stamp), 0o755); err != nil {
		return writeProblem("creating "+filepath.Dir(stamp), err)
	}
	return writePrivate(stamp, []byte(after))
}

// init runs `terraform init` through terraform-exec. It starts no provider and
// changes nothing but dir, so it may die with this process.
func (t *toolchain) init(ctx context.Context, dir string) error {
	if ctx.Err() != nil {
		return interrupted(ctx, "terraform init")
	}
	tf, err := tfexec.NewTerraform(dir, t.binary.path)
	if err != nil {
		return writeProblem("preparing terraform init", err)
	}
	// terraform-exec refuses TF_VAR_*; init has no use for variables.
	if err := tf.SetEnv(tfexec.CleanEnv(cleanEnv(t.env))); err != nil {
		return fmt.Errorf("preparing terraform init: %w", err)
	}
	if err := tf.SetWaitDelay(readerWait); err != nil {
		return fmt.Errorf("preparing terraform init: %w", err)
	}
	var out bytes.Buffer
	err = tf.InitJSON(ctx, &out, tfexec.Reconfigure(true))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return interrupted(ctx, "terraform init")
	}
	var said stream
	if err := readLines(bufio.NewReader(&out), func(raw []byte) { said.add(raw) }); err != nil {
		return err
	}
	if len(said.errors) > 0 {
		return said.problem("init")
	}
	if strings.Contains(strings.ToLower(err.Error()), noSpace) {
		return &problem.Error{Code: problem.DiskFull, What: "terraform init ran out of disk space in " + dir, Err: err}
	}
	return &problem.Error{
		Code: problem.TerraformCrashed,
		What: "terraform init ended unexpectedly in " + dir,
		Err:  err,
	}
}

// pluginsPresent reports whether the providers that init linked or copied into
// dir are still there: a link's target may have been removed since.
func pluginsPresent(dir string) bool {
	links, err := filepath.Glob(filepath.Join(globEscape(dir), ".terraform", "providers", "*", "*", "*", "*", "*"))
	if err != nil {
		return false
	}
	for _, link := range links {
		if _, err := os.Stat(link); err != nil {
			return false
		}
	}
	return true
}
