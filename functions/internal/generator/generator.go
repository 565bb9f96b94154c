// Package generator makes the tasks of an action: with a model of Amazon Bedrock, or
// offline and always the same ones.
package generator

import (
	"fmt"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// Request is an action, and where it belongs.
type Request struct {
	Goal    domain.Goal
	SubGoal domain.SubGoal
	Action  domain.Action
	Attempt int // from 0; only the offline generator's faults look at it
}

// maxDescription keeps the tasks of an action far below what a state may hold (256 KiB).
const maxDescription = 1000

// check holds tasks to what can be stored. The ModelOutputError does not quote them.
func check(tasks []workflow.Task) error {
	if len(tasks) == 0 || len(tasks) > workflow.MaxTasks {
		return &workflow.ModelOutputError{Message: fmt.Sprintf("%d tasks, not 1 to %d", len(tasks), workflow.MaxTasks)}
	}
	for i, task := range tasks {
		if err := task.Domain().Validate(); err != nil {
			return &workflow.ModelOutputError{Message: fmt.Sprintf("task %d: %s", i+1, err)}
		}
		if len([]rune(task.Description)) > maxDescription {
			return &workflow.ModelOutputError{Message: fmt.Sprintf("task %d: the description is too long", i+1)}
		}
	}
	return nil
}
