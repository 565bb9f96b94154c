package cli

import (
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

func (a *app) manCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man --dir DIR",
		Short: "Write a manual page for each command",
		Long: `man writes the help of every command as a manual page, such as
mandala-deploy-plan.1. Where DIR is man1 in a folder that MANPATH names, man finds
them.`,
		Example: `  mandala-deploy man --dir ~/.local/share/man/man1`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if dir == "" {
				return flagProblem("--dir", "where to? man wants --dir")
			}
			err := os.MkdirAll(dir, 0o755)
			if err == nil {
				root := cmd.Root()
				root.DisableAutoGenTag = true // of a page's own date there is one in its header
				date := builtAt()
				err = doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: build().Version, Manual: root.Name(), Date: &date}, dir)
			}
			if err != nil {
				return &problem.Error{Code: problem.NotWritten, Where: problem.Location{Flag: "--dir"}, What: "the manual pages cannot be written", Err: err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "folder for the pages; it is made where there is none")
	// Only fails for a flag that does not exist.
	_ = cmd.MarkFlagDirname("dir")
	return cmd
}

// builtAt is the time of the commit of this build, so that the same build writes the same
// pages.
func builtAt() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key != "vcs.time" {
				continue
			}
			if at, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				return at
			}
		}
	}
	return time.Unix(0, 0).UTC()
}
