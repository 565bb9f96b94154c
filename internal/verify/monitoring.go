package verify

import "slices"

func monitoringChecks() []Check {
	return slices.Concat(dashboardChecks(), alarmChecks(), tracingChecks(), logChecks(), functionChecks(), workflowChecks(), reminderChecks())
}
