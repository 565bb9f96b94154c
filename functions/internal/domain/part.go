package domain

// PartPatch changes what sub-goals and actions have in common; what is absent stays.
type PartPatch struct {
	Faults      `json:"-"`
	Position    Optional[int]    `json:"position"`
	Title       Optional[string] `json:"title"`
	Description Optional[string] `json:"description"`
	Background  Optional[string] `json:"background"`
	Constraints Optional[string] `json:"constraints"`
	// Swap lets the part change places with the one that has the position already.
	Swap bool `json:"swap"`
}

// ActionPatch changes an action.
type ActionPatch struct {
	PartPatch
	Type Optional[Type] `json:"type"`
}

// NewSubGoal is a sub-goal with the fields of patch, which must name its position.
func NewSubGoal(goal ID, patch PartPatch) (SubGoal, error) {
	s := SubGoal{GoalID: goal}
	c := patch.asNew()
	return s, patch.With(c.with(s.Apply(patch)))
}

// NewAction is an action with the fields of patch, which must name its position.
func NewAction(goal, subGoal ID, patch ActionPatch) (Action, error) {
	a := Action{GoalID: goal, SubGoalID: subGoal}
	c := patch.asNew()
	return a, patch.With(c.with(a.Apply(patch)))
}

// asNew holds the patch to what only new parts must have.
func (p PartPatch) asNew() checks {
	var c checks
	if !p.Position.Present {
		c.add("position", CodeRequired, "must be there")
	}
	if p.Swap {
		c.add("swap", CodeInvalid, "is for parts that are there already")
	}
	return c
}

// Apply changes the sub-goal, or leaves it as it was and gives a ValidationError.
func (s *SubGoal) Apply(patch PartPatch) error {
	next := *s
	var c checks
	set(&next.Position, needed(&c, "position", patch.Position))
	patch.Title.set(&next.Title)
	patch.Description.set(&next.Description)
	patch.Background.set(&next.Background)
	patch.Constraints.set(&next.Constraints)
	if err := patch.With(c.with(next.Validate())); err != nil {
		return err
	}
	*s = next
	return nil
}

// Apply changes the action, or leaves it as it was and gives a ValidationError.
func (a *Action) Apply(patch ActionPatch) error {
	next := *a
	var c checks
	set(&next.Position, needed(&c, "position", patch.Position))
	patch.Title.set(&next.Title)
	patch.Description.set(&next.Description)
	patch.Background.set(&next.Background)
	patch.Constraints.set(&next.Constraints)
	patch.Type.set(&next.Type)
	if err := patch.With(c.with(next.Validate())); err != nil {
		return err
	}
	*a = next
	return nil
}
