package main

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMails compares whole mails. Ids and tokens are different each time, so that
// placeholders stand for them.
func TestMails(t *testing.T) {
	t.Parallel()
	minutes := func(task domain.Task, minutes int) domain.Task { task.EstimatedMinutes = &minutes; return task }
	anytime := domain.Task{Title: "Anytime", Type: domain.Habit, Status: domain.TaskNotStarted}
	var busy []domain.Task
	for range mostDue + 2 {
		busy = append(busy, due("Task", -1))
	}
	tests := map[string]struct {
		language, name string
		pace           store.Pace
		subGoals       [][]domain.Task
	}{
		"ja":             {language: "ja", name: "山田 花子", subGoals: [][]domain.Task{{due("資料を読む", 0), due("走る", -3)}}},
		"en":             {language: "en", name: "<b>Ann</b>\r\nBcc: x", subGoals: [][]domain.Task{{due("Read <script>alert(1)</script> & \"more\"", 0)}}},
		"en-change-pace": {language: "en", pace: store.ChangePace, subGoals: [][]domain.Task{{due("First", -3), due("Second", -2), due("Third", -1), due("Fourth", 0)}, {minutes(due("Later", 7), 5)}, {anytime}}},
		"ja-change-pace": {language: "ja", pace: store.ChangePace, subGoals: [][]domain.Task{{due("資料を読む", 0)}, {minutes(due("散歩", 7), 5)}}},
		"en-no-other":    {language: "en", pace: store.ChangePace, subGoals: [][]domain.Task{{due("Only", 0)}}},
		"en-many":        {language: "en", name: "Ann", subGoals: [][]domain.Task{busy}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.run.post.language = test.language
			f.user(1, "", test.subGoals...)
			f.write(1, func(ctx context.Context, tx *store.Tx) error {
				if test.pace != "" {
					if _, err := tx.PutReminderPreference(ctx, store.AnyVersion, true, test.pace); err != nil {
						return err
					}
				}
				return nil
			})
			// A name that the API does not let through may be there from elsewhere.
			if _, err := f.owner.Exec(t.Context(), "UPDATE users SET name = $1", test.name); err != nil {
				t.Fatal(err)
			}
			if got, err := f.handle(`{}`); err != nil || got.Sent != 1 {
				t.Fatalf("%+v, %v", got, err)
			}
			mail := f.box.mails[0]
			text := "To: " + mail.To + "\nSubject: " + mail.Subject + "\n\n" + mail.Text + "\n----\n" + mail.HTML
			text = strings.ReplaceAll(text, mail.Token, "TOKEN")
			rows, err := f.owner.Query(t.Context(), "SELECT id FROM tasks")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			for rows.Next() {
				var id string
				if err := rows.Scan(&id); err != nil {
					t.Fatal(err)
				}
				text = strings.ReplaceAll(text, id, "ID")
			}
			golden := "testdata/" + name + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(saved(t, name+".golden"), text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
