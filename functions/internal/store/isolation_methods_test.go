package store_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

// possession is what the methods are asked for of a user.
type possession struct {
	user         domain.ID
	goal, action domain.ID
	tasks        []domain.ID
	note, view   domain.ID
}

func (p possession) ids() []domain.ID {
	return append([]domain.ID{p.user, p.goal, p.action, p.note, p.view}, p.tasks...)
}

// possess makes a user with a row in every table, and three tasks.
func possess(t *testing.T, db *store.DB) possession {
	t.Helper()
	user := provision(t, db)
	c, made := populate(t, db, user)
	p := possession{user: user, goal: c.goal.ID, action: c.action.ID, tasks: []domain.ID{made.ID}}
	write(t, db, user, func(ctx context.Context, tx *store.Tx) error {
		for range 2 {
			next := task("Task")
			next.ActionID, next.Deadline = c.action.ID, &domain.Date{Year: 2026, Month: 11, Day: 24}
			made, err := tx.CreateTask(ctx, next)
			if err != nil {
				return err
			}
			p.tasks = append(p.tasks, made.ID)
		}
		notes, err := tx.Notes(ctx, made.ID)
		if err != nil {
			return err
		}
		views, err := tx.Views(ctx)
		if err != nil {
			return err
		}
		p.note, p.view = notes[0].ID, views[0].ID
		return tx.SetGoalStatus(ctx, p.goal, domain.GoalActive) // tasks of others are not due
	})
	return p
}

// picker takes ids of the caller and, now and then, of others.
type picker struct {
	random  *rand.Rand
	self    possession
	others  []possession
	foreign bool // an id of another user was taken
}

func (p *picker) pick(of func(possession) domain.ID) domain.ID {
	if p.random.IntN(2) == 0 {
		return of(p.self)
	}
	p.foreign = true
	return of(p.others[p.random.IntN(len(p.others))])
}

func (p *picker) goal() domain.ID {
	return p.pick(func(of possession) domain.ID { return of.goal })
}

func (p *picker) action() domain.ID {
	return p.pick(func(of possession) domain.ID { return of.action })
}

// task takes the one that the note is about.
func (p *picker) task() domain.ID {
	return p.pick(func(of possession) domain.ID { return of.tasks[0] })
}

func (p *picker) note() domain.ID {
	return p.pick(func(of possession) domain.ID { return of.note })
}

func (p *picker) view() domain.ID {
	return p.pick(func(of possession) domain.ID { return of.view })
}

func (p *picker) tasks() []domain.ID {
	var ids []domain.ID
	for range 1 + p.random.IntN(4) {
		ids = append(ids, p.pick(func(of possession) domain.ID { return of.tasks[p.random.IntN(len(of.tasks))] }))
	}
	return ids
}

// idsOf are the ids that name rows of an answer.
func idsOf[T any](rows []T, id func(T) domain.ID) []domain.ID {
	var ids []domain.ID
	for _, row := range rows {
		ids = append(ids, id(row))
	}
	return ids
}

func taskID(t domain.Task) domain.ID      { return t.ID }
func noteID(n domain.Note) domain.ID      { return n.ID }
func viewID(v domain.SavedView) domain.ID { return v.ID }

// method calls a method of the store and gives the ids of the rows that it answered.
type method func(context.Context, *store.Tx, *picker) ([]domain.ID, error)

// methods are the store's, of the files that TestMethodsAreKnown names.
func methods() map[string]method {
	const anyVersion = store.AnyVersion
	day := domain.Date{Year: 2026, Month: 11, Day: 24}
	return map[string]method{
		"CreateTask": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			next := task("New")
			next.ActionID = p.action()
			made, err := tx.CreateTask(ctx, next)
			return []domain.ID{made.GoalID, made.ActionID}, err
		},
		"Task": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			read, err := tx.Task(ctx, p.task())
			return []domain.ID{read.ID}, err
		},
		"Tasks": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			filters := []domain.TaskFilter{{GoalID: p.goal()}, {ActionID: p.action()}}
			listed, err := tx.Tasks(ctx, store.TaskListing{Filters: filters, Today: day}, store.Window{})
			return idsOf(listed.Items, taskID), err
		},
		"UpdateTask": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			changed, err := tx.UpdateTask(ctx, p.task(), anyVersion, func(t *domain.Task) error { t.Title = "Changed"; return nil })
			return []domain.ID{changed.ID}, err
		},
		"UpdateTasks": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			changed, err := tx.UpdateTasks(ctx, p.tasks(), func(t *domain.Task) error { t.Status = domain.TaskInProgress; return nil })
			return idsOf(changed, taskID), err
		},
		"DeleteTasks": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			return nil, tx.DeleteTasks(ctx, p.tasks(), anyVersion)
		},
		"DueTasks": func(ctx context.Context, tx *store.Tx, _ *picker) ([]domain.ID, error) {
			due, err := tx.DueTasks(ctx, day, 100)
			return idsOf(due, taskID), err
		},
		"TaskHistory": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			id := p.task()
			history, err := tx.TaskHistory(ctx, id, store.Window{})
			return idsOf(history.Items, func(store.StatusChange) domain.ID { return id }), err
		},
		"CreateNote": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			made, err := tx.CreateNote(ctx, domain.Note{TaskID: p.task(), Body: "New"})
			return []domain.ID{made.TaskID}, err
		},
		"Notes": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			notes, err := tx.Notes(ctx, p.task())
			return idsOf(notes, noteID), err
		},
		"UpdateNote": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			changed, err := tx.UpdateNote(ctx, p.task(), p.note(), anyVersion, func(n *domain.Note) error { n.Body = "Changed"; return nil })
			return []domain.ID{changed.ID}, err
		},
		"DeleteNote": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			return nil, tx.DeleteNote(ctx, p.task(), p.note(), anyVersion)
		},
		"CreateView": func(ctx context.Context, tx *store.Tx, _ *picker) ([]domain.ID, error) {
			_, err := tx.CreateView(ctx, domain.SavedView{Name: "New"})
			return nil, err
		},
		"View": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			read, err := tx.View(ctx, p.view())
			return []domain.ID{read.ID}, err
		},
		"Views": func(ctx context.Context, tx *store.Tx, _ *picker) ([]domain.ID, error) {
			views, err := tx.Views(ctx)
			return idsOf(views, viewID), err
		},
		"UpdateView": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			changed, err := tx.UpdateView(ctx, p.view(), anyVersion, func(v *domain.SavedView) error { v.Name = "Changed"; return nil })
			return []domain.ID{changed.ID}, err
		},
		"DeleteView": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			return nil, tx.DeleteView(ctx, p.view(), anyVersion)
		},
		"MissingOfFilter": func(ctx context.Context, tx *store.Tx, p *picker) ([]domain.ID, error) {
			goal, action, err := tx.MissingOfFilter(ctx, domain.TaskFilter{GoalID: p.goal(), ActionID: p.action()})
			if err == nil && (goal || action) {
				err = store.ErrNotFound
			}
			return nil, err
		},
	}
}

// TestMethodsAreKnown fails when a method is added that the property does not try.
func TestMethodsAreKnown(t *testing.T) {
	t.Parallel()
	var found []string
	for _, name := range []string{"task.go", "note.go", "view.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Name.IsExported() && len(function.Type.Params.List) > 0 {
				found = append(found, function.Name.Name)
			}
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(found, slices.Sorted(maps.Keys(methods()))); diff != "" {
		t.Errorf("(-methods of the files +methods that are tried):\n%s", diff)
	}
}

// TestNoMethodReachesRowsOfOthers calls every method with ids of the caller mixed with
// ids of others. With one of another user's among them it answers nothing and changes
// nothing, neither the others' rows nor the caller's own; with own ones alone it works.
func TestNoMethodReachesRowsOfOthers(t *testing.T) {
	t.Parallel()
	database := pgtest.New(t)
	db := open(t, database)
	users := []possession{possess(t, db), possess(t, db), possess(t, db)}
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(context.WithoutCancel(t.Context())) })
	before := digests(t, owner)
	undo := errors.New("everything went well, and shall not stay")
	seed := uint64(time.Now().UnixNano()) //nolint:gosec // the sign does not matter
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	reads := []string{"DueTasks", "Notes", "Task", "TaskHistory", "Tasks", "View", "Views"}
	for _, name := range slices.Sorted(maps.Keys(methods())) {
		call := methods()[name]
		for range 25 {
			self := random.IntN(len(users))
			p := &picker{random: random, self: users[self], others: slices.Delete(slices.Clone(users), self, self+1)}
			var answered []domain.ID
			err := db.Write(t.Context(), p.self.user, func(ctx context.Context, tx *store.Tx) (err error) {
				if answered, err = call(ctx, tx, p); err == nil && !p.foreign {
					return undo
				}
				return err
			})
			switch {
			case !p.foreign && !errors.Is(err, undo):
				t.Errorf("%s with own ids: %v", name, err)
			case !p.foreign && slices.Contains(reads, name) && len(answered) == 0:
				t.Errorf("%s with own ids answers nothing", name)
			case p.foreign && err != nil && !errors.Is(err, store.ErrNotFound):
				t.Errorf("%s with an id of another user: %v", name, err)
			case p.foreign && err == nil && len(answered) > 0:
				t.Errorf("%s with an id of another user answers %v", name, answered)
			}
			for _, other := range p.others {
				for _, id := range other.ids() {
					if err == nil && slices.Contains(answered, id) {
						t.Errorf("%s answers %s, which is another user's", name, id)
					}
				}
			}
		}
		if diff := cmp.Diff(before, digests(t, owner)); diff != "" {
			t.Fatalf("%s changed rows (-before +after):\n%s", name, diff)
		}
	}
}

// digests are a sum of all rows of each table, of all users.
func digests(t *testing.T, owner *pgx.Conn) map[string]string {
	t.Helper()
	var queries []string
	for table := range tables(t, owner) {
		queries = append(queries, fmt.Sprintf(
			"SELECT '%[1]s', coalesce(md5(string_agg(r::text, E'\\n' ORDER BY r::text)), '') FROM %[1]s r", table))
	}
	rows, _ := owner.Query(t.Context(), strings.Join(queries, " UNION ALL ")) // ForEachRow gives its error
	sums := map[string]string{}
	var table, sum string
	if _, err := pgx.ForEachRow(rows, []any{&table, &sum}, func() error { sums[table] = sum; return nil }); err != nil {
		t.Fatal(err)
	}
	return sums
}
