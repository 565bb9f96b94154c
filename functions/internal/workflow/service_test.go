package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/goal-mandala/mandala-deploy/functions/internal/domain"
	"github.com/goal-mandala/mandala-deploy/functions/internal/pgtest"
	"github.com/goal-mandala/mandala-deploy/functions/internal/store"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow"
	"github.com/goal-mandala/mandala-deploy/functions/internal/workflow/workflowtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func start(t *testing.T, s *workflowtest.Stack, actions ...domain.ID) store.WorkflowExecution {
	t.Helper()
	execution, err := s.Service.Start(t.Context(), workflowtest.User, workflowtest.Goal, actions)
	if err != nil {
		t.Fatal(err)
	}
	return execution
}

// arnOf is what Step Functions calls an execution.
func arnOf(execution store.WorkflowExecution) string {
	return strings.Replace(workflowtest.MachineARN, ":stateMachine:", ":execution:", 1) + ":" + string(execution.ID)
}

func TestAStartIsRecordedAndStarted(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 3)
	execution := start(t, s, workflowtest.Action(2))
	want := map[string]string{arnOf(execution): fmt.Sprintf(`{"goalId":%q,"userId":%q,"actionIds":[%q]}`, workflowtest.Goal, workflowtest.User, workflowtest.Action(2))}
	if diff := cmp.Diff(want, s.Steps.Inputs()); diff != "" {
		t.Errorf("started (-want +got):\n%s", diff)
	}
	if execution.Status != store.ExecutionRunning || execution.ARN == nil || *execution.ARN != arnOf(execution) || s.GoalStatus() != domain.GoalGenerating {
		t.Errorf("execution %+v, goal %s", execution, s.GoalStatus())
	}
	var conflict *store.ConflictError
	if _, err := s.Service.Start(t.Context(), workflowtest.User, workflowtest.Goal, nil); !errors.As(err, &conflict) {
		t.Errorf("a second at a time: %v", err)
	}
	if len(s.Steps.Inputs()) != 1 {
		t.Errorf("started %v", s.Steps.Inputs())
	}
}

func TestWhatCannotBeStarted(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 2)
	empty := workflowtest.New(t, 0)
	other := domain.ID("00000000-0000-4000-8000-0000000000ff")
	tests := map[string]struct {
		stack   *workflowtest.Stack
		user    domain.ID
		goal    domain.ID
		actions []domain.ID
		want    string
	}{
		"another user's goal":       {s, workflowtest.Stranger, workflowtest.Goal, nil, "read the goal: not found"},
		"no goal":                   {s, workflowtest.User, other, nil, "read the goal: not found"},
		"an action of nobody":       {s, workflowtest.User, workflowtest.Goal, []domain.ID{workflowtest.Action(1), other}, "invalid input: actionIds[1]: unknown"},
		"an action twice":           {s, workflowtest.User, workflowtest.Goal, []domain.ID{workflowtest.Action(1), workflowtest.Action(1)}, "invalid input: actionIds[1]: duplicate"},
		"a goal without any action": {empty, workflowtest.User, workflowtest.Goal, nil, "invalid input: goalId: invalid"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.stack.Service.Start(t.Context(), test.user, test.goal, test.actions)
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if len(test.stack.Steps.Inputs()) > 0 || test.stack.GoalStatus() != domain.GoalDraft {
				t.Errorf("started %v, goal %s", test.stack.Steps.Inputs(), test.stack.GoalStatus())
			}
		})
	}
}

// TestAStartThatIsRefusedLeavesNothing lets Step Functions say no.
func TestAStartThatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	s.Steps.BeforeStart = func() error {
		return &smithy.OperationError{ServiceID: "SFN", OperationName: "StartExecution", Err: &smithy.GenericAPIError{Code: "AccessDeniedException"}}
	}
	execution, err := s.Service.Start(t.Context(), workflowtest.User, workflowtest.Goal, nil)
	var unavailable *workflow.UnavailableError
	if !errors.As(err, &unavailable) {
		t.Errorf("got %v", err)
	}
	row := s.Execution(execution.ID)
	if diff := cmp.Diff([]any{store.ExecutionFailed, "StartRefused", domain.GoalDraft}, []any{row.Status, row.Error, s.GoalStatus()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Steps.BeforeStart = nil
	start(t, s)
}

// TestALostStartThatIsRefusedLater is settled by whoever looks at it.
func TestALostStartThatIsRefusedLater(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	s.Steps.BeforeStart = func() error { return context.DeadlineExceeded }
	execution := start(t, s)
	s.Steps.BeforeStart, s.Later = func() error { return &types.StateMachineDoesNotExist{} }, time.Minute
	row, err := s.Service.Status(t.Context(), workflowtest.User, execution.ID)
	if err != nil || row.Status != store.ExecutionFailed || row.Error != "StartRefused" || s.GoalStatus() != domain.GoalDraft {
		t.Errorf("%+v, goal %s, %v", row, s.GoalStatus(), err)
	}
}

// TestCancelWaitsForItsTurn holds the goal for longer than one statement may wait.
func TestCancelWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	execution := start(t, s)
	s.Service.Database = s.Open(100 * time.Millisecond)
	s.Exec("BEGIN")
	s.Exec("SELECT FROM goals FOR UPDATE")
	released := make(chan error)
	time.AfterFunc(250*time.Millisecond, func() {
		_, err := s.Owner.Exec(t.Context(), "COMMIT")
		released <- err
	})
	row, err := s.Service.Cancel(t.Context(), workflowtest.User, execution.ID)
	if err := <-released; err != nil {
		t.Error(err)
	}
	if err != nil || row.Status != store.ExecutionCancelled {
		t.Errorf("%+v, %v", row, err)
	}
}

// TestALostStartIsMadeGood lets Step Functions vanish before a start, or after it, and
// the row be looked at soon, or too late.
func TestALostStartIsMadeGood(t *testing.T) {
	t.Parallel()
	gone := func() error { return context.DeadlineExceeded }
	tests := map[string]struct {
		before, after func() error
		later         time.Duration
		row           store.ExecutionStatus
		goal          domain.GoalStatus
		started       int
	}{
		"not started, looked at at once": {gone, nil, 0, store.ExecutionPending, domain.GoalGenerating, 0},
		"not started, looked at soon":    {gone, nil, time.Minute, store.ExecutionRunning, domain.GoalGenerating, 1},
		"not started, looked at late":    {gone, nil, time.Hour, store.ExecutionFailed, domain.GoalDraft, 0},
		"started, looked at soon":        {nil, gone, time.Minute, store.ExecutionRunning, domain.GoalGenerating, 1},
		"started, looked at late":        {nil, gone, time.Hour, store.ExecutionRunning, domain.GoalGenerating, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := workflowtest.New(t, 1)
			s.Steps.BeforeStart, s.Steps.AfterStart = test.before, test.after
			execution := start(t, s)
			if execution.Status != store.ExecutionPending {
				t.Errorf("at first %s", execution.Status)
			}
			s.Steps.BeforeStart, s.Steps.AfterStart, s.Later = nil, nil, test.later
			row, err := s.Service.Status(t.Context(), workflowtest.User, execution.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]any{test.row, test.goal, test.started}, []any{row.Status, s.GoalStatus(), len(s.Steps.Inputs())}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (row.ARN != nil) != (test.row == store.ExecutionRunning) {
				t.Errorf("ARN %v of a row that is %s", row.ARN, row.Status)
			}
		})
	}
}

// TestAnEndThatNobodyHeardOf ends executions behind the row's back: reading it settles
// it, and so does the next start.
func TestAnEndThatNobodyHeardOf(t *testing.T) {
	t.Parallel()
	tests := map[types.ExecutionStatus]store.ExecutionStatus{
		types.ExecutionStatusFailed:    store.ExecutionFailed,
		types.ExecutionStatusTimedOut:  store.ExecutionTimedOut,
		types.ExecutionStatusAborted:   store.ExecutionCancelled,
		types.ExecutionStatusSucceeded: store.ExecutionSucceeded,
	}
	for status, want := range tests {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			s := workflowtest.New(t, 1)
			execution := start(t, s)
			s.Steps.End(status)
			if row, err := s.Service.Status(t.Context(), workflowtest.User, execution.ID); err != nil || row.Status != store.ExecutionRunning {
				t.Errorf("at once: %s, %v", row.Status, err) // Step Functions is not asked at every poll
			}
			s.Later = time.Minute
			if row, err := s.Service.Status(t.Context(), workflowtest.User, execution.ID); err != nil || row.Status != want || row.FinishedAt == nil {
				t.Errorf("later: %+v, %v", row, err)
			}
			if s.GoalStatus() != domain.GoalFailed {
				t.Errorf("goal %s", s.GoalStatus())
			}
		})
	}
	s := workflowtest.New(t, 1)
	first := start(t, s)
	s.Steps.End(types.ExecutionStatusTimedOut)
	s.Later = time.Minute
	second := start(t, s)
	if s.Execution(first.ID).Status != store.ExecutionTimedOut || second.Status != store.ExecutionRunning {
		t.Errorf("first %s, second %s", s.Execution(first.ID).Status, second.Status)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 1)
	execution := start(t, s)
	if _, err := s.Service.Cancel(t.Context(), workflowtest.Stranger, execution.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by another user: %v", err)
	}
	for range 2 { // again is the same
		row, err := s.Service.Cancel(t.Context(), workflowtest.User, execution.ID)
		if err != nil || row.Status != store.ExecutionCancelled || s.GoalStatus() != domain.GoalDraft {
			t.Errorf("%+v, goal %s, %v", row, s.GoalStatus(), err)
		}
	}
	if diff := cmp.Diff(map[string]types.ExecutionStatus{arnOf(execution): types.ExecutionStatusAborted}, s.Steps.Statuses()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Exec("UPDATE workflow_executions SET status = 'failed'")
	var conflict *workflow.ConflictError
	if _, err := s.Service.Cancel(t.Context(), workflowtest.User, execution.ID); !errors.As(err, &conflict) {
		t.Errorf("after an end: %v", err)
	}
}

func TestRetryTakesWhatIsLeft(t *testing.T) {
	t.Parallel()
	s := workflowtest.New(t, 3)
	first := start(t, s)
	var conflict *workflow.ConflictError
	if _, err := s.Service.Retry(t.Context(), workflowtest.User, first.ID); !errors.As(err, &conflict) {
		t.Errorf("while it runs: %v", err)
	}
	s.Exec(`UPDATE workflow_executions SET status = 'partial', finished_at = now(), done_actions = ARRAY[$1::uuid],
		failed_actions = jsonb_build_object($2::text, 'QuotaExceededError')`, workflowtest.Action(1), string(workflowtest.Action(2)))
	s.Exec("UPDATE goals SET status = 'partial'")
	s.Exec("DELETE FROM actions WHERE id = $1", workflowtest.Action(3))
	if _, err := s.Service.Retry(t.Context(), workflowtest.Stranger, first.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by another user: %v", err)
	}
	second, err := s.Service.Retry(t.Context(), workflowtest.User, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []any{[]domain.ID{workflowtest.Action(2)}, &first.ID, store.ExecutionRunning, domain.GoalGenerating}
	if diff := cmp.Diff(want, []any{second.ActionIDs, second.RetryOf, second.Status, s.GoalStatus()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Exec("UPDATE workflow_executions SET status = 'succeeded', finished_at = now(), done_actions = action_ids WHERE id = $1", second.ID)
	for what, id := range map[string]domain.ID{"an older one": first.ID, "one with nothing left": second.ID} {
		if _, err := s.Service.Retry(t.Context(), workflowtest.User, id); !errors.As(err, &conflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
