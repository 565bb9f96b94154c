// Workflow is all functions of modules/workflow for tests of the local AWS: the
// name of the function says which, and an action's id what happens to it. Each
// call is noted in the folder NOTES.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// The errors' names are what Step Functions knows them by.
type (
	InvalidInputError  struct{ text string }
	QuotaExceededError struct{ text string }
	ThrottledError     struct{ text string }
)

func (e *InvalidInputError) Error() string  { return e.text }
func (e *QuotaExceededError) Error() string { return e.text }
func (e *ThrottledError) Error() string     { return e.text }

type action struct {
	ActionID string `json:"actionId"`
}

type result struct {
	Status    string `json:"status"`
	TaskCount int    `json:"taskCount"`
}

type event struct {
	Scope     string
	ActionID  string `json:"actionId"`
	ActionIDs []string
	Actions   []action
	BatchSize int
	Tasks     []any
	Batches   []struct{ Results []result }
	Execution struct{ Arn, Name string }
	Input     struct {
		GoalID    string   `json:"goalId"`
		UserID    string   `json:"userId"`
		ActionIDs []string `json:"actionIds"`
	}
}

type object map[string]any

func main() {
	lambda.Start(func(_ context.Context, raw json.RawMessage) (any, error) {
		var e event
		if err := json.Unmarshal(raw, &e); err != nil {
			return nil, err
		}
		name := os.Getenv("AWS_LAMBDA_FUNCTION_NAME")
		traced := strings.Join([]string{"trace", e.Execution.Name, name, os.Getenv("_X_AMZN_TRACE_ID")}, ",")
		if err := os.WriteFile(filepath.Join(os.Getenv("NOTES"), traced), nil, 0o600); err != nil {
			return nil, err
		}
		attempt, err := note(name, e, raw)
		if err != nil {
			return nil, err
		}
		return answer(name, e, attempt)
	})
}

// note writes a call down and gives how many of its kind there were before.
func note(name string, e event, raw []byte) (attempt int, err error) {
	prefix := strings.Join([]string{e.Execution.Name, name, e.Scope, e.ActionID}, ",")
	for ; ; attempt++ {
		file, err := os.OpenFile(filepath.Join(os.Getenv("NOTES"), fmt.Sprintf("%s,%d", prefix, attempt)), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		if _, err := file.Write(raw); err != nil {
			return 0, err
		}
		return attempt, file.Close()
	}
}

func answer(name string, e event, attempt int) (any, error) {
	switch name {
	case "validate-input":
		if e.Input.GoalID == "" {
			return nil, &InvalidInputError{"no goal"}
		}
		return object{"goalId": e.Input.GoalID, "userId": e.Input.UserID, "actionIds": e.Input.ActionIDs}, nil
	case "get-actions":
		actions := []action{}
		for _, id := range e.ActionIDs {
			if id == "refused" {
				return nil, &QuotaExceededError{"no more"}
			}
			actions = append(actions, action{id})
		}
		return object{"actions": actions}, nil
	case "create-batches":
		batches := []object{}
		for begin := 0; begin < len(e.Actions); begin += e.BatchSize {
			batches = append(batches, object{"batchNumber": len(batches) + 1, "actions": e.Actions[begin:min(begin+e.BatchSize, len(e.Actions))]})
		}
		return object{"batches": batches, "actionCount": len(e.Actions)}, nil
	case "task-generation":
		switch kind, _, _ := strings.Cut(e.ActionID, "-"); {
		case kind == "quota":
			return nil, &QuotaExceededError{"no more"}
		case kind == "flaky" && attempt < 2, kind == "broken":
			return nil, &ThrottledError{"slow down"}
		case kind == "slow":
			time.Sleep(5 * time.Second)
		case kind == "stuck":
			time.Sleep(time.Minute)
		}
		return object{"tasks": []string{"one", "two"}, "dropped": true}, nil
	case "save-tasks":
		return object{"taskCount": len(e.Tasks)}, nil
	case "aggregate-results":
		total, succeeded, tasks := 0, 0, 0
		for _, batch := range e.Batches {
			for _, r := range batch.Results {
				total, tasks = total+1, tasks+r.TaskCount
				if r.Status == "succeeded" {
					succeeded++
				}
			}
		}
		return object{"total": total, "succeeded": succeeded, "failed": total - succeeded, "taskCount": tasks}, nil
	case "handle-error":
		return object{"total": 1, "succeeded": 0, "failed": 1, "taskCount": 0}, nil
	}
	return object{}, nil
}
