package domain

// FieldChange is what became of a field.
type FieldChange struct {
	From any `json:"from"`
	To   any `json:"to"`
}

// Fields are the values of a row that its user can see change, by their names in JSON.
type Fields map[string]any

// Diff is what differs between two states of a row.
func Diff(before, after Fields) map[string]FieldChange {
	changes := map[string]FieldChange{}
	for name, to := range after {
		if from := before[name]; from != to {
			changes[name] = FieldChange{From: from, To: to}
		}
	}
	return changes
}

func date(d *Date) any {
	if d == nil {
		return nil
	}
	return d.String()
}

func number(n *int) any {
	if n == nil {
		return nil
	}
	return *n
}

// Fields are what the change history tells of a goal; progress has its own history.
func (g Goal) Fields() Fields {
	return Fields{
		"title": g.Title, "description": g.Description, "deadline": date(g.Deadline),
		"background": g.Background, "constraints": g.Constraints, "status": string(g.Status),
	}
}

// Fields are what the change history tells of a sub-goal.
func (s SubGoal) Fields() Fields {
	return Fields{
		"position": s.Position, "title": s.Title, "description": s.Description,
		"background": s.Background, "constraints": s.Constraints,
	}
}

// Fields are what the change history tells of an action.
func (a Action) Fields() Fields {
	return Fields{
		"position": a.Position, "title": a.Title, "description": a.Description,
		"background": a.Background, "constraints": a.Constraints, "type": string(a.Type),
	}
}

// Fields are what the change history tells of a task.
func (t Task) Fields() Fields {
	return Fields{
		"title": t.Title, "description": t.Description, "type": string(t.Type), "status": string(t.Status),
		"estimatedMinutes": number(t.EstimatedMinutes), "deadline": date(t.Deadline),
	}
}

// Fields are what the change history tells of a reflection.
func (r Reflection) Fields() Fields {
	return Fields{"summary": r.Summary, "regretful": r.Regretful, "slow": r.Slow, "untouched": r.Untouched}
}
