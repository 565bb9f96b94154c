package domain_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
)

func TestADeadlineFilterMeansDays(t *testing.T) {
	t.Parallel()
	today := domain.Date{Year: 2026, Month: 12, Day: 29}
	day := func(text string) *domain.Date {
		date, err := domain.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return &date
	}
	tests := map[domain.DeadlineFilter]*domain.Due{
		"":                       {},
		"overdue":                {By: day("2026-12-28"), Open: true},
		"today":                  {From: day("2026-12-29"), By: day("2026-12-29")},
		"week":                   {From: day("2026-12-29"), By: day("2027-01-04")}, // beyond the year's end
		"2026-11-23..2026-11-23": {From: day("2026-11-23"), By: day("2026-11-23")},
		"2026-11-23..2027-01-01": {From: day("2026-11-23"), By: day("2027-01-01")},
		"2026-11-23..":           {From: day("2026-11-23")},
		"..2026-11-23":           {By: day("2026-11-23")},

		"2026-11-24..2026-11-23":             nil,
		"..":                                 nil,
		"...":                                nil,
		"2026-11-23":                         nil,
		"2026-11-23...2026-11-24":            nil,
		"2026-11-23..2026-11-24..2026-11-25": nil,
		"2026-02-29..":                       nil,
		"2026-11-23 .. 2026-11-24":           nil,
		"Today":                              nil,
		"tomorrow":                           nil,
		"0000-01-01..":                       nil,
	}
	for filter, want := range tests {
		t.Run(string(filter), func(t *testing.T) {
			t.Parallel()
			got, err := filter.Due(today)
			if want == nil {
				if err == nil {
					t.Errorf("means %+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTaskFilter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text  string
		want  domain.TaskFilter
		wrong []string
	}{
		"everything there is": {
			text: `{"goalId": "` + id + `", "actionId": "` + id + `", "status": ["skipped", "completed"], "deadline": "..2026-11-23", "sort": "created"}`,
			want: domain.TaskFilter{
				GoalID: id, ActionID: id, Statuses: []domain.TaskStatus{domain.TaskSkipped, domain.TaskCompleted},
				Deadline: "..2026-11-23", Sort: domain.SortByCreation,
			},
		},
		"all tasks":          {text: ` {} `},
		"everything wrong":   {text: `{"goalId": "1", "actionId": "", "status": ["", "completed", "completed"], "deadline": "2026", "sort": "x"}`, wrong: []string{"goalId: invalid", "status[0]: unknown", "status[2]: duplicate", "deadline: invalid", "sort: unknown"}},
		"an unknown field":   {text: `{"dueBy": "2026-11-23"}`, wrong: []string{"dueBy: unknown"}},
		"another spelling":   {text: `{"Sort": "created"}`, wrong: []string{"Sort: unknown"}},
		"a field twice":      {text: `{"sort": "created", "sort": "deadline"}`, wrong: []string{"sort: unknown"}},
		"a wrong type":       {text: `{"status": {"is": "completed"}}`, wrong: []string{"status: invalid"}},
		"a list":             {text: `[]`, wrong: []string{": invalid"}},
		"null":               {text: `null`, wrong: []string{": invalid"}},
		"nothing":            {text: ``, wrong: []string{": invalid"}},
		"half an object":     {text: `{"sort": `, wrong: []string{": invalid"}},
		"two objects":        {text: `{} {}`, wrong: []string{": invalid"}},
		"an object and junk": {text: `{} ]`, wrong: []string{": invalid"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := domain.ParseTaskFilter([]byte(test.text))
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

// FuzzParseTaskFilter: whatever was accepted is kept by a round trip through the
// database's JSON, and means something on every day.
func FuzzParseTaskFilter(f *testing.F) {
	for _, text := range []string{
		`{"goalId": "018f3c1e-0000-4000-8000-000000000001", "status": ["completed"], "deadline": "week", "sort": "created"}`,
		`{"deadline": "2026-11-23..2026-11-30", "actionId": null}`, `{"status": []}`, `{"user": 1}`, `{"status": 1}`, `null`, `{}}`, "\xff",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		filter, err := domain.ParseTaskFilter(text)
		if err != nil {
			var invalid *domain.ValidationError
			if !errors.As(err, &invalid) || len(invalid.Fields) == 0 {
				t.Fatalf("%q: %v names no field", text, err)
			}
			return
		}
		stored, err := json.Marshal(filter)
		if err != nil {
			t.Fatal(err)
		}
		again, err := domain.ParseTaskFilter(stored)
		if err != nil {
			t.Fatalf("%q is stored as %s, which is refused: %v", text, stored, err)
		}
		if len(filter.Statuses) == 0 {
			filter.Statuses = nil
		}
		if diff := cmp.Diff(filter, again); diff != "" {
			t.Errorf("%q (-first +again):\n%s", text, diff)
		}
	})
}

// FuzzDeadlineFilter: a filter that is taken says which days, in order, and nothing but
// the words and the days written in full is taken.
func FuzzDeadlineFilter(f *testing.F) {
	for _, text := range []string{"", "overdue", "today", "week", "2026-11-23..2026-11-30", "..2026-11-23", "2026-11-23..", "..", "9999-12-31..0001-01-01"} {
		f.Add(text)
	}
	today := domain.Date{Year: 2026, Month: 11, Day: 24}
	f.Fuzz(func(t *testing.T, text string) {
		due, err := domain.DeadlineFilter(text).Due(today)
		if err != nil {
			if diff := cmp.Diff(domain.Due{}, due); diff != "" {
				t.Errorf("%q is refused, and means (-nothing +got):\n%s", text, diff)
			}
			return
		}
		if (due == domain.Due{}) != (text == "") {
			t.Errorf("%q restricts nothing", text)
		}
		if due.From != nil && due.By != nil && due.By.Before(*due.From) {
			t.Errorf("%q ends before it begins", text)
		}
		switch domain.DeadlineFilter(text) {
		case "", domain.DeadlineOverdue, domain.DeadlineToday, domain.DeadlineWeek:
			return
		}
		var written string
		if due.From != nil {
			written = due.From.String()
		}
		written += ".."
		if due.By != nil {
			written += due.By.String()
		}
		if written != text {
			t.Errorf("%q is taken for %s", text, written)
		}
	})
}
