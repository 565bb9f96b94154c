package domain

// ReflectionPatch changes a reflection; what is absent stays. It also makes new ones.
type ReflectionPatch struct {
	GoalID    *string `json:"goalId"` // a reflection stays with the goal it was made for
	Summary   *string `json:"summary"`
	Regretful *string `json:"regretful"`
	Slow      *string `json:"slow"`
	Untouched *string `json:"untouched"`
}

// NewReflection is a reflection with the fields of patch, which must name its goal.
func NewReflection(patch ReflectionPatch) (Reflection, error) {
	var r Reflection
	var c checks
	if patch.GoalID == nil {
		c.add("goalId", CodeRequired, "must be there")
	} else if id, ok := ParseID(*patch.GoalID); ok {
		r.GoalID = id
	} else {
		c.add("goalId", CodeInvalid, "must be an id as the API gives them")
		patch.GoalID = nil
	}
	return r, c.with(r.Apply(patch))
}

// Apply changes the reflection, or leaves it as it was and gives a ValidationError.
func (r *Reflection) Apply(patch ReflectionPatch) error {
	next := *r
	set(&next.Summary, patch.Summary)
	set(&next.Regretful, patch.Regretful)
	set(&next.Slow, patch.Slow)
	set(&next.Untouched, patch.Untouched)
	var c checks
	if patch.GoalID != nil && ID(*patch.GoalID) != r.GoalID {
		c.add("goalId", CodeInvalid, "cannot be changed: a reflection stays with its goal")
	}
	if err := c.with(next.Validate()); err != nil {
		return err
	}
	*r = next
	return nil
}
