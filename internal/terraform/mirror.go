package terraform

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// publicRegistry is the host whose folder marks a directory as a mirror.
const publicRegistry = "registry.terraform.io"

// mirror is a directory in Terraform's filesystem mirror layout.
type mirror struct {
	dir       string
	providers []string // source addresses that it has for this platform, sorted
}

// SystemMirrorRoots are the usual places for add-on software, as glob
// patterns. They are shallow, so that looking through them takes no time.
func SystemMirrorRoots() []string {
	return []string{
		"/opt/*", "/opt/*/*",
		"/usr/local/share/*", "/usr/local/lib/*",
		"/usr/share/*", "/usr/lib/*", "/var/lib/*",
	}
}

// findMirrors gives the mirrors among the directories that match patterns, in
// the patterns' order. Unreadable directories are none.
func findMirrors(patterns []string) []mirror {
	var found []mirror
	for _, pattern := range patterns {
		dirs, err := filepath.Glob(filepath.Join(pattern, publicRegistry))
		if err != nil {
			continue // a malformed pattern matches nothing
		}
		for _, dir := range dirs {
			if m, ok := openMirror(filepath.Dir(dir)); ok {
				found = append(found, m)
			}
		}
	}
	return found
}

// openMirror looks at dir; ok is false when it holds no provider for this
// platform. Both layouts count: HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/ and
// HOST/NAMESPACE/TYPE/terraform-provider-TYPE_VERSION_OS_ARCH.zip.
func openMirror(dir string) (m mirror, ok bool) {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	m.dir = dir
	seen := map[string]bool{}
	for _, layout := range []struct {
		pattern string
		up      int // steps from a match to the provider's folder
	}{
		{filepath.Join("*", "*", "*", "*", platform), 2},
		{filepath.Join("*", "*", "*", "terraform-provider-*_"+platform+".zip"), 1},
	} {
		matches, err := filepath.Glob(filepath.Join(globEscape(dir), layout.pattern))
		if err != nil {
			continue
		}
		for _, match := range matches {
			for range layout.up {
				match = filepath.Dir(match)
			}
			source, err := filepath.Rel(dir, match)
			if err != nil || seen[source] || !strings.Contains(hostOf(source), ".") {
				continue
			}
			seen[source] = true
			m.providers = append(m.providers, filepath.ToSlash(source))
		}
	}
	slices.Sort(m.providers)
	return m, len(m.providers) > 0
}

func hostOf(source string) string {
	host, _, _ := strings.Cut(filepath.ToSlash(source), "/")
	return host
}

// globEscape makes every character of path stand for itself in a pattern.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// impliedMirrors are the directories that Terraform looks at by itself as long
// as its configuration has no provider_installation block, except the one in
// the current directory: Terraform runs in a composed root, not in the user's
// project.
func impliedMirrors(env map[string]string) []mirror {
	var dirs []string
	if home := env["HOME"]; home != "" {
		dirs = append(dirs, filepath.Join(home, ".terraform.d", "plugins"))
		if runtime.GOOS == "darwin" {
			dirs = append(dirs, filepath.Join(home, "Library", "Application Support", "io.terraform", "plugins"),
				filepath.Join("/Library", "Application Support", "io.terraform", "plugins"))
		} else {
			data := env["XDG_DATA_HOME"]
			if data == "" {
				data = filepath.Join(home, ".local", "share")
			}
			dirs = append(dirs, filepath.Join(data, "terraform", "plugins"))
		}
	}
	if runtime.GOOS != "darwin" {
		shared := env["XDG_DATA_DIRS"]
		if shared == "" {
			shared = "/usr/local/share:/usr/share"
		}
		for _, data := range filepath.SplitList(shared) {
			dirs = append(dirs, filepath.Join(data, "terraform", "plugins"))
		}
	}
	var found []mirror
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		if m, ok := openMirror(dir); ok {
			found = append(found, m)
		}
	}
	return found
}
