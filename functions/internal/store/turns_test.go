package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// limit gives the database as many connections as there may be: the copy that a test
// gets of the migrated one has not its limit.
func limit(t *testing.T, database pgtest.Database, connections string) {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if _, err := owner.Exec(t.Context(), "ALTER DATABASE "+database.Name+" CONNECTION LIMIT "+connections); err != nil {
		t.Fatal(err)
	}
}

// TestMoreInstancesThanConnections lets 60 instances use the 50 connections of R6.2, one
// request after the other, until those that had none at first have had their turn.
func TestMoreInstancesThanConnections(t *testing.T) {
	t.Parallel()
	const instances = 60
	database := pgtest.New(t)
	db := open(t, database)
	user := provision(t, db)
	db.Close()
	limit(t, database, "50")
	var served atomic.Int64
	group, ctx := errgroup.WithContext(t.Context())
	for range instances {
		own := instance(t, database, store.WorkflowTimeout)
		group.Go(func() error {
			for first := true; served.Load() < instances; first = false {
				if err := read(ctx, own, user, 50*time.Millisecond); err != nil {
					return err
				}
				if first {
					served.Add(1)
				}
				time.Sleep(200 * time.Millisecond) // the answer, and the next request
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Errorf("%d of %d instances were served: %v", served.Load(), instances, err)
	}
}

// read is a request whose transaction takes some time.
func read(ctx context.Context, db *store.DB, user domain.ID, work time.Duration) error {
	return db.Read(ctx, user, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.User(ctx)
		time.Sleep(work)
		return err
	})
}

// TestAFrozenInstanceGivesItsConnectionBack has the only connection at an instance that
// does nothing more.
func TestAFrozenInstanceGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	database, user := single(t)
	for range 2 {
		if err := read(t.Context(), instance(t, database, store.APITimeout), user, 0); err != nil {
			t.Error(err)
		}
	}
}

// TestNoConnectionInTimeIsUnavailable has the only connection in use all the time.
func TestNoConnectionInTimeIsUnavailable(t *testing.T) {
	t.Parallel()
	database, user := single(t)
	busy, next := instance(t, database, store.WorkflowTimeout), instance(t, database, store.APITimeout)
	err := busy.Read(t.Context(), user, func(ctx context.Context, _ *store.Tx) error {
		begun := time.Now()
		if err := read(ctx, next, user, 0); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("after %s: %v", time.Since(begun), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// single is a database with a user, which gives one connection.
func single(t *testing.T) (pgtest.Database, domain.ID) {
	t.Helper()
	database := pgtest.New(t)
	db := open(t, database)
	user := provision(t, db)
	db.Close()
	limit(t, database, "1")
	return database, user
}
