package postgres

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrMissing says that no PostgreSQL server is installed, and what to install.
var ErrMissing = errors.New("PostgreSQL's server is missing: run scripts/postgresql, or install postgresql (Debian, Ubuntu), postgresql-server (Fedora) or postgresql@17 (Homebrew)")

// Find gives the directory of initdb and postgres: that of PATH, or where systems
// put them, newest first, or what scripts/postgresql installed. No other program
// of PostgreSQL is needed. The error is ErrMissing.
func Find(ctx context.Context) (string, error) {
	for _, directory := range candidates(ctx) {
		if executable(filepath.Join(directory, "initdb")) && executable(filepath.Join(directory, "postgres")) {
			return directory, nil
		}
	}
	return "", ErrMissing
}

func candidates(ctx context.Context) []string {
	var all []string
	if path, err := exec.LookPath("initdb"); err == nil {
		all = append(all, filepath.Dir(path))
	}
	if output, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		all = append(all, strings.TrimSpace(string(output)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return number(b) - number(a) })
		all = append(all, found...)
	}
	// The repository's own, for whoever works somewhere in it.
	if folder, err := os.Getwd(); err == nil {
		for ; ; folder = filepath.Dir(folder) {
			all = append(all, filepath.Join(folder, "bin", "postgresql", "bin"))
			if folder == filepath.Dir(folder) {
				break
			}
		}
	}
	return all
}

func executable(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// number is the version in a path such as /usr/lib/postgresql/15/bin.
func number(path string) int {
	digits := strings.TrimFunc(filepath.Base(filepath.Dir(path)), func(r rune) bool { return r < '0' || r > '9' })
	version, _ := strconv.Atoi(digits)
	return version
}
