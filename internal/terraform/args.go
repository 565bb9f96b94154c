package terraform

import "github.com/goal-mandala/mandala-deploy/internal/engine"

// The argument lists of what is run without terraform-exec. No argument ever
// holds a value that could be secret: other users of a machine see them.

func planArgs(options engine.PlanOptions) []string {
	// No lock: a plan writes no state, and a preview must not stand in the
	// way of whoever applies.
	args := []string{"plan", "-json", "-input=false", "-lock=false", "-out=" + engine.PlanFile}
	if options.Destroy {
		args = append(args, "-destroy")
	}
	if options.RefreshOnly {
		args = append(args, "-refresh-only")
	}
	if options.NoRefresh {
		args = append(args, "-refresh=false")
	}
	for _, address := range options.Targets {
		args = append(args, "-target="+address)
	}
	for _, address := range options.Replace {
		args = append(args, "-replace="+address)
	}
	for _, file := range options.VarFiles {
		args = append(args, "-var-file="+file)
	}
	return args
}

func showArgs() []string { return []string{"show", "-json", engine.PlanFile} }

func forgetArgs(addresses []string) []string {
	return append([]string{"state", "rm", "-no-color", "-lock-timeout=0s"}, addresses...)
}

func pushArgs(file string) []string {
	return []string{"state", "push", "-lock-timeout=0s", file}
}

func applyArgs() []string {
	// The environment's lease already keeps others away: a held lock is news.
	return []string{"apply", "-json", "-input=false", "-lock-timeout=0s", engine.PlanFile}
}
