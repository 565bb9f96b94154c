package domain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// FieldError is what is wrong with one field.
type FieldError struct {
	Field   string `json:"field"` // its name in JSON, such as "title"
	Code    string `json:"code"`  // one of the codes below
	Message string `json:"message"`
}

// The codes of field errors, for programs; messages are for people.
const (
	CodeRequired   = "required"
	CodeTooLong    = "too_long"
	CodeInvalid    = "invalid"
	CodeOutOfRange = "out_of_range"
	CodeUnknown    = "unknown"
	CodeTransition = "transition_not_allowed"
	CodeInThePast  = "in_the_past"
	CodeDuplicate  = "duplicate"
	CodeNotFound   = "not_found"
)

// ValidationError is everything that is wrong with an input.
type ValidationError struct{ Fields []FieldError }

// Error names the fields and not their contents, which are the user's.
func (e *ValidationError) Error() string {
	var parts []string
	for _, field := range e.Fields {
		parts = append(parts, field.Field+": "+field.Code)
	}
	return "invalid input: " + strings.Join(parts, ", ")
}

// Invalid is a ValidationError of one field.
func Invalid(field, code, message string) *ValidationError {
	return &ValidationError{Fields: []FieldError{{Field: field, Code: code, Message: message}}}
}

// Add adds what is wrong with a field.
func (e *ValidationError) Add(field, code, message string) {
	e.Fields = append(e.Fields, FieldError{Field: field, Code: code, Message: message})
}

// Err is the error, or nil where nothing is wrong.
func (e *ValidationError) Err() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

// checks gathers field errors.
type checks []FieldError

func (c *checks) add(field, code, format string, arguments ...any) {
	*c = append(*c, FieldError{Field: field, Code: code, Message: fmt.Sprintf(format, arguments...)})
}

// text holds a text to its length in characters and to what PostgreSQL can store.
func (c *checks) text(field, value string, most int, required bool) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unprintable):
		c.add(field, CodeInvalid, "must be text without control characters")
	case required && strings.TrimSpace(value) == "":
		c.add(field, CodeRequired, "must not be empty")
	case utf8.RuneCountInString(value) > most:
		c.add(field, CodeTooLong, "must have at most %d characters", most)
	}
}

func unprintable(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }

func (c *checks) between(field string, value, least, most int) {
	if value < least || value > most {
		c.add(field, CodeOutOfRange, "must be between %d and %d", least, most)
	}
}

func (c *checks) kind(value Type) {
	switch value {
	case Execution, Habit:
	case "":
		c.add("type", CodeRequired, "must be execution or habit")
	default:
		c.add("type", CodeUnknown, "must be execution or habit")
	}
}

func (c *checks) future(field string, value *Date, today Date) {
	if value != nil && value.Before(today) {
		c.add(field, CodeInThePast, "must not be in the past")
	}
}

func (c checks) err() error {
	if len(c) == 0 {
		return nil
	}
	return &ValidationError{Fields: c}
}

// Validate holds the profile to the rules; the id is Cognito's.
func (u User) Validate() error {
	var c checks
	c.text("email", u.Email, 254, true)
	if at := strings.IndexByte(u.Email, '@'); u.Email != "" && (at < 1 || at == len(u.Email)-1) {
		c.add("email", CodeInvalid, "must be an e-mail address")
	}
	c.text("name", u.Name, MaxName, false)
	c.text("industry", u.Industry, MaxName, false)
	c.text("companySize", u.CompanySize, MaxName, false)
	c.text("jobType", u.JobType, MaxName, false)
	c.text("position", u.Position, MaxName, false)
	return c.err()
}

// Validate holds the goal's own fields to the rules.
func (g Goal) Validate() error {
	var c checks
	c.text("title", g.Title, MaxTitle, true)
	c.text("description", g.Description, MaxText, false)
	c.text("background", g.Background, MaxText, false)
	c.text("constraints", g.Constraints, MaxText, false)
	if !g.Status.CanBecome(g.Status, ByUser) {
		c.add("status", CodeUnknown, "must be one of %v", GoalStatuses())
	}
	c.between("progress", g.Progress, 0, 100)
	return c.err()
}

// Validate holds the sub-goal's own fields to the rules.
func (s SubGoal) Validate() error {
	var c checks
	c.between("position", s.Position, 0, Positions-1)
	c.text("title", s.Title, MaxTitle, true)
	c.text("description", s.Description, MaxText, false)
	c.text("background", s.Background, MaxText, false)
	c.text("constraints", s.Constraints, MaxText, false)
	return c.err()
}

// Validate holds the action's own fields to the rules.
func (a Action) Validate() error {
	var c checks
	c.between("position", a.Position, 0, Positions-1)
	c.text("title", a.Title, MaxTitle, true)
	c.text("description", a.Description, MaxText, false)
	c.text("background", a.Background, MaxText, false)
	c.text("constraints", a.Constraints, MaxText, false)
	c.kind(a.Type)
	return c.err()
}

// Validate holds the reflection to the rules.
func (r Reflection) Validate() error {
	var c checks
	c.text("summary", r.Summary, MaxText, true)
	c.text("regretful", r.Regretful, MaxText, false)
	c.text("slow", r.Slow, MaxText, false)
	c.text("untouched", r.Untouched, MaxText, false)
	return c.err()
}
