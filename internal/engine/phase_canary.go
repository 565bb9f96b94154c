package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/internal/environment"
	"github.com/goal-mandala/mandala-deploy/internal/problem"
)

// canaryPoll is how often a canary is looked at.
const canaryPoll = 5 * time.Second

// fewestCalls is how many calls of a new version tell anything of its share of
// failures.
const fewestCalls = 10

// canary leads growing shares of the calls to the new versions and watches them.
// On any way out but success, an interrupt too, all calls go where they went
// before: no share is left behind.
func (d *deployment) canary(ctx context.Context, moves []aliasMove) (err error) {
	e := d.engine
	settings := e.Environment.Settings.Canary
	chosen := slices.DeleteFunc(slices.Clone(moves), func(m aliasMove) bool {
		return m.from.Number == "" || len(settings.Functions) > 0 && !slices.Contains(settings.Functions, m.function.short)
	})
	// Going back is not tried out.
	if len(settings.Steps) == 0 || len(chosen) == 0 || d.operation == OperationRollback {
		return nil
	}
	topic, _ := textOutput(d.outputs, outputAlertsTopic)
	before, err := e.alarming(ctx, topic)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		back, cancel := context.WithTimeout(context.WithoutCancel(ctx), takingBack)
		defer cancel()
		e.note("canary: all calls go to the versions before")
		err = errors.Join(err, e.moveBack(back, chosen))
	}()
	for _, step := range settings.Steps {
		e.phase("canary: %d %% of the calls go to the new versions of %d functions for %s", step.Percent, len(chosen), step.Hold)
		if err := d.share(ctx, chosen, step); err != nil {
			return err
		}
		watch := canaryWatch{engine: e, moves: chosen, topic: topic, before: before, since: e.Clock().UTC(), most: settings.MaxErrorPercent}
		if err := watch.hold(ctx, step.Hold); err != nil {
			return err
		}
	}
	return nil
}

// share gives the new versions a step's share of the calls.
func (d *deployment) share(ctx context.Context, moves []aliasMove, step environment.CanaryStep) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for _, move := range moves {
		group.Go(func() error {
			return d.engine.Aliases.MoveAlias(groupCtx, move.function.full, LiveAlias, Alias{
				Version: move.alias.Version, Shares: map[string]float64{move.to.Number: float64(step.Percent) / 100},
			})
		})
	}
	return group.Wait()
}

// canaryWatch watches the new versions during one step.
type canaryWatch struct {
	engine *Engine
	moves  []aliasMove
	topic  string
	before []string // alarms that were in alarm when the canary began
	since  time.Time
	most   float64 // percent of failed calls
}

func (w canaryWatch) hold(ctx context.Context, how time.Duration) error {
	end := time.NewTimer(how)
	defer end.Stop()
	look := time.NewTicker(min(canaryPoll, max(how/4, 100*time.Millisecond)))
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return &problem.Error{Code: problem.Interrupted, What: "the canary was interrupted", Err: problem.ErrInterrupted}
		case <-look.C:
			if _, err := w.look(ctx); err != nil {
				return err
			}
		case <-end.C:
			calls, err := w.look(ctx)
			if err == nil {
				w.engine.note("canary: %d calls of new versions were seen", calls)
				if calls < fewestCalls {
					w.engine.note("canary: too few calls to tell anything: this step proved nothing")
				}
			}
			return err
		}
	}
}

// look ends the canary where an alarm went off or calls failed, and gives how many calls
// of new versions there were.
func (w canaryWatch) look(ctx context.Context) (seen int, err error) {
	alarms, err := w.engine.alarming(ctx, w.topic)
	if err != nil {
		return 0, err
	}
	alarms = slices.DeleteFunc(alarms, func(name string) bool { return slices.Contains(w.before, name) })
	if len(alarms) > 0 {
		return 0, canaryProblem(w.engine.name(), "in alarm since it began: "+strings.Join(alarms, ", "))
	}
	failing, counted := make([]string, len(w.moves)), make([]int, len(w.moves))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for i, move := range w.moves {
		group.Go(func() error {
			calls, failed, err := w.engine.Metrics.Calls(groupCtx, move.function.full, LiveAlias, move.to.Number, w.since)
			if err == nil && calls >= fewestCalls && float64(failed)*100 > w.most*float64(calls) {
				failing[i] = fmt.Sprintf("%s: %d of %d calls of version %s failed", move.function.short, failed, calls, move.to.Number)
			}
			counted[i] = calls
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	for _, calls := range counted {
		seen += calls
	}
	if failing = slices.DeleteFunc(failing, func(text string) bool { return text == "" }); len(failing) > 0 {
		return 0, canaryProblem(w.engine.name(), strings.Join(failing, "; "))
	}
	return seen, nil
}

func canaryProblem(environment, what string) error {
	return &problem.Error{Code: problem.CanaryFailed, What: fmt.Sprintf("the canary of %s: %s", environment, what)}
}

// alarming gives the alarms of a topic that are in alarm; none without a topic.
func (e *Engine) alarming(ctx context.Context, topic string) ([]string, error) {
	if topic == "" || e.Metrics == nil {
		return nil, nil
	}
	return e.Metrics.Alarming(ctx, topic)
}
