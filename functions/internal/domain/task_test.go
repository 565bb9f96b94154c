package domain_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

const id = "018f3c1e-0000-4000-8000-000000000001"

// wrong are the fields of a ValidationError with their codes; any other error ends the test.
func wrong(t *testing.T, err error) []string {
	t.Helper()
	var fields []string
	var invalid *domain.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fields = append(fields, field.Field+": "+field.Code)
		}
	} else if err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestNewTask(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		body  string
		want  domain.Task
		wrong []string
	}{
		"the least": {
			body: `{"actionId": "` + id + `", "title": "t", "type": "habit"}`,
			want: domain.Task{ActionID: id, Title: "t", Type: domain.Habit, Status: domain.TaskNotStarted},
		},
		"everything": {
			body: `{"actionId": "` + id + `", "title": "t", "description": "d", "type": "execution", "status": "completed", "estimatedMinutes": 10080, "deadline": "2020-02-29"}`,
			want: domain.Task{
				ActionID: id, Title: "t", Description: "d", Type: domain.Execution, Status: domain.TaskCompleted, EstimatedMinutes: pointer(10080),
				Deadline: &domain.Date{Year: 2020, Month: 2, Day: 29}, CompletedAt: &now,
			},
		},
		"nothing":        {body: `{}`, wrong: []string{"title: required", "type: required", "actionId: required"}},
		"too long a job": {body: `{"actionId": "` + id + `", "title": "t", "type": "habit", "estimatedMinutes": 10081}`, wrong: []string{"estimatedMinutes: out_of_range"}},
		"no day":         {body: `{"actionId": "` + id + `", "title": "t", "type": "habit", "deadline": "2026-02-29"}`, wrong: []string{"deadline: invalid"}},
		"no id":          {body: `{"actionId": "` + strings.ToUpper(id) + `", "title": "t", "type": "habit"}`, wrong: []string{"actionId: invalid"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var patch domain.TaskPatch
			if err := json.Unmarshal([]byte(test.body), &patch); err != nil {
				t.Fatal(err)
			}
			got, err := domain.NewTask(patch, now)
			if diff := cmp.Diff(test.wrong, wrong(t, err)); diff != "" {
				t.Errorf("wrong fields (-want +got):\n%s", diff)
			}
			if err == nil {
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestParseIDs(t *testing.T) {
	t.Parallel()
	many := func(n int) []string {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("00000000-0000-4000-8000-%012d", i))
		}
		return ids
	}
	tests := map[string]struct {
		list  []string
		wrong []string
	}{
		"none":       {nil, []string{"ids: required"}},
		"one":        {many(1), nil},
		"most":       {many(domain.MaxBulk), nil},
		"too many":   {many(domain.MaxBulk + 1), []string{"ids: too_long"}},
		"twice":      {[]string{id, many(1)[0], id, id}, []string{"ids[2]: duplicate", "ids[3]: duplicate"}},
		"no id":      {[]string{id, "", strings.ToUpper(id)}, []string{"ids[1]: invalid", "ids[2]: invalid"}},
		"everything": {[]string{"x", "x"}, []string{"ids[0]: invalid", "ids[1]: invalid"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ids, err := domain.ParseIDs("ids", test.list)
			if diff := cmp.Diff(test.wrong, wrong(t, err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if err == nil && len(ids) != len(test.list) {
				t.Errorf("%d ids of %d", len(ids), len(test.list))
			}
		})
	}
}
