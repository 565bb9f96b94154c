package verify

import "github.com/goal-mandala/mandala-deploy/internal/engine"

// Requirements gives those of the catalogue that checks prove, in its order: sections
// 1 to 4 and 6 to 8. Section 5 is about documents.
func Requirements() []engine.Requirement {
	return []engine.Requirement{
		{ID: "R1.1", Title: "Database"},
		{ID: "R1.2", Title: "Functions, REST API and workflow"},
		{ID: "R1.3", Title: "Frontend"},
		{ID: "R1.4", Title: "Secrets"},
		{ID: "R1.5", Title: "Network"},
		{ID: "R1.6", Title: "Identity"},
		{ID: "R1.7", Title: "Reminders"},
		{ID: "R2.1", Title: "Tests on pull requests"},
		{ID: "R2.2", Title: "Automatic deployment"},
		{ID: "R2.3", Title: "Rollback"},
		{ID: "R2.4", Title: "Deployment history"},
		{ID: "R3.1", Title: "Dashboards"},
		{ID: "R3.2", Title: "Alarms"},
		{ID: "R3.3", Title: "Tracing"},
		{ID: "R3.4", Title: "Logs"},
		{ID: "R4.1", Title: "IAM"},
		{ID: "R4.2", Title: "CloudTrail"},
		{ID: "R4.3", Title: "Security groups"},
		{ID: "R4.4", Title: "Encryption"},
		{ID: "R6.1", Title: "Latency, cold starts, queries and cache"},
		{ID: "R6.2", Title: "Load: requests, executions and connections"},
		{ID: "R6.3", Title: "Availability"},
		{ID: "R7.1", Title: "Savings"},
		{ID: "R7.2", Title: "Budget and anomalies"},
		{ID: "R8.1", Title: "Personal data"},
		{ID: "R8.2", Title: "Record of changes"},
	}
}
