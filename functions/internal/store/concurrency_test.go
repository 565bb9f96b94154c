package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// instance is a function's instance: it has one connection.
func instance(t *testing.T, database pgtest.Database, timeout time.Duration) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{
		Host: database.Host, Port: 5432, Database: database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{}, Application: "instance", StatementTimeout: timeout, Connections: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// TestParallelChangesKeepTheProgress lets many instances change, add and delete tasks of
// two goals, alone and in bulk, each in an order of its own.
func TestParallelChangesKeepTheProgress(t *testing.T) {
	t.Parallel()
	const instances, rounds, tasks = 8, 25, 12
	database := pgtest.New(t)
	db := open(t, database)
	user := provision(t, db)
	charts := []chart{plant(t, db, user), plant(t, db, user)}
	var ids []domain.ID
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		for i := range tasks {
			next := task("Task")
			next.ActionID = charts[i%2].action.ID
			made, err := tx.CreateTask(ctx, next)
			if err != nil {
				return err
			}
			ids = append(ids, made.ID)
		}
		return nil
	})

	var group errgroup.Group
	var changes atomic.Int64
	for number := range instances {
		own := instance(t, database, store.WorkflowTimeout)
		random := rand.New(rand.NewPCG(1, uint64(number))) //nolint:gosec // a small number
		group.Go(func() error {
			for range rounds {
				status := domain.TaskStatuses()[random.IntN(4)]
				set := func(next *domain.Task) error {
					var invalid *domain.ValidationError
					if err := next.Apply(domain.TaskPatch{Status: domain.Some(status)}, time.Now()); !errors.As(err, &invalid) {
						return err
					}
					return nil // it may not become that: it stays
				}
				order := random.Perm(len(ids))
				kind := random.IntN(4)
				err := own.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
					switch kind {
					case 0:
						_, err := tx.UpdateTasks(ctx, []domain.ID{ids[order[0]], ids[order[1]], ids[order[2]]}, set)
						return err
					case 1: // one more that is gone again
						next := task("More")
						next.ActionID = charts[random.IntN(2)].action.ID
						made, err := tx.CreateTask(ctx, next)
						if err != nil {
							return err
						}
						return tx.DeleteTasks(ctx, []domain.ID{made.ID}, made.Version)
					default:
						_, err := tx.UpdateTask(ctx, ids[order[0]], store.AnyVersion, set)
						return err
					}
				})
				if err != nil {
					return err
				}
				changes.Add(1)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil || changes.Load() != instances*rounds {
		t.Fatalf("after %d changes: %v", changes.Load(), err)
	}
	for _, c := range charts {
		checkProgress(t, db, user, c.goal.ID)
	}
	if found := deadlocks(t, database); found != 0 {
		t.Errorf("%d deadlocks: goals are not locked in one order", found)
	}
}

// checkProgress compares what is stored of a goal's progress with what its tasks come to.
func checkProgress(t *testing.T, db *store.DB, user, goal domain.ID) {
	t.Helper()
	var read domain.Chart
	var days []store.ProgressPoint
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) {
		if read, err = tx.Chart(ctx, goal); err != nil {
			return err
		}
		days, err = tx.Progress(ctx, goal, domain.Date{Year: 2000, Month: 1, Day: 1}, domain.Date{Year: 9999, Month: 1, Day: 1})
		return err
	})
	var counts []domain.ActionCount
	stored := domain.Progress{Goal: read.Goal.Progress, SubGoals: map[domain.ID]int{}, Actions: map[domain.ID]int{}}
	for _, subGoal := range read.SubGoals {
		stored.SubGoals[subGoal.ID] = subGoal.Progress
		for _, action := range subGoal.Actions {
			stored.Actions[action.ID] = action.Progress
			count := domain.ActionCount{ActionID: action.ID, SubGoalID: subGoal.ID}
			for _, task := range action.Tasks {
				switch task.Status {
				case domain.TaskCompleted:
					count.Completed++
					count.Total++
				case domain.TaskNotStarted, domain.TaskInProgress:
					count.Total++
				}
			}
			counts = append(counts, count)
		}
	}
	last := days[len(days)-1]
	stored.Tasks = domain.Count{Completed: last.CompletedTasks, Total: last.TotalTasks}
	if diff := cmp.Diff(domain.RollUp(counts), stored); diff != "" || last.Progress != stored.Goal {
		t.Errorf("today %+v (-of the tasks +stored):\n%s", last, diff)
	}
}

// deadlocks are how many PostgreSQL found in the database.
func deadlocks(t *testing.T, database pgtest.Database) (count int) {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	if err := owner.QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

// TestOneOfManyWithTheSameTagWins lets many who read the same version change the task.
func TestOneOfManyWithTheSameTagWins(t *testing.T) {
	t.Parallel()
	const instances = 8
	database := pgtest.New(t)
	db := open(t, database)
	user := provision(t, db)
	next := task("Task")
	next.ActionID = plant(t, db, user).action.ID
	var made domain.Task
	write(t, db, user, func(ctx context.Context, tx *store.Tx) (err error) { made, err = tx.CreateTask(ctx, next); return err })

	var won, stale atomic.Int64
	var group errgroup.Group
	for range instances {
		own := instance(t, database, store.WorkflowTimeout)
		group.Go(func() error {
			err := own.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.UpdateTask(ctx, made.ID, made.Version, func(t *domain.Task) error { t.Status = domain.TaskInProgress; return nil })
				return err
			})
			if errors.Is(err, store.ErrStale) {
				stale.Add(1)
				return nil
			}
			won.Add(1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{1, instances - 1}, []int64{won.Load(), stale.Load()}); diff != "" {
		t.Errorf("won, and came too late (-want +got):\n%s", diff)
	}
}

// TestTwoThatBlockEachOtherBothSucceed: with the API's short timeouts PostgreSQL has no
// time to find the deadlock, and the wait for the lock ends it.
func TestTwoThatBlockEachOtherBothSucceed(t *testing.T) {
	t.Parallel()
	for name, timeout := range map[string]time.Duration{"on the API's paths": store.APITimeout, "in the workflow": store.WorkflowTimeout} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := pgtest.New(t)
			db := open(t, database)
			user := provision(t, db)
			goals := []domain.ID{plant(t, db, user).goal.ID, plant(t, db, user).goal.ID}
			var both sync.WaitGroup
			both.Add(2)
			var group errgroup.Group
			for number := range 2 {
				own := instance(t, database, timeout)
				group.Go(func() error {
					first := true
					return own.Write(t.Context(), user, func(ctx context.Context, tx *store.Tx) error {
						if _, err := tx.UpdateGoal(ctx, goals[number], store.AnyVersion, func(g *domain.Goal) error { g.Background += "x"; return nil }); err != nil {
							return err
						}
						if first {
							first = false
							both.Done()
							both.Wait()
						}
						_, err := tx.UpdateGoal(ctx, goals[1-number], store.AnyVersion, func(g *domain.Goal) error { g.Background += "x"; return nil })
						return err
					})
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			for _, id := range goals {
				write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
					goal, err := tx.Goal(ctx, id)
					if goal.Background != "xx" {
						t.Errorf("changed %d times", len(goal.Background))
					}
					return err
				})
			}
		})
	}
}
