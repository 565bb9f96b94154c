package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
)

// format is raised when archives are made in another way.
const format = 1

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath string
	Name       string
	Dir        string
	Standard   bool
	Module     *module
	Deps       []string

	GoFiles, SFiles, HFiles, SysoFiles, EmbedFiles []string
}

type module struct {
	Path, Version, Sum string
	Main               bool
	GoMod              string // of the module that is built: its path
	Replace            *module
}

// fields are those of listed.
const fields = "-json=ImportPath,Name,Dir,Standard,Module,Deps,GoFiles,SFiles,HFiles,SysoFiles,EmbedFiles"

// fingerprints hashes, for each function, everything that its archive is made
// from: the toolchain, its flags, go.mod, the project's own files, and of each
// other module, which cannot change, the version and checksum.
func (t *toolchain) fingerprints(ctx context.Context, names []string) (map[string]string, error) {
	out, err := t.run(ctx, append([]string{"list", "-deps", "-tags", tags, fields}, t.folders(names)...)...)
	if err != nil {
		return nil, t.sourceProblem(err)
	}
	packages := map[string]listed{}
	roots := map[string]listed{} // by folder
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the list of packages: %w", err)
		}
		packages[p.ImportPath] = p
		if p.Module != nil && p.Module.Main {
			roots[p.Dir] = p
		}
	}
	sums := map[string]string{} // by import path
	prints := map[string]string{}
	for _, name := range names {
		folder, err := filepath.EvalSymlinks(filepath.Join(t.options.Project, filepath.FromSlash(t.options.Source), name))
		if err != nil {
			return nil, fmt.Errorf("find function %s: %w", name, err)
		}
		root, ok := roots[folder]
		if !ok {
			root, ok = roots[filepath.Join(t.options.Project, filepath.FromSlash(t.options.Source), name)]
		}
		if !ok || root.Name != "main" {
			return nil, t.notMain(name)
		}
		if prints[name], err = t.fingerprint(root, packages, sums); err != nil {
			return nil, err
		}
	}
	return prints, nil
}

func (t *toolchain) fingerprint(root listed, packages map[string]listed, sums map[string]string) (string, error) {
	sum := sha256.New()
	// The archive is compressed by the tool's own standard library.
	fmt.Fprintln(sum, format, t.version, runtime.Version(), t.options.Architecture, flags())
	if err := hashFile(sum, root.Module.GoMod, "go.mod"); err != nil {
		return "", err
	}
	needs := append(slices.Clone(root.Deps), root.ImportPath)
	sort.Strings(needs)
	for _, path := range needs {
		p := packages[path]
		if p.Standard {
			continue
		}
		if sums[path] == "" {
			one, err := p.sum()
			if err != nil {
				return "", err
			}
			sums[path] = one
		}
		fmt.Fprintln(sum, path, sums[path])
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// sum tells a package's content.
func (p listed) sum() (string, error) {
	if m := p.Module; m != nil && !m.Main {
		from := m
		if m.Replace != nil {
			from = m.Replace
		}
		if from.Version != "" { // else it is a folder on this machine
			return fmt.Sprintln(m.Path, m.Version, from.Path, from.Version, from.Sum), nil
		}
	}
	sum := sha256.New()
	for _, files := range [][]string{p.GoFiles, p.SFiles, p.HFiles, p.SysoFiles, p.EmbedFiles} {
		for _, file := range files {
			if err := hashFile(sum, filepath.Join(p.Dir, file), file); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func hashFile(sum hash.Hash, path, name string) error {
	body, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the functions' source: %w", err)
	}
	fmt.Fprintf(sum, "%d:%s%d:", len(name), name, len(body))
	sum.Write(body)
	return nil
}
