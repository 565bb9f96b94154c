package generator

import (
	"context"
	"fmt"
	"hash/fnv"
	"unicode"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
)

// Offline makes tasks without any network, from phrases: for the same action always the
// same ones. Only it honours the line "simulate: …" of an action's description.
type Offline struct{}

// Generate makes 3 to 5 tasks in the language of the action's title.
func (Offline) Generate(ctx context.Context, request Request) ([]workflow.Task, error) {
	if err := simulate(ctx, request); err != nil {
		return nil, err
	}
	phrases := english()
	if japanese(request.Action.Title) {
		phrases = inJapanese()
	}
	steps := phrases.once
	if request.Action.Type == domain.Habit {
		steps = phrases.again
	}
	choice := newChoice(request)
	tasks := []workflow.Task{choice.task(phrases.first, request)}
	for range 1 + choice.below(3) {
		next := choice.below(len(steps))
		tasks = append(tasks, choice.task(steps[next], request))
		steps = append(steps[:next:next], steps[next+1:]...) // none twice
	}
	tasks = append(tasks, choice.task(phrases.last, request))
	return tasks, check(tasks)
}

// step is the pattern of a task: of its title and description, with the action's title.
type step struct {
	title, description string
	kind               domain.Type
	minutes            int // the shortest estimate
}

// choice makes numbers of an action, always the same ones.
type choice struct{ state uint64 }

func newChoice(request Request) *choice {
	hash := fnv.New64a()
	for _, text := range []string{request.Goal.Title, request.SubGoal.Title, request.Action.Title, string(request.Action.Type)} {
		_, _ = hash.Write([]byte(text + "\x00")) // a hash never fails
	}
	return &choice{state: hash.Sum64()}
}

// below is a number from 0 to limit-1.
func (c *choice) below(limit int) int {
	c.state = c.state*6364136223846793005 + 1442695040888963407 // Knuth's linear congruential generator
	return int((c.state >> 33) % uint64(limit))                 //nolint:gosec // less than limit
}

// longestSubject leaves room for the pattern in a title of 200 characters.
const longestSubject = 120

func (c *choice) task(pattern step, request Request) workflow.Task {
	subject := []rune(request.Action.Title)
	if len(subject) > longestSubject {
		subject = append(subject[:longestSubject-1:longestSubject-1], '…')
	}
	return workflow.Task{
		Title:            fmt.Sprintf(pattern.title, string(subject)),
		Description:      pattern.description,
		Type:             pattern.kind,
		EstimatedMinutes: pattern.minutes + 5*c.below(6),
	}
}

func japanese(text string) bool {
	for _, r := range text {
		if unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) {
			return true
		}
	}
	return false
}
