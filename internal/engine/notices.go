package engine

import "context"

// tellEnd tells people how a deployment ended.
func (e *Engine) tellEnd(ctx context.Context, d *deployment, result *Result, err error) {
	kind := NoticeFailed
	switch {
	case err == nil && d.operation == OperationRollback:
		kind = NoticeRolledBack
	case err == nil:
		kind = NoticeSucceeded
	}
	e.tell(ctx, d, kind, result.Seconds, err)
}

// tell tells people of a deployment. What has no release tells nobody: neither
// destroys nor roots without anything beside their layers.
func (e *Engine) tell(ctx context.Context, d *deployment, kind NoticeKind, seconds float64, err error) {
	if notice := e.noticeOf(d, kind, seconds, err); notice != nil {
		e.notify(ctx, *notice)
	}
}

// noticeOf gives what is told of a run; nil where nothing is.
func (e *Engine) noticeOf(d *deployment, kind NoticeKind, seconds float64, err error) *Notice {
	if d.operation == OperationDestroy {
		return nil
	}
	record := d.recorded()
	notice := Notice{Kind: kind, Operation: d.operation, Environment: e.name(), Release: record.Release, Previous: record.PreviousRelease,
		User: record.User, Reason: record.Reason, DeploymentID: d.id, CIRun: record.CIRun, Seconds: seconds, Changes: d.preview.Summary()}
	notice.SiteURL, _ = textOutput(d.outputs, outputSiteURL)
	if d.verification != nil {
		notice.Checks = d.verification.NotPassed("")
	}
	if err != nil {
		notice.Error = short(err)
	}
	return &notice
}
