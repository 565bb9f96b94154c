// Package domain has the application's types and rules: what a goal, a sub-goal, an
// action, a task and a reflection are, which of their fields are valid, how their
// statuses change, and how progress rolls up. It does no I/O; clocks are passed in.
//
// The JSON of the types is the API's.
package domain

import (
	"regexp"
	"strings"
	"time"
)

// ID identifies a row: a UUID in lower case.
type ID string

var idForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ParseID accepts a UUID in lower case, as the API gives them, and nothing else.
func ParseID(text string) (ID, bool) {
	return ID(text), idForm.MatchString(text)
}

// Meta is what every row has that can be changed.
type Meta struct {
	Version   int64     `json:"version"` // grows with every change; the row's ETag
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Limits of texts, in characters, as the schema has them.
const (
	MaxTitle = 200
	MaxText  = 5000
	MaxName  = 128 // what Cognito takes of profiles
)

// Positions is how many sub-goals a goal, and how many actions a sub-goal has at most:
// their positions are 0 to 7.
const Positions = 8

// User is who signed in.
type User struct {
	ID          ID     `json:"id"` // Cognito's sub
	Email       string `json:"email"`
	Name        string `json:"name"`
	Industry    string `json:"industry"`
	CompanySize string `json:"companySize"`
	JobType     string `json:"jobType"`
	Position    string `json:"position"`
	Meta
	// EmailVerified says of who calls that Cognito knows the address to be theirs. It is
	// not stored.
	EmailVerified bool `db:"-" json:"-"`
}

// Reachable says whether the user has an address: not if another took it over.
func (u User) Reachable() bool { return !strings.HasSuffix(u.Email, "@invalid") }

// Goal is the middle of a mandala chart.
type Goal struct {
	ID          ID         `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Deadline    *Date      `json:"deadline"`
	Background  string     `json:"background"`
	Constraints string     `json:"constraints"`
	Status      GoalStatus `json:"status"`
	Progress    int        `json:"progress"` // percent
	Meta
}

// SubGoal is one of the eight fields around the goal.
type SubGoal struct {
	ID          ID     `json:"id"`
	GoalID      ID     `json:"goalId"`
	Position    int    `json:"position"` // 0 to 7
	Title       string `json:"title"`
	Description string `json:"description"`
	Background  string `json:"background"`
	Constraints string `json:"constraints"`
	Progress    int    `json:"progress"` // percent
	Meta
}

// Action is one of the eight fields around a sub-goal.
type Action struct {
	ID          ID     `json:"id"`
	GoalID      ID     `json:"goalId"`
	SubGoalID   ID     `json:"subGoalId"`
	Position    int    `json:"position"` // 0 to 7
	Title       string `json:"title"`
	Description string `json:"description"`
	Background  string `json:"background"`
	Constraints string `json:"constraints"`
	Type        Type   `json:"type"`
	Progress    int    `json:"progress"` // percent
	Meta
}

// Task is one step of an action.
type Task struct {
	ID               ID         `json:"id"`
	GoalID           ID         `json:"goalId"`
	ActionID         ID         `json:"actionId"`
	Title            string     `json:"title"`
	Description      string     `json:"description"`
	Type             Type       `json:"type"`
	Status           TaskStatus `json:"status"`
	EstimatedMinutes *int       `json:"estimatedMinutes"`
	Deadline         *Date      `json:"deadline"`
	CompletedAt      *time.Time `json:"completedAt"`
	Generated        bool       `json:"generated"` // by the workflow, not by the user
	Meta
}

// Note is what a user wrote down about a task.
type Note struct {
	ID     ID     `json:"id"`
	TaskID ID     `json:"taskId"`
	Body   string `json:"body"`
	Meta
}

// Reflection is a look back on a goal.
type Reflection struct {
	ID        ID     `json:"id"`
	GoalID    ID     `json:"goalId"`
	Summary   string `json:"summary"`
	Regretful string `json:"regretful"`
	Slow      string `json:"slow"`
	Untouched string `json:"untouched"`
	Meta
}

// Chart is a whole mandala chart; sub-goals and actions by position, tasks by age.
type Chart struct {
	Goal     Goal           `json:"goal"`
	SubGoals []ChartSubGoal `json:"subGoals"`
}

// ChartSubGoal is a sub-goal with its actions.
type ChartSubGoal struct {
	SubGoal
	Actions []ChartAction `json:"actions"`
}

// ChartAction is an action with its tasks.
type ChartAction struct {
	Action
	Tasks []Task `json:"tasks"`
}
