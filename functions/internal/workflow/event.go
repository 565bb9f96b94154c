// Package workflow is what the functions of the task generation share: what the states
// give them and get back (modules/workflow/README.md is the contract), errors by the
// names that the states know, and how an execution is started, followed and cancelled.
package workflow

import (
	"strings"
	"unicode"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

// Execution says which execution of the state machine calls.
type Execution struct {
	ARN  string    `json:"arn"`
	Name domain.ID `json:"name"` // the id of its row
}

// About is what every function gets but validate-input, and handle-error at times.
type About struct {
	Execution Execution `json:"execution"`
	GoalID    domain.ID `json:"goalId"`
	UserID    domain.ID `json:"userId"`
}

// Validate holds the ids to their form.
func (a About) Validate() error {
	return ids(map[string]domain.ID{"execution.name": a.Execution.Name, "goalId": a.GoalID, "userId": a.UserID})
}

// ids is an InvalidInputError unless each is an id.
func ids(named map[string]domain.ID) error {
	for name, id := range named {
		if _, ok := domain.ParseID(string(id)); !ok {
			return &InvalidInputError{name + " is no id"}
		}
	}
	return nil
}

// MaxActions is how many actions a goal can have.
const MaxActions = domain.Positions * domain.Positions

// Request is the input of an execution. No action ids mean all actions of the goal.
type Request struct {
	GoalID    domain.ID   `json:"goalId"`
	UserID    domain.ID   `json:"userId"`
	ActionIDs []domain.ID `json:"actionIds"`
}

// Validate holds the ids to their form, and the actions to being different ones.
func (r Request) Validate() error {
	if err := ids(map[string]domain.ID{"goalId": r.GoalID, "userId": r.UserID}); err != nil {
		return err
	}
	if len(r.ActionIDs) > MaxActions {
		return &InvalidInputError{"actionIds has more than a goal can have"}
	}
	seen := map[domain.ID]bool{}
	for _, id := range r.ActionIDs {
		if err := ids(map[string]domain.ID{"actionIds": id}); err != nil {
			return err
		}
		if seen[id] {
			return &InvalidInputError{"actionIds has an id twice"}
		}
		seen[id] = true
	}
	return nil
}

// Action is an action in the states' data: its texts stay in the database.
type Action struct {
	ActionID domain.ID `json:"actionId"`
}

// Task is a generated task on its way from task-generation to save-tasks.
type Task struct {
	Title            string      `json:"title"`
	Description      string      `json:"description"`
	Type             domain.Type `json:"type"`
	EstimatedMinutes int         `json:"estimatedMinutes"`
}

// MaxTasks is how many tasks are generated for an action at most.
const MaxTasks = 10

// Domain is the task as it is stored.
func (t Task) Domain() domain.Task {
	return domain.Task{
		Title: t.Title, Description: t.Description, Type: t.Type,
		Status: domain.TaskNotStarted, EstimatedMinutes: &t.EstimatedMinutes,
	}
}

// The statuses of a Result.
const (
	Succeeded = "succeeded"
	Failed    = "failed"
)

// Result is what became of an action.
type Result struct {
	ActionID  domain.ID `json:"actionId"`
	Status    string    `json:"status"` // Succeeded or Failed
	TaskCount int       `json:"taskCount"`
	Error     string    `json:"error"` // the error's name
}

// Tally parts results into actions that are done and names of the errors of the others.
// InvalidInputError: one is no result.
func Tally(results []Result) (done []domain.ID, failed map[domain.ID]string, err error) {
	failed = map[domain.ID]string{}
	for _, result := range results {
		if err := ids(map[string]domain.ID{"results.actionId": result.ActionID}); err != nil {
			return nil, nil, err
		}
		switch result.Status {
		case Succeeded:
			done = append(done, result.ActionID)
		case Failed:
			failed[result.ActionID] = ErrorName(result.Error)
		default:
			return nil, nil, &InvalidInputError{"a result neither succeeded nor failed"}
		}
	}
	return done, failed, nil
}

// Summary is what became of all actions of an execution.
type Summary struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	TaskCount int `json:"taskCount"`
}

// longest is the most characters of an error's name that are kept.
const longest = 100

// ErrorName is an error's name as it may be kept: without what no name has.
func ErrorName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r) {
			return -1
		}
		return r
	}, name)
	if name == "" {
		return "UnknownError"
	}
	return name[:min(len(name), longest)]
}
