package domain

// PartPatch changes what sub-goals and actions have in common; what is absent stays.
type PartPatch struct {
	Position    *int    `json:"position"`
	Title       *string `json:"title"`
	Description *string `json:"description"`
	Background  *string `json:"background"`
	Constraints *string `json:"constraints"`
	// Swap lets the part change places with the one that has the position already.
	Swap bool `json:"swap"`
}

// ActionPatch changes an action.
type ActionPatch struct {
	PartPatch
	Type *Type `json:"type"`
}

// NewSubGoal is a sub-goal with the fields of patch, which must name its position.
func NewSubGoal(goal ID, patch PartPatch) (SubGoal, error) {
	s := SubGoal{GoalID: goal}
	c := patch.asNew()
	return s, c.with(s.Apply(patch))
}

// NewAction is an action with the fields of patch, which must name its position.
func NewAction(goal, subGoal ID, patch ActionPatch) (Action, error) {
	a := Action{GoalID: goal, SubGoalID: subGoal}
	c := patch.asNew()
	return a, c.with(a.Apply(patch))
}

// asNew holds the patch to what only new parts must have.
func (p PartPatch) asNew() checks {
	var c checks
	if p.Position == nil {
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
	set(&next.Position, patch.Position)
	set(&next.Title, patch.Title)
	set(&next.Description, patch.Description)
	set(&next.Background, patch.Background)
	set(&next.Constraints, patch.Constraints)
	if err := next.Validate(); err != nil {
		return err
	}
	*s = next
	return nil
}

// Apply changes the action, or leaves it as it was and gives a ValidationError.
func (a *Action) Apply(patch ActionPatch) error {
	next := *a
	set(&next.Position, patch.Position)
	set(&next.Title, patch.Title)
	set(&next.Description, patch.Description)
	set(&next.Background, patch.Background)
	set(&next.Constraints, patch.Constraints)
	set(&next.Type, patch.Type)
	if err := next.Validate(); err != nil {
		return err
	}
	*a = next
	return nil
}
