package terraform

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

// downloadTimeout bounds one download of about 30 MB.
const downloadTimeout = 10 * time.Minute

// lockRetry is how often a waiting process looks whether a lock is free.
const lockRetry = 100 * time.Millisecond

// releaseSite names another release site than HashiCorp's and the key that
// signs its checksums; the zero value is HashiCorp's.
type releaseSite struct {
	url        string
	armoredKey string
}

// download gets the newest fitting Terraform, checks signature and checksum,
// and puts it into the cache. Processes that download at the same time wait
// for each other, and a killed one leaves nothing that looks complete.
func (r *Runner) download(ctx context.Context) (binary, error) {
	cache := r.binaryCache()
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return binary{}, writeProblem("creating the cache "+cache, err)
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, ".lock"))
	if err != nil {
		return binary{}, err
	}
	defer unlock()
	if cached, ok := r.findCached(ctx); ok { // another process was first
		return cached, nil
	}

	partial, err := os.MkdirTemp(cache, ".partial-")
	if err != nil {
		return binary{}, writeProblem("creating a directory in "+cache, err)
	}
	defer func() { _ = os.RemoveAll(partial) }()
	site := &releases.LatestVersion{
		Product:          product.Terraform,
		Constraints:      r.constraints,
		InstallDir:       partial,
		Timeout:          downloadTimeout,
		ApiBaseURL:       r.options.releases.url,
		ArmoredPublicKey: r.options.releases.armoredKey,
		// One try: hc-install's own client keeps an offline user waiting 15 s.
		HTTPClient: &http.Client{},
	}
	path, err := site.Install(ctx)
	if err != nil {
		return binary{}, fmt.Errorf("downloading: %w", err)
	}
	found, err := detect(ctx, path, r.env)
	if err != nil {
		return binary{}, fmt.Errorf("checking the download: %w", err)
	}
	final := filepath.Join(cache, found.String())
	if err := os.RemoveAll(final); err != nil { // a damaged one: findCached refused it
		return binary{}, writeProblem("replacing "+final, err)
	}
	if err := os.Rename(partial, final); err != nil {
		return binary{}, writeProblem("filling the cache", err)
	}
	return binary{path: filepath.Join(final, filepath.Base(path)), version: found, from: fromDownload}, nil
}

// lockFile takes an exclusive lock that ends with the process and gives what
// releases it.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	lock := flock.New(path)
	if _, err := lock.TryLockContext(ctx, lockRetry); err != nil {
		if ctx.Err() != nil {
			return nil, interrupted(ctx, "waiting for "+path)
		}
		return nil, writeProblem("locking "+path, err)
	}
	return func() { _ = lock.Unlock() }, nil
}
