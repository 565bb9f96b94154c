// Package workflowtest gives tests of the workflow a database with a user's goal in it,
// whose ids are always the same so that saved events fit, and a Step Functions that
// remembers what it was asked.
package workflowtest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// The ids of what New plants.
const (
	User     domain.ID = "00000000-0000-4000-8000-00000000000a"
	Stranger domain.ID = "00000000-0000-4000-8000-00000000000b"
	Goal     domain.ID = "00000000-0000-4000-8000-0000000000c0"
)

// MachineARN is the state machine of the Service.
const MachineARN = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-test-TaskGenerationWorkflow"

// Action is the id of the goal's action with that number, from 1.
func Action(number int) domain.ID {
	return domain.ID(fmt.Sprintf("00000000-0000-4000-8000-0000000ac%03d", number))
}

// Stack is a goal of User with actions, and what can be done with it.
type Stack struct {
	t        testing.TB
	database pgtest.Database

	DB      *store.DB
	Owner   *pgx.Conn // sees and changes every row
	Steps   *Steps
	Service workflow.Service
	// Later is added to the time that the Service sees.
	Later time.Duration
}

// New plants a draft goal with that many actions, eight to a sub-goal.
func New(t testing.TB, actions int) *Stack {
	t.Helper()
	database := pgtest.New(t)
	owner, err := pgx.Connect(t.Context(), database.Owner)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(context.WithoutCancel(t.Context())) })
	s := &Stack{t: t, database: database, Owner: owner, Steps: &Steps{executions: map[string]*execution{}}}
	s.DB = s.Open(10 * time.Second)
	s.Service = workflow.Service{
		Database: s.DB, Steps: s.Steps, StateMachineARN: MachineARN, Logger: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Now().Add(s.Later) },
	}
	s.Exec("INSERT INTO users (id, email) VALUES ($1, 'user@example.com'), ($2, 'stranger@example.com')", User, Stranger)
	s.Exec("INSERT INTO goals (id, user_id, title) VALUES ($1, $2, 'Run a marathon')", Goal, User)
	for number := 1; number <= actions; number++ {
		subGoal := fmt.Sprintf("00000000-0000-4000-8000-00000005b%03d", (number-1)/domain.Positions)
		s.Exec("INSERT INTO sub_goals (id, user_id, goal_id, position, title) VALUES ($1, $2, $3, $4, 'Train') ON CONFLICT (id, goal_id, user_id) DO NOTHING",
			subGoal, User, Goal, (number-1)/domain.Positions)
		s.Exec("INSERT INTO actions (id, user_id, goal_id, sub_goal_id, position, title, type) VALUES ($1, $2, $3, $4, $5, $6, 'execution')",
			Action(number), User, Goal, subGoal, (number-1)%domain.Positions, fmt.Sprintf("Action %d", number))
	}
	return s
}

// Open opens the database as a function does.
func (s *Stack) Open(timeout time.Duration) *store.DB {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), store.Options{
		Host: s.database.Host, Port: 5432, Database: s.database.Name, User: "goal_mandala_app",
		Auth: store.StaticPassword{}, StatementTimeout: timeout, Connections: 4,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(db.Close)
	return db
}

// Exec runs a statement as the tables' owner.
func (s *Stack) Exec(statement string, arguments ...any) {
	s.t.Helper()
	if _, err := s.Owner.Exec(s.t.Context(), statement, arguments...); err != nil {
		s.t.Fatal(err)
	}
}

// Describe gives an action a description.
func (s *Stack) Describe(number int, description string) {
	s.t.Helper()
	s.Exec("UPDATE actions SET description = $2 WHERE id = $1", Action(number), description)
}

// Record makes the row of an execution that runs and has the id.
func (s *Stack) Record(id domain.ID) {
	s.t.Helper()
	s.Exec("INSERT INTO workflow_executions (id, user_id, goal_id, status) VALUES ($1, $2, $3, 'running')", id, User, Goal)
	s.Exec("UPDATE goals SET status = 'generating' WHERE id = $1", Goal)
}

// Execution reads the row of an execution.
func (s *Stack) Execution(id domain.ID) store.WorkflowExecution {
	s.t.Helper()
	var execution store.WorkflowExecution
	if err := s.DB.Read(s.t.Context(), User, func(ctx context.Context, tx *store.Tx) (err error) {
		execution, err = tx.Execution(ctx, id)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return execution
}

// GoalStatus is the goal's status.
func (s *Stack) GoalStatus() domain.GoalStatus {
	s.t.Helper()
	var status domain.GoalStatus
	if err := s.Owner.QueryRow(s.t.Context(), "SELECT status FROM goals WHERE id = $1", Goal).Scan(&status); err != nil {
		s.t.Fatal(err)
	}
	return status
}

// TaskCount is how many tasks an action has.
func (s *Stack) TaskCount(number int) int {
	s.t.Helper()
	var count int
	if err := s.Owner.QueryRow(s.t.Context(), "SELECT count(*) FROM tasks WHERE action_id = $1", Action(number)).Scan(&count); err != nil {
		s.t.Fatal(err)
	}
	return count
}
