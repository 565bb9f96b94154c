package cli

import (
	"context"
	"os/exec"
	"runtime"

	"github.com/goal-mandala/mandala-deploy/internal/problem"
	"github.com/goal-mandala/mandala-deploy/internal/view"
)

// browse opens a file or an address in the user's browser. Where nothing does, that is a
// warning: what there is to see is there.
func (a *app) browse(ctx context.Context, what string) {
	opener := []string{"xdg-open"}
	switch runtime.GOOS {
	case "darwin":
		opener = []string{"open"}
	case "windows":
		opener = []string{"rundll32", "url.dll,FileProtocolHandler"}
	}
	command := exec.CommandContext(ctx, opener[0], append(opener[1:], what)...)
	command.Env = a.Environ
	if err := command.Run(); err != nil {
		view.Warning(a.Stderr, &problem.Error{Code: problem.NoBrowser, Where: problem.Location{Flag: "--open"}, What: what + " could not be opened", Err: err}, a.palette(a.Stderr))
	}
}
