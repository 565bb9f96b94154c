package comment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goal-mandala/mandala-deploy/internal/change"
	"github.com/goal-mandala/mandala-deploy/internal/engine"
)

func anAudit() *engine.Audit {
	at := func(minute int) time.Time { return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC) }
	many := engine.AuditedActor{Name: "user ken", Calls: 60, Outside: 60}
	for n := range 30 {
		many.What = append(many.What, engine.AuditedCalls{Service: "s3", Name: fmt.Sprintf("PutObject%02d", n), Count: 2, Outside: 2, First: at(1), Last: at(2)})
	}
	return &engine.Audit{
		Environment: "production", Account: "123456789012", From: at(0), To: at(59), MadeAt: at(59), MadeBy: "arn:aws:iam::123456789012:role/auditor", Broken: []string{"deployments/x/record.json"},
		Deployments: []engine.AuditedDeployment{
			{Record: engine.Record{ID: "4f1c", Operation: engine.OperationApply, Status: engine.Succeeded, Release: "v1.3.0", User: "hana", Host: "build-7", Reason: "a | b @octocat " + "AK" + "IAABCDEFGHIJKLMNOP", CIRun: "https://github.example/o/r/actions/runs/1",
				StartedAt: at(5), Changes: &change.Summary{Create: 2}, Verification: &engine.VerificationRecord{Result: engine.Failed, Areas: []string{"health"}, Passed: 3, Failed: []string{"health.api"}}},
				Approval: &engine.AuditedApproval{Digest: "sha256:" + strings.Repeat("0123456789abcdef", 4), PlannedBy: "ken", PlannedAt: at(3), Changes: 2}},
			{Record: engine.Record{ID: "5a5a", Operation: engine.OperationUnlock, Status: engine.Succeeded, User: "hana", Host: "laptop", StartedAt: at(1)}},
		},
		Trail: engine.AuditedTrail{Covers: "management calls", More: true, Calls: 62, Since: at(1), Limits: []string{"the last ones may be missing"}, Actors: []engine.AuditedActor{many,
			{Name: "role deploy as run-7", Calls: 2, Failed: 1, What: []engine.AuditedCalls{{Service: "rds", Name: "ModifyDBCluster", Count: 2, Failed: 1, First: at(6), Last: at(7)}}}}},
	}
}

func TestAudit(t *testing.T) {
	t.Parallel()
	nothing := &engine.Audit{Environment: "staging", Trail: engine.AuditedTrail{Unknown: "cannot ask [MD0306]"}}
	for name, c := range map[string]struct {
		audit          *engine.Audit
		wanted, absent []string
	}{
		"much": {anAudit(), []string{
			"# Audit report of `production`", "| Period | from 2026-03-02 09:00:00Z to 2026-03-02 09:59:00Z |", "planned by `ken` at 2026-03-02 09:03:00Z", "`sha256:0123456789ab`", "[run](<https://github.example/o/r/actions/runs/1>)",
			"the record `deployments/x/record.json` cannot be read", "| `4f1c` | failed | 3 | `health.api` | – | `health` |", "1 deployment without a verification", "**There were more calls** than the newest 62",
			"| `user ken` | 60 | 60 | 0 |", "and 5 more, which `--json` has", "| `rds` | `ModifyDBCluster` | 2 | 0 | 1 | 2026-03-02 09:06:00Z | 2026-03-02 09:07:00Z |", "| not kept |",
		}, []string{"AKIA", "@octocat |", "a | b"}},
		"nothing": {nothing, []string{"None began in this period.", "0 deployments without a verification", "**Unknown**: `cannot ask [MD0306]`"}, []string{"| who |", "It has no such call"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Audit(c.audit)
			for _, want := range c.wanted {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing:\n%s", want, got)
				}
			}
			for _, absent := range c.absent {
				if strings.Contains(got, absent) {
					t.Errorf("%q is there:\n%s", absent, got)
				}
			}
		})
	}
}
