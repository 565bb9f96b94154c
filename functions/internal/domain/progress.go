package domain

// Count is what an action's tasks come to; skipped tasks count for nothing.
type Count struct {
	Completed int
	Total     int // without skipped ones; at least Completed
}

// ActionCount is the Count of an action and where the action belongs.
type ActionCount struct {
	ActionID  ID
	SubGoalID ID
	Count
}

// Progress is the progress of a whole goal in percent, rounded down: 100 means that
// nothing is left to do.
type Progress struct {
	Goal     int
	SubGoals map[ID]int // every sub-goal that has an action
	Actions  map[ID]int // every action
	Tasks    Count      // of all actions
}

// RollUp makes the progress of a goal of its actions' tasks. An action's progress is
// the share of its tasks that are completed; a sub-goal's is the mean of its actions,
// and the goal's the mean of its sub-goals. What has nothing to do (no tasks, or only
// skipped ones) has progress 0 and counts for nothing further up, so that an action
// without tasks cannot keep a goal from being finished.
func RollUp(actions []ActionCount) Progress {
	progress := Progress{SubGoals: map[ID]int{}, Actions: map[ID]int{}}
	means := map[ID]*mean{}
	for _, action := range actions {
		if means[action.SubGoalID] == nil {
			means[action.SubGoalID] = &mean{}
		}
		progress.Tasks.Completed += action.Completed
		progress.Tasks.Total += action.Total
		if action.Total == 0 {
			progress.Actions[action.ActionID] = 0
			continue
		}
		share := float64(action.Completed) / float64(action.Total)
		progress.Actions[action.ActionID] = percent(share)
		means[action.SubGoalID].add(share)
	}
	var goal mean
	for id, subGoal := range means {
		progress.SubGoals[id] = percent(subGoal.value())
		if subGoal.parts > 0 {
			goal.add(subGoal.value())
		}
	}
	progress.Goal = percent(goal.value())
	return progress
}

type mean struct {
	sum   float64
	parts int
}

func (m *mean) add(share float64) {
	m.sum += share
	m.parts++
}

// value is 0 of nothing.
func (m *mean) value() float64 {
	if m.parts == 0 {
		return 0
	}
	return m.sum / float64(m.parts)
}

// percent rounds down. The tiny addend takes back what floating point lost; the
// smallest true distance to a whole percent is far greater.
func percent(share float64) int { return int(share*100 + 1e-9) }
