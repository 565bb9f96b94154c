// Package artifact builds a project's Lambda functions into archives that are,
// byte for byte, the same on any machine for the same source and Go version.
package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// The processors that Lambda has, as it calls them.
const (
	ARM64 = "arm64"
	X86   = "x86_64"
)

// Options say what is built, and where.
type Options struct {
	Project      string   // directory of the Go module, absolute
	Source       string   // folder with a folder for each function, below Project
	Out          string   // directory of the archives, absolute
	Architecture string   // ARM64 or X86
	Env          []string // NAME=value: where the toolchain is found and modules come from
}

// Built is a function's archive.
type Built struct {
	Name   string `json:"name"`   // the folder's
	SHA256 string `json:"sha256"` // of the archive, in hexadecimal
	Size   int64  `json:"size"`   // of the archive, in bytes
	File   string `json:"file"`   // of the archive, beside the index

	// Fingerprint is that of everything the archive was made from.
	Fingerprint string `json:"fingerprint"`
}

// Index lists what was built for a processor, in order of the names.
type Index struct {
	Architecture string  `json:"architecture"`
	Go           string  `json:"go"` // version of the toolchain, such as go1.26.1
	Artifacts    []Built `json:"artifacts"`
}

// Path gives an archive's path.
func (o Options) Path(b Built) string { return filepath.Join(o.dir(), b.File) }

func (o Options) dir() string { return filepath.Join(o.Out, o.Architecture) }

// Host gives the processor of this machine as Lambda calls it.
func Host() (string, error) {
	for architecture, goarch := range processors {
		if goarch == runtime.GOARCH {
			return architecture, nil
		}
	}
	return "", fmt.Errorf("lambda has no processors like this machine's, %s", runtime.GOARCH)
}

// processors gives Go's names of Lambda's processors.
var processors = map[string]string{ARM64: "arm64", X86: "amd64"}

// Build builds every function whose archive is not there yet, and gives the
// index of all. It holds a lock meanwhile: two builds into the same directory
// come one after the other.
func Build(ctx context.Context, options Options) (Index, error) {
	if processors[options.Architecture] == "" {
		return Index{}, fmt.Errorf("%q is no processor of Lambda's: %s or %s", options.Architecture, ARM64, X86)
	}
	names, err := functions(options)
	if err != nil {
		return Index{}, err
	}
	if err := os.MkdirAll(options.dir(), 0o700); err != nil {
		return Index{}, outProblem(err)
	}
	lock := flock.New(filepath.Join(options.dir(), ".lock"))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			return Index{}, fmt.Errorf("wait for another build: %w", ctx.Err())
		}
		return Index{}, outProblem(err)
	}
	defer lock.Unlock() //nolint:errcheck // ends with the process at the latest
	tools, err := findToolchain(ctx, options)
	if err != nil {
		return Index{}, err
	}
	prints, err := tools.fingerprints(ctx, names)
	if err != nil {
		return Index{}, err
	}
	built := readIndex(options).upToDate(options, prints)
	var missing []string
	for _, name := range names {
		if _, ok := built[name]; !ok {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		made, err := tools.make(ctx, missing)
		if err != nil {
			return Index{}, err
		}
		for _, b := range made {
			b.Fingerprint = prints[b.Name]
			built[b.Name] = b
		}
	}
	index := Index{Architecture: options.Architecture, Go: tools.version}
	for _, name := range names {
		index.Artifacts = append(index.Artifacts, built[name])
	}
	return index, index.write(options)
}

// functions gives the names of the folders that hold a main.go, sorted.
func functions(options Options) ([]string, error) {
	source := filepath.Join(options.Project, filepath.FromSlash(options.Source))
	entries, err := os.ReadDir(source)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the functions: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if info, err := os.Stat(filepath.Join(source, entry.Name(), "main.go")); err == nil && info.Mode().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	if len(names) == 0 {
		return nil, &problem.Error{Code: problem.NoFunctions, Where: problem.Location{File: options.Source}, What: "no folder here has a main.go"}
	}
	return names, nil
}

func outProblem(err error) error {
	return &problem.Error{Code: problem.WorkDirectory, What: "the functions' archives cannot be written", Err: err}
}
