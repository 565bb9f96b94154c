package domain

import (
	"encoding/json"
	"errors"
	"strings"
)

// Limits of saved views: characters of a name, and views of a user, all of which are
// one answer.
const (
	MaxViewName = 100
	MaxViews    = 50
)

// SavedView is a filter of tasks under a name.
type SavedView struct {
	ID     ID         `json:"id"`
	Name   string     `json:"name"` // unique among the user's views
	Filter TaskFilter `json:"filter"`
	Meta
}

// ViewPatch changes a view; what is absent stays. It also makes new views.
type ViewPatch struct {
	Faults `json:"-"`
	Name   Optional[string] `json:"name"`
	Filter json.RawMessage  `json:"filter"` // a TaskFilter, which replaces the one before
}

// NewView is a view with the fields of patch, which must have both.
func NewView(patch ViewPatch) (SavedView, error) {
	var view SavedView
	var c checks
	if patch.Filter == nil {
		c.add("filter", CodeRequired, "must be there; {} are all tasks")
	}
	return view, patch.With(c.with(view.Apply(patch)))
}

// Apply changes the view, or leaves it as it was and gives a ValidationError.
func (v *SavedView) Apply(patch ViewPatch) error {
	next := *v
	patch.Name.set(&next.Name)
	var c checks
	c.text("name", next.Name, MaxViewName, true)
	if patch.Filter != nil {
		filter, err := ParseTaskFilter(patch.Filter)
		var invalid *ValidationError
		if errors.As(err, &invalid) {
			for _, field := range invalid.Fields {
				field.Field = strings.TrimSuffix("filter."+field.Field, ".")
				c = append(c, field)
			}
		}
		next.Filter = filter
	}
	if err := patch.With(c.err()); err != nil {
		return err
	}
	*v = next
	return nil
}
