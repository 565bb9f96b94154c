package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// Build says which build of the tool this is.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// build reads what the Go toolchain wrote into the binary.
func build() Build {
	b := Build{Version: "dev", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				b.Commit += "-dirty"
			}
		}
	}
	return b
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this build",
		Example: `  mandala-deploy version
  mandala-deploy version --json | jq -r .commit`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b := build()
			if a.flags.json {
				return view.WriteJSON(a.Stdout, b)
			}
			fmt.Fprintf(a.Stdout, "mandala-deploy %s", b.Version)
			if b.Commit != "" {
				fmt.Fprintf(a.Stdout, " (%s)", b.Commit)
			}
			fmt.Fprintf(a.Stdout, " %s %s/%s\n", b.Go, b.OS, b.Arch)
			return nil
		},
	}
}
