package engine

import (
	"context"
	"errors"
	"time"
)

// noticeTime bounds the telling of people.
const noticeTime = 10 * time.Second

// notify tells people of a deployment. It never fails one: what keeps them from
// being told is noted. They are told of an interrupted run, too.
func (e *Engine) notify(ctx context.Context, notice Notice) {
	if e.Notifier == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeTime)
	defer cancel()
	told := make(chan error, 1)
	go func() { told <- e.Notifier.Notify(ctx, notice) }() // it has the context, but need not heed it
	var err error
	select {
	case err = <-told:
	case <-ctx.Done():
		err = errors.New("it took too long")
	}
	if err != nil {
		e.note("nobody was told that %s of %s %s: %v", notice.Operation, notice.Environment, notice.Kind, err)
	}
}
