// Command github-description cuts the operations that mandala-deploy calls out of
// GitHub's description of its API, for the tests: internal/github/githubtest holds every
// request, and every answer of its stand-in, to the cut. It needs npm, which fetches the
// package @octokit/openapi; its release and content are pinned below.
//
//	go run ./tools/github-description
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

const (
	pack      = "@octokit/openapi@23.0.2"
	archive   = "octokit-openapi-23.0.2.tgz"
	integrity = "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg=="
	member    = "package/generated/api.github.com.json"

	folder     = "internal/github/githubtest/testdata"
	operations = folder + "/operations.txt"
	result     = folder + "/description.json"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "github-description:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	listed, err := os.ReadFile(operations)
	if err != nil {
		return fmt.Errorf("run it from the repository's top directory: %w", err)
	}
	whole, err := fetch(ctx)
	if err != nil {
		return err
	}
	var wanted []string
	for line := range strings.Lines(string(listed)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			wanted = append(wanted, line)
		}
	}
	part, err := cut(whole, wanted)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body) // sorts the keys
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(part); err != nil {
		return err
	}
	return os.WriteFile(result, body.Bytes(), 0o644) //nolint:gosec // as every file of the repository
}

// fetch gives GitHub's whole description.
func fetch(ctx context.Context) (map[string]any, error) {
	dir, err := os.MkdirTemp("", "github-description")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	npm := exec.CommandContext(ctx, "npm", "pack", "--silent", "--pack-destination", dir, pack)
	npm.Dir, npm.Stderr = dir, os.Stderr
	if err := npm.Run(); err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", pack, err)
	}
	body, err := os.ReadFile(filepath.Join(dir, archive))
	if err != nil {
		return nil, err
	}
	if sum := sha512.Sum512(body); "sha512-"+base64.StdEncoding.EncodeToString(sum[:]) != integrity {
		return nil, fmt.Errorf("%s is not the package that is pinned", pack)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s has no %s", pack, member)
		}
		if err != nil {
			return nil, err
		}
		if header.Name != member {
			continue
		}
		var whole map[string]any
		if err := json.NewDecoder(files).Decode(&whole); err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		return whole, nil
	}
}
