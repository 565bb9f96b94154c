package domain

// ReflectionPatch changes a reflection; what is absent stays. It also makes new ones.
type ReflectionPatch struct {
	Faults    `json:"-"`
	GoalID    Optional[string] `json:"goalId"` // a reflection stays with the goal it was made for
	Summary   Optional[string] `json:"summary"`
	Regretful Optional[string] `json:"regretful"`
	Slow      Optional[string] `json:"slow"`
	Untouched Optional[string] `json:"untouched"`
}

// NewReflection is a reflection with the fields of patch, which must name its goal.
func NewReflection(patch ReflectionPatch) (Reflection, error) {
	var r Reflection
	var c checks
	r.GoalID = c.parent("goalId", patch.GoalID)
	patch.GoalID = Optional[string]{}
	return r, patch.With(c.with(r.Apply(patch)))
}

// Apply changes the reflection, or leaves it as it was and gives a ValidationError.
func (r *Reflection) Apply(patch ReflectionPatch) error {
	next := *r
	patch.Summary.set(&next.Summary)
	patch.Regretful.set(&next.Regretful)
	patch.Slow.set(&next.Slow)
	patch.Untouched.set(&next.Untouched)
	var c checks
	if id := needed(&c, "goalId", patch.GoalID); id != nil && ID(*id) != r.GoalID {
		c.add("goalId", CodeInvalid, "cannot be changed: a reflection stays with its goal")
	}
	if err := patch.With(c.with(next.Validate())); err != nil {
		return err
	}
	*r = next
	return nil
}
