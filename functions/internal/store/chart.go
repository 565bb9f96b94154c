package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// prefixed puts a table's name before each column.
func prefixed(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}

// Chart reads a goal with everything in it, in one round of queries to the database.
func (tx *Tx) Chart(ctx context.Context, goal domain.ID) (domain.Chart, error) {
	const where = " WHERE user_id = $1 AND goal_id = $2"
	var (
		chart    domain.Chart
		subGoals []domain.SubGoal
		actions  []domain.Action
		tasks    []domain.Task
		batch    pgx.Batch
	)
	batch.Queue("SELECT "+goalColumns+" FROM goals WHERE user_id = $1 AND id = $2", tx.user, goal).Query(func(rows pgx.Rows) (err error) {
		chart.Goal, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[domain.Goal])
		return err
	})
	batch.Queue("SELECT "+subGoalColumns+" FROM sub_goals"+where+" ORDER BY position", tx.user, goal).Query(func(rows pgx.Rows) (err error) {
		subGoals, err = pgx.CollectRows(rows, pgx.RowToStructByPos[domain.SubGoal])
		return err
	})
	batch.Queue("SELECT "+actionColumns+" FROM actions"+where+" ORDER BY position", tx.user, goal).Query(func(rows pgx.Rows) (err error) {
		actions, err = pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Action])
		return err
	})
	batch.Queue("SELECT "+taskColumns+" FROM tasks"+where+" ORDER BY generated_position NULLS LAST, created_at, id", tx.user, goal).Query(func(rows pgx.Rows) (err error) {
		tasks, err = pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Task])
		return err
	})
	if err := tx.tx.SendBatch(ctx, &batch).Close(); err != nil {
		return domain.Chart{}, translate("read the chart", err)
	}
	chart.SubGoals = assemble(subGoals, actions, tasks)
	return chart, nil
}

func assemble(subGoals []domain.SubGoal, actions []domain.Action, tasks []domain.Task) []domain.ChartSubGoal {
	tasksOf := map[domain.ID][]domain.Task{}
	for _, task := range tasks {
		tasksOf[task.ActionID] = append(tasksOf[task.ActionID], task)
	}
	actionsOf := map[domain.ID][]domain.ChartAction{}
	for _, action := range actions {
		actionsOf[action.SubGoalID] = append(actionsOf[action.SubGoalID],
			domain.ChartAction{Action: action, Tasks: append([]domain.Task{}, tasksOf[action.ID]...)})
	}
	all := make([]domain.ChartSubGoal, 0, len(subGoals))
	for _, subGoal := range subGoals {
		all = append(all, domain.ChartSubGoal{SubGoal: subGoal, Actions: append([]domain.ChartAction{}, actionsOf[subGoal.ID]...)})
	}
	return all
}
