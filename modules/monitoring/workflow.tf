locals {
  workflow_metrics = {
    for id, name in {
      failed    = "ExecutionsFailed"
      succeeded = "ExecutionsSucceeded"
      timed_out = "ExecutionsTimedOut"
    } : id => { namespace = "AWS/States", name = name, dimensions = { StateMachineArn = var.state_machine.arn }, stat = "Sum" }
  }

  workflow_alarms = {
    # Step Functions leaves out a metric in whose period nothing happened.
    workflow-failure-rate = merge(local.timing.rate, {
      description = "R3.2: more than ${var.thresholds.workflow_failure_rate_percent} % of the workflow's executions failed or timed out for 2 x 5 minutes."
      comparison  = "GreaterThanThreshold"
      expression  = "IF(FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0) > 0, 100 * (FILL(failed, 0) + FILL(timed_out, 0)) / (FILL(failed, 0) + FILL(timed_out, 0) + FILL(succeeded, 0)), 0)"
      metrics     = local.workflow_metrics
      missing     = "notBreaching" # nothing ended
      threshold   = var.thresholds.workflow_failure_rate_percent
    })
    workflow-outage = merge(local.timing.event, {
      description = "Property 4: ${var.thresholds.workflow_failed_executions} or more executions of the workflow failed or timed out within 5 minutes."
      comparison  = "GreaterThanOrEqualToThreshold"
      expression  = "FILL(failed, 0) + FILL(timed_out, 0)"
      metrics     = { failed = local.workflow_metrics.failed, timed_out = local.workflow_metrics.timed_out }
      missing     = "notBreaching"
      threshold   = var.thresholds.workflow_failed_executions
    })
    workflow-timeout = merge(local.timing.event, {
      description = "R1.2: an execution of the workflow reached its time limit."
      comparison  = "GreaterThanThreshold"
      expression  = null
      metrics     = { timed_out = local.workflow_metrics.timed_out }
      missing     = "notBreaching"
      threshold   = 0
    })
  }
}
