package test

import "slices"

// aslMachine is as much of the Amazon States Language as the workflow's checks
// read: a state machine, or the processor of a Map.
type aslMachine struct {
	StartAt        string
	States         map[string]aslState
	TimeoutSeconds int
}

type aslState struct {
	Type, Resource, Next, Default  string
	TimeoutSeconds, MaxConcurrency int
	ItemProcessor                  *aslMachine
	Parameters                     struct {
		FunctionName, TopicArn string
		Status                 string `json:"status"`
		Payload                map[string]any
	}
	Retry []struct {
		ErrorEquals     []string
		IntervalSeconds int
		MaxAttempts     *int
		BackoffRate     float64
	}
	Catch []struct {
		ErrorEquals []string
		Next        string
	}
	Choices []aslRule
}

// aslRule is a rule of a Choice about numbers.
type aslRule struct {
	And                []aslRule
	Variable           string
	NumericEquals      *float64
	NumericGreaterThan *float64
	Next               string
}

// way gives the states from one on, without an error, up to an end or a choice.
func (m aslMachine) way(from string) []string {
	var names []string
	for at := from; at != "" && !slices.Contains(names, at); at = m.States[at].Next {
		names = append(names, at)
	}
	return names
}

// decide gives the state that a choice leads to for so many actions.
func (m aslMachine) decide(choice string, succeeded, failed float64) string {
	values := map[string]float64{"$.summary.succeeded": succeeded, "$.summary.failed": failed}
	for _, rule := range m.States[choice].Choices {
		if rule.holds(values) {
			return rule.Next
		}
	}
	return m.States[choice].Default
}

// each calls visit for every state, those of the Maps included.
func (m aslMachine) each(visit func(name string, state aslState)) {
	for name, state := range m.States {
		visit(name, state)
		if state.ItemProcessor != nil {
			state.ItemProcessor.each(visit)
		}
	}
}

func (r aslRule) holds(values map[string]float64) bool {
	value, known := values[r.Variable]
	switch {
	case len(r.And) > 0:
		return !slices.ContainsFunc(r.And, func(part aslRule) bool { return !part.holds(values) })
	case !known:
		return false
	case r.NumericEquals != nil:
		return value == *r.NumericEquals
	case r.NumericGreaterThan != nil:
		return value > *r.NumericGreaterThan
	}
	return false
}

// caught gives the state after an error that was not got over.
func (s aslState) caught() string {
	for _, rule := range s.Catch {
		if slices.Equal(rule.ErrorEquals, []string{"States.ALL"}) {
			return rule.Next
		}
	}
	return ""
}

// interval gives the seconds before the first retry of a passing error.
func (s aslState) interval() int {
	if len(s.Retry) == 0 {
		return 0
	}
	return s.Retry[len(s.Retry)-1].IntervalSeconds
}

// retries reports whether errors are tried again so often, first after so many
// seconds and then after twice as many each; permanent ones not at all.
func (s aslState) retries(seconds, attempts int) bool {
	if len(s.Retry) != 2 || seconds < 1 {
		return false
	}
	permanent, passing := s.Retry[0], s.Retry[1]
	for _, name := range []string{"InvalidInputError", "PermissionDeniedError", "QuotaExceededError"} {
		if !slices.Contains(permanent.ErrorEquals, name) {
			return false
		}
	}
	return permanent.MaxAttempts != nil && *permanent.MaxAttempts == 0 &&
		slices.Equal(passing.ErrorEquals, []string{"States.ALL"}) &&
		passing.IntervalSeconds == seconds && passing.BackoffRate == 2 && passing.MaxAttempts != nil && *passing.MaxAttempts == attempts
}
