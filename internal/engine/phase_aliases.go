package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// takingBack bounds how long callers are led back, after whatever ended the run: where
// Lambda throttles, requests are repeated for a while.
const takingBack = 2 * time.Minute

// aliasMove leads the callers of a function from one version to another.
type aliasMove struct {
	function liveFunction
	alias    Alias // as it is
	from, to FunctionVersion
}

// moveOf gives the move that leads a function's callers to the newest version; nil
// where they are led to one that behaves like it, and all of them. Lambda is asked
// which version that is: the state of a layer whose Terraform was killed does not
// know what it published.
func (e *Engine) moveOf(ctx context.Context, f liveFunction) (*aliasMove, error) {
	newest, err := e.Aliases.NewestVersion(ctx, f.full)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // Terraform has yet to make it
	}
	if err != nil {
		return nil, err
	}
	return e.moveTo(ctx, f, newest)
}

func (e *Engine) moveTo(ctx context.Context, f liveFunction, version string) (*aliasMove, error) {
	alias, err := e.Aliases.Alias(ctx, f.full, LiveAlias)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // Terraform has yet to make it
	}
	if err != nil {
		return nil, err
	}
	if alias.Version == version && len(alias.Shares) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to move
	}
	to, err := e.Aliases.FunctionVersion(ctx, f.full, version)
	if err != nil {
		return nil, err
	}
	from, err := e.Aliases.FunctionVersion(ctx, f.full, alias.Version)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	if from.Settings == to.Settings && len(alias.Shares) == 0 {
		return nil, nil //nolint:nilnil // it is as good
	}
	return &aliasMove{function: f, alias: alias, from: from, to: to}, nil
}

// halfDone says what a killed Terraform left of a function that the next one does not
// see: code that is not the release's, for the provider never reads which it is, and a
// change that was not published.
type halfDone struct{ code, version bool }

func (u halfDone) any() bool { return u.code || u.version }

// look finds out what is half done of a function; wanted is the digest of its archive,
// "" where it is not known.
func (e *Engine) look(ctx context.Context, f liveFunction, wanted string) (halfDone, error) {
	number, err := e.Aliases.NewestVersion(ctx, f.full)
	if errors.Is(err, ErrNotFound) {
		return halfDone{}, nil // Terraform has yet to make it
	}
	if err != nil {
		return halfDone{}, err
	}
	newest, err := e.Aliases.FunctionVersion(ctx, f.full, number)
	if err != nil {
		return halfDone{}, err
	}
	latest, err := e.Aliases.FunctionVersion(ctx, f.full, LatestVersion)
	foreign := wanted != "" && latest.CodeSHA256 != wanted
	return halfDone{code: foreign, version: foreign || latest.Settings != newest.Settings}, err
}

// archives gives the digests of functions' archives by their short names.
func archives(code Code) map[string]string {
	wanted := map[string]string{}
	for _, a := range code.Artifacts {
		wanted[a.Function] = a.SHA256
	}
	return wanted
}

// finish gives functions the code of the release, where they have another, and makes
// versions of what was changed and not published.
func (e *Engine) finish(ctx context.Context, functions []liveFunction, code Code) error {
	wanted := archives(code)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for _, f := range functions {
		group.Go(func() error {
			left, err := e.look(groupCtx, f, wanted[f.short])
			if err != nil || !left.any() {
				return err
			}
			if left.code {
				e.note("function %s has code that no state knows of: it gets the release's", f.short)
				if err := e.Aliases.PutCode(groupCtx, f.full, e.Environment.Settings.State.Bucket, ArtifactKey(wanted[f.short])); err != nil {
					return err
				}
			}
			e.note("function %s was changed and not published: it is now", f.short)
			return e.Aliases.PublishVersion(groupCtx, f.full)
		})
	}
	return group.Wait()
}

// switchAliases leads the callers of all functions to their newest versions: by
// steps where deploy.hcl has a canary, and all or none.
func (d *deployment) switchAliases(ctx context.Context) (string, error) {
	e := d.engine
	functions, err := liveFunctions(d.states(), d.preview.Layers)
	if err != nil {
		return "", err
	}
	if err := e.finish(ctx, functions, d.preview.code); err != nil {
		return "", err
	}
	moves, err := e.moves(ctx, functions)
	if err != nil {
		return "", err
	}
	if len(moves) > 0 {
		if err := d.canary(ctx, moves); err != nil {
			return "", err
		}
		if err := e.moveAll(ctx, moves); err != nil {
			return "", err
		}
	}
	records, err := e.aliasRecords(ctx, functions, moves)
	if err != nil {
		return "", err
	}
	d.update(ctx, func(r *Record) { r.Aliases = records })
	return fmt.Sprintf("%d of %d functions moved", len(moves), len(functions)), nil
}

// moves gives what has to be moved.
func (e *Engine) moves(ctx context.Context, functions []liveFunction) ([]aliasMove, error) {
	return e.eachMove(ctx, functions, e.moveOf)
}

func (e *Engine) eachMove(ctx context.Context, functions []liveFunction, find func(context.Context, liveFunction) (*aliasMove, error)) ([]aliasMove, error) {
	found := make([]*aliasMove, len(functions))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for i, f := range functions {
		group.Go(func() (err error) {
			found[i], err = find(groupCtx, f)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var moves []aliasMove
	for _, move := range found {
		if move != nil {
			moves = append(moves, *move)
		}
	}
	return moves, nil
}

// moveAll carries moves out side by side. When one fails, all are taken back: the
// functions of a release call each other, one whose answer was lost may have been moved,
// and one that was not yet moved may have a share of a canary.
func (e *Engine) moveAll(ctx context.Context, moves []aliasMove) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for _, move := range moves {
		group.Go(func() error {
			return e.Aliases.MoveAlias(groupCtx, move.function.full, LiveAlias, Alias{Version: move.to.Number})
		})
	}
	err := group.Wait()
	if err == nil {
		return nil
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), takingBack)
	defer cancel()
	e.note("not all callers could be led to the new code: they are led back")
	return errors.Join(err, e.moveBack(back, moves))
}

// moveBack leads callers where they were led before.
func (e *Engine) moveBack(ctx context.Context, moves []aliasMove) error {
	var failures []error
	for _, move := range moves {
		if err := e.Aliases.MoveAlias(ctx, move.function.full, LiveAlias, Alias{Version: move.alias.Version}); err != nil {
			failures = append(failures, fmt.Errorf("lead the callers of %s back to version %s: %w", move.function.full, move.alias.Version, err))
		}
	}
	return errors.Join(failures...)
}

// aliasRecords says where the callers of all functions are led now.
func (e *Engine) aliasRecords(ctx context.Context, functions []liveFunction, moves []aliasMove) ([]AliasRecord, error) {
	from := map[string]string{}
	for _, move := range moves {
		from[move.function.full] = move.from.Number
	}
	records := make([]AliasRecord, len(functions))
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(concurrentLooks)
	for i, f := range functions {
		group.Go(func() error {
			alias, err := e.Aliases.Alias(groupCtx, f.full, LiveAlias)
			if err != nil {
				return err
			}
			version, err := e.Aliases.FunctionVersion(groupCtx, f.full, alias.Version)
			if err != nil {
				return err
			}
			records[i] = AliasRecord{Function: f.short, FullName: f.full, From: from[f.full], To: alias.Version, CodeSHA256: version.CodeSHA256}
			return nil
		})
	}
	return records, group.Wait()
}
